"""The nightly comparison of calendar and records, in both directions. Differences are handled like messages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.aliases.allocation import alias_format
from shared.bookings.booking import Booking
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.calendar.request import Answer, MeetingRequest, Shape, meeting_key
from shared.errors import Unavailable
from shared.identity.caller import Caller
from shared.intake.notice import decode
from shared.intake.watch_state import WatchState
from shared.mailboxes.horizon import HORIZON
from shared.mailboxes.mailbox import CalendarPage
from shared.meetings import comparison as module
from shared.meetings.comparison import MAX_ROOMS_WITHOUT_MEETING, MOST_PAGES, SETTLED, CalendarDiffers, Comparison
from shared.storage import Insert
from tests.fakes.mailbox import cancellation, invitation
from tests.support.meetings_world import MeetingsWorld, body

START = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def world() -> MeetingsWorld:
    return MeetingsWorld()


def comparison(world: MeetingsWorld) -> Comparison:
    state = WatchState(world.storage, world.integration.uuid, "watched")
    return Comparison(
        world.integration.uuid, world.mailbox, world.records, state, world.queue, world.counting, world.clock
    )


async def compared(world: MeetingsWorld) -> str:
    """Run one night's comparison and the repairs that it queues, and return its report ("" if there are no
    differences).
    """
    try:
        await comparison(world).run()
    except CalendarDiffers as differs:
        await hand_out(world)
        return str(differs)
    assert world.queue.sent == []
    return ""


async def hand_out(world: MeetingsWorld) -> None:
    while world.queue.sent:
        body, _ = world.queue.sent.pop(0)
        for notice in decode(body):
            if notice.message:  # notices without a message are sweeps
                await world.processor().process(notice)


async def scheduled(world: MeetingsWorld, number: int = 1, start: datetime = START) -> Booking:
    """Schedule a meeting whose message arrived as usual."""
    booking = await world.reserve(f"user{number}")
    request = invitation(f"message-{number}", body(booking), uid=f"uid-{number}", start=start)
    request = replace(request, item=replace(request.item, body=request.body)) if request.item else request
    await world.process(world.mailbox.deliver(request))
    return booking


async def unseen(
    world: MeetingsWorld, number: int = 1, start: datetime = START, *, shape: Shape = Shape.SINGLE
) -> Booking:
    """Add a meeting to the calendar whose message has not been processed."""
    booking = await world.reserve(f"user{number}")
    item = invitation(f"message-{number}", uid=f"uid-{number}", start=start, shape=shape).item
    assert item is not None
    world.mailbox.items[item.id] = replace(item, body=body(booking))
    return booking


def to_a_series(booking: Booking) -> MeetingRequest:
    """An invitation to a series. Its calendar item is the series master."""
    request = invitation(body=body(booking), start=START, shape=Shape.SERIES)
    assert request.item is not None
    return replace(request, item=replace(request.item, id=request.item.series_id, body=request.body))


async def opens(world: MeetingsWorld, booking: Booking, at: datetime) -> bool | None:
    world.clock.set(max(at, world.clock.now()))
    return await world.is_open(booking.alias)


async def test_matching_calendar_and_records_cause_no_action(world: MeetingsWorld) -> None:
    for number in range(3):
        await scheduled(world, number, START + number * DAY)
    assert await compared(world) == ""


async def test_a_meeting_without_a_room_gets_a_room_and_an_answer(world: MeetingsWorld) -> None:
    booking = await unseen(world)
    assert "1 without a room" in await compared(world)
    assert [kind for kind, _ in world.told] == ["accepted"]
    assert await compared(world) == ""
    assert await opens(world, booking, START)


async def test_a_meeting_accepted_before_the_records_were_lost_is_not_answered_again(
    world: MeetingsWorld,
) -> None:
    booking = await unseen(world)
    [(key, item)] = world.mailbox.items.items()
    world.mailbox.items[key] = replace(item, answer=Answer.ACCEPTED)
    assert await compared(world)
    assert world.told == []
    assert await opens(world, booking, START)


async def test_a_meeting_sent_by_a_delegate_stays_accepted_after_the_records_were_lost(world: MeetingsWorld) -> None:
    """The tag identifies only the delegate, and the calendar item does not contain the sender."""
    form, delegate = alias_format(world.integration), Caller("delegate", "test", mailboxes=("delegate@example.com",))
    booking = await world.allocator.allocate(world.integration.uuid, form, delegate, timedelta(days=90))
    request = invitation(body=body(booking), start=START)
    assert request.item
    world.mailbox.items[request.item.id] = replace(request.item, answer=Answer.ACCEPTED, answered_at=START)
    assert "1 without a room" in await compared(world)
    await hand_out(world)
    assert world.told == []
    assert await opens(world, booking, START)


async def test_a_meeting_without_a_tag_is_declined_once(world: MeetingsWorld) -> None:
    item = invitation(uid="uid-1", start=START).item
    assert item is not None
    world.mailbox.items[item.id] = item
    assert "1 without a room" in await compared(world)
    assert [kind for kind, _ in world.told] == ["declined"]
    assert await compared(world) == ""


async def test_a_meeting_that_cannot_be_declined_is_recorded_and_not_declined_every_night(world: MeetingsWorld) -> None:
    item = invitation(uid="uid-1", start=START).item
    assert item is not None
    world.mailbox.items[item.id] = item
    assert await compared(world)
    world.mailbox.items[item.id] = item  # the decline had no effect
    for _ in range(3):
        world.clock.move(DAY)
        assert await compared(world) == ""
    assert len(world.told) == 1


async def test_a_room_without_a_meeting_is_closed(world: MeetingsWorld) -> None:
    booking = await scheduled(world)
    world.mailbox.items.clear()
    assert "1 with a room, but not in the calendar" in await compared(world)
    assert await compared(world) == ""
    assert await opens(world, booking, START) is False
    assert len(world.told) == 1, "no cancellation is sent"


async def test_the_room_of_a_cancelled_meeting_is_closed(world: MeetingsWorld) -> None:
    booking = await scheduled(world)
    request = invitation(uid="uid-1", start=START)
    world.mailbox.deliver(cancellation(request))
    assert await compared(world)
    assert await opens(world, booking, START) is False


async def test_a_meeting_with_different_times_is_updated_and_its_organizer_informed(world: MeetingsWorld) -> None:
    booking = await scheduled(world)
    [(key, item)] = world.mailbox.items.items()
    later = Occurrence(START + 5 * HOUR, START + 6 * HOUR)
    world.mailbox.items[key] = replace(item, occurrence=later, answer=Answer.NONE)
    assert "1 at other times" in await compared(world)
    assert [kind for kind, _ in world.told] == ["accepted", "accepted"]
    assert await compared(world) == ""
    assert await opens(world, booking, START) is False
    assert await opens(world, booking, later.start) is True


async def test_a_meeting_moved_beyond_the_horizon_is_updated(world: MeetingsWorld) -> None:
    booking = await scheduled(world)
    [(key, item)] = world.mailbox.items.items()
    world.mailbox.items[key] = replace(item, occurrence=Occurrence(START + 2 * HORIZON, START + 2 * HORIZON + HOUR))
    assert await compared(world)
    assert await compared(world) == ""
    assert await opens(world, booking, START) is False
    assert await opens(world, booking, START + 2 * HORIZON) is True


async def test_a_difference_in_a_single_occurrence_is_repaired(world: MeetingsWorld) -> None:
    booking = await world.reserve()
    request = to_a_series(booking)
    assert request.item is not None
    weeks = tuple(Occurrence(START + n * 7 * DAY, START + n * 7 * DAY + HOUR) for n in range(13))
    world.mailbox.series[request.item.series_id] = Calendar(weeks, world.clock.now() + HORIZON)
    await world.process(world.mailbox.deliver(request))
    assert await compared(world) == ""
    moved = Occurrence(weeks[2].start + HOUR, weeks[2].end + HOUR)
    changed = tuple(sorted({*weeks, moved} - {weeks[2], weeks[5]}))
    world.mailbox.series[request.item.series_id] = Calendar(changed, world.clock.now() + HORIZON)
    assert "1 at other times" in await compared(world)
    assert await compared(world) == ""
    own = await world.records.booking(booking.tag)
    assert own is not None
    assert own.conference is not None
    assert own.conference.calendar.occurrences == changed


async def test_occurrences_beyond_the_recorded_ones_do_not_count_as_differences(world: MeetingsWorld) -> None:
    booking = await world.reserve()
    request = to_a_series(booking)
    assert request.item is not None
    days = tuple(Occurrence(START + n * DAY, START + n * DAY + HOUR) for n in range(200))
    known = world.clock.now() + HORIZON
    world.mailbox.series[request.item.series_id] = Calendar(tuple(o for o in days if o.start < known), known)
    await world.process(world.mailbox.deliver(request))
    world.clock.move(20 * DAY)
    world.mailbox.series[request.item.series_id] = Calendar(days, None)
    assert await compared(world) == ""


async def test_recent_changes_are_left_for_the_next_night(world: MeetingsWorld) -> None:
    await unseen(world)
    [key] = world.mailbox.items
    world.mailbox.modified[key] = world.clock.now() - SETTLED + timedelta(seconds=1)
    assert await compared(world) == ""
    world.clock.move(timedelta(seconds=1))
    assert await compared(world)


async def test_a_meeting_that_arrived_during_the_comparison_does_not_count_as_a_difference(
    world: MeetingsWorld,
) -> None:
    view = world.mailbox.view

    async def viewed(first: datetime, last: datetime, state: str = "") -> CalendarPage:
        page = await view(first, last, state)
        await scheduled(world)
        return page

    world.mailbox.view = viewed  # type: ignore[method-assign]
    assert await compared(world) == ""


async def test_past_and_declined_meetings_are_ignored(world: MeetingsWorld) -> None:
    await unseen(world, 1, world.clock.now() - 2 * HOUR)
    await unseen(world, 2, world.clock.now() + HORIZON + 4 * HOUR)
    await unseen(world, 3)
    item = world.mailbox.items["item-uid-3"]
    world.mailbox.items[item.id] = replace(item, answer=Answer.DECLINED)
    closed = await scheduled(world, 4, world.clock.now() + timedelta(minutes=1))
    world.clock.move(3 * HOUR)
    del world.mailbox.items["item-uid-4"]
    assert await compared(world) == ""
    assert closed


async def test_an_empty_calendar_closes_no_rooms(world: MeetingsWorld) -> None:
    """Missing permissions or a wrong mailbox have the same effect as an empty calendar."""
    bookings = [await scheduled(world, number, START + number * DAY) for number in range(MAX_ROOMS_WITHOUT_MEETING + 1)]
    world.mailbox.items.clear()
    for _ in range(2):
        assert "has 0 meetings, but none for 11 of the scheduled rooms" in await compared(world)
        world.clock.move(HOUR)
    assert await opens(world, bookings[0], START)


async def test_another_mailboxs_calendar_closes_no_rooms(world: MeetingsWorld) -> None:
    """That calendar contains a few meetings, but hardly any of the recorded ones."""
    bookings = [await scheduled(world, number, START + number * DAY) for number in range(20)]
    for item in list(world.mailbox.items)[3:]:
        del world.mailbox.items[item]
    assert "has 3 meetings, but none for 17 of the scheduled rooms" in await compared(world)
    for number, booking in enumerate(bookings):
        assert await opens(world, booking, START + number * DAY)


async def test_an_exchange_failure_changes_nothing(world: MeetingsWorld) -> None:
    booking = await scheduled(world)
    world.mailbox.fail("view", Unavailable("down"))
    with pytest.raises(Unavailable):
        await comparison(world).run()
    assert world.queue.sent == []
    assert await opens(world, booking, START)


async def test_a_crash_after_writing_to_the_queue_repairs_each_difference_once(world: MeetingsWorld) -> None:
    await unseen(world)
    for _ in range(2):
        with pytest.raises(CalendarDiffers):
            await comparison(world).run()
    await hand_out(world)
    assert len(world.told) == 1


async def test_each_night_repairs_a_limited_number_of_differences(
    world: MeetingsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_REPAIRS", 3)
    for number in range(7):
        await unseen(world, number, START + number * DAY)
    told = [await compared(world) for _ in range(4)]
    assert ["4 more will be" in told[0], "1 more will be" in told[1], told[3]] == [True, True, ""]
    assert len(world.told) == 7


class TestLargeMailboxes:
    @pytest.mark.long
    async def test_comparing_ten_thousand_meetings_costs_twenty_calls(self, world: MeetingsWorld) -> None:
        await fill(world, 10_000)
        lost = sorted(world.mailbox.items)[::3000]
        for item in lost:
            del world.mailbox.items[item]
        before = world.storage.round_trips
        with pytest.raises(CalendarDiffers, match=f"{len(lost)} with a room"):
            await comparison(world).run()
        assert world.mailbox.calls.count("view") == 20
        assert len(world.mailbox.calls) == 20 + len(lost)
        assert world.storage.round_trips - before < 40

    async def test_a_part_of_the_calendar_left_unread_is_read_the_next_night(
        self, world: MeetingsWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.mailbox._view_size = 2
        await fill(world, 5 * MOST_PAGES)
        last = max(world.mailbox.items.values(), key=lambda item: item.occurrence)
        del world.mailbox.items[last.id]
        nights = [await compared(world) for _ in range(4)]
        assert [bool(told) for told in nights] == [False, False, True, False]
        assert world.mailbox.calls.count("view") <= 4 * MOST_PAGES


async def fill(world: MeetingsWorld, many: int) -> None:
    """Store meetings with rooms directly in the records."""
    table, uuid = world.storage.table("meetings"), world.integration.uuid
    for number in range(many):
        start = world.clock.now() + HOUR + number * timedelta(minutes=10)
        start = start if start < world.clock.now() + HORIZON - HOUR else world.clock.now() + HOUR
        item = invitation(uid=f"uid-{number:05}", start=start).item
        assert item is not None
        world.mailbox.items[item.id] = item
        calendar = Calendar((item.occurrence,))
        room = Conference("n", "", "", "", "", "", "", "", "", 0, 0, calendar)
        reserved = Booking(uuid, f"t{number:05}", "1@example.com", "o", world.clock.now(), world.clock.now())
        booking = reserved.scheduled(meeting_key(item.uid), item.id, room)
        await table.commit(uuid, Insert(booking.key, booking.values()))
