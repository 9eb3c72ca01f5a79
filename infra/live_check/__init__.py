"""What the product relies on, checked in a real tenant: infra/live-check (docs/fidelity.md)."""
