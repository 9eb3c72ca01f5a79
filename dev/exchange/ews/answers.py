"""CreateItem with AcceptItem, TentativelyAcceptItem and DeclineItem, which answer a meeting with an HTML body."""

from datetime import datetime

from dev.exchange.calendar import Entry
from dev.exchange.directory import User
from dev.exchange.ews import render
from dev.exchange.ews.call import Call, Thing
from dev.exchange.ews.errors import EwsError
from dev.exchange.ews.xml import Element, child, moment, text
from dev.exchange.model import Body, Message, MessageKind, Reply
from dev.exchange.responses import Answer, MeetingIsCancelledError, OrganizerCannotRespondError

REPLIES = {"AcceptItem": Reply.ACCEPTED, "TentativelyAcceptItem": Reply.TENTATIVE, "DeclineItem": Reply.DECLINED}
_VERBS = {Reply.ACCEPTED: "Accept", Reply.TENTATIVE: "Tentative", Reply.DECLINED: "Decline"}


def answer_meeting(call: Call, reply: Reply, given: Element, disposition: str) -> list[Element]:
    """Answer a request or a calendar item. Returns the ids of the changed items, but none for SendAndSaveCopy.

    Afterwards, the request is in Deleted Items, with a new id. The calendar item also has a new id, unless
    ``renews_answered`` is off. A declined meeting is removed from the calendar. According to the documentation,
    SaveOnly sends nothing to the organizer. Here it does not create a draft either, but this has not been confirmed
    against a live server. Raises `EwsError`.
    """
    reference = child(given, "ReferenceItemId")
    if reference is None:
        raise EwsError("ErrorSchemaValidation")
    thing = call.item(reference)
    owner = call.owner_of(thing)
    entry = _entry(call, owner, thing, reply)
    answer = Answer(
        reply,
        body(child(given, "Body")),
        send=disposition != "SaveOnly",
        save=disposition == "SendAndSaveCopy",
        proposed=_proposed(given),
    )
    try:
        call.exchange.responses.respond(owner, entry, answer)
    except OrganizerCannotRespondError as error:
        message = "The organizer of a meeting can't respond to it."
        raise EwsError(f"ErrorCalendarIsOrganizerFor{_VERBS[reply]}", message) from error
    except MeetingIsCancelledError as error:
        raise EwsError(f"ErrorCalendarIsCancelledFor{_VERBS[reply]}") from error
    if call.exchange.ews.renews_answered and entry.day is None and reply is not Reply.DECLINED:
        call.exchange.store.renew_event(entry.event)
    return [] if disposition == "SendAndSaveCopy" else _changed(call, thing, entry)


def _entry(call: Call, owner: User, thing: Thing, reply: Reply) -> Entry:
    if isinstance(thing, Entry):
        return thing
    part = thing.letter.part
    if part is None or part.kind is not MessageKind.REQUEST:
        raise EwsError("ErrorInvalidReferenceItem", f"The item can't be the reference of {_VERBS[reply]}Item.")
    if thing.out_of_date:
        raise EwsError("ErrorCalendarMeetingRequestIsOutOfDate")
    entry = call.exchange.entry_for(thing.owner, part.meeting) or call.exchange.attendant.enter(owner, part)
    if entry is None:
        raise EwsError("ErrorItemNotFound")
    return entry


def body(written: Element | None) -> Body:
    """The body of an item written by a client."""
    if written is None:
        return Body("", is_html=False)
    return Body(written.text or "", is_html=written.get("BodyType") == "HTML")


def _proposed(given: Element) -> tuple[datetime, datetime] | None:
    start, end = moment(text(given, "ProposedStart")), moment(text(given, "ProposedEnd"))
    return (start, end) if start and end else None


def _changed(call: Call, thing: Thing, entry: Entry) -> list[Element]:
    shown = []
    left = call.exchange.entry_for(entry.event.owner, entry.meeting)
    if left:
        shown.append(render.id_only(left))
    if isinstance(thing, Message):
        shown.append(render.id_only(thing))
    return shown
