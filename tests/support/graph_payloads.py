"""Messages and events as sent by Graph."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from dev.exchange.uids import new_uid
from tests.support import shared_data

SERIES_UID = new_uid(datetime(2026, 11, 20, tzinfo=UTC))
TAG = "550e8400-e29b-41d4-a716-446655440000"


def event(**changes: Any) -> dict[str, Any]:
    """A single meeting as sent by Graph."""
    return {
        "@odata.etag": 'W/"x"',
        "id": "AAMkevent",
        "iCalUId": "040000008200E00074C5B7101A82E008",
        "type": "singleInstance",
        "seriesMasterId": None,
        "subject": "Budget",
        "body": {"contentType": "html", "content": f"<p>PXPS:-{TAG}#</p>"},
        "organizer": {"emailAddress": {"name": "Alice Adams", "address": "alice@example.com"}},
        "attendees": [{"type": "resource", "emailAddress": {"name": "VMR", "address": "vmr@example.com"}}],
        "start": {"dateTime": "2026-11-23T12:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-23T13:00:00.0000000", "timeZone": "UTC"},
        "originalStartTimeZone": "W. Europe Standard Time",
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": False,
        "responseRequested": True,
        "responseStatus": {"response": "notResponded", "time": "0001-01-01T00:00:00Z"},
        "recurrence": None,
        **changes,
    }


def message(**changes: Any) -> dict[str, Any]:
    """A new meeting request with its event, as sent by Graph."""
    return {
        "@odata.type": "#microsoft.graph.eventMessageRequest",
        "id": "AAMkmessage",
        "receivedDateTime": "2026-11-23T08:59:00Z",
        "subject": "Budget",
        "body": {"contentType": "html", "content": f"<p>PXPS:-{TAG}#</p>"},
        "meetingMessageType": "meetingRequest",
        "meetingRequestType": "newMeetingRequest",
        "isOutOfDate": False,
        "event": event(),
        **changes,
    }


def samples() -> list[Any]:
    """All JSON samples. Skips the test if they are not next to the repository."""
    files = sorted(shared_data("data/graph-samples").glob("*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def objects(value: Any) -> Iterator[Any]:
    """Every object in a JSON value, because a sample may contain an event directly, in a page or in a message."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(child)
