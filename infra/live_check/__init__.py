"""The program infra/live-check, which checks in a real tenant what the product relies on (docs/fidelity.md)."""
