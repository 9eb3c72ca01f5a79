"""Measures the product, and compares the results with the design's budgets: `python -m bench`. See README.md."""
