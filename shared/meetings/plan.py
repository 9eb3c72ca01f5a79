"""Turns a decision into everything that has to be written and sent. Pure, apart from rendering templates."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from shared.bookings.booking import Booking, State
from shared.bookings.operation import DecisionKind, Mailing, Operation, about, correlation_id, response_of
from shared.calendar.request import Answer, CalendarItem, MeetingRequest, meeting_key
from shared.errors import TemplateInvalid
from shared.integrations import Integration
from shared.meetings import texts
from shared.meetings.cause import cause_of
from shared.meetings.decision import Accept, Close, Decision, Ignore, Refresh, Reject, Rejected
from shared.meetings.symptoms import symptom_of
from shared.templates import html_to_text

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """Everything that has to be written and sent because of a decision. `changed` contains the changed bookings.
    `assigned` is the booking that the meeting gets in place of its previous one, if any. If the operation is `done`,
    the plan only has to be recorded. `inherits_answer` means that the answer comes from an older operation
    (`in_place_of`).
    """

    operation: Operation
    changed: tuple[Booking, ...] = ()
    assigned: Booking | None = None
    inherits_answer: bool = False


def make_plan(integration: Integration, request: MeetingRequest, decision: Decision, now: datetime) -> Plan:
    """The plan for a decision. If a template fails, the decision becomes a general error (M1)."""
    try:
        plan = _planned(integration, request, decision, now)
    except TemplateInvalid as error:
        log.exception("a template failed, correlation id %s", correlation_id(integration.uuid, request.message_id))
        plan = _planned(integration, request, Reject(Rejected.GENERAL_ERROR, cause=cause_of(error)), now)
    return replace(plan, operation=replace(plan.operation, symptom=symptom_of(request, decision, now) or ""))


def _planned(integration: Integration, request: MeetingRequest, decision: Decision, now: datetime) -> Plan:
    operation = _operation(integration, request, decision, now)
    item = request.item
    match decision:
        case Accept() if item:
            html = texts.acceptance(integration, decision, item) if decision.answer else ""
            operation = _answered(integration, operation, Answer.ACCEPTED, html, item)
            if decision.mail_instructions and texts.invited(integration, item):
                operation = replace(operation, mails=(*operation.mails, Mailing.INSTRUCTIONS))
            return _scheduled(integration, operation, item, decision, now)
        case Refresh() if item:
            return _refreshed(integration, operation, item, decision, now)
        case Reject():
            html = texts.rejection(integration, decision, operation.correlation_id)
            return Plan(_answered(integration, operation, Answer.DECLINED, html, item))
        case Close(booking, beside):
            return _with(operation, booking.closed(), *beside)
    return Plan(operation.finished(now))


def in_place_of(plan: Plan, older: Operation, *, tried: bool) -> Plan:
    """The plan, plus the remaining work of an older operation on the same meeting that it replaces. The older
    operation's rooms are still updated, and its late instructions still sent. Its answer is only sent if the newer
    operation has none. `tried` means that this answer may have been sent already.
    """
    operation = plan.operation
    operation = replace(operation, tags=tuple(dict.fromkeys((*operation.tags, *older.tags))))
    left = {Mailing.INSTRUCTIONS}
    inherits = False
    if operation.decision is DecisionKind.REFRESH and older.answer is Answer.ACCEPTED and older.text:
        left.add(Mailing.RESPONSE)
        inherits = True
        before = older.before if tried else operation.before
        operation = replace(operation, answer=older.answer, text=older.text, before=before)
    return replace(plan, operation=operation.with_mails_of(older, left), inherits_answer=inherits)


def _refreshed(
    integration: Integration, operation: Operation, item: CalendarItem, decision: Refresh, now: datetime
) -> Plan:
    """Plan to update the conference. If Exchange has reset the meeting to unanswered, it is accepted again without a
    response (M6).
    """
    answer = Answer.NONE if item.cancelled or item.answer is Answer.ACCEPTED else Answer.ACCEPTED
    plan = _scheduled(integration, replace(operation, answer=answer), item, decision, now)
    if answer is Answer.NONE and plan.changed == (decision.booking,):
        return Plan(operation.finished(now))
    return plan


def _scheduled(
    integration: Integration, operation: Operation, item: CalendarItem, decision: Accept | Refresh, now: datetime
) -> Plan:
    """The bookings as changed by the decision. The first one becomes `assigned` if the meeting, or its occurrence,
    previously had a different or closed booking.
    """
    key, before = meeting_key(item.uid), decision.booking
    conference = texts.conference(integration, item, decision, now)
    counted = before.counting(conference.calendar, now)
    scheduled = counted.scheduled(key, item.series_id or item.id, conference, decision.day, decision.apart)
    had_it = (before.state, before.meeting, before.day) == (State.SCHEDULED, key, decision.day)
    return replace(_with(operation, scheduled, *decision.beside), assigned=None if had_it else scheduled)


def _with(operation: Operation, *changed: Booking) -> Plan:
    return Plan(replace(operation, tags=tuple(booking.tag for booking in changed)), changed)


def _answered(
    integration: Integration, operation: Operation, answer: Answer, html: str, item: CalendarItem | None
) -> Operation:
    """The operation, including its answer. The answer is part of the response itself, or a separate e-mail if the
    response cannot contain HTML. An organizer without a valid e-mail address gets only Exchange's response.
    """
    if integration.answers_in_html:
        return replace(operation, answer=answer, text=html)
    if integration.response_format == "html" and html and item and texts.can_mail_to(item):
        return replace(operation, answer=answer, text=html, mails=(Mailing.RESPONSE,))
    return replace(operation, answer=answer, text=html_to_text(html) if html else "")


def _operation(integration: Integration, request: MeetingRequest, decision: Decision, now: datetime) -> Operation:
    item = request.item
    reason = decision.why if isinstance(decision, Ignore) else getattr(decision, "reason", "")
    is_general = isinstance(decision, Reject) and decision.reason is Rejected.GENERAL_ERROR
    return Operation(
        correlation_id=correlation_id(integration.uuid, request.message_id),
        message_id=request.message_id,
        created=now.isoformat(),
        received=request.received.isoformat(),
        what=f"{request.update} {request.kind} {item.shape if item else ''}".strip(),
        decision=decision.kind,
        reason=str(reason),
        meeting=meeting_key(item.uid) if item else "",
        item_id=item.id if item else "",
        about=_about(item, decision),
        before=response_of(item) if item else "",
        error="general_error" if is_general else "",
        cause=decision.cause if isinstance(decision, Reject) else "",
    )


def _about(item: CalendarItem | None, decision: Decision) -> str:
    if item:
        return about(item)
    return decision.booking.meeting if isinstance(decision, Close) else ""
