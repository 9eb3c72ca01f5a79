"""The nightly comparison makes the records match the calendar again, whatever was lost."""

import asyncio
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from dev.exchange.calendar import instances, whole
from dev.exchange.model import Event, Message
from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import MAILBOX, By
from dev.harness.times import hour_from, tomorrow, weekly
from shared.alarm_kinds import AlarmKind
from shared.bookings.booking import State
from shared.calendar.conference import Occurrence
from shared.mailboxes.horizon import HORIZON
from shared.meetings.records import Records
from tests.integration.meetings.histories import run_by_run


@pytest.fixture(params=By)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[Deployment]:
    async with deployed(request.param) as deployment:
        yield deployment


async def lose_messages(world: Deployment) -> None:
    """Delete all messages before the product reads them. Their changes to the calendar remain."""
    store, owner = world.exchange.exchange.store, owner_of(world)
    for folder in ("inbox", "deleteditems"):
        for message in store.messages(owner, folder):
            store.delete_message(message)
    await world.notified()
    world.memory.queue("meeting-requests").sent.clear()


def owner_of(world: Deployment) -> str:
    return world.exchange.exchange.directory.ensure(MAILBOX).guid


async def night(world: Deployment) -> list[str]:
    """Run the comparison, process the differences, and return the causes of its alarm."""
    await world.move_to(world.now + timedelta(minutes=20))
    await world.services.scheduling.timers.compare()
    uuid = (await world.integration()).uuid
    causes = [
        alarm.cause async for alarm in world.services.foundation.alarms.of(uuid) if alarm.kind is AlarmKind.COMPARISON
    ]
    await world.drain()
    return causes


async def booked(world: Deployment, start: datetime, **more: Any) -> tuple[str, str]:
    """Schedule a meeting, and return its uid and alias."""
    room = await world.click()
    uid = await world.invite(start, room["instructions"], **more)
    await world.drain()
    assert (await world.answers(uid))[-1]["kind"] == "accepted"
    return uid, room["alias"]


async def is_open_at(world: Deployment, alias: str, at: datetime) -> bool | None:
    await world.move_to(max(world.now, at))
    return await world.is_open(alias)


async def test_matching_calendar_and_records_cause_no_alarm(world: Deployment) -> None:
    start = tomorrow(world)
    await booked(world, start)
    await booked(world, start, recurrence=weekly(start))
    assert await night(world) == []


async def test_a_lost_invitation_is_answered_and_the_alarm_cleared_the_next_night(world: Deployment) -> None:
    room, start = await world.click(), tomorrow(world)
    uid = await world.invite(start, room["instructions"])
    await lose_messages(world)
    [cause] = await night(world)
    assert "1 without a room" in cause
    assert [answer["kind"] for answer in await world.answers(uid)] == ["accepted"]
    assert await night(world) == []
    assert await is_open_at(world, room["alias"], start) is True


async def test_a_lost_invitation_to_a_series_is_answered(world: Deployment) -> None:
    room, start = await world.click(), tomorrow(world)
    uid = await world.invite(start, room["instructions"], recurrence=weekly(start))
    await lose_messages(world)
    assert await night(world)
    assert [answer["kind"] for answer in await world.answers(uid)] == ["accepted"]
    assert await night(world) == []
    assert await is_open_at(world, room["alias"], start + timedelta(weeks=3)) is True


async def test_a_lost_update_is_applied(world: Deployment) -> None:
    start = tomorrow(world)
    uid, alias = await booked(world, start)
    await world.change(uid, **hour_from(start + timedelta(hours=5)))
    await lose_messages(world)
    [cause] = await night(world)
    assert "1 at other times" in cause
    assert [answer["kind"] for answer in await world.answers(uid)] == ["accepted", "accepted"]
    assert await night(world) == []
    assert await is_open_at(world, alias, start) is False
    assert await is_open_at(world, alias, start + timedelta(hours=5)) is True


async def test_a_lost_cancellation_closes_the_room(world: Deployment) -> None:
    start = tomorrow(world)
    uid, alias = await booked(world, start)
    await world.cancel(uid)
    await lose_messages(world)
    [cause] = await night(world)
    assert "1 with a room, but not in the calendar" in cause
    assert await night(world) == []
    assert await is_open_at(world, alias, start) is False


