"""Operations with which organizers create, change and cancel calendar items."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from dev.exchange.calendar import Entry, whole
from dev.exchange.drafts import DraftError, change_by, new_meeting
from dev.exchange.ews import render
from dev.exchange.ews.answers import body
from dev.exchange.ews.call import Call, Folder
from dev.exchange.ews.errors import EwsError
from dev.exchange.ews.extended import values_of
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, is_true, local, moment, text
from dev.exchange.meetings import MeetingError
from dev.exchange.store import CALENDAR
from dev.exchange.uids import new_uid
from dev.exchange.zones import to_local

_NOBODY = "SendToNone"
_ATTENDEES = {"RequiredAttendees": "attendees", "OptionalAttendees": "optional_attendees", "Resources": "resources"}
_TEXTS = {"Subject": "subject", "Location": "location"}
_FLAGS = {"IsAllDayEvent": "is_all_day", "IsResponseRequested": "response_requested"}
_EMPTY: dict[str, Any] = {
    "Subject": "",
    "Location": "",
    "Body": "",
    "Recurrence": None,
    **{name: [] for name in _ATTENDEES},
}


def create_appointment(call: Call, given: Element) -> list[Element]:
    """Create a meeting, series or appointment, and invite its attendees if the request says so. Raises `EwsError`."""
    send = _required(call, "SendMeetingInvitations", "ErrorSendMeetingInvitationsRequired")
    wanted = children(child(call.body, "SavedItemFolderId", M))
    folder = call.folder(wanted[0]) if wanted else Folder(call.own_mailbox, CALENDAR)
    if folder.name != CALENDAR:
        raise EwsError("ErrorCannotCreateCalendarItemInNonCalendarFolder", "The folder is not a calendar.")
    exchange, owner, properties = call.exchange, folder.owner, children(given)
    uid = new_uid(exchange.clock.now())
    try:
        meeting = new_meeting(_draft(properties, "UTC"), owner, uid, exchange.directory)
    except DraftError as error:
        raise EwsError("ErrorInvalidPropertySet", str(error)) from error
    exchange.meetings.create(owner, meeting, told=send != _NOBODY)
    event = exchange.store.event(owner.guid, uid)
    if event is None:
        raise EwsError("ErrorItemNotFound")
    exchange.ews.properties.keep(whole(event), properties)
    return [render.id_only(whole(event))]


def update_appointment(call: Call, entry: Entry, updates: list[Element]) -> Entry:
    """Change an item, and inform the attendees if the request says so. Raises `EwsError`."""
    attribute = "SendMeetingInvitationsOrCancellations"
    send = _required(call, attribute, f"Error{attribute}Required")
    changed = [value for update in updates for value in values_of(update)]
    call.exchange.ews.properties.update(entry, updates)
    draft = _draft(changed, entry.meeting.zone) | dict(_removed(updates))
    if draft:
        _check_organizer(entry)
        change = change_by(draft, call.exchange.directory)
        try:
            call.exchange.meetings.edit(entry.meeting.uid, change, entry.day, told=send != _NOBODY)
        except (DraftError, MeetingError) as error:
            raise EwsError("ErrorInvalidPropertySet", str(error)) from error
    return call.exchange.entry_for(entry.event.owner, entry.meeting) or entry


def cancel_appointment(call: Call, given: Element) -> list[Element]:
    """Handle a CancelCalendarItem request. The organizer cancels a meeting, optionally with a message. Raises
    `EwsError`.
    """
    reference = child(given, "ReferenceItemId")
    entry = call.item(reference) if reference is not None else None
    if not isinstance(entry, Entry):
        raise EwsError("ErrorInvalidReferenceItem", "Only calendar items can be cancelled.")
    cancel(call, entry)
    return []


def cancel(call: Call, entry: Entry, *, told: bool = True) -> None:
    """Remove an item from the organizer's calendar, and from the attendees' calendars if cancellations are sent. Raises
    `EwsError`.
    """
    _check_organizer(entry)
    try:
        call.exchange.meetings.cancel(entry.meeting.uid, entry.day, told=told)
    except MeetingError as error:
        raise EwsError("ErrorItemNotFound") from error


def _check_organizer(entry: Entry) -> None:
    if not entry.event.is_organizer:
        raise EwsError("ErrorInvalidOperation", "Only the organizer can change a meeting here.")


def _required(call: Call, name: str, code: str) -> str:
    written = call.body.get(name)
    if written is None:
        raise EwsError(code, f"{name} is required.")
    return str(written)


def _removed(updates: list[Element]) -> Iterator[tuple[str, Any]]:
    for update in updates:
        path = child(update, "FieldURI")
        name = "" if path is None else path.get("FieldURI", "").rpartition(":")[2]
        if local(update) == "DeleteItemField" and name in _EMPTY:
            yield _NAMES[name], _EMPTY[name]


_NAMES = {**_TEXTS, **_ATTENDEES, "Body": "body_html", "Recurrence": "recurrence"}


def _draft(properties: list[Element], zone: str) -> dict[str, Any]:
    """The draft that a user would fill in to set these properties. Unknown properties are ignored."""
    held = {local(item): item for item in properties}
    name = held["StartTimeZone"].get("Id") if "StartTimeZone" in held else zone
    readers: dict[str, Callable[[Element], Any]] = {
        **dict.fromkeys(_TEXTS, lambda item: item.text or ""),
        **dict.fromkeys(_FLAGS, lambda item: is_true(item.text)),
        **dict.fromkeys(_ATTENDEES, lambda item: list(_addresses(item))),
        "Body": lambda item: body(item).html,
        "Sensitivity": lambda item: (item.text or "Normal").lower(),
        "Start": lambda item: _local(item, str(name)),
        "End": lambda item: _local(item, str(name)),
        "StartTimeZone": lambda item: item.get("Id", "UTC"),
        "Recurrence": _recurrence,
    }
    names = {**_NAMES, **_FLAGS, "Sensitivity": "sensitivity", "Start": "start", "End": "end",
             "StartTimeZone": "time_zone"}  # fmt: skip
    return {names[tag]: readers[tag](item) for tag, item in held.items() if tag in readers}


def _addresses(given: Element) -> Iterator[str]:
    for attendee in children(given):
        yield text(child(attendee, "Mailbox"), "EmailAddress")


def _local(given: Element, zone: str) -> str:
    when: datetime | None = moment(given.text)
    if when is None:
        raise EwsError("ErrorSchemaValidation")
    return to_local(when, zone).isoformat()


def _recurrence(given: Element) -> dict[str, Any]:
    """A recurrence in the format of Graph's patternedRecurrence."""
    pattern, limits = children(given)
    kind = local(pattern).removesuffix("Recurrence")
    months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
              "November", "December"]  # fmt: skip
    month = text(pattern, "Month")
    ends = {"EndDateRecurrence": "endDate", "NumberedRecurrence": "numbered"}.get(local(limits), "noEnd")
    return {
        "pattern": {
            "type": kind[0].lower() + kind[1:],
            "interval": int(text(pattern, "Interval", "1")),
            "daysOfWeek": text(pattern, "DaysOfWeek").lower().split(),
            "dayOfMonth": int(text(pattern, "DayOfMonth", "0")),
            "month": months.index(month) + 1 if month else 0,
            "index": text(pattern, "DayOfWeekIndex", "First").lower(),
            "firstDayOfWeek": text(pattern, "FirstDayOfWeek", "Sunday").lower(),
        },
        "range": {
            "type": ends,
            "startDate": text(limits, "StartDate")[:10],
            "endDate": text(limits, "EndDate")[:10],
            "numberOfOccurrences": text(limits, "NumberOfOccurrences", "0"),
        },
    }
