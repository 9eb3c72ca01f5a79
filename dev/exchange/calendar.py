"""Calendar items as seen by clients: single meetings, series masters, and occurrences of series."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain

from dev.exchange.model import Address, Event, Meeting, Response
from dev.exchange.zones import to_local, to_utc


@dataclass(frozen=True)
class Entry:
    """A calendar item or one of its occurrences. ``day`` identifies the occurrence; None means the item itself."""

    event: Event
    day: date | None
    meeting: Meeting
    kind: str
    cancelled: bool
    response: Response


def whole(event: Event) -> Entry:
    """The entry for an item itself: a single meeting or a series master."""
    kind = "seriesMaster" if event.meeting.recurrence else "singleInstance"
    return Entry(event, None, event.meeting, kind, event.cancelled, event.response)


def plain_occurrence(series: Meeting, day: date) -> Meeting:
    """The occurrence on one of a series' dates. It starts at the same wall clock time in the series' zone, even after
    DST changes.
    """
    first = to_local(series.start, series.zone)
    start = to_utc(datetime.combine(day, first.time()), series.zone)
    local_length = to_local(series.end, series.zone) - first
    end = to_utc(datetime.combine(day, first.time()) + local_length, series.zone)
    return replace(series, start=start, end=end, recurrence=None, original_start=start)


def day_of(meeting: Meeting) -> date | None:
    """The date of an occurrence in its series' pattern; None for any other meeting."""
    if meeting.original_start is None:
        return None
    return to_local(meeting.original_start, meeting.zone).date()


def occurrence(event: Event, day: date) -> Entry | None:
    """The occurrence of the pattern on ``day``, even if it is cancelled; None if there is no such occurrence."""
    recurrence = event.meeting.recurrence
    if recurrence is None or day in event.removed or not recurrence.has(day):
        return None
    return _occurrence(event, day)


def _occurrence(event: Event, day: date) -> Entry:
    difference = event.differences.get(day)
    meeting = plain_occurrence(event.meeting, day)
    if difference is None:
        return Entry(event, day, meeting, "occurrence", event.cancelled, event.response)
    return Entry(
        event=event,
        day=day,
        meeting=difference.applied_to(meeting),
        kind="exception",
        cancelled=event.cancelled or difference.cancelled,
        response=difference.response or event.response,
    )


def exceptions(event: Event) -> Iterator[Entry]:
    """All occurrences that differ from the series, in the pattern's order."""
    return (_occurrence(event, day) for day in sorted(event.differences))


def instances(event: Event, start: datetime, end: datetime, *, with_cancelled: bool = False) -> list[Entry]:
    """The occurrences of a series between two times, ordered by time. Removed occurrences are omitted. Cancelled
    occurrences are omitted unless requested. Exceptions are listed at their new times.
    """
    series = event.meeting
    if series.recurrence is None:
        return []
    # A margin of more than half a day on either side, because the pattern uses local dates but the window is in UTC.
    length = series.end - series.start
    first = (start - length).date() - timedelta(days=2)
    days = chain(series.recurrence.dates_between(first, end.date() + timedelta(days=2)), event.differences)
    entries = (_occurrence(event, day) for day in sorted(set(days) - event.removed))
    shown = (entry for entry in entries if with_cancelled or not entry.cancelled)
    within = [entry for entry in shown if overlaps(entry.meeting, start, end)]
    return sorted(within, key=lambda entry: entry.meeting.start)


def overlaps(meeting: Meeting, start: datetime, end: datetime) -> bool:
    """Whether any part of a meeting lies within [start, end)."""
    return meeting.start < end and (meeting.end > start or meeting.start >= start)


def find_occurrence(event: Event, meeting: Meeting) -> Entry | None:
    """The entry for the meeting that a message is about: the item itself, or one occurrence."""
    day = day_of(meeting)
    if day is None or event.meeting.recurrence is None:
        return whole(event)
    return occurrence(event, day)


def response_of(entry: Entry, address: Address) -> Response:
    """An attendee's answer as shown in this calendar. The organizer sees all answers, an attendee only their own."""
    tracking, who = entry.event.tracking, address.address.casefold()
    return tracking.get((entry.day, who)) or tracking.get((None, who)) or Response()
