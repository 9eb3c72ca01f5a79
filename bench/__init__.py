"""Measurements of the product, compared with the design's budgets. `python -m bench`; see README.md."""
