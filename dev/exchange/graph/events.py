"""Events: handlers that read calendars and answer meetings."""

from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from dev.exchange.calendar import Entry, instances, overlaps, whole
from dev.exchange.graph import query as options
from dev.exchange.graph.call import Call
from dev.exchange.graph.errors import bad_request
from dev.exchange.graph.events_json import (
    cancelled_occurrences,
    event,
    exception_occurrences,
    extended_properties,
    told,
)
from dev.exchange.graph.routing import Handler
from dev.exchange.graph.shapes import Json, lowered, page, selected
from dev.exchange.model import Body, Reply
from dev.exchange.responses import Answer, MeetingIsCancelledError, OrganizerCannotRespondError
from dev.exchange.zones import UnknownZoneError, to_utc

#: The longest window for a calendar view (docs-contrib issue 6321). The same limit is assumed for instances.
_LONGEST = timedelta(days=1825)
_ON_DEMAND = ("cancelledOccurrences", "exceptionOccurrences", "originalStart")


async def get_event(call: Call) -> web.Response:
    """GET a single event: a meeting, master, occurrence or exception."""
    options.allow_only(call.query, "$select", "$expand")
    return call.answer({"@odata.context": call.view.context("events/$entity"), **_shown(call, call.entry)})


def _shown(call: Call, entry: Entry) -> Json:
    wanted = options.select(call.query.get("$select"))
    shown = event(entry, call.view)
    is_master = entry.kind == "seriesMaster"
    if wanted and is_master and "cancelledoccurrences" in {name.casefold() for name in wanted}:
        shown["cancelledOccurrences"] = cancelled_occurrences(entry, call.view)
    variants = call.exchange.variants
    undeclared = set() if variants.uid else {"uid"}
    options.check_select(wanted, {*shown, *_ON_DEMAND} - undeclared, "Event")
    shown = selected(told(shown, variants, wanted), wanted)
    for more in options.expand(call.query.get("$expand")):
        if more.name.casefold() == "singlevalueextendedproperties":
            shown["singleValueExtendedProperties"] = extended_properties(entry, more.options.get("$filter", ""))
        elif more.name.casefold() != "exceptionoccurrences":
            raise bad_request(f"Could not find a property named '{more.name}' on type 'microsoft.graph.event'.")
        elif is_master:
            chosen = more.select or wanted
            found = (told(item, variants, chosen) for item in exception_occurrences(entry, call.view))
            shown["exceptionOccurrences"] = [selected(item, chosen) for item in found]
    return shown


async def list_events(call: Call) -> web.Response:
    """GET the calendar's items, including meetings and masters but not occurrences."""
    options.allow_only(call.query, "$select", "$expand", "$filter", "$top", "$skip", "$orderby")
    entries = [whole(item) for item in call.exchange.store.events(call.owner.guid)]
    condition = call.query.get("$filter")
    found = [entry for entry in entries if not condition or options.matches(event(entry, call.view), condition)]
    return _page(call, "events", found)


async def list_instances(call: Call) -> web.Response:
    """GET the occurrences of a series within a window of time."""
    options.allow_only(call.query, "$select", "$top", "$skip", "$orderby", "$filter")
    start, end = _window(call)
    entry = call.entry
    path = f"events('{call.params['event']}')/instances"
    found = instances(entry.event, start, end) if entry.day is None else []
    with_exceptions = call.exchange.variants.instances_with_exceptions
    return _page(call, path, [each for each in found if with_exceptions or each.kind == "occurrence"])


async def calendar_view(call: Call) -> web.Response:
    """GET all events within a window of time, ordered by time."""
    options.allow_only(call.query, "$select", "$top", "$skip", "$orderby")
    start, end = _window(call)
    found: list[Entry] = []
    for item in call.exchange.store.events(call.owner.guid):
        if item.meeting.recurrence:
            found += instances(item, start, end)
        elif overlaps(item.meeting, start, end):
            found.append(whole(item))
    return _page(call, "calendarView", sorted(found, key=lambda entry: entry.meeting.start))


