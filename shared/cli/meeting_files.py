"""A meeting message in a file: Graph's JSON, an iCalendar object, or an e-mail that contains one."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from icalendar import Calendar as ICalendar

from shared.calendar.conference import Occurrence
from shared.calendar.request import Answer, CalendarItem, Kind, MeetingRequest, Person, Shape, Update
from shared.cli.mail_files import decoded, read_mail
from shared.cli.outcome import CommandFailed, Exit
from shared.errors import Unavailable
from shared.meetings.symptoms import is_empty
from shared.zones import UTC_NAME, iana_zone, zone_like

_Event: TypeAlias = Any
"""A VEVENT. icalendar's type for a property is the union of the types of all properties."""

_FAULTS = (ValueError, LookupError, AttributeError, TypeError, OverflowError, RecursionError)
"""Errors raised by properties of an unexpected type."""

_KINDS = {"REQUEST": Kind.REQUEST, "PUBLISH": Kind.REQUEST, "CANCEL": Kind.CANCELLATION}


def read_meeting(file: Path) -> MeetingRequest | None:
    """The meeting message in a file; None if it would be ignored. Raises CommandFailed."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CommandFailed(Exit.REFUSED, f"{file} cannot be read: {error.strerror}.") from error
    readers = {".json": _from_json, ".ics": _from_ics, ".eml": _from_eml}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise CommandFailed(Exit.USAGE, f"{file}: unknown format. The name must end in {' or '.join(readers)}.")
    try:
        return reader(content)
    except (*_FAULTS, Unavailable) as error:
        reason = f"it has no {error.args[0]}" if isinstance(error, KeyError) else str(error).rstrip(".")
        raise CommandFailed(Exit.REFUSED, f"{file} cannot be parsed: {reason}.") from error


def _from_json(content: bytes) -> MeetingRequest | None:
    """A message from Graph with its event expanded; or an event, which is treated as a request."""
    from shared.mailboxes.graph.message_payload import parse_message

    payload = json.loads(content)
    if isinstance(payload, dict) and "meetingMessageType" not in payload and "start" in payload:
        payload = {"id": "file", "meetingMessageType": "meetingRequest", "body": payload.get("body"), "event": payload}
    return parse_message(payload).request()


def _from_ics(content: bytes) -> MeetingRequest | None:
    return _from_calendar(decoded(content))


def _from_calendar(content: str, body: str = "", received: datetime | None = None) -> MeetingRequest | None:
    calendar = ICalendar.from_ical(content)
    if not isinstance(calendar, ICalendar):
        raise ValueError("it contains no VCALENDAR, or several")
    kind = _KINDS.get(str(calendar.get("METHOD", "REQUEST")).upper())
    events: list[_Event] = calendar.walk("VEVENT")
    if kind is None or not events:
        return None
    # An object that contains a series also contains its exceptions. The message is then about the series.
    event = next((event for event in events if "RECURRENCE-ID" not in event), events[0])
    text = body if not is_empty(body) else _description(event)
    return MeetingRequest(
        message_id="file",
        kind=kind,
        update=Update.FULL if int(event.get("SEQUENCE", 0)) else Update.NEW,
        outdated=False,
        received=received or datetime.now(UTC),
        body=text,
        item=_item(event, text),
        uid=str(event["UID"]),
    )


def _description(event: _Event) -> str:
    """The meeting's text: DESCRIPTION, which Outlook shows. An HTML version may be outdated or an empty page, as
    publicly reported for calendars (ical4j #258, nextcloud/calendar #3863). Exchange probably also uses the HTML only
    if there is no description. This has not been confirmed against a live tenant.
    """
    plain = str(event.get("DESCRIPTION") or "")
    return plain if plain.strip() else str(event.get("X-ALT-DESC") or plain)


def _item(event: _Event, body: str) -> CalendarItem:
    organizer = event.get("ORGANIZER")
    people = event.get("ATTENDEE", [])
    start = event["DTSTART"].dt
    return CalendarItem(
        id="file",
        uid=str(event["UID"]),
        shape=_shape(event),
        series_id="" if _shape(event) is Shape.SINGLE else "file",
        subject=str(event.get("SUMMARY", "")),
        body=body,
        organizer=Person(str(organizer.params.get("CN", "")), _address(organizer)) if organizer else Person("", ""),
        occurrence=Occurrence(_moment(start), _moment(_end(event, start))),
        zone=_zone(start),
        cancelled=str(event.get("STATUS", "")).upper() == "CANCELLED",
        response_requested=True,
        answer=Answer.NONE,
        answered_at=None,
        attendees=tuple(_address(person) for person in (people if isinstance(people, list) else [people])),
        last_day=_until(event),
        original_start=_moment(event["RECURRENCE-ID"].dt) if "RECURRENCE-ID" in event else None,
    )


def _zone(start: date) -> str:
    """The zone of DTSTART, according to its name or the rules of its VTIMEZONE. Dates and floating times are treated as
    UTC here.
    """
    if not isinstance(start, datetime) or start.tzinfo is None:
        return UTC_NAME
    zone = start.tzinfo
    return iana_zone(str(getattr(zone, "key", "") or getattr(zone, "_tzid", ""))) or zone_like(
        lambda moment: moment.astimezone(zone).utcoffset(), start
    )


def _shape(event: _Event) -> Shape:
    if "RECURRENCE-ID" in event:
        return Shape.OCCURRENCE
    return Shape.SERIES if "RRULE" in event or "RDATE" in event else Shape.SINGLE


def _end(event: _Event, start: date) -> Any:
    if "DTEND" in event:
        return event["DTEND"].dt
    usual = timedelta(hours=0) if isinstance(start, datetime) else timedelta(days=1)
    return start + (event["DURATION"].dt if "DURATION" in event else usual)


def _until(event: _Event) -> datetime | None:
    until = event["RRULE"].get("UNTIL") if "RRULE" in event else None
    return _moment(until[0]) if until else None


def _moment(when: Any) -> datetime:
    """An iCalendar time in UTC. A time without a zone is treated as UTC, and a date as its midnight."""
    moment = when if isinstance(when, datetime) else datetime.combine(when, time())
    if not 1601 < moment.year < 9999:
        raise ValueError("a time is out of range")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _address(person: object) -> str:
    scheme, colon, rest = str(person).partition(":")
    return rest if colon and scheme.lower() == "mailto" else str(person)


def _from_eml(content: bytes) -> MeetingRequest | None:
    """Parse an e-mail. The calendar in its body is the request, and the body's own text is what people see."""
    mail = read_mail(content)
    return _from_calendar(*mail) if mail else None
