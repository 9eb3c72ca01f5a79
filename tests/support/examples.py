"""How many generated cases a test tries."""

from hypothesis import settings

FULL = 100
"""The number of cases that Hypothesis tries by default."""


def examples(most: int) -> int:
    """`most`, or proportionally fewer (at least two) if the current Hypothesis profile tries fewer than usual."""
    return max(most * min(settings().max_examples, FULL) // FULL, 2)
