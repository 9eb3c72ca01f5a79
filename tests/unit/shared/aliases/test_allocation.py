"""A1, A2, A3, A7: aliases stay unique under concurrency, are repeated for the same key, and become free if unused."""

import asyncio
import random
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.harness.storage import MemoryStorage, MemoryTable
from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarm, Alarms
from shared.aliases.allocation import ATTEMPTS, MANY, AliasFormat, Allocator
from shared.bookings.booking import Booking, State
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.conferences.platform import PolicyPlatform
from shared.errors import Conflict, NumberSpaceFull, Unavailable
from shared.identity.caller import Caller
from shared.storage import Replace, Row, Write
from tests.fakes.clock import FakeClock

INTEGRATION = "11111111-1111-4111-8111-111111111111"
OTHER_INTEGRATION = "22222222-2222-4222-8222-222222222222"
FORM = AliasFormat("meet", 6, "example.com")
TINY = AliasFormat("m", 1, "example.com")
ALICE, BOB = Caller("exchange:alice", "exchange_token"), Caller("exchange:bob", "exchange_token")
RESERVED_FOR = timedelta(days=30)


class AllocationWorld:
    """An allocator and its dependencies."""

    def __init__(self, storage: MemoryStorage | None = None) -> None:
        self.storage = storage or MemoryStorage()
        self.clock = FakeClock()
        self.allocator = Allocator(self.storage, self.clock, b"k" * 32)
        self.given: set[str] = set()

    async def allocate(self, form: AliasFormat = FORM, caller: Caller = ALICE, key: str = "") -> Booking:
        booking = await self.allocator.allocate(INTEGRATION, form, caller, RESERVED_FOR, key)
        self.given.add(booking.tag)
        return booking

    def crashing(self) -> Allocator:
        """An allocator whose process dies after claiming the digits."""
        storage = MemoryStorage()
        storage._tables |= {"meetings": CrashingTable(), "aliases": self.storage.table("aliases")}
        return Allocator(storage, self.clock, b"k" * 32)

    async def raised(self) -> list[Alarm]:
        return [alarm async for alarm in Alarms(self.storage, self.clock).of(INTEGRATION)]

    async def booking(self, tag: str) -> Booking | None:
        row = await self.storage.table("meetings").get(INTEGRATION, f"tag:{tag}")
        return Booking.from_row(row) if row else None

    async def holder(self, digits: str) -> str | None:
        """The tag that owns the given digits."""
        row = await self.storage.table("aliases").get(digits, "alias")
        return str(row.values["tag"]) if row else None

    async def use(self, booking: Booking) -> Booking:
        """Update the records as if an invitation for this booking had been accepted."""
        used = scheduled(booking)
        await self.storage.table("meetings").commit(INTEGRATION, Replace(booking.row, used.values()))
        await PolicyPlatform(self.storage).show(used)
        return used

    async def usable(self) -> list[Booking]:
        """The allocated bookings whose tags are still valid."""
        bookings = [await self.booking(tag) for tag in tuple(self.given)]
        return [booking for booking in bookings if booking and booking.is_usable(self.clock.now())]

    async def check_uniqueness(self) -> None:
        """Check rule 1: no two valid tags have the same digits, and each valid tag owns its digits."""
        usable = await self.usable()
        assert len({booking.numeric_alias for booking in usable}) == len(usable)
        for booking in usable:
            assert await self.holder(booking.numeric_alias) == booking.tag


def scheduled(booking: Booking) -> Booking:
    """The booking, with a meeting added."""
    calendar = Calendar((Occurrence(booking.created, booking.created + timedelta(hours=1)),))
    alias, digits = booking.alias, booking.numeric_alias
    room = Conference("Budget", "", "", alias, digits, "tag", "", "", "disallow_all", 30, 60, calendar)
    return booking.scheduled("meeting", "item", room)


@pytest.fixture
def world() -> AllocationWorld:
    return AllocationWorld()


