"""C3: a node never gets more requests per minute than its limit, even if the instances' clocks are wrong."""

from collections import deque
from datetime import timedelta

import pytest

from dev.harness.storage import MemoryStorage
from shared.errors import RateLimited
from shared.management_node.allowance import NODE_SHARE, SharedAllowance
from tests.fakes.clock import FakeClock

SECOND = timedelta(seconds=1)
LIMIT = 1000
"""The number of requests that a node accepts within 60 seconds."""


async def taken(allowance: SharedAllowance, most: int) -> int:
    for count in range(most):
        try:
            await allowance.take()
        except RateLimited:
            return count
    return most


@pytest.mark.parametrize("skews", [(0, 0), (0, 2), (0, 20, 40), (0, -59, 59)], ids=str)
async def test_instances_with_different_clocks_share_one_limit(skews: tuple[int, ...]) -> None:
    clocks = [FakeClock() for _ in skews]
    for clock, skew in zip(clocks, skews, strict=True):
        clock.move(skew * SECOND)
    tables = MemoryStorage()
    allowances = [SharedAllowance(tables, "node", clock) for clock in clocks]
    lately: deque[int] = deque(maxlen=60)
    all_of_them = 0
    for _ in range(240):
        second = sum([await taken(allowance, 60) for allowance in allowances])
        lately.append(second)
        all_of_them += second
        assert sum(lately) <= LIMIT
        for clock in clocks:
            clock.move(SECOND)
    assert all_of_them >= 3 * NODE_SHARE, "no instance has to wait long"


async def test_no_instance_waits_for_a_clock_that_is_hours_off() -> None:
    wrong, right, tables = FakeClock(), FakeClock(), MemoryStorage()
    wrong.move(timedelta(hours=9))
    assert await taken(SharedAllowance(tables, "node", wrong), 2 * NODE_SHARE) == NODE_SHARE
    assert await taken(SharedAllowance(tables, "node", right), 10) == 10
