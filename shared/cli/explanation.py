"""Explains a decision by running the pure rules on a message, without side effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.aliases.body_search import find_promises, find_tags
from shared.aliases.promises import Promise
from shared.bookings.booking import Booking, State
from shared.calendar.conference import Calendar
from shared.calendar.request import CalendarItem, MeetingRequest, Shape
from shared.identity.caller import Caller
from shared.integrations import Integration
from shared.mailboxes.horizon import HORIZON
from shared.meetings.acceptance import decide
from shared.meetings.decision import Accept, Accepted, Close, Decision, Ignore, Known, Provide, Refresh, Reject
from shared.meetings.decision import Rejected as No
from shared.meetings.plan import make_plan

_REJECTED = {
    No.INVALID_ALIAS: "no tag in the message is known here, and the meeting has no room yet",
    No.ALIAS_CONFLICT: "the tag belongs to another meeting: a copied invitation",
    No.ALIAS_DELETED: "the tag belonged to another meeting, whose room is closed",
    No.SERIES_PAST: "the last occurrence of the series is over",
    No.SINGLE_PAST: "the meeting is over",
    No.GENERAL_ERROR: "a template failed",
}


@dataclass(frozen=True)
class Explanation:
    """The trace of one decision. `tags` describes each tag; `answer` is the text sent to the organizer.

    `cause` is the reason for a general error (the failing template and line), normally "".
    """

    message: str
    tags: Mapping[str, str]
    promises: list[str]
    decision: str
    rule: str
    cause: str = ""
    template: str = ""
    answer: str = ""
    conference: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def tags_of(request: MeetingRequest) -> list[str]:
    """The tags in a message, in order of appearance."""
    return find_tags(request.body)


def explain(
    integration: Integration, request: MeetingRequest, tagged: tuple[Booking, ...], own: Booking | None, now: datetime
) -> Explanation:
    """The decision on a message, given the bookings of its tags and the meeting's own. An exception would be a bug."""
    promises, notes = find_promises(request.body), []
    # Only the deployment can verify a promise, because it has the signing key.
    promise = Promise("assumed", Caller("assumed", "promise")) if promises else None
    if promise:
        notes.append("The TOK tag is assumed to be valid, because only the deployment can verify it.")
    if any(booking.state is State.RESERVED and not booking.meeting for booking in tagged):
        notes.append(
            "An unused tag is valid only for meetings of the people it was created for. Only the deployment knows who "
            "they are. It treats anybody else's meeting as a copied invitation."
        )
    if request.item and request.item.shape is not Shape.SINGLE:
        notes.append("Only Exchange knows a series' occurrences: a file does not show whether they have changed.")
    known = Known(tuple(sorted(tagged, key=lambda booking: booking.created)), own, promise=promise)
    copies = integration.copied_tag_action == "new_alias"
    calendar = _calendar(request.item, now) if request.item else Calendar(())
    decision = decide(request, calendar, known, now, copies_get_new_alias=copies)
    plan = make_plan(integration, request, decision, now)
    conference = plan.changed[0].conference if plan.changed else None
    return Explanation(
        message=_message(request),
        tags={tag: _standing(tag, tagged, own) for tag in tags_of(request)},
        promises=promises,
        decision=plan.operation.decision.value,
        rule=_REJECTED[No.GENERAL_ERROR] if plan.operation.error else _rule(decision, known),
        cause=plan.operation.cause,
        template=plan.operation.reason if isinstance(decision, Accept | Reject) or plan.operation.error else "",
        answer=plan.operation.text,
        conference={"name": conference.name, "description": conference.description, "subject": conference.subject}
        if conference
        else {},
        notes=notes,
    )


def _calendar(item: CalendarItem, now: datetime) -> Calendar:
    """The occurrences in a file: the first one, and whether there may be more."""
    if item.shape is not Shape.SERIES or (item.last_day and item.last_day + timedelta(days=1) < now):
        return Calendar((item.occurrence,))
    return Calendar((item.occurrence,), known_until=max(now, item.occurrence.end) + HORIZON)


def _message(request: MeetingRequest) -> str:
    item = request.item
    if item is None:
        return f"{request.update} {request.kind} without a calendar item"
    start, end = item.occurrence.start, item.occurrence.end
    outdated = ", outdated" if request.outdated else ""
    times = f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
    zone = item.zone or "unknown zone"
    return f"{request.update} {request.kind} of a {item.shape} meeting, {times} ({zone}){outdated}"


def _standing(tag: str, tagged: tuple[Booking, ...], own: Booking | None) -> str:
    found = next((booking for booking in tagged if booking.tag == tag), None)
    if found is None:
        return "unknown"
    whose = "this meeting's" if own and own.tag == tag else "another meeting's" if found.meeting else "nobody's yet"
    return f"{found.alias}, {found.state}, {whose}"


def _rule(decision: Decision, known: Known) -> str:
    match decision:
        case Accept():
            return _accepted(decision)
        case Reject(reason, certain=certain):
            wait = "; this is an update, so the mailbox is first searched for its invitation"
            return _REJECTED[reason] + ("" if certain or known.own else wait)
        case Provide(promise):
            found = "the message contains a promise of an alias" if promise else "the tag is a copy"
            return f"{found}: an alias is allocated, and then the decision is repeated"
        case Refresh():
            return "nothing has changed that the organizer must be told about; the room's text is updated"
        case Close():
            return "the meeting is cancelled: its room is closed"
        case Ignore(why):
            return why


def _accepted(decision: Accept) -> str:
    if decision.reason in (Accepted.NEW_SINGLE, Accepted.NEW_SERIES):
        return "the newest tag in the message is unused, and the meeting had no room before"
    if decision.replaces:
        return "the meeting already has a room, and the message contains another tag: the room is changed"
    return "the meeting already has a room, and its times have changed"
