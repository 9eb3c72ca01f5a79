"""A deleted integration leaves no open room, no digits in use and no records, whatever interrupts that."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.conferences.platform import PolicyPlatform
from shared.meetings.retirement import Retirement
from tests.fakes.mailbox import invitation
from tests.unit.shared.meetings.crashes import Crash, CrashingStorage, Fuse
from tests.unit.shared.meetings.world import World, body, stored_integration

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OTHER = "22222222-2222-4222-8222-222222222222"


async def with_meetings(world: World, many: int) -> list[str]:
    """Meetings with their rooms; the aliases."""
    aliases = []
    for number in range(many):
        booking = await world.reserve()
        message = invitation(f"m{number}", body(booking), uid=f"uid-{number}", start=START + timedelta(hours=number))
        await world.process(world.mailbox.deliver(message))
        aliases.append(booking.alias)
    return aliases


async def rows_left(world: World) -> list[str]:
    tables = [world.storage.table(name) for name in ("meetings", "aliases")]
    return [row.key for table in tables async for row in table.everything()]


async def test_nothing_is_left_and_other_integrations_keep_theirs() -> None:
    world = World()
    other = World(stored_integration(OTHER), storage=world.storage)
    [kept] = await with_meetings(other, 1)
    before = sorted(await rows_left(world))
    aliases = await with_meetings(world, 30)
    retirement = Retirement(world.storage, PolicyPlatform(world.storage))
    await retirement.announce(world.integration.uuid)
    await retirement.complete(world.integration.uuid)
    assert [await world.is_open(alias) for alias in aliases] == [None] * 30
    assert sorted(await rows_left(world)) == before
    other.clock.set(START)
    assert await other.is_open(kept)


@pytest.mark.parametrize("at", range(1, 30, 4))
async def test_what_is_interrupted_is_finished_by_the_nightly_round(at: int) -> None:
    world = World()
    await with_meetings(world, 12)
    fuse = Fuse(at)
    storage = CrashingStorage(world.storage, fuse)
    retirement = Retirement(world.storage, PolicyPlatform(world.storage))
    await retirement.announce(world.integration.uuid)
    with pytest.raises(Crash):
        await Retirement(storage, PolicyPlatform(storage)).complete(world.integration.uuid)
    await retirement.complete_all()
    assert await rows_left(world) == []
