"""Evaluates templates that do not belong to a setting."""

from shared.templates import environment
from shared.templates.meter import Meter
from tests.fakes.clock import FakeClock


def evaluate(text: str, *, html: bool = False, **values: object) -> str:
    """The template's result for these values at 2026-11-23 09:00 UTC."""
    return environment.run(text, values, Meter(FakeClock()), html=html)