def _window(call: Call) -> tuple[datetime, datetime]:
    given = {name.casefold(): value for name, value in call.query.items()}
    for name in ("startDateTime", "endDateTime"):
        if name.casefold() not in given:
            raise bad_request(f"This request requires a time window specified by the query string parameter {name}.")
    start = options.moment(given["startdatetime"], "startDateTime")
    end = options.moment(given["enddatetime"], "endDateTime")
    if end - start > _LONGEST:
        message = "The range between the start and end dates is greater than the allowed range."
        raise bad_request(
            f"Your request can't be completed. {message} Maximum number of days: {_LONGEST.days}", "ErrorInvalidRequest"
        )
    return start, end


def _page(call: Call, path: str, entries: list[Entry]) -> web.Response:
    size = options.number(call.query, "$top", call.prefer.page_size or 10, options.LARGEST_PAGE)
    skip = options.number(call.query, "$skip", 0)
    shown = [_shown(call, entry) for entry in entries[skip : skip + size]]
    more = skip + size < len(entries)
    link = str(call.request.url.update_query({"$skip": str(skip + size)})) if more else None
    return call.answer(page(call.view.context(path), shown, link))


#: The code is one of the service's own error codes for status 400, but the message has not been confirmed against a
#: live tenant.
_VERBS = {Reply.ACCEPTED: "Accept", Reply.DECLINED: "Decline", Reply.TENTATIVE: "Tentative"}


def _responder(reply: Reply) -> Handler:
    async def respond(call: Call) -> web.Response:
        entry, given = call.entry, lowered(await call.document())
        answer = _answer(reply, given)
        try:
            call.exchange.responses.respond(call.owner, entry, answer)
        except OrganizerCannotRespondError as error:
            raise bad_request(
                "You can't respond to this meeting because you're the meeting organizer.", "ErrorInvalidRequest"
            ) from error
        except MeetingIsCancelledError as error:
            code = f"ErrorCalendarIsCancelledFor{_VERBS[reply]}"
            raise bad_request("The calendar item has been canceled.", code) from error
        return call.done(202)

    return respond


def _answer(reply: Reply, given: dict[str, Any]) -> Answer:
    comment, send = given.get("comment"), str(given.get("sendresponse", True)).casefold() != "false"
    if comment is not None and not isinstance(comment, str):
        raise bad_request("'Comment' must be a string.", "ErrorInvalidParameter")
    if comment is not None and not send:
        raise bad_request("'SendResponse' must be true when 'Comment' is not null.", "ErrorInvalidParameter")
    proposed = given.get("proposednewtime")
    return Answer(
        reply=reply,
        body=Body(comment or "", is_html=False),
        send=send,
        proposed=(_moment(proposed, "start"), _moment(proposed, "end")) if proposed else None,
    )


def _moment(proposed: dict[str, Any], name: str) -> datetime:
    try:
        given = proposed[name]
        return to_utc(datetime.fromisoformat(given["datetime"]), given["timezone"])
    except (KeyError, TypeError, ValueError, UnknownZoneError) as error:
        raise bad_request(f"'ProposedNewTime.{name}' is not valid.", "ErrorInvalidParameter") from error


ROUTES = {
    "GET users/{user}/events": list_events,
    "GET users/{user}/calendar/events": list_events,
    "GET users/{user}/calendarView": calendar_view,
    "GET users/{user}/calendar/calendarView": calendar_view,
    "GET users/{user}/events/{event}": get_event,
    "GET users/{user}/events/{event}/instances": list_instances,
    "POST users/{user}/events/{event}/accept": _responder(Reply.ACCEPTED),
    "POST users/{user}/events/{event}/decline": _responder(Reply.DECLINED),
    "POST users/{user}/events/{event}/tentativelyAccept": _responder(Reply.TENTATIVE),
}
