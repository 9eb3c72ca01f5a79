"""A deleted integration leaves behind no open rooms, no digits in use and no records, even if the deletion is
interrupted.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.bookings.booking import Booking
from shared.bookings.rows import LISTS_PARTITION
from shared.conferences.platform import PolicyPlatform
from shared.errors import Conflict, Unavailable
from shared.meetings.lifecycle import IntegrationLifecycle
from shared.meetings.retirement import Retirement
from shared.personal.end_user import UserRecord
from shared.personal.fields import validated
from shared.personal.store import VmrStore
from shared.personal.users import UserStore
from tests.fakes.mailbox import invitation
from tests.support.crashes import Crash, CrashingStorage, Fuse
from tests.support.meetings_world import MeetingsWorld, body, stored_integration
from tests.support.personal_vmrs import kept

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OTHER = "22222222-2222-4222-8222-222222222222"


async def with_meetings(world: MeetingsWorld, many: int) -> list[str]:
    """Schedule meetings with rooms; return their aliases."""
    aliases = []
    for number in range(many):
        booking = await world.reserve()
        message = invitation(f"m{number}", body(booking), uid=f"uid-{number}", start=START + timedelta(hours=number))
        await world.process(world.mailbox.deliver(message))
        aliases.append(booking.alias)
    return aliases


async def rows_left(world: MeetingsWorld) -> list[str]:
    """All remaining rows, except notes for the record lists. Those contain only ids, and are deleted once processed."""
    tables = [world.storage.table(name) for name in ("meetings", "aliases")]
    return [row.key for table in tables async for row in table.everything() if row.partition != LISTS_PARTITION]


async def test_nothing_is_left_and_other_integrations_keep_their_records() -> None:
    world = MeetingsWorld()
    other = MeetingsWorld(stored_integration(OTHER), storage=world.storage)
    [kept] = await with_meetings(other, 1)
    before = sorted(await rows_left(world))
    aliases = await with_meetings(world, 30)
    retirement = Retirement(world.storage, PolicyPlatform(world.storage))
    await retirement.announce(world.integration.uuid)
    elsewhere: Any = None  # parts not used when creating an integration
    lifecycle = IntegrationLifecycle(elsewhere, retirement, elsewhere, elsewhere, elsewhere)
    with pytest.raises(Conflict, match="still being removed"):  # the new integration's rows would be deleted too
        await lifecycle.creating(world.integration.uuid)
    await retirement.complete(world.integration.uuid)
    await lifecycle.creating(world.integration.uuid)
    assert [await world.is_open(alias) for alias in aliases] == [None] * 30
    assert sorted(await rows_left(world)) == before
    other.clock.set(START)
    assert await other.is_open(kept)


@pytest.mark.long
@pytest.mark.parametrize("at", range(1, 30, 4))
async def test_an_interrupted_retirement_is_completed_by_the_nightly_job(at: int) -> None:
    world = MeetingsWorld()
    await with_meetings(world, 12)
    fuse = Fuse(at)
    storage = CrashingStorage(world.storage, fuse)
    retirement = Retirement(world.storage, PolicyPlatform(world.storage))
    await retirement.announce(world.integration.uuid)
    with pytest.raises(Crash):
        await Retirement(storage, PolicyPlatform(storage)).complete(world.integration.uuid)
    await retirement.complete_all(existing=set())
    assert await rows_left(world) == []


async def test_an_integration_whose_deletion_failed_keeps_everything() -> None:
    """The settings could not be removed, so the admin got an error, and the meetings continue."""
    world = MeetingsWorld()
    [alias] = await with_meetings(world, 1)
    before = sorted(await rows_left(world))
    retirement = Retirement(world.storage, PolicyPlatform(world.storage))
    await retirement.announce(world.integration.uuid)
    await retirement.complete_all(existing={world.integration.uuid})
    assert sorted(await rows_left(world)) == before
    world.clock.set(START)
    assert await world.is_open(alias)


async def test_an_integrations_own_vmrs_and_users_are_deleted_with_it() -> None:
    world = MeetingsWorld()
    vmrs, users = VmrStore(world.storage), UserStore(world.storage)
    own = world.integration.uuid
    for number, owner in enumerate(("", own, OTHER), start=1):
        await vmrs.create(kept(number, f"a{number}", integration=owner))
    both = (world.integration, world.integration.model_copy(update={"uuid": OTHER}))
    for integration in both:
        await users.signed_in(integration, "adfs:x:alice", "alice@example.com", "Alice")
    await users.create(validated(UserRecord, {"id": 9, "uuid": "u9", "primary_email_address": "bob@example.com"}))
    for integration in both:
        await users.signed_in(integration, "adfs:x:bob", "bob@example.com", "Bob")

    await Retirement(world.storage, PolicyPlatform(world.storage)).complete(own)

    assert [vmr.integration for vmr in await vmrs.all()] == ["", OTHER]
    assert [(user.email, user.integration) for user in await users.all()] == [
        ("alice@example.com", OTHER),
        ("bob@example.com", ""),
    ]
    for subject in ("adfs:x:alice", "adfs:x:bob"):
        assert await users.known(world.integration, subject) is None, (
            "the records stay deleted if the integration is recreated"
        )
    assert await users.known(both[1], "adfs:x:bob")
    rows = [row async for row in world.storage.table("personal").everything()]
    assert not [row for row in rows if own in row.key], "no claims are left"


@pytest.mark.long
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 16))
async def test_an_interrupted_deletion_of_vmrs_and_users_is_completed_at_night(at: int, after: bool) -> None:
    world = MeetingsWorld()
    await VmrStore(world.storage).create(kept(1, "a1", "a2", integration=world.integration.uuid))
    await UserStore(world.storage).signed_in(world.integration, "adfs:x:alice", "alice@example.com", "Alice")
    await Retirement(world.storage, PolicyPlatform(world.storage)).announce(world.integration.uuid)
    storage = CrashingStorage(world.storage, Fuse(at, after))
    with suppress(Crash):
        await Retirement(storage, PolicyPlatform(storage)).complete(world.integration.uuid)
    await Retirement(world.storage, PolicyPlatform(world.storage)).complete_all(existing=set())
    left = [row.key async for row in world.storage.table("personal").everything()]
    assert set(left) <= {"sequence"}
    assert await rows_left(world) == []


async def test_a_booking_that_cannot_be_removed_does_not_prevent_the_removal_of_others() -> None:
    """The booking's Management Node is down, perhaps permanently."""
    world = MeetingsWorld()
    aliases = await with_meetings(world, 2)
    other = MeetingsWorld(stored_integration(OTHER), storage=world.storage)
    await with_meetings(other, 1)

    class Platform(PolicyPlatform):
        async def forget(self, booking: Booking) -> None:
            if booking.integration != OTHER:
                raise Unavailable("The Management Node cannot be reached.")
            await super().forget(booking)

    retirement = Retirement(world.storage, Platform(world.storage))
    for integration in (world.integration.uuid, OTHER):
        await retirement.announce(integration)
    await retirement.complete_all([])
    left = {row.partition async for row in world.storage.table("meetings").everything()}
    assert left - {LISTS_PARTITION} == {world.integration.uuid, "retired"}
    await Retirement(world.storage, PolicyPlatform(world.storage)).complete_all([])
    assert [await world.is_open(alias) for alias in aliases] == [None, None]
