"""A clock that can be moved forward."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from dev.movable_clock import MovableClock


def test_the_clock_runs_and_can_be_moved_forward() -> None:
    clock = MovableClock()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    goal = clock.now() + timedelta(days=400)
    clock.move_to(goal)
    assert goal <= clock.now() < goal + timedelta(seconds=1)


@pytest.mark.parametrize("moment", [datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1)])  # noqa: DTZ001
def test_moving_the_clock_back_or_to_a_time_without_an_offset_is_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match=r"forward|offset"):
        MovableClock().move_to(moment)


async def test_waiting_ends_when_the_clock_is_moved_far_enough() -> None:
    clock = MovableClock()
    goal = clock.now() + timedelta(hours=2)
    waiting = asyncio.create_task(clock.wait_until(goal))
    await asyncio.sleep(0)
    clock.move_to(goal - timedelta(hours=1))
    done, _ = await asyncio.wait({waiting}, timeout=0.05)
    assert not done
    clock.move_to(goal)
    async with asyncio.timeout(5):
        await waiting


async def test_waiting_for_a_past_time_ends_immediately() -> None:
    async with asyncio.timeout(5):
        await MovableClock().wait_until(datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("steps", range(6))
async def test_a_wait_that_is_cancelled_while_the_clock_is_moved_ends(steps: int) -> None:
    clock = MovableClock()
    waiting = asyncio.create_task(clock.wait_until(clock.now() + timedelta(hours=2)))
    await asyncio.sleep(0)
    clock.move_to(clock.now() + timedelta(hours=1))
    for _ in range(steps):
        await asyncio.sleep(0)
    waiting.cancel()
    done, _ = await asyncio.wait({waiting}, timeout=5)
    assert done
    assert waiting.cancelled()
