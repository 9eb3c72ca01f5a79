"""One user's script cannot exhaust the number space, and ordinary users never notice a limit."""

import asyncio
from datetime import datetime, timedelta

import pytest

from dev.harness.storage import MemoryStorage
from shared.alarms import Alarms
from shared.aliases.allocation import AliasFormat, Allocator
from shared.aliases.quota import (
    BURST,
    COPIES_BURST,
    COPIES_REFILL,
    REFILL,
    REMEMBERED_ACCOUNTS,
    Account,
    ExhaustedAccounts,
    Limit,
    forget_full,
    of_copy,
    of_user,
)
from shared.bookings.booking import Booking
from shared.bookings.rows import RowKind
from shared.errors import RateLimited
from shared.identity.caller import Caller
from tests.fakes.clock import FakeClock

INTEGRATION = "11111111-1111-4111-8111-111111111111"
FORM = AliasFormat("meet", 8, "example.com")
ALICE, BOB = Caller("exchange:alice", "test"), Caller("exchange:bob", "test")


class QuotaWorld:
    """An allocator and its dependencies."""

    def __init__(self) -> None:
        self.storage, self.clock = MemoryStorage(), FakeClock()
        self.allocator = Allocator(self.storage, self.clock, b"k" * 32)

    async def allocate(self, caller: Caller = ALICE, key: str = "") -> Booking:
        return await self.allocator.allocate(INTEGRATION, FORM, caller, timedelta(days=30), key, limits=of_user(caller))

    async def exhaust(self) -> None:
        for _ in range(BURST):
            await self.allocate()

    async def claimed(self) -> int:
        return len([row async for row in self.storage.table("aliases").everything()])


@pytest.fixture
def world() -> QuotaWorld:
    return QuotaWorld()


async def test_a_user_who_exceeds_the_burst_is_refused_and_told_when_to_retry(world: QuotaWorld) -> None:
    await world.exhaust()
    with pytest.raises(RateLimited, match="try again in 6 minutes") as refused:
        await world.allocate()
    assert refused.value.retry_after == REFILL.total_seconds()
    assert await world.claimed() == BURST, "a refused request claims no digits"
    assert await world.allocate(BOB)
    world.clock.move(REFILL)
    await world.allocate()
    with pytest.raises(RateLimited):
        await world.allocate()


async def test_repeating_the_same_click_uses_no_quota_and_is_never_refused(world: QuotaWorld) -> None:
    first = await world.allocate(key="click")
    for _ in range(3):
        assert (await world.allocate(key="click")).alias == first.alias
    for _ in range(BURST - 1):
        await world.allocate()
    with pytest.raises(RateLimited):
        await world.allocate(key="another")
    assert (await world.allocate(key="click")).alias == first.alias
    assert await world.claimed() == BURST


async def test_concurrent_requests_get_no_more_aliases_than_sequential_ones(world: QuotaWorld) -> None:
    for _ in range(BURST - 5):
        await world.allocate()
    done = await asyncio.gather(*(world.allocate() for _ in range(20)), return_exceptions=True)
    assert len([each for each in done if isinstance(each, Booking)]) == 5
    assert {type(each) for each in done} == {Booking, RateLimited}
    assert await world.claimed() == BURST


async def test_checking_the_quota_takes_one_extra_request_and_no_extra_round_trip(world: QuotaWorld) -> None:
    await world.allocate()
    assert world.storage.round_trips == 4  # the quota is read while the digits are claimed


async def test_repeated_requests_beyond_the_quota_cost_one_storage_request_each(world: QuotaWorld) -> None:
    await world.exhaust()
    with pytest.raises(RateLimited):
        await world.allocate()
    for key in ("", "click"):
        before = world.storage.round_trips
        with pytest.raises(RateLimited, match="try again in 6 minutes"):
            await world.allocate(key=key)
        assert world.storage.round_trips - before == 1


