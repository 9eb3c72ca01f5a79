"""Turns: each turn goes to just one of several concurrent requesters, and adjacent turns need few storage requests."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from dev.harness.storage import MemoryStorage
from shared.meetings.turns import TURN_LEASE, Turns, forget_turn
from tests.fakes.clock import FakeClock


@pytest.fixture
def turns() -> Turns:
    return Turns(MemoryStorage(), FakeClock())


def uuids(count: int) -> list[str]:
    return sorted(str(uuid4()) for _ in range(count))


async def test_each_turn_goes_to_one_of_several_concurrent_requesters(turns: Turns) -> None:
    wanted = uuids(120)
    taken = await asyncio.gather(*(turns.take(wanted[start : start + 60]) for start in (0, 20, 40, 60)))
    given = [turn.integration for some in taken for turn in some]
    assert sorted(given) == wanted


async def test_a_released_turn_is_free_and_keeps_its_stored_state(turns: Turns) -> None:
    wanted = uuids(1)
    [turn] = await turns.take(wanted)
    assert turn.is_first
    assert turn.is_due("renew", turns.clock.now())
    turn.put_off("renew", turns.clock.now() + timedelta(hours=1))
    assert await turns.take(wanted) == []
    await turns.release([turn])
    [again] = await turns.take(wanted)
    assert not again.is_first
    assert not again.is_due("renew", turns.clock.now())
    assert again.is_due("renew", turns.clock.now() + timedelta(hours=1))


async def test_a_turn_released_after_its_lease_expired_does_not_release_its_new_holder(turns: Turns) -> None:
    wanted = uuids(3)
    late = await turns.take(wanted)
    clock = turns.clock
    assert isinstance(clock, FakeClock)
    clock.move(TURN_LEASE)
    assert len(await turns.take(wanted)) == 3
    await turns.release(late)
    assert await turns.take(wanted) == []


async def test_adjacent_turns_are_taken_and_released_in_few_requests(turns: Turns) -> None:
    wanted = [str(UUID(int=0xA << 124 | number)) for number in range(100)]
    storage = turns.storage
    assert isinstance(storage, MemoryStorage)
    taken = await turns.take(wanted)
    await turns.release(taken)
    assert storage.round_trips == 3
    await forget_turn(storage, wanted[0])
    assert (await turns.take(wanted[:1]))[0].is_first
