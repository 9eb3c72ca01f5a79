"""Budgets for numbers of requests do not depend on the machine, so they are enforced here as well as in the bench."""

from collections.abc import Awaitable, Callable

import pytest

from bench import meeting, sizes
from bench.result import Result

COUNTED = ("calls", "trips", "KiB")


@pytest.mark.parametrize("measure", [meeting.measure, sizes.measure])
async def test_no_budget_for_counts_is_exceeded(measure: Callable[[], Awaitable[list[Result]] | list[Result]]) -> None:
    measured = measure()
    results = measured if isinstance(measured, list) else await measured
    counted = [result for result in results if result.unit in COUNTED and result.budget is not None]
    assert counted
    assert [result for result in counted if not result.passed] == []
