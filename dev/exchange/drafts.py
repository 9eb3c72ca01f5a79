"""Checks meeting descriptions in control requests, and turns them into calendar items."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from dev.exchange.directory import Directory, User
from dev.exchange.model import Address, Body, Meeting
from dev.exchange.recurrence import DAYS, Recurrence, RecurrenceError
from dev.exchange.zones import UnknownZoneError, to_local, to_utc, zone

SENSITIVITIES = ("normal", "personal", "private", "confidential")
#: The fields of a draft, and their types.
FIELDS: Mapping[str, type | tuple[type, ...]] = {
    "subject": str,
    "start": str,
    "end": str,
    "time_zone": str,
    "body_html": str,
    "body_text": str,
    "attendees": list,
    "optional_attendees": list,
    "resources": list,
    "recurrence": (dict, type(None)),
    "is_all_day": bool,
    "sensitivity": str,
    "response_requested": bool,
    "location": str,
    "properties": str,
}


#: How the people in each field are invited.
_ROLES = {"attendees": "required", "optional_attendees": "optional", "resources": "resource"}


class DraftError(ValueError):
    """A draft does not describe a valid meeting. The message says why."""


def new_meeting(given: Mapping[str, Any], organizer: User, uid: str, directory: Directory) -> Meeting:
    """Create a meeting from a full draft; raises `DraftError`."""
    missing = [name for name in ("start", "end") if name not in given]
    if missing:
        raise DraftError(f"missing: {', '.join(missing)}")
    nothing = datetime(1601, 1, 1)  # noqa: DTZ001  # a local time, as in drafts
    empty = Meeting(
        uid=uid,
        organizer=organizer.contact,
        attendees=(),
        subject="",
        body=Body(""),
        start=to_utc(nothing, "UTC"),
        end=to_utc(nothing, "UTC"),
        zone="UTC",
    )
    return change_by(given, directory)(empty)


def change_by(given: Mapping[str, Any], directory: Directory) -> Callable[[Meeting], Meeting]:
    """Return a function that applies a draft's changes to a meeting. It raises `DraftError` if the result is not a
    valid meeting.

    If a draft has a new start but no new end, the meeting keeps its duration.
    """
    _check(given)

    def change(meeting: Meeting) -> Meeting:
        try:
            return _timed(_worded(meeting, given, directory), given)
        except (RecurrenceError, UnknownZoneError) as error:
            raise DraftError(str(error)) from error

    return change


def _check(given: Mapping[str, Any]) -> None:
    unknown = sorted(set(given) - set(FIELDS))
    if unknown:
        raise DraftError(f"unknown fields: {', '.join(unknown)}; the known fields are {', '.join(FIELDS)}")
    for name, value in given.items():
        if not isinstance(value, FIELDS[name]):
            raise DraftError(f"'{name}' has the wrong type: {value!r}")
    if given.get("sensitivity", "normal") not in SENSITIVITIES:
        raise DraftError(f"'sensitivity' must be one of {', '.join(SENSITIVITIES)}")
    if "body_text" in given and "body_html" in given:
        raise DraftError("use either 'body_html' or 'body_text', not both")
    for name in _ROLES:
        wrong = [address for address in given.get(name, []) if not isinstance(address, str) or "@" not in address]
        if wrong:
            raise DraftError(f"'{name}' must be e-mail addresses; got {wrong[0]!r}")


def _worded(meeting: Meeting, given: Mapping[str, Any], directory: Directory) -> Meeting:
    return replace(
        meeting,
        subject=given.get("subject", meeting.subject),
        body=_body(meeting, given),
        attendees=_attendees(meeting, given, directory),
        sensitivity=given.get("sensitivity", meeting.sensitivity),
        response_requested=given.get("response_requested", meeting.response_requested),
        location=given.get("location", meeting.location),
        all_day=given.get("is_all_day", meeting.all_day),
        properties=given.get("properties", meeting.properties),
    )


def _body(meeting: Meeting, given: Mapping[str, Any]) -> Body:
    """A meeting's body. As in Outlook, it is HTML or plain text."""
    if "body_text" in given:
        return Body(given["body_text"], is_html=False)
    return Body(given["body_html"]) if "body_html" in given else meeting.body


