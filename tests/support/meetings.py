"""Meeting messages and bookings for tests. Each test specifies only the fields that matter to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.bookings.booking import Booking, State
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.calendar.request import (
    Answer,
    CalendarItem,
    Kind,
    MeetingRequest,
    Person,
    Shape,
    Update,
    meeting_key,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
INTEGRATION = "11111111-1111-4111-8111-111111111111"
TAG = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
OTHER_TAG = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"


def at(hours: float, *, minutes: int = 60) -> Occurrence:
    """An occurrence that starts this many hours from NOW."""
    start = NOW + timedelta(hours=hours)
    return Occurrence(start, start + timedelta(minutes=minutes))


def item(uid: str = "uid-1", **changes: Any) -> CalendarItem:
    """A single meeting of Alice's that starts in three hours."""
    base = CalendarItem(
        id=f"event-of-{uid}",
        uid=uid,
        shape=Shape.SINGLE,
        series_id="",
        subject="Budget",
        body="",
        organizer=Person("Alice Adams", "alice@example.com"),
        occurrence=at(3),
        zone="Europe/Berlin",
        cancelled=False,
        response_requested=True,
        answer=Answer.NONE,
        answered_at=None,
    )
    return replace(base, **changes)


def request(the_item: CalendarItem | None, **changes: Any) -> MeetingRequest:
    """A new meeting request whose body contains TAG."""
    base = MeetingRequest(
        message_id="message-1",
        kind=Kind.REQUEST,
        update=Update.NEW,
        outdated=False,
        received=NOW,
        body=f"<p>Hello</p>PXPS:-{TAG}#",
        item=the_item,
    )
    return replace(base, **changes)


def booking(tag: str = TAG, **changes: Any) -> Booking:
    """A fresh reservation."""
    base = Booking(INTEGRATION, tag, f"meet{tag[:6]}@example.com", "user", NOW, NOW + timedelta(days=30), etag="1")
    return replace(base, **changes)


def conference(calendar: Calendar) -> Conference:
    """A conference with these occurrences."""
    return Conference("Budget", "", "Budget", "a@example.com", "a", "t", "", "", "disallow_all", 30, 60, calendar)


def scheduled(calendar: Calendar, uid: str = "uid-1", tag: str = TAG, **changes: Any) -> Booking:
    """A booking that already has a meeting."""
    fields = {"state": State.SCHEDULED, "meeting": meeting_key(uid), "conference": conference(calendar)} | changes
    return booking(tag, **fields)
