"""Conferences: what a scheduled room is, when it lets people in, and the platforms that serve it."""