async def test_an_alias_consists_of_prefix_digits_and_domain(world: AllocationWorld) -> None:
    booking = await world.allocate(AliasFormat("Meet", 8, "Example.com"))
    assert re.fullmatch(r"meet\d{8}@example\.com", booking.alias)
    assert booking.numeric_alias == booking.alias.removesuffix("@example.com")
    assert (booking.state, booking.meeting, booking.owner) == (State.RESERVED, "", ALICE.key)
    assert (booking.created, booking.expires) == (world.clock.now(), world.clock.now() + RESERVED_FOR)
    assert await world.booking(booking.tag) == booking


async def test_an_allocation_takes_two_round_trips_and_one_note_for_the_record_lists(world: AllocationWorld) -> None:
    """For the budget, see bench/README.md. The note is written in parallel with the claim on the digits."""
    await world.allocate()
    assert world.storage.round_trips == 3


def test_all_numbers_are_equally_likely_including_those_with_leading_zeros() -> None:
    digits = [AliasFormat("", 2, "example.com").random()[:2] for _ in range(20_000)]
    counts = [digits.count(f"{n:02}") for n in range(100)]
    # Each number is expected 200 times, with a standard deviation of 14. The limits are seven standard deviations away.
    assert 100 < min(counts) <= max(counts) < 300


async def test_concurrent_allocations_never_share_an_alias(world: AllocationWorld) -> None:
    """A1: 700 concurrent draws from 1,000 numbers collide hundreds of times."""
    form = AliasFormat("meet", 3, "example.com")
    bookings = await asyncio.gather(*(world.allocate(form) for _ in range(700)))
    assert len({booking.alias for booking in bookings}) == 700
    assert len({booking.tag for booking in bookings}) == 700
    await world.check_uniqueness()


async def test_integrations_share_one_number_space(world: AllocationWorld) -> None:
    """A1: digits are unique across the deployment, whatever the domain, because a bridge also accepts digits alone."""
    first = [await world.allocate(TINY) for _ in range(5)]
    other_domain = AliasFormat("m", 1, "example.org")
    second = [await world.allocator.allocate(OTHER_INTEGRATION, other_domain, ALICE, RESERVED_FOR) for _ in range(4)]
    assert len({booking.numeric_alias for booking in first + second}) == 9


async def full(world: AllocationWorld) -> list[Booking]:
    """Allocate every number of the form TINY."""
    while len(await world.usable()) < 10:
        with suppress(NumberSpaceFull):  # all forty draws may miss the last free number
            await world.allocate(TINY)
    return await world.usable()


async def test_a_full_number_space_is_an_error_with_a_remedy(world: AllocationWorld) -> None:
    """A7: the error message contains the remedy."""
    bookings = await full(world)
    assert len({booking.alias for booking in bookings}) == 10
    with pytest.raises(NumberSpaceFull, match="administrator"):
        await world.allocate(TINY)
    await world.check_uniqueness()
    [alarm] = await world.raised()
    assert (alarm.kind, alarm.cause) == (AlarmKind.NUMBER_SPACE, "No unused alias was found in 40 attempts.")


@pytest.mark.parametrize(("misses", "is_raised"), [(0, False), (MANY - 1, False), (MANY, True), (ATTEMPTS - 1, True)])
async def test_an_alarm_is_raised_when_free_aliases_become_hard_to_find(
    world: AllocationWorld, monkeypatch: pytest.MonkeyPatch, misses: int, *, is_raised: bool
) -> None:
    """A7: admins are warned while aliases are still available."""
    taken = await world.allocate(FORM)
    draws = iter([taken.alias] * misses + ["meet000001@example.com"])
    monkeypatch.setattr(AliasFormat, "random", lambda _: next(draws))
    assert (await world.allocate(FORM)).alias == "meet000001@example.com"
    assert [alarm.kind for alarm in await world.raised()] == [AlarmKind.NUMBER_SPACE] * is_raised


async def test_the_share_of_used_numbers_is_estimated(world: AllocationWorld) -> None:
    """Expired, unused reservations count as free."""
    assert await world.allocator.share_in_use(TINY) == 0
    kept = (await full(world))[0]
    assert await world.allocator.share_in_use(TINY) == 1
    await world.use(kept)
    world.clock.move(RESERVED_FOR)
    before = world.storage.round_trips
    assert 0 < await world.allocator.share_in_use(TINY, sample=200) < 0.4
    assert world.storage.round_trips - before == 200


