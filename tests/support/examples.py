"""How many generated cases a test tries."""

from hypothesis import settings

FULL = 100
"""What Hypothesis tries unless told otherwise."""


def examples(most: int) -> int:
    """`most`, or proportionally fewer (at least two) if the current profile of Hypothesis tries fewer than usual."""
    return max(most * min(settings().max_examples, FULL) // FULL, 2)
