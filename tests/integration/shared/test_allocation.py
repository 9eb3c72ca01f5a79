"""A1, A2: aliases stay unique on Azurite too, with real concurrent requests."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from shared.aliases.allocation import AliasFormat, Allocator
from shared.azure_storage import AzureStorage
from shared.identity.caller import Caller
from tests.fakes.clock import FakeClock

RESERVED_FOR = timedelta(days=30)
ALICE = Caller("exchange:alice", "exchange_token")


async def test_concurrent_allocations_never_share_an_alias(azure_storage: AzureStorage) -> None:
    """Forty of a hundred numbers are drawn concurrently (A1)."""
    allocator, integration = Allocator(azure_storage, FakeClock(), b"k" * 32), str(uuid4())
    form = AliasFormat(uuid4().hex[:8], 2, "example.com")
    bookings = await asyncio.gather(*(allocator.allocate(integration, form, ALICE, RESERVED_FOR) for _ in range(40)))
    assert len({booking.numeric_alias for booking in bookings}) == 40
    for booking in bookings:
        claim = await azure_storage.table("aliases").get(booking.numeric_alias, "alias")
        assert claim is not None
        assert claim.values["tag"] == booking.tag


async def test_concurrent_calls_with_the_same_key_get_one_alias(azure_storage: AzureStorage) -> None:
    """The calls come from two processes (A2)."""
    allocators = [Allocator(azure_storage, FakeClock(), b"k" * 32) for _ in range(2)]
    integration, form = str(uuid4()), AliasFormat(uuid4().hex[:8], 6, "example.com")
    bookings = await asyncio.gather(
        *(allocators[n % 2].allocate(integration, form, ALICE, RESERVED_FOR, "click") for n in range(12))
    )
    assert len({(booking.alias, booking.tag) for booking in bookings}) == 1
    [row] = [row async for row in azure_storage.table("meetings").rows(integration, "tag:")]
    assert row.values["alias"] == bookings[0].alias


async def test_the_alias_of_an_expired_reservation_goes_to_another_caller(azure_storage: AzureStorage) -> None:
    """A3."""
    clock = FakeClock()
    allocator, integration = Allocator(azure_storage, clock, b"k" * 32), str(uuid4())
    form = AliasFormat(uuid4().hex[:8], 0, "example.com")  # this form allows a single number
    old = await allocator.allocate(integration, form, ALICE, RESERVED_FOR)
    clock.move(RESERVED_FOR)
    new = await allocator.allocate(integration, form, ALICE, RESERVED_FOR)
    assert new.alias == old.alias
    assert new.tag != old.tag
    assert await azure_storage.table("meetings").get(integration, old.key) is None
