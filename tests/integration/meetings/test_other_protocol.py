"""After a mailbox is switched from EWS to Graph or vice versa, recorded meetings are still recognized.

The mailbox no longer contains their messages, so the meetings appear only in the records and the calendar.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION, MAILBOX, By
from dev.harness.times import hour_from, tomorrow, weekly
from shared.alarm_kinds import AlarmKind
from shared.bookings.booking import Booking
from shared.meetings.records import Records

WEEK = timedelta(weeks=1)
OTHER = {By.GRAPH: By.EWS, By.EWS: By.GRAPH}


@pytest.fixture(params=By, ids=lambda by: f"from {by}")
async def by(request: pytest.FixtureRequest) -> By:
    way: By = request.param
    return way


@pytest.fixture
async def world(by: By) -> AsyncIterator[Deployment]:
    async with deployed(by) as deployment:
        yield deployment


async def forget_messages(world: Deployment) -> None:
    """Delete the mailbox's messages, but not its calendar."""
    store, owner = world.exchange.exchange.store, world.exchange.exchange.directory.ensure(MAILBOX).guid
    for folder in ("inbox", "deleteditems"):
        for message in store.messages(owner, folder):
            store.delete_message(message)
    await world.notified()
    world.memory.queue("meeting-requests").sent.clear()


async def switch(world: Deployment, by: By) -> None:
    """Switch to the other protocol, as an admin would."""
    await forget_messages(world)
    await world.services.foundation.integrations.update(INTEGRATION, OTHER[by].settings(world.exchange))
    await world.services.scheduling.timers.connect(INTEGRATION)
    await world.drain()


async def booked(world: Deployment, **more: Any) -> tuple[str, str]:
    """Schedule a meeting, and return its uid and alias."""
    room, start = await world.click(), tomorrow(world)
    uid = await world.invite(start, room["instructions"], **more)
    await world.drain()
    return uid, str(room["alias"])


async def booking(world: Deployment, alias: str) -> Booking:
    return next(each for each in [b async for b in records(world).bookings()] if each.alias == alias)


def records(world: Deployment) -> Records:
    return Records(world.memory, INTEGRATION)


async def kinds(world: Deployment) -> list[AlarmKind]:
    return [alarm.kind async for alarm in world.services.foundation.alarms.of(INTEGRATION)]


async def agenda(world: Deployment) -> None:
    await world.services.scheduling.timers.agenda()


async def test_the_next_part_of_a_series_is_read(world: Deployment, by: By) -> None:
    first = tomorrow(world)
    _, alias = await booked(world, recurrence=weekly(first))
    await switch(world, by)
    before = await booking(world, alias)
    for _ in range(60):
        await world.move_to(world.now + WEEK)
        await agenda(world)
        assert AlarmKind.HOUSEKEEPING not in await kinds(world)
    after = await booking(world, alias)
    assert after.item_id != before.item_id
    await world.move_to(first + 60 * WEEK)
    assert await world.is_open(alias), "the series continues for more than a year"


async def test_the_room_of_a_meeting_is_open_on_the_day_of_the_meeting(world: Deployment, by: By) -> None:
    start = tomorrow(world) + timedelta(days=3)
    room = await world.click()
    await world.invite(start, room["instructions"])
    await world.drain()
    await switch(world, by)
    await world.move_to(start - timedelta(hours=4))
    await agenda(world)
    assert AlarmKind.HOUSEKEEPING not in await kinds(world)
    await world.move_to(start)
    assert await world.is_open(room["alias"])


async def test_the_room_of_a_meeting_deleted_in_the_meantime_closes(world: Deployment, by: By) -> None:
    start = tomorrow(world) + timedelta(days=3)
    room = await world.click()
    await world.invite(start, room["instructions"])
    await world.drain()
    await switch(world, by)
    store, owner = world.exchange.exchange.store, world.exchange.exchange.directory.ensure(MAILBOX).guid
    for event in list(store.events(owner)):
        store.delete_event(event)
    await world.move_to(world.now + timedelta(days=1))
    await agenda(world)
    await world.services.scheduling.timers.compare()
    await world.drain()
    await world.move_to(start)
    assert await world.is_open(room["alias"]) is False


async def test_one_cancelled_occurrence_does_not_close_the_series(world: Deployment, by: By) -> None:
    first = tomorrow(world)
    uid, alias = await booked(world, recurrence=weekly(first))
    await switch(world, by)
    await world.cancel(uid, occurrence=f"{first + WEEK:%Y-%m-%d}")
    await world.drain()
    await world.services.scheduling.timers.sweep()
    await world.drain()
    doors = []
    for week in range(3):
        await world.move_to(first + week * WEEK)
        doors.append(await world.is_open(alias))
    assert doors == [True, False, True]


async def test_a_moved_meeting_is_answered(world: Deployment, by: By) -> None:
    uid, alias = await booked(world)
    await switch(world, by)
    later = tomorrow(world) + timedelta(hours=5)
    await world.change(uid, **hour_from(later))
    await world.drain()
    assert [answer["kind"] for answer in await world.answers(uid)] == ["accepted", "accepted"]
    await world.move_to(later)
    assert await world.is_open(alias)


@pytest.mark.parametrize("of_series", [False, True], ids=["a meeting", "a series"])
async def test_an_unsent_answer_is_sent(world: Deployment, by: By, of_series: bool) -> None:
    start, room = tomorrow(world), await world.click()
    on = "POST accept" if by is By.GRAPH else "EWS CreateItem"
    await world.faults({"on": on, "status": 503, "times": None})
    more: dict[str, Any] = {"recurrence": weekly(start)} if of_series else {}
    uid = await world.invite(start, room["instructions"], **more)
    await world.drain()
    assert await world.answers(uid) == []
    await world.clear_faults()
    await switch(world, by)
    await world.settle()
    assert [answer["kind"] for answer in await world.answers(uid)] == ["accepted"]
    assert await world.left() == []


async def test_an_unsent_answer_to_one_occurrence_ends_with_an_alarm(world: Deployment, by: By) -> None:
    """Only the series can be found, but an answer to the series would refer to all occurrences."""
    first = tomorrow(world)
    uid, _ = await booked(world, recurrence=weekly(first))
    on = "POST accept" if by is By.GRAPH else "EWS CreateItem"
    await world.faults({"on": on, "status": 503, "times": None})
    moved = first + WEEK + timedelta(hours=3)
    await world.change(uid, occurrence=f"{first + WEEK:%Y-%m-%d}", **hour_from(moved))
    await world.drain()
    await world.clear_faults()
    await switch(world, by)
    await world.settle()
    assert await world.left() == []
    assert AlarmKind.ANSWER in await kinds(world)