def _attendees(meeting: Meeting, given: Mapping[str, Any], directory: Directory) -> tuple[Address, ...]:
    """The invited people, without duplicates. If a field is missing, the people it listed before stay invited."""
    found: dict[str, Address] = {}
    for name, role in _ROLES.items():
        before = [address.address for address in meeting.attendees if address.role == role]
        for address in given.get(name, before):
            contact = directory.ensure(address).contact
            found.setdefault(contact.address, replace(contact, role=role))
    return tuple(found.values())


def _timed(meeting: Meeting, given: Mapping[str, Any]) -> Meeting:
    name = given.get("time_zone", meeting.zone)
    zone(name)
    old_start, old_end = to_local(meeting.start, meeting.zone), to_local(meeting.end, meeting.zone)
    start = _local(given["start"], "start") if "start" in given else old_start
    end = _local(given["end"], "end") if "end" in given else start + (old_end - old_start)
    rule = _rule(meeting, given, start.date())
    if rule:
        start, end = _aligned(rule, start, end)
    if end < start:
        raise DraftError(f"'end' ({end.isoformat()}) is before 'start' ({start.isoformat()})")
    if meeting.all_day and (start.time() != datetime.min.time() or end.time() != datetime.min.time()):
        raise DraftError("an all-day meeting starts and ends at midnight")
    return replace(meeting, start=to_utc(start, name), end=to_utc(end, name), zone=name, recurrence=rule)


def _rule(meeting: Meeting, given: Mapping[str, Any], first: date) -> Recurrence | None:
    if "recurrence" in given:
        if meeting.original_start:
            raise DraftError("an occurrence must not have a 'recurrence'")
        return parse_recurrence(given["recurrence"], first) if given["recurrence"] else None
    rule = meeting.recurrence
    return replace(rule, first=first) if rule and "start" in given else rule


def _aligned(rule: Recurrence, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The first occurrence. For a series, it is on the first date of the pattern."""
    first = next(rule.dates(), None)
    if first is None:
        raise DraftError("the recurrence has no occurrences")
    shift = timedelta(days=(first - start.date()).days)
    return start + shift, end + shift


def _local(text: str, name: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise DraftError(f"'{name}' is not a time such as 2026-12-01T09:00:00; got {text!r}") from error
    if when.tzinfo:
        raise DraftError(
            f"'{name}' must be a local time without an offset, and its zone must be in 'time_zone'; got {text!r}"
        )
    return when


def parse_recurrence(given: Mapping[str, Any], first: date) -> Recurrence:
    """Read a Graph `patternedRecurrence`. ``first`` is the start date if the range has none. Raises `DraftError`."""
    pattern, limits = given.get("pattern"), given.get("range", {})
    if not isinstance(pattern, dict) or not isinstance(limits, dict):
        raise DraftError("'recurrence' must have the objects 'pattern' and 'range', as in Graph's patternedRecurrence")
    kind = limits.get("type", "noEnd")
    if kind not in ("endDate", "noEnd", "numbered"):
        raise DraftError(f"range.type must be endDate, noEnd or numbered; got {kind!r}")
    try:
        return Recurrence(
            pattern=pattern.get("type", ""),
            first=date.fromisoformat(limits["startDate"]) if "startDate" in limits else first,
            interval=int(pattern.get("interval", 1)),
            days=_days(pattern),
            day_of_month=int(pattern.get("dayOfMonth", 0)),
            month=int(pattern.get("month", 0)),
            index=pattern.get("index", "first"),
            week_start=pattern.get("firstDayOfWeek", "sunday").lower(),
            until=date.fromisoformat(limits["endDate"]) if kind == "endDate" else None,
            count=int(limits["numberOfOccurrences"]) if kind == "numbered" else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DraftError(f"'recurrence' cannot be read: {error}") from error


def _days(pattern: Mapping[str, Any]) -> tuple[str, ...]:
    """The days of the week, in order. A daily pattern may contain all seven days, but they have no effect."""
    if pattern.get("type") not in ("weekly", "relativeMonthly", "relativeYearly"):
        return ()
    days = [str(day).lower() for day in pattern.get("daysOfWeek", [])]
    return tuple(sorted(dict.fromkeys(days), key=lambda day: DAYS.index(day) if day in DAYS else len(DAYS)))
