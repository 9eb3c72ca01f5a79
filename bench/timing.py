"""Timing: ratios inside one run, from medians of calls that take turns, so that a busy machine burdens all alike."""

import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Call = Callable[[], Awaitable[Any]]

WARM_UP = 10
"""Calls of each kind that are not counted: connections open, caches fill, code is specialised."""


async def medians(*calls: Call, times: int) -> list[float]:
    """Seconds that each call takes in the median; the calls take turns."""
    taken: list[list[float]] = [[] for _ in calls]
    for turn in range(WARM_UP + times):
        for call, seconds in zip(calls, taken, strict=True):
            start = time.perf_counter()
            await call()
            if turn >= WARM_UP:
                seconds.append(time.perf_counter() - start)
    return [statistics.median(seconds) for seconds in taken]


async def ratio(call: Call, raw: Call, times: int) -> float:
    """How many times as long as `raw` a call takes."""
    mine, its = await medians(call, raw, times=times)
    return mine / its


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