async def test_a_lost_update_or_cancellation_of_one_occurrence_is_applied(world: Deployment) -> None:
    start = tomorrow(world)
    uid, alias = await booked(world, start, recurrence=weekly(start))
    second, third = start + timedelta(weeks=1), start + timedelta(weeks=2)
    await world.change(uid, occurrence=f"{second:%Y-%m-%d}", **hour_from(second + timedelta(hours=3)))
    await world.cancel(uid, f"{third:%Y-%m-%d}")
    await lose_messages(world)
    assert await night(world)
    assert await night(world) == []
    assert [answer["kind"] for answer in await world.answers(uid)] == ["accepted", "accepted"]
    assert [await is_open_at(world, alias, at) for at in (start, second)] == [True, False]
    assert await is_open_at(world, alias, second + timedelta(hours=3)) is True
    assert [await is_open_at(world, alias, at) for at in (third, third + timedelta(weeks=1))] == [False, True]


async def test_a_failed_repair_is_retried(world: Deployment) -> None:
    start = tomorrow(world)
    uid, _ = await booked(world, start)
    await world.change(uid, **hour_from(start + timedelta(hours=5)))
    await lose_messages(world)
    await world.faults({"on": "*", "status": 503, "times": 4})
    await world.services.scheduling.timers.compare()
    await world.clear_faults()
    assert await night(world)
    await world.settle()
    assert len(await world.answers(uid)) == 2
    assert await night(world) == []


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_repair_whose_answer_fails_is_answered_once_by_the_next_run(
    world: Deployment, after_effect: bool
) -> None:
    """The id of a repair is not a message id, so Graph would reject it with 400."""
    uid = await world.invite(tomorrow(world), (await world.click())["instructions"])
    await lose_messages(world)
    is_graph = (await world.integration()).authentication_method == "GRAPH"
    on = "POST /accept" if is_graph else "EWS CreateItem"
    await world.faults({"on": on, "action": "crash", "times": 1, "after_effect": after_effect})
    assert await night(world)
    await world.settle()
    assert [answer["kind"] for answer in await world.answers(uid)] == ["accepted"]
    assert await world.left() == []


async def test_an_exchange_that_is_down_during_the_comparison_raises_an_alarm(world: Deployment) -> None:
    await booked(world, tomorrow(world))
    on = "GET /calendarView" if (await world.integration()).authentication_method == "GRAPH" else "EWS FindItem"
    await world.faults({"on": on, "status": 503, "times": 9})
    await world.services.scheduling.timers.compare()
    uuid = (await world.integration()).uuid
    assert [alarm.kind async for alarm in world.services.foundation.alarms.of(uuid)] == [AlarmKind.COMPARISON]
    await world.clear_faults()
    assert await night(world) == []


async def test_a_large_calendar_costs_one_call_for_hundreds_of_meetings() -> None:
    """This uses real HTTP. The unit tests compare ten thousand meetings without it."""
    async with deployed() as world:
        first = tomorrow(world)
        _, alias = await booked(world, first)
        store, owner = world.exchange.exchange.store, owner_of(world)
        [known] = store.events(owner)
        for number in range(1, 1400):
            meeting, later = known.meeting, timedelta(minutes=number * 30)
            uid = f"{meeting.uid[:-8]}{number:08X}"
            start, end = meeting.start + later, meeting.end + later
            copied = replace(meeting, uid=uid, start=start, end=end)
            store.add_event(owner, copied, known.response, is_organizer=True)
        before = world.calls()
        assert await night(world) == []
        pages, addresses = 3, 1  # the mailbox's other addresses are read during the same night
        assert world.calls() - before == pages + addresses
        assert await is_open_at(world, alias, first)


# --- histories in which records, calendar or both are reset to an earlier time

Step: TypeAlias = tuple[Any, ...]
meetings = st.integers(0, 2)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("invite"), meetings, st.integers(3, 60), st.booleans()),
        st.tuples(st.just("move"), meetings, st.integers(3, 60)),
        st.tuples(st.just("cancel"), meetings),
        st.tuples(st.just("move occurrence"), meetings, st.integers(0, 3)),
        st.tuples(st.just("cancel occurrence"), meetings, st.integers(0, 3)),
        st.tuples(st.just("lose")),
        st.tuples(st.just("settle")),
    ),
    min_size=1,
    max_size=6,
)
Times: TypeAlias = dict[str, set[Occurrence]]


