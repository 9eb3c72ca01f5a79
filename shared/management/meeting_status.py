"""A scheduled meeting as shown in `status/v1/meeting/`. Pure: everything is derived from a booking, the decisions on it
and the time.

The organizer is recorded only if the integration's templates store the owner, or if its rooms are on a Management Node.
For other meetings, the first address in the description or the name is taken to be the organizer's, because the default
templates put it there.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from shared.api_paths import CONFIGURATION, CONNECTOR, STATUS, uri
from shared.bookings.booking import Booking, State
from shared.calendar.conference import Conference
from shared.management.resource import TIME, Object, Schema, time_text
from shared.record_lists.entries import room_of, state_of

MEETING = "meeting"
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+\w")
_TEXT: Schema = {"type": "string", "readOnly": True}
_TIMES: Schema = {
    "type": "object",
    "description": "When the meeting takes place, and when people are let in.",
    "properties": {"start": TIME, "end": TIME, "opens": TIME, "closes": TIME},
}
SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "exchange_connector": {"type": "string", "format": "uri-reference", "readOnly": True},
        "alias": _TEXT,
        "numeric_alias": _TEXT,
        "tag": _TEXT,
        "name": _TEXT,
        "subject": _TEXT,
        "description": _TEXT,
        "organizer": {
            **_TEXT,
            "description": "The person to whom an admin has given the meeting. Otherwise the recorded address or, "
            "failing that, the address in the name or description. Empty if there is none.",
        },
        "given_to": {
            **_TEXT,
            "description": "The person to whom an admin has given the meeting; empty if it belongs to its organizer.",
        },
        "state": {**_TEXT, "enum": ["scheduled", "closed", "held"], "description": "`held`: closed by an admin."},
        "start": {
            **TIME,
            "description": "When the current or next occurrence starts, or else when the last one started. UTC, "
            "without an offset.",
        },
        "end": TIME,
        "is_over": {
            "type": "boolean",
            "readOnly": True,
            "description": "Whether the meeting is over, with no occurrence in progress or to come.",
        },
        "door": {
            "type": "object",
            "description": "Whether people are let in now, and when this will next change.",
            "properties": {"open": {"type": "boolean"}, "next_change": {**TIME, "type": ["string", "null"]}},
        },
        "occurrences": {"type": "array", "items": _TIMES},
        "operations": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Correlation ids of the decisions on the meeting's messages, newest first.",
        },
        "text": {**_TEXT, "x-search": True, "description": "The text that a query such as `text=review` searches."},
        "creation_time": TIME,
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
}


def meeting_object(integration: int, booking: Booking, decided: Sequence[str], now: datetime) -> Object:
    """The meeting represented by a booking with a room. `integration` is the integration's id. `decided` contains the
    correlation ids of the decisions on the meeting's messages.
    """
    conference = room_of(booking)
    assert conference is not None  # noqa: S101 - bookings without one are not shown
    occurrence, _ = conference.calendar.current(now)
    searched = (conference.name, conference.subject, conference.description, booking.alias, booking.tag)
    return {
        "id": booking.numbers.own,
        "exchange_connector": uri(CONFIGURATION, CONNECTOR, integration),
        "alias": booking.alias,
        "numeric_alias": booking.numeric_alias,
        "tag": booking.tag,
        "name": conference.name,
        "subject": conference.subject,
        "description": conference.description,
        "organizer": booking.given_to or conference.owner or _organizer_in(conference),
        "given_to": booking.given_to,
        "state": state_of(booking),
        "start": time_text(occurrence.start),
        "end": time_text(occurrence.end),
        "is_over": occurrence.end <= now,
        "door": _door(booking, conference, now),
        "occurrences": _times(conference),
        "operations": list(decided),
        "text": "\n".join(dict.fromkeys(filter(None, searched))),
        "creation_time": time_text(booking.created),
        "resource_uri": uri(STATUS, MEETING, booking.numbers.own),
    }


def _organizer_in(conference: Conference) -> str:
    """The address in the conference's description or else in its name; "" if there is none."""
    for text in (conference.description, conference.name):
        if found := _ADDRESS.search(text):
            return found[0]
    return ""


def _door(booking: Booking, conference: Conference, now: datetime) -> Object:
    """Whether people are let in, and when this will next change."""
    if booking.state is not State.SCHEDULED:
        return {"open": False, "next_change": None}
    change = conference.next_change(now)
    return {"open": conference.is_open(now), "next_change": time_text(change) if change else None}


def _times(conference: Conference) -> list[Object]:
    """The occurrences, each with its join window."""
    return [
        {
            "start": time_text(each.start),
            "end": time_text(each.end),
            "opens": time_text(opens),
            "closes": time_text(closes),
        }
        for each, (opens, closes) in zip(conference.calendar.occurrences, conference.windows(), strict=True)
    ]
