import pytest

from bench.timing import WARM_UP, medians, percentile


@pytest.mark.parametrize(("share", "expected"), [(0, 1), (0.5, 51), (0.99, 100), (1, 100)])
def test_percentiles_are_computed(share: float, expected: float) -> None:
    assert percentile([float(value) for value in range(100, 0, -1)], share) == expected


async def test_calls_are_timed_one_at_a_time() -> None:
    order: list[str] = []

    async def call(name: str) -> None:
        order.append(name)

    found = await medians(lambda: call("a"), lambda: call("b"), times=3)
    assert order == ["a", "b"] * (WARM_UP + 3)
    assert len(found) == 2
    assert all(seconds > 0 for seconds in found)
