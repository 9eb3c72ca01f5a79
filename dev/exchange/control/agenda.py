"""A meeting as shown in its organizer's Outlook: its fields and, for a series, its dates with their states."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from dev.exchange.calendar import occurrence, plain_occurrence
from dev.exchange.directory import User
from dev.exchange.model import Event, Meeting
from dev.exchange.recurrence import Recurrence

SHOWN_DATES = 12
"""The maximum number of dates shown for a series."""

LOOK_BACK = timedelta(days=1)
"""How long past dates of a series remain visible."""


def shown(event: Event, sender: User, now: datetime) -> dict[str, Any]:
    """A meeting as JSON. Times are in UTC, in ISO format. The `count` in `repeats` is null for an endless series.
    `sender` is the person who sends the meeting. `responses` are the current responses to the whole meeting, keyed by
    the attendees' addresses, as Outlook tracks them.
    """
    meeting = event.meeting
    rule = meeting.recurrence
    return {
        "uid": meeting.uid,
        "subject": meeting.subject,
        "organizer": meeting.organizer.address,
        "sender": sender.address,
        "attendees": [attendee.address for attendee in meeting.attendees],
        "start": meeting.start.isoformat(),
        "end": meeting.end.isoformat(),
        "all_day": meeting.all_day,
        "repeats": {"pattern": rule.pattern, "count": rule.count} if rule else None,
        "location": meeting.location,
        "body": meeting.body.content,
        "format": "html" if meeting.body.is_html else "text",
        "properties": meeting.properties,
        "responses": {who: response.reply.value for (day, who), response in event.tracking.items() if day is None},
        "occurrences": list(_dates(event, rule, now)) if rule else [_date(meeting, None, "")],
    }


def _dates(event: Event, rule: Recurrence, now: datetime) -> Iterator[dict[str, Any]]:
    first = max(rule.first, (now - LOOK_BACK).date())
    for day in islice(rule.dates_between(first, date.max), SHOWN_DATES):
        plain, entry = plain_occurrence(event.meeting, day), occurrence(event, day)
        if entry is None or entry.cancelled:
            yield _date(plain, day, "cancelled")
        else:
            moved = (entry.meeting.start, entry.meeting.end) != (plain.start, plain.end)
            yield _date(entry.meeting, day, "moved" if moved else "")


def _date(meeting: Meeting, day: date | None, change: str) -> dict[str, Any]:
    return {
        "day": day.isoformat() if day else None,
        "start": meeting.start.isoformat(),
        "end": meeting.end.isoformat(),
        "change": change,
    }
