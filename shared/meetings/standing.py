"""Finds out from Exchange whether an unfinished operation's answer was sent."""

from datetime import datetime
from enum import Enum, auto

from shared.bookings.operation import Operation, response_of
from shared.calendar.request import Answer, CalendarItem, MeetingRequest, Shape
from shared.mailboxes.mailbox import Mailbox, MessageNotFound
from shared.meetings.lease import Lease


class Standing(Enum):
    """The state of an operation's answer."""

    OPEN = auto()
    ANSWERED = auto()
    SUPERSEDED = auto()


async def standing(mailbox: Mailbox, lease: Lease, now: datetime) -> Standing:
    """Whether the answer was sent, must still be sent, or is obsolete because there is a newer version. A response
    counts as this operation's if Exchange had a different response, or none, when the decision was made. The time of a
    response alone does not show which version it answers. An answer must not be applied to a newer version of the
    meeting: a late decline would remove the meeting from the calendar, and any answer might contain outdated times.
    """
    operation = lease.operation
    request = await _read(mailbox, operation.message_id)
    item = request.item if request else None
    # a message about one occurrence may have been treated as a message about its series
    if item is None or item.id != operation.item_id:
        item = await mailbox.item(operation.item_id)
    if item is None:
        # A declined item leaves the calendar. If an item to be accepted is gone, sending the answer will fail.
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
    """Whether the calendar item is newer than the version that was decided on, in which case its own message will be
    answered. A changed or cancelled occurrence in a series has its own message, and the answer to the series remains
    valid.
    """
    booking = lease.bookings[0] if lease.bookings else None
    if lease.operation.answer is Answer.DECLINED or booking is None or booking.conference is None:
        return True
    known = booking.conference.calendar
    if item.shape is Shape.OCCURRENCE:
        return item.occurrence not in known.occurrences
    calendar = (await mailbox.calendar(item, now)).without(each.occurrence for each in booking.apart)
    if item.shape is Shape.SERIES:
        return not known.includes_from(now, calendar.plain())
    return not known.is_same_from(now, calendar)
