"""Grants in Entra: the app registrations."""
