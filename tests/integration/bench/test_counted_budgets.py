"""Budgets for numbers of requests do not depend on the machine, so they are enforced here as well as in the bench."""

from bench import meeting, sizes

COUNTED = ("calls", "trips", "KiB")


async def test_no_budget_for_counts_is_exceeded() -> None:
    results = [*sizes.measure(), *await meeting.measure()]
    counted = [result for result in results if result.unit in COUNTED and result.budget is not None]
    assert {result.unit for result in counted} == set(COUNTED)
    assert [result for result in counted if not result.passed] == []
