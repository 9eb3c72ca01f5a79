"""Meetings that their organizers make, change and call off by Graph: what Outlook does, the attendees are told."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from aiohttp import web

from dev.exchange.calendar import Entry, whole
from dev.exchange.drafts import DraftError, change_by, new_meeting
from dev.exchange.graph.call import Call
from dev.exchange.graph.errors import GraphError, bad_request
from dev.exchange.graph.events_json import event, told
from dev.exchange.meetings import MeetingError
from dev.exchange.uids import new_uid

T = TypeVar("T")

_PLAIN: Mapping[str, str] = {
    "subject": "subject",
    "isAllDay": "is_all_day",
    "sensitivity": "sensitivity",
    "responseRequested": "response_requested",
    "recurrence": "recurrence",
}
_ROLES = {"required": "attendees", "optional": "optional_attendees", "resource": "resources"}
_INVALID = "ErrorInvalidRequest"


async def create_event(call: Call) -> web.Response:
    """POST: a meeting, a series or an appointment of the mailbox's owner."""
    exchange, uid = call.exchange, new_uid(call.exchange.clock.now())
    draft = _draft(await call.document())
    meeting = _checked(lambda: new_meeting(draft, call.owner, uid, exchange.directory))
    exchange.meetings.create(call.owner, meeting)
    made = exchange.store.event(call.owner.guid, uid)
    if made is None:
        raise GraphError(500, "InternalServerError", "Error while processing response.")
    return _answer(call, whole(made), 201)


async def change_event(call: Call) -> web.Response:
    """PATCH: the meeting, or one of its occurrences. An attendee's own copy is not changed here."""
    entry, draft = call.entry, _draft(await call.document())
    if not entry.event.is_organizer:
        raise bad_request("Only the organizer can change a meeting here.", _INVALID)
    change = change_by(draft, call.exchange.directory)
    _checked(lambda: call.exchange.meetings.edit(entry.meeting.uid, change, entry.day))
    return _answer(call, call.entry, 200)


async def delete_event(call: Call) -> web.Response:
    """DELETE: the organizer calls a meeting or an occurrence off (documentation of event: delete).

    Out of an attendee's calendar it only disappears; the organizer hears nothing. Not confirmed without a live tenant.
    """
    entry = call.entry
    if entry.event.is_organizer:
        _checked(lambda: call.exchange.meetings.cancel(entry.meeting.uid, entry.day))
    elif entry.day is not None:
        raise bad_request("Only whole meetings can be deleted here.")
    else:
        call.exchange.store.delete_event(entry.event)
    return call.done(204)


def _checked(work: Callable[[], T]) -> T:
    try:
        return work()
    except (DraftError, MeetingError) as error:
        raise bad_request(str(error), _INVALID) from error


def _answer(call: Call, entry: Entry, status: int) -> web.Response:
    shown = told(event(entry, call.view), call.exchange.variants, None)
    return call.answer({"@odata.context": call.view.context("events/$entity"), **shown}, status)


def _draft(given: Mapping[str, Any]) -> dict[str, Any]:
    """An event's JSON as a draft. Raises `GraphError`."""
    try:
        draft = {mine: given[theirs] for theirs, mine in _PLAIN.items() if theirs in given}
        for name in ("start", "end"):
            if name in given:
                draft[name] = datetime.fromisoformat(given[name]["dateTime"]).isoformat()
                draft["time_zone"] = given[name]["timeZone"]
        if "body" in given:
            draft["body_html"] = given["body"]["content"]
        if "location" in given:
            draft["location"] = given["location"].get("displayName", "")
        return draft | (_attendees(given["attendees"]) if "attendees" in given else {})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise bad_request(f"The property cannot be read: {error}.") from error


def _attendees(given: list[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {mine: [] for mine in _ROLES.values()}
    for attendee in given:
        found[_ROLES[attendee.get("type", "required")]].append(attendee["emailAddress"]["address"])
    return found


ROUTES = {
    "POST users/{user}/events": create_event,
    "POST users/{user}/calendar/events": create_event,
    "PATCH users/{user}/events/{event}": change_event,
    "DELETE users/{user}/events/{event}": delete_event,
}
