"""Creating, changing, cancelling and forwarding meetings through Graph. Attendees get the same messages as from
Outlook.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from aiohttp import web

from dev.exchange.calendar import Entry, whole
from dev.exchange.drafts import DraftError, change_by, new_meeting
from dev.exchange.graph.call import Call
from dev.exchange.graph.errors import bad_request, not_found
from dev.exchange.graph.events_json import event, told
from dev.exchange.graph.letters import addresses, body
from dev.exchange.graph.shapes import Json, lowered
from dev.exchange.meetings import MeetingError
from dev.exchange.uids import new_uid
from dev.exchange.zones import UnknownZoneError, to_local, to_utc

T = TypeVar("T")

_INVALID = "ErrorInvalidRequest"
_ROLES = {"required": "attendees", "optional": "optional_attendees", "resource": "resources"}
_PLAIN = {
    "subject": "subject",
    "isallday": "is_all_day",
    "sensitivity": "sensitivity",
    "responserequested": "response_requested",
}
_KNOWN = {*_PLAIN, "start", "end", "body", "location", "attendees", "recurrence"}


async def create_event(call: Call) -> web.Response:
    """POST an event: create a meeting, series or appointment, and invite its attendees."""
    exchange, owner = call.exchange, call.owner
    uid = new_uid(exchange.clock.now())
    draft = _draft(await call.document(), "UTC")
    meeting = _checked(lambda: new_meeting(draft, owner, uid, exchange.directory))
    exchange.meetings.create(owner, meeting)
    made = exchange.store.event(owner.guid, uid)
    if made is None:
        raise not_found()
    return _answer(call, whole(made), 201)


async def change_event(call: Call) -> web.Response:
    """PATCH an event: change a meeting, a series or an occurrence as its organizer, and inform the attendees."""
    entry = call.entry
    if not entry.event.is_organizer:
        raise bad_request("Only the organizer can change a meeting here.", _INVALID)
    change = change_by(_draft(await call.document(), entry.meeting.zone), call.exchange.directory)
    _checked(lambda: call.exchange.meetings.edit(entry.meeting.uid, change, entry.day))
    return _answer(call, call.entry, 200)


async def delete_event(call: Call) -> web.Response:
    """DELETE an event: cancel a meeting or an occurrence as its organizer (documentation for "event: delete"). If an
    attendee deletes an event, it only disappears from their own calendar, and the organizer is not informed. This has
    not been confirmed against a live tenant.
    """
    entry = call.entry
    if entry.event.is_organizer:
        _checked(lambda: call.exchange.meetings.cancel(entry.meeting.uid, entry.day))
    elif entry.day is not None:
        raise bad_request("Only whole meetings can be deleted here.")
    else:
        call.exchange.store.delete_event(entry.event)
    return call.done(204)


async def cancel_event(call: Call) -> web.Response:
    """POST cancel: cancel a meeting or an occurrence as its organizer. This simulation does not pass on the comment."""
    entry = call.entry
    if not entry.event.is_organizer:
        message = "Your request can't be completed. You need to be an organizer to cancel a meeting."
        raise bad_request(message, _INVALID)
    _checked(lambda: call.exchange.meetings.cancel(entry.meeting.uid, entry.day))
    return call.done(202)


async def forward_event(call: Call) -> web.Response:
    """POST forward: send the invitation to other people."""
    entry, given = call.entry, lowered(await call.document())
    recipients = addresses(given.get("torecipients") or [])
    if not recipients:
        raise bad_request("At least one recipient isn't valid.", "ErrorInvalidRecipients")
    for recipient in recipients:
        to = call.exchange.directory.ensure(recipient.address, recipient.name)
        call.exchange.meetings.forward(entry.meeting.uid, call.owner, to)
    return call.done(202)


def _checked(work: Callable[[], T]) -> T:
    try:
        return work()
    except (DraftError, MeetingError) as error:
        raise bad_request(str(error), _INVALID) from error


def _answer(call: Call, entry: Entry, status: int) -> web.Response:
    shown = told(event(entry, call.view), call.exchange.variants, None)
    return call.answer({"@odata.context": call.view.context("events/$entity"), **shown}, status)


def _draft(document: Mapping[str, Any], zone: str) -> Json:
    """The draft that a user would fill in to set these properties. Properties that this simulation does not support are
    rejected, not ignored.
    """
    given = lowered(document)
    unknown = {name for name in given if not name.startswith("@")} - _KNOWN
    if unknown:
        raise bad_request(f"'{min(unknown)}' of an event cannot be written here.")
    name = given["start"].get("timezone", zone) if isinstance(given.get("start"), dict) else zone
    draft = {ours: given[theirs] for theirs, ours in _PLAIN.items() if theirs in given}
    readers: dict[str, Callable[[Any], Json]] = {
        "start": lambda value: {"start": _local(value, name), "time_zone": name},
        "end": lambda value: {"end": _local(value, name)},
        "body": lambda value: {"body_html": body(value).html},
        "location": lambda value: {"location": value.get("displayname") or ""},
        "attendees": _attendees,
    }
    for theirs, read in readers.items():
        if theirs in given:
            draft |= read(given[theirs])
    patterns = [value for key, value in document.items() if key.casefold() == "recurrence"]
    return draft | ({"recurrence": patterns[0]} if patterns else {})


def _attendees(given: list[Json]) -> Json:
    found: dict[str, list[str]] = {ours: [] for ours in _ROLES.values()}
    for attendee, address in zip(given, addresses(given), strict=True):
        role = _ROLES.get(str(attendee.get("type", "required")).casefold())
        if role is None:
            raise bad_request(f"'{attendee['type']}' is not an attendeeType.")
        found[role].append(address.address)
    return found


def _local(given: Any, zone: str) -> str:
    """The local time in the meeting's time zone."""
    try:
        when = to_utc(datetime.fromisoformat(given["datetime"]), given.get("timezone") or zone)
        return to_local(when, zone).isoformat()
    except (KeyError, TypeError, ValueError, AttributeError, UnknownZoneError) as error:
        raise bad_request("A time must have dateTime and timeZone.", _INVALID) from error


ROUTES = {
    "POST users/{user}/events": create_event,
    "POST users/{user}/calendar/events": create_event,
    "PATCH users/{user}/events/{event}": change_event,
    "DELETE users/{user}/events/{event}": delete_event,
    "POST users/{user}/events/{event}/cancel": cancel_event,
    "POST users/{user}/events/{event}/forward": forward_event,
}