async def test_digits_of_expired_reservations_are_reused_and_the_old_tag_becomes_invalid(
    world: AllocationWorld,
) -> None:
    """A3: the digits of an unused alias become free."""
    old = await full(world)
    world.clock.move(RESERVED_FOR - timedelta(seconds=1))
    with pytest.raises(NumberSpaceFull):
        await world.allocate(TINY)
    world.clock.move(timedelta(seconds=1))
    new = await world.allocate(TINY)
    [dead] = [booking for booking in old if booking.numeric_alias == new.numeric_alias]
    assert await world.booking(dead.tag) is None
    assert await world.holder(new.numeric_alias) == new.tag


@pytest.mark.parametrize("close", [False, True], ids=["scheduled", "closed"])
async def test_a_used_alias_is_never_reassigned(world: AllocationWorld, close: bool) -> None:
    """A3: a used alias is still known after it has been deleted."""
    [first, *_] = await full(world)
    used = await world.use(first)
    if close:
        await PolicyPlatform(world.storage).show(used.closed())
    world.clock.move(RESERVED_FOR * 10)
    others = [booking for booking in await full(world) if booking.tag != used.tag]
    assert used.numeric_alias not in {booking.numeric_alias for booking in others}
    assert await world.holder(used.numeric_alias) == used.tag


async def test_an_alias_used_at_the_last_moment_is_not_reassigned(world: AllocationWorld) -> None:
    """The booking's record is decisive. Its claim on the digits is written a moment later."""
    bookings = await full(world)
    for booking in bookings:
        used = scheduled(booking)
        await world.storage.table("meetings").commit(INTEGRATION, Replace(booking.row, used.values()))
    world.clock.move(RESERVED_FOR * 2)
    with pytest.raises(NumberSpaceFull):
        await world.allocate(TINY)


async def test_the_same_caller_and_key_get_the_same_alias(world: AllocationWorld) -> None:
    """A2: a repeated request with the same key gets the same alias."""
    first = await world.allocate(key="click-1")
    world.clock.move(timedelta(hours=1))
    assert await world.allocate(key="click-1") == first
    others = [
        await world.allocate(key="click-2"),
        await world.allocate(caller=BOB, key="click-1"),
        await world.allocate(),
        await world.allocate(),
        await world.allocator.allocate(OTHER_INTEGRATION, FORM, ALICE, RESERVED_FOR, "click-1"),
    ]
    assert len({booking.tag for booking in [first, *others]}) == 6
    await world.check_uniqueness()


async def test_a_tag_cannot_be_computed_without_the_signing_key(world: AllocationWorld) -> None:
    """Anyone who has a tag can book its alias, but neither the idempotency key nor the caller is secret."""
    stranger = Allocator(MemoryStorage(), world.clock, b"x" * 32)
    theirs = await stranger.allocate(INTEGRATION, FORM, ALICE, RESERVED_FOR, "click-1")
    assert theirs.tag != (await world.allocate(key="click-1")).tag


async def test_concurrent_calls_with_the_same_key_get_one_alias(world: AllocationWorld) -> None:
    """A2 holds even if most numbers are taken. Slower calls immediately release any digits they have claimed."""
    form = AliasFormat("m", 2, "example.com")
    for _ in range(50):
        await world.allocate(form)
    bookings = await asyncio.gather(*(world.allocate(form, key="click") for _ in range(20)))
    assert len({(booking.alias, booking.tag) for booking in bookings}) == 1
    assert len(await world.usable()) == 51
    assert len([row async for row in world.storage.table("aliases").everything()]) == 51
    await world.check_uniqueness()


async def test_the_same_key_gets_its_alias_again_even_when_all_numbers_are_taken(world: AllocationWorld) -> None:
    booking = await world.allocate(TINY, key="click")
    await full(world)
    assert await world.allocate(TINY, key="click") == booking


async def test_a_used_booking_is_returned_for_its_key(world: AllocationWorld) -> None:
    used = await world.use(await world.allocate(key="click"))
    assert (await world.allocate(key="click")).state is State.SCHEDULED
    assert (await world.allocate(key="click")).alias == used.alias


