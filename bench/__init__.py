"""Measurements of the product, compared with the budgets of the design: `python -m bench`. See README.md."""
