"""Triggers: bind, parse, one call into shared/, answer. Nothing else lives here."""
