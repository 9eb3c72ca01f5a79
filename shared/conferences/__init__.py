"""Conferences: scheduled rooms, when they let people in, and the platforms that serve them."""
