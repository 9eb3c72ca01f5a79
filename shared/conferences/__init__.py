"""Conferences: scheduled rooms, their join windows, and the platforms that serve them."""
