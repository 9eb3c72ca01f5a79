"""What the product relies on, tried on a real tenant: infra/live-check (docs/fidelity.md)."""
