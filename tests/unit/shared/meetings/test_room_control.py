"""A room closed by an admin stays closed until an admin reopens it, even if the organizer sends updates."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dev.harness.storage import MemoryStorage
from shared.bookings.booking import Booking, State
from shared.bookings.due_tasks import Task
from shared.bookings.rows import RowKind, meetings_table
from shared.bookings.stored import stored_booking
from shared.calendar.conference import Calendar
from shared.calendar.request import Answer, Shape, Update
from shared.conferences.platform import PolicyPlatform
from shared.errors import Conflict, NotFound
from shared.mailboxes.mailbox import CalendarEntry
from shared.meetings.acceptance import decide
from shared.meetings.decision import Accept, Ignore, Known, Reject, Rejected
from shared.meetings.differences import CalendarPart
from shared.meetings.room_control import RoomControl
from shared.storage import Put
from tests.fakes.clock import FakeClock
from tests.support.meetings import INTEGRATION, NOW, OTHER_TAG, TAG, at, booking, item, request, scheduled

SOON = Calendar((at(3),))
HELD = replace(scheduled(SOON).closed(), held=True)


class Rooms:
    """An integration with one room."""

    def __init__(self, room: Booking) -> None:
        self.storage = MemoryStorage()
        self.clock = FakeClock(NOW)
        self.platform = PolicyPlatform(self.storage)
        self.control = RoomControl(self.storage, self.platform, self.clock)
        self.room = room

    async def book(self) -> None:
        named = await self.platform.name(self.room)
        await meetings_table(self.storage).commit(INTEGRATION, Put(named.key, named.values()))
        await self.platform.show(named)

    async def claim(self) -> str:
        row = await self.storage.table("aliases").get(self.room.numeric_alias, "alias")
        assert row
        return str(row.values["state"])

    async def record(self) -> Booking:
        found = await stored_booking(meetings_table(self.storage), INTEGRATION, TAG)
        assert found
        return found


async def test_a_room_can_be_closed_and_reopened_repeatedly() -> None:
    rooms = Rooms(scheduled(SOON))
    await rooms.book()
    for _ in range(2):
        assert (await rooms.control.close(INTEGRATION, TAG)).held
        assert (await rooms.claim(), (await rooms.record()).state) == ("closed", State.CLOSED)
    for _ in range(2):
        assert not (await rooms.control.reopen(INTEGRATION, TAG)).held
        assert (await rooms.claim(), (await rooms.record()).state) == ("scheduled", State.SCHEDULED)
    assert (await rooms.record()).names == ("Budget",)


async def test_a_reopened_room_closes_when_its_meeting_is_over() -> None:
    rooms = Rooms(scheduled(SOON))
    await rooms.book()
    await rooms.control.close(INTEGRATION, TAG)
    await rooms.control.reopen(INTEGRATION, TAG)
    due = [row.key async for row in meetings_table(rooms.storage).rows(INTEGRATION, RowKind.DUE.prefix)]
    assert any(Task.FINISH in key for key in due)


@pytest.mark.parametrize(
    ("room", "act", "error"),
    [
        (booking(), "close", Conflict),
        (scheduled(SOON).closed(), "reopen", Conflict),
        (replace(scheduled(Calendar((at(-5),))).closed(), held=True), "reopen", Conflict),
    ],
)
async def test_a_booking_that_cannot_be_closed_or_reopened_stays_unchanged(
    room: Booking, act: str, error: type[Exception]
) -> None:
    rooms = Rooms(room)
    await rooms.book()
    before = await rooms.record()
    with pytest.raises(error):
        await getattr(rooms.control, act)(INTEGRATION, TAG)
    assert await rooms.record() == before


async def test_a_missing_room_is_reported() -> None:
    with pytest.raises(NotFound):
        await Rooms(booking()).control.close(INTEGRATION, TAG)


class TestTheOrganizersNextMessage:
    @pytest.mark.parametrize("known", [Known((HELD,)), Known((), HELD), Known((HELD,), HELD)])
    def test_a_request_for_a_room_closed_by_an_admin_is_rejected_as_alias_deleted(self, known: Known) -> None:
        assert decide(request(item(), update=Update.FULL), SOON, known, NOW) == Reject(
            Rejected.ALIAS_DELETED, certain=False
        )

    def test_an_occurrence_is_rejected_if_an_admin_closed_its_series_room(self) -> None:
        one = item(shape=Shape.OCCURRENCE, series_id="master", original_start=at(3).start)
        assert isinstance(decide(request(one, body=""), SOON, Known((), HELD), NOW), Reject)

    def test_a_meeting_whose_room_was_closed_by_an_admin_gets_another_alias_with_a_new_tag(self) -> None:
        fresh = booking(OTHER_TAG, created=NOW + timedelta(minutes=1))
        decision = decide(request(item(), update=Update.FULL), SOON, Known((HELD, fresh), HELD), NOW)
        assert isinstance(decision, Accept)
        assert decision.booking == fresh

    def test_a_meeting_whose_room_was_closed_by_an_admin_can_be_cancelled(self) -> None:
        assert isinstance(decide(request(item(cancelled=True)), SOON, Known((HELD,), HELD), NOW), Ignore)


@pytest.mark.parametrize(
    ("room", "differs"), [(scheduled(SOON), False), (scheduled(SOON).closed(), True), (HELD, False)]
)
def test_the_nightly_comparison_does_not_reopen_a_room_closed_by_an_admin(room: Booking, differs: bool) -> None:
    part = CalendarPart(NOW, NOW + timedelta(days=1))
    entry = CalendarEntry("event", "", "uid-1", at(3), Answer.ACCEPTED, False, NOW - timedelta(days=1))
    part.add([entry])
    assert part.compare(room) is None
    assert bool(list(part.differences(NOW))) is differs
