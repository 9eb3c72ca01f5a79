"""Triggers: bind, parse, one call into shared/, respond. Nothing else lives here."""
