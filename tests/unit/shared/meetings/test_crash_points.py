"""M5, rule 2: after a crash at any step, the next run completes the work, and the organizer is answered once.

Each scenario runs once to count its external calls, and then twice for each call: once crashing before it, and once
after it.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.aliases.allocation import Allocator
from shared.bookings.booking import Booking
from shared.calendar.request import Update
from shared.errors import Unavailable
from shared.identity.caller import Caller
from shared.intake.notice import Notice
from shared.meetings.records import Records
from tests.fakes.mailbox import cancellation, invitation
from tests.support.crashes import Crash, CrashingMailbox, CrashingStorage, Fuse
from tests.support.meetings_world import KEY, MeetingsWorld, body, stored_integration
from tests.support.node_meetings import NodeMeetingsWorld
from tests.support.record_lists import check_lists, lists_of

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = START + timedelta(hours=4)

Scenario = Callable[[MeetingsWorld], Awaitable[str]]
"""A function that prepares the world, delivers the message whose processing will crash, and returns its id."""


async def new_meeting(world: MeetingsWorld) -> str:
    return world.mailbox.deliver(invitation(body=body(await world.reserve())))


async def moved_meeting(world: MeetingsWorld) -> str:
    booking = await world.reserve()
    await world.process(world.mailbox.deliver(invitation(body=body(booking))))
    return world.mailbox.deliver(invitation("message-2", body(booking), start=LATER, update=Update.FULL))


async def swapped_room(world: MeetingsWorld) -> str:
    await world.process(world.mailbox.deliver(invitation(body=body(await world.reserve()))))
    return world.mailbox.deliver(invitation("message-2", body(await world.reserve()), update=Update.FULL))


async def renamed_meeting(world: MeetingsWorld) -> str:
    booking = await world.reserve()
    await world.process(world.mailbox.deliver(invitation(body=body(booking))))
    return world.mailbox.deliver(invitation("message-2", body(booking), subject="Other"))


async def cancelled_meeting(world: MeetingsWorld) -> str:
    request = invitation(body=body(await world.reserve()))
    await world.process(world.mailbox.deliver(request))
    return world.mailbox.deliver(cancellation(request))


async def no_tag(world: MeetingsWorld) -> str:
    return world.mailbox.deliver(invitation(body="no tag"))


async def copied_tag(world: MeetingsWorld) -> str:
    booking = await world.reserve()
    await world.process(world.mailbox.deliver(invitation(body=body(booking))))
    return world.mailbox.deliver(invitation("message-2", body(booking), uid="uid-2", start=LATER))


async def copy_with_new_alias(world: MeetingsWorld) -> str:
    world.integration = stored_integration(copied_tag_action="new_alias")
    return await copied_tag(world)


async def promised_alias(world: MeetingsWorld) -> str:
    return world.mailbox.deliver(invitation(body=world.promises.make(world.integration.uuid, Caller("alice", "test"))))


async def html_acceptance(world: MeetingsWorld) -> str:
    world.integration = stored_integration(response_format="html")
    return await new_meeting(world)


async def html_rejection(world: MeetingsWorld) -> str:
    world.integration = stored_integration(response_format="html")
    return await no_tag(world)


async def lagging_item(world: MeetingsWorld) -> str:
    return world.mailbox.deliver(replace(invitation(body=body(await world.reserve())), item=None))


SCENARIOS = [
    new_meeting, moved_meeting, swapped_room, renamed_meeting, cancelled_meeting, no_tag, copied_tag,
    copy_with_new_alias, promised_alias, html_acceptance, html_rejection, lagging_item,
]  # fmt: skip


async def run(world: MeetingsWorld, message: str, fuse: Fuse) -> None:
    """Process the message, and crash at the call that blows the fuse."""
    await lists_of(world.storage, world.clock, world.integration.uuid).keep()
    storage = CrashingStorage(world.storage, fuse)
    records = Records(storage, world.integration.uuid)
    processor = world.processor(
        mailbox=CrashingMailbox(world.mailbox, fuse),
        platform=world.platform(storage),
        records=records,
        decider=world.decider(records, Allocator(storage, world.clock, KEY)),
        queue=storage.queue("meeting-requests"),
    )
    await processor.process(Notice(world.integration.uuid, message))


async def outcome(world: MeetingsWorld) -> object:
    """The visible result: answers, e-mails, and the times at which rooms are open."""
    bookings = world.storage.table("meetings").rows(world.integration.uuid, "tag:")
    rooms = [Booking.from_row(row).numeric_alias async for row in bookings]
    doors = []
    for moment in (START - timedelta(minutes=31), START, LATER, LATER + timedelta(hours=2, minutes=1)):
        world.clock.set(moment)
        doors.append(sorted([str(await world.is_open(room)) for room in rooms]))
    answers = [(kind, len(text)) for kind, text in world.told]
    pending = [row.key async for row in world.storage.table("meetings").rows(world.integration.uuid, "pending:")]
    await check_lists(world.storage, world.clock.now(), world.integration.uuid)
    return answers, len(world.mailbox.mails), doors, pending


WORLDS = [MeetingsWorld, NodeMeetingsWorld]
"""Two worlds: one with rooms served by external policy, and one with rooms on a Management Node. Their outcomes must be
the same.
"""


async def clean_run(scenario: Scenario, by: type[MeetingsWorld] = MeetingsWorld) -> tuple[object, int]:
    """The outcome without a crash, and the number of external calls."""
    world, fuse = by(), Fuse(at=0)
    message = await scenario(world)
    await run(world, message, fuse)
    await world.settle()
    return await outcome(world), fuse.calls


async def crashed_run(scenario: Scenario, fuse: Fuse, by: type[MeetingsWorld]) -> object:
    """The outcome after a crash. The queue then delivers the message again, and the timers run."""
    world = by()
    message = await scenario(world)
    with pytest.raises(Crash):
        await run(world, message, fuse)
    await world.settle()
    await world.process(message)
    await world.settle()
    return await outcome(world)


@pytest.mark.long
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("by", WORLDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_crash_at_any_call_leads_to_the_same_outcome(
    scenario: Scenario, by: type[MeetingsWorld], after: bool
) -> None:
    expected, _ = await clean_run(scenario)
    found, calls = await clean_run(scenario, by)
    assert found == expected
    assert calls >= 2
    for at in range(1, calls + 1):
        assert await crashed_run(scenario, Fuse(at, after), by) == expected, f"call {at} of {calls}"


async def test_a_crash_blocks_other_runs_until_its_lease_expires() -> None:
    """While a run may still be in progress, another run for the same message does nothing."""
    world = MeetingsWorld()
    message = await new_meeting(world)
    with pytest.raises(Crash):
        await run(world, message, Fuse(at=6))
    await world.process(message)
    assert world.told == []
    await world.settle()
    assert [kind for kind, _ in world.told] == ["accepted"]


@pytest.mark.long
@pytest.mark.parametrize("by", WORLDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_failure_at_any_call_leads_to_the_same_outcome(scenario: Scenario, by: type[MeetingsWorld]) -> None:
    """The process does not crash, so it records whether the answer may have been sent."""
    expected, calls = await clean_run(scenario, by)
    for at in range(1, calls + 1):
        for after in (False, True):
            fuse = Fuse(at, after, error=lambda: Unavailable("it cannot be reached"))
            world = by()
            message = await scenario(world)
            with suppress(Unavailable):
                await run(world, message, fuse)
            await world.settle()
            await world.process(message)
            await world.settle()
            assert await outcome(world) == expected, f"call {at} of {calls}, after: {after}"
