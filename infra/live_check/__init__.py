"""Checks in a real tenant what the product relies on: infra/live-check (docs/fidelity.md)."""