async def test_a_refusal_is_remembered_only_until_the_quota_recovers(world: QuotaWorld) -> None:
    await world.exhaust()
    for wait in (timedelta(0), REFILL - timedelta(seconds=1)):
        world.clock.move(wait)
        with pytest.raises(RateLimited):
            await world.allocate()
    world.clock.move(timedelta(seconds=1))
    assert await world.allocate()


async def test_only_a_limited_number_of_exhausted_accounts_is_remembered() -> None:
    accounts, clock = ExhaustedAccounts(), FakeClock()
    limits = [Limit(str(number), "a user") for number in range(REMEMBERED_ACCOUNTS + 1)]
    for limit in limits:
        accounts.remember(INTEGRATION, Account(limit, "", clock.now() + BURST * REFILL))
    known = [accounts.among(INTEGRATION, [limit], clock.now()) for limit in limits]
    assert [each is None for each in known] == [True] + [False] * REMEMBERED_ACCOUNTS


async def test_exhausting_one_integrations_quota_does_not_affect_another() -> None:
    accounts, clock = ExhaustedAccounts(), FakeClock()
    limit = Limit("alice", "a user")
    accounts.remember(INTEGRATION, Account(limit, "", clock.now() + BURST * REFILL))
    assert accounts.among("22222222-2222-4222-8222-222222222222", [limit], clock.now()) is None


async def test_a_fully_recovered_quota_leaves_no_row(world: QuotaWorld) -> None:
    await world.allocate()
    table = world.storage.table("meetings")
    await forget_full(table, INTEGRATION, world.clock.now())
    assert [row.key async for row in table.rows(INTEGRATION, RowKind.QUOTA.prefix)]
    world.clock.move(REFILL)
    await forget_full(table, INTEGRATION, world.clock.now())
    assert [row.key async for row in table.rows(INTEGRATION, RowKind.QUOTA.prefix)] == []


async def copy(world: QuotaWorld, organizer: str, key: str = "") -> Booking:
    caller = Caller("meeting:x", "provided")
    lifetime = timedelta(days=30)
    return await world.allocator.allocate(INTEGRATION, FORM, caller, lifetime, key, limits=of_copy(organizer))


async def test_copies_count_against_their_organizer_in_every_spelling_of_the_address(world: QuotaWorld) -> None:
    for number in range(BURST):
        await copy(world, "alice@example.com" if number % 2 else "Alice@Example.COM")
    with pytest.raises(RateLimited):
        await copy(world, "alice@example.com")
    assert await copy(world, "bob@example.com")
    assert await world.allocate(ALICE), "her own clicks are counted separately"
    [alarm] = [alarm async for alarm in Alarms(world.storage, world.clock).of(INTEGRATION)]
    assert "an organizer, through copies of invitations, requested more than 300 aliases" in alarm.cause


async def test_copies_by_many_organizers_are_counted_together(world: QuotaWorld) -> None:
    for number in range(COPIES_BURST):
        await copy(world, f"somebody-{number}@example.org")
    with pytest.raises(RateLimited):
        await copy(world, "somebody-else@example.org")
    assert await world.claimed() == COPIES_BURST, "a refused request claims no digits"
    world.clock.move(COPIES_REFILL)
    assert await copy(world, "boß@example.org")


async def test_concurrent_copies_are_all_counted(world: QuotaWorld) -> None:
    done = await asyncio.gather(*(copy(world, f"{n}@example.org", key=str(n)) for n in range(12)))
    assert len({booking.alias for booking in done}) == 12
    again = await asyncio.gather(*(copy(world, f"{n}@example.org", key=str(n)) for n in range(12)))
    assert {booking.alias for booking in again} == {booking.alias for booking in done}
    table = world.storage.table("meetings")
    rows = [row async for row in table.rows(INTEGRATION, RowKind.QUOTA.prefix)]
    left = max(datetime.fromisoformat(str(row.values["full_at"])) for row in rows)
    assert left - world.clock.now() == max(12 * COPIES_REFILL, REFILL)
