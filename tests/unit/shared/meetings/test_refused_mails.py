"""An answer or e-mail that Exchange permanently refuses ends with a recorded cause and an alarm (M1, M8)."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.alarm_kinds import AlarmKind
from shared.bookings.operation import REFUSED, Operation
from shared.calendar.request import Answer, MeetingRequest, Person
from shared.errors import SchedulingError, Unavailable
from shared.identity.caller import Caller
from shared.meetings.completion import FAILED_FOR, PAUSE
from tests.fakes.mailbox import invitation
from tests.support.meetings_world import MeetingsWorld, body, stored_integration

ALWAYS = 10_000


async def run_for(world: MeetingsWorld, message: str, span: timedelta) -> Operation:
    """Let the queue deliver the message and the backlog retry the remaining work for the given time; return the
    operation.
    """
    with suppress(SchedulingError):  # the worker handles the exception
        await world.process(message)
    end = world.clock.now() + span
    while world.clock.now() < end:
        world.clock.move(PAUSE)
        with suppress(SchedulingError):  # the timer handles the exception
            await world.backlog().handle(timedelta(minutes=1))
    operation = await world.operation(message)
    assert operation
    return operation


async def alarms(world: MeetingsWorld) -> list[AlarmKind]:
    return [alarm.kind async for alarm in world.alarms.of(world.integration.uuid)]


def with_promise(world: MeetingsWorld) -> MeetingRequest:
    promise = world.promises.make(world.integration.uuid, Caller("alice", "test"))
    return invitation(body=promise, start=world.clock.now() + timedelta(days=5))


@pytest.mark.parametrize("step", ["draft", "send"])
@pytest.mark.parametrize("error", [SchedulingError("Graph returned 400."), Unavailable("Graph returned 500.")])
async def test_permanently_refused_late_instructions_do_not_prevent_the_answer(step: str, error: Exception) -> None:
    world = MeetingsWorld()
    message = world.mailbox.deliver(with_promise(world))
    world.mailbox.fail(step, error, ALWAYS)
    operation = await run_for(world, message, FAILED_FOR + timedelta(hours=1))
    assert [sent.answer for sent in world.mailbox.answers] == [Answer.ACCEPTED]
    assert operation.done
    assert operation.error == REFUSED
    assert str(error) in operation.cause
    assert AlarmKind.ANSWER in await alarms(world)
    assert await world.records.all_unfinished() == []


@pytest.mark.parametrize("step", ["draft", "send"])
async def test_an_answer_by_mail_is_abandoned_if_it_is_permanently_refused(step: str) -> None:
    world = MeetingsWorld(stored_integration(response_format="html"))
    booking = await world.reserve()
    start = world.clock.now() + timedelta(days=5)
    message = world.mailbox.deliver(invitation(body=body(booking), start=start))
    world.mailbox.fail(step, SchedulingError("Graph returned 400."), ALWAYS)
    operation = await run_for(world, message, FAILED_FOR + timedelta(hours=1))
    assert operation.done
    assert operation.error == REFUSED
    assert await world.records.all_unfinished() == []


@pytest.mark.parametrize("address", ["/O=EXCHANGE/CN=ALICE", "", "b\u00f6b@example.com"])
async def test_a_refused_answer_to_an_organizer_who_cannot_be_mailed_is_abandoned(address: str) -> None:
    world = MeetingsWorld()
    booking = await world.reserve()
    request = invitation(body=body(booking), start=world.clock.now() + timedelta(days=5))
    assert request.item
    item = replace(request.item, organizer=Person("Alice", address))
    message = world.mailbox.deliver(replace(request, item=item))
    world.mailbox.fail("answer", SchedulingError("Graph returned 400."), ALWAYS)
    operation = await run_for(world, message, timedelta(days=1))
    assert operation.done
    assert operation.error == REFUSED
    assert world.mailbox.mails == []