async def test_an_expired_reservation_is_renewed_for_its_key(world: AllocationWorld) -> None:
    """An expired tag is never returned again. The tag for a repeated click is valid for the whole time again."""
    first = await world.allocate(key="click")
    world.clock.move(RESERVED_FOR + timedelta(days=1))
    again = await asyncio.gather(*(world.allocate(key="click") for _ in range(10)))
    assert {booking.tag for booking in again} == {first.tag}
    assert {booking.expires for booking in again} == {world.clock.now() + RESERVED_FOR}
    assert len({booking.alias for booking in again}) == 1
    await world.check_uniqueness()


async def test_a_renewed_reservation_outlives_its_original_digits(world: AllocationWorld) -> None:
    first = await world.allocate(TINY, key="click")
    world.clock.move(RESERVED_FOR + timedelta(days=1))
    renewed = await world.allocate(FORM, key="click")
    await full(world)
    assert renewed.alias != first.alias
    assert await world.booking(first.tag) == renewed
    await world.check_uniqueness()


async def test_a_crash_between_the_two_writes_does_no_harm(world: AllocationWorld) -> None:
    """The digits are then left without a booking. The repeated click gets other digits, and the first ones are reused
    once they expire.
    """
    for _ in range(10):
        with suppress(ConnectionError, NumberSpaceFull):
            await world.crashing().allocate(INTEGRATION, TINY, ALICE, RESERVED_FOR, "click")
    booking = await world.allocate(FORM, key="click")
    assert await world.holder(booking.numeric_alias) == booking.tag
    world.clock.move(RESERVED_FOR)
    assert len(await full(world)) == 10
    await world.check_uniqueness()


class CrashingTable(MemoryTable):
    """A table whose process dies before a write."""

    async def commit(self, partition: str, *operations: Write) -> Sequence[str]:
        raise ConnectionError


class UnevenTable(MemoryTable):
    """A table that handles requests out of order."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    async def get(self, partition: str, key: str) -> Row | None:
        await self._wait()
        return await super().get(partition, key)

    async def commit(self, partition: str, *operations: Write) -> Sequence[str]:
        await self._wait()
        return await super().commit(partition, *operations)

    async def _wait(self) -> None:
        for _ in range(self._chance.randrange(5)):
            await asyncio.sleep(0)


class UnevenStorage(MemoryStorage):
    """Storage that handles requests out of order."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._tables |= {name: UnevenTable(chance) for name in ("meetings", "aliases")}


@dataclass(frozen=True)
class Step:
    """A random action on the allocator."""

    what: str
    key: str
    caller: Caller

    async def take(self, world: AllocationWorld) -> None:
        if self.what == "allocate":
            await world.allocate(TINY, self.caller, self.key)
        elif self.what == "use":
            unused = [booking for booking in await world.usable() if booking.state is State.RESERVED]
            if unused:
                await world.use(unused[0])
        else:
            world.clock.move(timedelta(seconds=1))


steps = st.builds(
    Step,
    st.sampled_from(["allocate", "allocate", "allocate", "allocate", "use", "a second passes"]),
    st.sampled_from(["", "", "a", "b"]),
    st.sampled_from([ALICE, BOB]),
)


timers = st.tuples(
    st.sampled_from([timedelta(0), timedelta(days=11), RESERVED_FOR - timedelta(seconds=2)]),
    st.lists(steps, min_size=2, max_size=25),
)


@given(st.lists(timers, min_size=1, max_size=5), st.integers())
async def test_aliases_stay_unique_whatever_happens_concurrently(
    timers: list[tuple[timedelta, list[Step]]], seed: int
) -> None:
    """Rule 1 holds for clicks, repeated clicks, accepted invitations and expiry in any order, with only ten numbers."""
    world = AllocationWorld(UnevenStorage(random.Random(seed)))
    for pause, concurrent in timers:
        world.clock.move(pause)
        results = await asyncio.gather(*(step.take(world) for step in concurrent), return_exceptions=True)
        raised = [result for result in results if isinstance(result, BaseException)]
        assert [error for error in raised if not isinstance(error, Conflict | Unavailable)] == []
        await world.check_uniqueness()