class SetBack:
    """Organizers' actions in a deployment whose records or calendar can be reset to an earlier time."""

    def __init__(self, world: Deployment, rooms: list[Any]) -> None:
        self.world = world
        self.rooms = rooms
        self.origin = world.now.replace(minute=0, second=0, microsecond=0)
        self.uids: dict[int, tuple[str, datetime | None]] = {}
        self.cancelled: set[int] = set()

    async def steps(self, steps: list[Step]) -> None:
        """Perform the steps, and process everything that results from them."""
        for step in steps:
            await self._step(step)
        await self.world.drain()

    async def _step(self, step: Step) -> None:
        match step:
            case ("invite", int(which), int(ahead), bool(is_series)) if which not in self.uids:
                start = self._at(ahead)
                more: dict[str, Any] = {"recurrence": weekly(start)} if is_series else {}
                body = self.rooms[which]["instructions"]
                uid = await self.world.invite(start, body, subject=f"Meeting {which}", **more)
                self.uids[which] = uid, start if is_series else None
            case ("lose",):
                await lose_messages(self.world)
            case ("settle",):
                await self.world.drain()
            case (str(verb), int(which), *rest) if which in self.uids.keys() - self.cancelled and verb != "invite":
                await self._edit(verb, which, *rest)

    async def _edit(self, verb: str, which: int, *rest: int) -> None:
        uid, first = self.uids[which]
        if verb == "cancel":
            self.cancelled.add(which)
            await self.world.cancel(uid)
        elif verb.endswith("occurrence") and first:
            await self._occurrence(uid, first + timedelta(weeks=rest[0]), cancel=verb.startswith("cancel"))
        elif verb == "move" and first is None:
            await self.world.change(uid, **hour_from(self._at(rest[0])))

    async def _occurrence(self, uid: str, day: datetime, *, cancel: bool) -> None:
        path, occurrence, http = f"/dev/meetings/{uid}", f"{day:%Y-%m-%d}", self.world.http
        if cancel:
            answer = await http.delete(path, params={"occurrence": occurrence})
        else:
            later = hour_from(day + timedelta(hours=2))
            answer = await http.patch(path, json={**later, "occurrence": occurrence})
        assert answer.status_code < 500, answer.text  # refused if it was already cancelled

    def _at(self, ahead: int) -> datetime:
        return self.origin + timedelta(days=2, hours=ahead)

    def moment(self) -> tuple[Any, Any]:
        """Copies of the records and the mailbox in their current state."""
        return deepcopy(self.world.memory), deepcopy((self._calendar(), self._messages()))

    async def set_back(self, to: tuple[Any, Any], what: str) -> None:
        """Restore a backup."""
        memory, mailbox = to
        if what != "mailbox":
            self.world.host.memory = self.world.outages.memory = memory
            await self.world.host.restart()
        if what != "records":
            store, (calendar, messages) = self.world.exchange.exchange.store, mailbox
            store._events[owner_of(self.world)] = calendar
            store._messages[owner_of(self.world)] = messages

    def _calendar(self) -> dict[str, Event]:
        return self.world.exchange.exchange.store._events[owner_of(self.world)]

    def _messages(self) -> dict[str, Message]:
        return self.world.exchange.exchange.store._messages[owner_of(self.world)]

    def in_calendar(self) -> Times:
        """Each meeting's times between now and the horizon, keyed by subject."""
        first, last = self.world.now, self.world.now + HORIZON
        found: Times = {}
        for event in self._calendar().values():
            entries = instances(event, first, last) if event.meeting.recurrence else [whole(event)]
            times = {Occurrence(e.meeting.start, e.meeting.end) for e in entries if not e.cancelled}
            if times and not event.cancelled:
                found[event.meeting.subject] = times
        return found

    async def in_records(self) -> Times:
        """Each meeting's times according to the records, keyed by subject."""
        names = {room["alias"]: f"Meeting {which}" for which, room in enumerate(self.rooms)}
        found: Times = {}
        async for booking in Records(self.world.memory, (await self.world.integration()).uuid).bookings():
            if booking.state is State.SCHEDULED and booking.conference:
                times = booking.conference.calendar.occurrences
                found[names[booking.alias]] = {o for o in times if o.start < self.world.now + HORIZON}
        return found


async def differences_after(by: By, before: list[Step], after: list[Step], what: str) -> None:
    async with deployed(by) as world:
        story = SetBack(world, [await world.click() for _ in range(3)])
        await story.steps(before)
        moment = story.moment()
        await world.move_to(world.now + timedelta(minutes=30))
        await story.steps(after)
        await world.move_to(world.now + timedelta(minutes=30))
        await story.set_back(moment, what)
        note(f"alarms: {await night(world)}")
        assert await story.in_records() == story.in_calendar()
        for _ in range(2):
            await world.settle()
            assert await night(world) == []
            assert await story.in_records() == story.in_calendar()
        assert world.host.poisoned == []


@pytest.mark.parametrize("by", By)
@run_by_run
@given(before=steps, after=steps, what=st.sampled_from(["records", "mailbox", "both"]))
def test_one_night_after_losing_an_hour_calendar_and_records_are_equal_again(
    by: By, before: list[Step], after: list[Step], what: str
) -> None:
    note(f"before: {before}, after: {after}, restored:  {what}")
    asyncio.run(differences_after(by, before, after, what))
