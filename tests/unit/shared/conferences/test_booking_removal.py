"""The deletion of a booking (A3, C4). An interruption at any step leaves no digits, name or tag without an owner."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.aliases.allocation import AliasFormat, Allocator
from shared.bookings.booking import Booking
from shared.composition.conferences import erase
from shared.conferences.booking_removal import Removals
from shared.conferences.platform import PolicyPlatform
from shared.errors import NumberSpaceFull
from shared.identity.caller import Caller
from shared.meetings.due_runner import ONWARD
from shared.meetings.retirement import Retirement
from shared.operations.erasure import Person, traces_of
from shared.record_lists.journal import UNWRITTEN_FOR
from tests.fakes.mailbox import invitation
from tests.support.crashes import Crash, CrashingStorage, Fuse
from tests.support.meetings_world import KEY, MeetingsWorld, body, stored_integration
from tests.support.record_lists import lists_of

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

ALICE = Caller("entra:tenant:alice", "entra")


class OneNumber(AliasFormat):
    """An alias format with only one possible number, its prefix."""

    def random(self) -> str:
        return f"{self.prefix}@{self.domain}"


async def meeting(world: MeetingsWorld) -> Booking:
    """Schedule a meeting with a room."""
    booking = await world.reserve(ALICE.key)
    await world.process(world.mailbox.deliver(invitation(body=body(booking), start=START)))
    return booking


async def old_meeting(world: MeetingsWorld) -> Booking:
    """Schedule a meeting, and move the clock to more than a year after its end."""
    booking = await meeting(world)
    world.clock.move(timedelta(days=2))
    await world.agenda().handle(ONWARD)
    world.clock.move(timedelta(days=366))
    return booking


async def old_reservation(world: MeetingsWorld) -> Booking:
    """Allocate an alias, and move the clock past its reservation's expiry."""
    booking = await world.reserve(ALICE.key)
    world.clock.move(timedelta(days=world.integration.reservation_days + 1))
    return booking


async def by_the_agenda(world: MeetingsWorld, storage: CrashingStorage) -> None:
    await replace(world.agenda(), storage=storage, platform=PolicyPlatform(storage)).clean_up()


async def with_the_integration(world: MeetingsWorld, storage: CrashingStorage) -> None:
    await Retirement(world.storage, PolicyPlatform(world.storage)).announce(world.integration.uuid)
    await Retirement(storage, PolicyPlatform(storage)).complete(world.integration.uuid)


async def with_the_person(world: MeetingsWorld, storage: CrashingStorage) -> None:
    person = Person("alice@example.com", frozenset({"alice"}))
    await erase(storage, await traces_of(storage, person))


async def by_another_allocation(world: MeetingsWorld, storage: CrashingStorage) -> None:
    """Allocate the same digits: the format allows no others."""
    [alias] = [row.partition async for row in world.storage.table("aliases").everything() if row.key == "alias"]
    form = OneNumber(alias, 0, "example.com")
    await Allocator(storage, world.clock, KEY).allocate(
        world.integration.uuid, form, Caller("bob", "test"), timedelta(days=30)
    )


WAYS: dict[
    str,
    tuple[Callable[[MeetingsWorld], Awaitable[Booking]], Callable[[MeetingsWorld, CrashingStorage], Awaitable[None]]],
] = {
    "a year later": (old_meeting, by_the_agenda),
    "unused": (old_reservation, by_the_agenda),
    "with the integration": (meeting, with_the_integration),
    "with the person": (meeting, with_the_person),
    "unused, and needed": (old_reservation, by_another_allocation),
}


async def night(world: MeetingsWorld) -> None:
    """Run the nightly cleanup, and update the record lists."""
    platform = PolicyPlatform(world.storage)
    await Retirement(world.storage, platform).complete_all(existing=set())
    await world.agenda().clean_up()
    world.clock.move(UNWRITTEN_FOR)
    await lists_of(world.storage, world.clock, world.integration.uuid).keep()


async def left_of(world: MeetingsWorld, tag: str) -> list[str]:
    """The rows that still contain the tag."""
    # The agenda's rows may still contain the tag, which has no effect without a booking.
    rows = [row for name in ("meetings", "aliases") async for row in world.storage.table(name).everything()]
    naming = [row for row in rows if tag in row.key or tag in map(str, row.values.values())]
    return [f"{row.partition} {row.key}" for row in naming if not row.key.startswith(("due:", "journal:"))]


@pytest.mark.long
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("way", WAYS)
async def test_an_interruption_at_any_step_leaves_nothing_behind(way: str, *, after: bool) -> None:
    prepare, delete = WAYS[way]
    for at in range(1, 90):
        world = MeetingsWorld(stored_integration())
        booking = await prepare(world)
        await lists_of(world.storage, world.clock, world.integration.uuid).keep()
        fuse = Fuse(at, after=after)
        try:
            await delete(world, CrashingStorage(world.storage, fuse))
        except Crash:
            await check_nobody_shares(world, booking)
        if fuse.calls < at:
            break  # this call was never reached, so all steps have been tried
        if way == "with the person":  # without a marker, the admin must repeat the command
            await delete(world, CrashingStorage(world.storage, Fuse(0)))
        await night(world)
        assert await left_of(world, booking.tag) == [], (way, at)
    assert at > 3


async def check_nobody_shares(world: MeetingsWorld, booking: Booking) -> None:
    """A valid tag owns its digits (rule 1)."""
    known = await world.records.booking(booking.tag)
    row = await world.storage.table("aliases").get(booking.numeric_alias, "alias")
    if known and known.is_usable(world.clock.now()):
        assert row is None or row.values["tag"] == booking.tag


async def test_digits_left_closed_by_an_older_version_are_freed_when_needed() -> None:
    world = MeetingsWorld(stored_integration())
    booking = await meeting(world)
    await PolicyPlatform(world.storage).show(booking.closed())
    known = await world.records.booking(booking.tag)
    assert known
    await by_another_allocation_fails(world)
    await Removals(world.storage, Forgetful(world.storage)).remove(known)
    await by_another_allocation(world, CrashingStorage(world.storage, Fuse(0)))
    row = await world.storage.table("aliases").get(booking.numeric_alias, "alias")
    assert row
    assert row.values["tag"] != booking.tag


async def by_another_allocation_fails(world: MeetingsWorld) -> None:
    with pytest.raises(NumberSpaceFull):
        await by_another_allocation(world, CrashingStorage(world.storage, Fuse(0)))


async def test_the_nightly_check_of_the_number_space_frees_leaked_digits() -> None:
    world = MeetingsWorld(stored_integration())
    booking = await meeting(world)
    await PolicyPlatform(world.storage).show(booking.closed())
    form = OneNumber(booking.numeric_alias, 0, "example.com")
    assert await world.allocator.share_in_use(form, sample=1) == 1
    known = await world.records.booking(booking.tag)
    assert known
    await Removals(world.storage, Forgetful(world.storage)).remove(known)
    assert await world.allocator.share_in_use(form, sample=1) == 0
    assert await world.storage.table("aliases").get(booking.numeric_alias, "alias") is None


class Forgetful(PolicyPlatform):
    """A platform on which deletions free nothing, as if they were interrupted."""

    async def forget(self, booking: Booking) -> None:
        """Do nothing."""
