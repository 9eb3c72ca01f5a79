"""Events as returned by Graph: single meetings, series masters, occurrences and exceptions."""

from urllib.parse import quote

from dev.exchange.calendar import Entry, day_of, exceptions, response_of
from dev.exchange.graph.ids import EVENT, ItemId, change_key
from dev.exchange.graph.shapes import (
    Json,
    View,
    body,
    fine_stamp,
    location,
    preview,
    recipient,
    recurrence,
    stamp,
    wall_time,
)
from dev.exchange.model import Address, Reply, Response
from dev.exchange.uids import of_occurrence
from dev.exchange.variants import Variants
from dev.exchange.zones import windows_name


def event_id(entry: Entry, view: View) -> str:
    """An event's id, in the client's preferred format. An occurrence keeps its id when it becomes an exception."""
    return ItemId(EVENT, entry.event.key, view.moves(0), entry.day).text(entry.event.owner)


def event(entry: Entry, view: View) -> Json:
    """All properties of an event that are returned by default."""
    meeting, item = entry.meeting, entry.event
    mark, identity = change_key(item.change), event_id(entry, view)
    zone = windows_name(meeting.zone)
    shown: Json = {
        "@odata.etag": f'W/"{mark}"',
        "id": identity,
        "createdDateTime": fine_stamp(item.created),
        "lastModifiedDateTime": fine_stamp(item.modified),
        "changeKey": mark,
        "categories": [],
        "transactionId": None,
        "originalStartTimeZone": zone,
        "originalEndTimeZone": zone,
        "iCalUId": of_occurrence(meeting.uid, day_of(meeting)),
        "uid": meeting.uid,
        "reminderMinutesBeforeStart": 15,
        "isReminderOn": True,
        "hasAttachments": False,
        "subject": meeting.subject,
        "bodyPreview": preview(meeting.body),
        "importance": "normal",
        "sensitivity": meeting.sensitivity,
        "isAllDay": meeting.all_day,
        "isCancelled": entry.cancelled,
        "isOrganizer": item.is_organizer,
        "responseRequested": meeting.response_requested,
        "seriesMasterId": _master_id(entry, view),
        "showAs": _show_as(entry),
        "type": entry.kind,
        "webLink": f"https://outlook.office365.com/owa/?itemid={quote(identity)}&exvsurl=1&path=/calendar/item",
        "onlineMeetingUrl": None,
        "isOnlineMeeting": False,
        "onlineMeetingProvider": "unknown",
        "onlineMeeting": None,
        "allowNewTimeProposals": True,
        "occurrenceId": _occurrence_id(entry, view),
        "isDraft": False,
        "hideAttendees": False,
        "responseStatus": _status(entry.response),
        "body": body(meeting.body, view.prefer.body),
        "start": wall_time(meeting.start, meeting, view.prefer),
        "end": wall_time(meeting.end, meeting, view.prefer),
        "location": location(meeting.location),
        "locations": [location(meeting.location)] if meeting.location else [],
        "recurrence": recurrence(meeting),
        "attendees": [_attendee(entry, address) for address in meeting.attendees],
        "organizer": recipient(meeting.organizer),
    }
    if entry.day is not None and meeting.original_start:
        shown["originalStart"] = stamp(meeting.original_start)
    return shown


def told(shown: Json, variants: Variants, wanted: frozenset[str] | None) -> Json:
    """Remove the properties that the service reportedly never returns, or returns only on request."""
    asked = {name.casefold() for name in wanted or ()}
    untold = set() if variants.uid else {"uid"}
    if variants.original_start == "never" or (variants.original_start == "select" and "originalstart" not in asked):
        untold.add("originalStart")
    if "occurrenceid" not in asked:
        untold.add("occurrenceId")  # documented, but only returned on request in captures
    return {name: value for name, value in shown.items() if name not in untold}


def extended_properties(entry: Entry, wanted: str) -> list[Json]:
    """The `singleValueExtendedProperties` requested by a $filter. Only the sequence number is supported here."""
    name = "Integer {00062002-0000-0000-c000-000000000046} Id 0x8201"
    is_asked = f"'{name.casefold()}'" in wanted.casefold()
    return [{"id": name, "value": str(entry.meeting.sequence)}] if is_asked else []


def cancelled_occurrences(entry: Entry, view: View) -> list[str]:
    """The value of `cancelledOccurrences`. It contains only the occurrences removed from this calendar. A cancelled
    occurrence that still exists is an exception with `isCancelled` instead.
    """
    master = ItemId(EVENT, entry.event.key, view.moves(0)).text(entry.event.owner)
    return [f"OID.{master}.{day.isoformat()}" for day in sorted(entry.event.removed)]


def exception_occurrences(entry: Entry, view: View) -> list[Json]:
    """The value of `exceptionOccurrences`, including cancelled occurrences."""
    return [event(changed, view) for changed in exceptions(entry.event)]


def _master_id(entry: Entry, view: View) -> str | None:
    if entry.day is None:
        return None
    return ItemId(EVENT, entry.event.key, view.moves(0)).text(entry.event.owner)


def _occurrence_id(entry: Entry, view: View) -> str | None:
    return f"OID.{_master_id(entry, view)}.{entry.day.isoformat()}" if entry.day else None


def _show_as(entry: Entry) -> str:
    if entry.cancelled:
        return "free"
    return "busy" if entry.response.reply in (Reply.ACCEPTED, Reply.ORGANIZER) else "tentative"


def _status(response: Response) -> Json:
    return {"response": str(response.reply), "time": fine_stamp(response.time)}


def _attendee(entry: Entry, address: Address) -> Json:
    return {"type": address.role, "status": _status(response_of(entry, address)), **recipient(address)}
