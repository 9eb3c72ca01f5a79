"""Measures ratios within one run. They are based on the medians of calls that take turns, so a busy machine affects all
of them equally.
"""

import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Call = Callable[[], Awaitable[Any]]

WARM_UP = 10
"""The number of warm-up calls of each kind. They are not counted, because they open connections, fill caches and let
Python specialize code.
"""


async def medians(*calls: Call, times: int) -> list[float]:
    """The median time of each call in seconds; the calls take turns."""
    taken: list[list[float]] = [[] for _ in calls]
    for turn in range(WARM_UP + times):
        for call, seconds in zip(calls, taken, strict=True):
            start = time.perf_counter()
            await call()
            if turn >= WARM_UP:
                seconds.append(time.perf_counter() - start)
    return [statistics.median(seconds) for seconds in taken]


async def ratio(call: Call, raw: Call, times: int) -> float:
    """How many times as long a call takes as `raw`."""
    mine, its = await medians(call, raw, times=times)
    return mine / its


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value not exceeded by a `share` (0 to 1) of all values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
