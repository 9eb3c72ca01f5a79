"""Admins' actions on a meeting other than closing its room: resending its instructions, and assigning a new owner."""

from datetime import timedelta

import pytest

from shared.bookings.booking import State
from shared.bookings.operation import Operation
from shared.bookings.stored import operations_of
from shared.calendar.request import Update
from shared.errors import Conflict, Unavailable
from shared.intake.notice import decode
from shared.meetings.room_control import RoomControl
from shared.operations.erasure import Person, traces_of
from tests.fakes.mailbox import invitation
from tests.support.crashes import Crash, CrashingStorage, Fuse
from tests.support.meetings_world import MeetingsWorld, body, stored_integration


def control(world: MeetingsWorld) -> RoomControl:
    return RoomControl(world.storage, world.platform(world.storage), world.clock)


async def booked(world: MeetingsWorld) -> str:
    """Schedule a meeting, and return its tag."""
    booking = await world.reserve()
    await world.process(world.mailbox.deliver(invitation("m1", body(booking))))
    world.mailbox.mails.clear()
    world.queue.sent.clear()
    return booking.tag


async def hand_out(world: MeetingsWorld) -> None:
    """Handle all messages in the queue."""
    while world.queue.sent:
        for notice in decode(world.queue.sent.pop(0)[0]):
            await world.processor().process(notice)


async def again(world: MeetingsWorld) -> Operation:
    found = [each async for each in operations_of(world.storage.table("meetings"), world.integration.uuid)]
    return next(each for each in found if each.decision == "resend")


async def test_instructions_are_mailed_to_the_organizer_from_the_equipment_mailbox() -> None:
    world = MeetingsWorld()
    tag = await booked(world)
    await control(world).resend(world.integration.uuid, tag)
    await hand_out(world)
    [mail] = world.mailbox.mails
    assert (mail.recipients, mail.sender) == (("alice@example.com",), "")
    assert tag in mail.html
    assert (await again(world)).done
    assert await world.records.all_unfinished() == []


async def test_instructions_are_mailed_once_even_if_the_queue_delivers_the_request_repeatedly() -> None:
    world = MeetingsWorld()
    tag = await booked(world)
    await control(world).resend(world.integration.uuid, tag)
    world.queue.sent *= 3
    await hand_out(world)
    with pytest.raises(Conflict):
        await control(world).resend(world.integration.uuid, tag)
    await world.settle()
    assert len(world.mailbox.mails) == 1


@pytest.mark.parametrize("at", range(1, 24))
async def test_a_crash_at_any_step_mails_the_instructions_once(at: int) -> None:
    world = MeetingsWorld()
    tag = await booked(world)
    storage = CrashingStorage(world.storage, Fuse(at))
    try:
        await RoomControl(storage, world.platform(storage), world.clock).resend(world.integration.uuid, tag)
        await hand_out(world)
    except Crash:
        await world.settle()
    asked = bool([each async for each in operations_of(world.storage.table("meetings"), world.integration.uuid)][1:])
    assert len(world.mailbox.mails) == asked


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("call", ["item", "draft", "send"])
async def test_instructions_are_mailed_once_after_exchange_recovers(call: str, after_effect: bool) -> None:
    world = MeetingsWorld()
    tag = await booked(world)
    await control(world).resend(world.integration.uuid, tag)
    world.mailbox.fail(call, Unavailable("away"), after_effect=after_effect)
    with pytest.raises(Unavailable):
        await hand_out(world)
    await world.settle()
    assert len(world.mailbox.mails) == 1


async def test_no_instructions_are_sent_for_a_closed_or_past_meeting() -> None:
    world = MeetingsWorld()
    tag = await booked(world)
    await control(world).resend(world.integration.uuid, tag)
    await control(world).close(world.integration.uuid, tag)
    await hand_out(world)
    assert world.mailbox.mails == []
    assert (await again(world)).error == "nobody_to_mail"
    with pytest.raises(Conflict, match="no open room"):
        await control(world).resend(world.integration.uuid, tag)
    await control(world).reopen(world.integration.uuid, tag)
    world.clock.move(timedelta(days=30))
    with pytest.raises(Conflict, match="over"):
        await control(world).resend(world.integration.uuid, tag)


async def test_a_meeting_keeps_its_new_owner_after_the_organizers_updates() -> None:
    world = MeetingsWorld(stored_integration(conference_platform="policy"))
    tag = await booked(world)
    given = await control(world).give(world.integration.uuid, tag, "bob@example.com")
    assert given.conference
    await world.process(world.mailbox.deliver(invitation("m2", "<p>no tag</p>", update=Update.FULL, subject="Moved")))
    booking = await world.records.booking(tag)
    assert booking
    assert booking.conference
    assert (booking.state, booking.conference.owner, booking.conference.subject) == (
        State.SCHEDULED, "bob@example.com", "Moved",
    )  # fmt: skip
    await control(world).resend(world.integration.uuid, tag)
    await hand_out(world)
    assert world.mailbox.mails[-1].recipients == ("bob@example.com",)


async def test_a_meeting_is_found_when_its_new_owners_data_is_erased() -> None:
    world = MeetingsWorld()
    tag = await booked(world)
    assert not (await traces_of(world.storage, Person("bob@example.com"))).bookings
    await control(world).give(world.integration.uuid, tag, "bob@example.com")
    assert [each.tag for each in (await traces_of(world.storage, Person("bob@example.com"))).bookings] == [tag]
