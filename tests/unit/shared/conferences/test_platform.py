"""Platform `policy`: the alias's row is updated along with the booking, and updates can be repeated."""

import pytest

from dev.harness.storage import MemoryStorage
from shared.bookings.booking import Booking
from shared.conferences.platform import PolicyPlatform
from tests.support.conferences import OTHER_TAG, booking, scheduled


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def platform(storage: MemoryStorage) -> PolicyPlatform:
    return PolicyPlatform(storage)


async def test_a_conference_whose_name_is_in_use_gets_a_different_name(platform: PolicyPlatform) -> None:
    first = await platform.name(scheduled())
    second = await platform.name(scheduled(OTHER_TAG, "meet654321@example.com"))
    assert first.conference is not None
    assert second.conference is not None
    assert first.conference.name == "Budget of Alice"
    assert second.conference.name.startswith("Budget of Alice ")


@pytest.mark.parametrize("unnamed", [booking(), scheduled().closed()], ids=["reserved", "closed"])
async def test_a_booking_without_an_open_room_needs_no_name(
    platform: PolicyPlatform, storage: MemoryStorage, unnamed: Booking
) -> None:
    assert await platform.name(unnamed) is unnamed
    assert storage.round_trips == 0


async def test_making_a_booking_available_can_be_repeated(platform: PolicyPlatform, storage: MemoryStorage) -> None:
    for _ in range(3):
        await platform.show(scheduled())
    row = await storage.table("aliases").get("meet123456", "alias")
    assert row is not None
    assert row.values["state"] == "scheduled"
    for _ in range(3):
        await platform.show(scheduled().closed())
    row = await storage.table("aliases").get("meet123456", "alias")
    assert row is not None
    assert (row.values["state"], "conference" in row.values) == ("closed", False)


async def test_closing_a_room_frees_its_name(platform: PolicyPlatform) -> None:
    first = await platform.name(scheduled())
    await platform.show(first.closed())
    second = await platform.name(scheduled(OTHER_TAG, "meet654321@example.com"))
    assert second.conference is not None
    assert second.conference.name == "Budget of Alice"


async def test_deleting_a_booking_frees_only_its_own_alias(platform: PolicyPlatform, storage: MemoryStorage) -> None:
    """By then, the digits may belong to a different booking (A3)."""
    await platform.show(scheduled())
    await platform.forget(scheduled(OTHER_TAG))
    assert await storage.table("aliases").get("meet123456", "alias") is not None
    for _ in range(2):
        await platform.forget(scheduled())
        assert await storage.table("aliases").get("meet123456", "alias") is None
