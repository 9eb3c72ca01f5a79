"""The program infra/live-check, which checks that a real tenant behaves as the product expects (docs/fidelity.md)."""
