"""Bookings and operations, and everything in table `meetings` that belongs to them."""
