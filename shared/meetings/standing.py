"""Where the answer of an operation stands that some run has left unfinished: only Exchange can tell."""

from datetime import datetime
from enum import Enum, auto

from shared.bookings.operation import Operation, response_of
from shared.calendar.request import Answer, CalendarItem, MeetingRequest, Shape
from shared.mailboxes.mailbox import Mailbox, MessageNotFound
from shared.meetings.lease import Lease


class Standing(Enum):
    """What is to become of the answer."""

    OPEN = auto()
    ANSWERED = auto()
    SUPERSEDED = auto()


async def standing(mailbox: Mailbox, lease: Lease, now: datetime) -> Standing:
    """Whether the answer went out, still has to, or is not wanted any more since there is a newer version.

    A response counts as this operation's when Exchange had another one, or none, as the decision was made: the time of
    a response alone does not tell which version it answers. An answer must not reach a newer version: a late decline
    would take it out of the calendar, and a time that is no longer true would be told.
    """
    operation = lease.operation
    request = await _read(mailbox, operation.message_id)
    item = request.item if request else None
    if item is None or item.id != operation.item_id:  # a message of one occurrence may have been taken for its series
        item = await mailbox.item(operation.item_id)
    if item is None:
        # A declined item leaves the calendar. One that should be accepted and is gone is refused when it is tried.
        return Standing.ANSWERED if operation.answer is Answer.DECLINED else Standing.OPEN
    if lease.tried and _is_answered(operation, item):
        return Standing.ANSWERED
    is_superseded = (request is None or request.outdated) and await _is_newer(mailbox, lease, item, now)
    return Standing.SUPERSEDED if is_superseded else Standing.OPEN


async def _read(mailbox: Mailbox, message_id: str) -> MeetingRequest | None:
    try:
        return await mailbox.read(message_id)
    except MessageNotFound:
        return None


def _is_answered(operation: Operation, item: CalendarItem) -> bool:
    if item.answer is not operation.answer or item.answered_at is None:
        return False
    if not operation.before:  # written by an earlier version of this service
        return item.answered_at >= datetime.fromisoformat(operation.received)
    return response_of(item) != operation.before


async def _is_newer(mailbox: Mailbox, lease: Lease, item: CalendarItem, now: datetime) -> bool:
    """Whether the calendar item says something else than what was decided on, so that its own message is answered."""
    booking = lease.bookings[0] if lease.bookings else None
    if lease.operation.answer is Answer.DECLINED or booking is None or booking.conference is None:
        return True
    known = booking.conference.calendar
    if item.shape is Shape.OCCURRENCE:
        return item.occurrence not in known.occurrences
    calendar = await mailbox.calendar(item, now)
    return not known.is_same_from(now, calendar.without(each.occurrence for each in booking.apart))
