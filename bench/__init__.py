"""Measurements: figures against the budgets of the design. `python -m bench`; see README.md."""
