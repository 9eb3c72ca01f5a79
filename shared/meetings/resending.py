"""The joining instructions of a meeting, sent again at an admin's request.

It is an operation as any decision is one: written down first, carried out by the queue, or else by the backlog, and
once: the mail is drafted, its draft written down, then sent. No message of Exchange's is behind it; its own name takes
the place of a message id. Asked for twice within a minute it is the same operation.
"""

from datetime import datetime, timedelta

from shared.bookings.booking import Booking
from shared.bookings.due_tasks import due_operation
from shared.bookings.operation import DecisionKind, Mailing, Operation, correlation_id
from shared.errors import Conflict
from shared.intake.notice import Notice
from shared.meetings.lease import pending_values
from shared.record_lists.journal import Journal, Record
from shared.storage import Insert, RowExists, Table

RESEND_PAUSE = timedelta(minutes=1)
"""Whoever asks again because an answer was lost must not have two mails sent."""

_PREFIX = "resend:"
"""No id of Exchange's holds a colon."""


def is_resending(message_id: str) -> bool:
    """Whether a message's id is the name of such an operation."""
    return message_id.startswith(_PREFIX)


async def write_resending(meetings: Table, booking: Booking, now: datetime) -> Notice:
    """Write down that a meeting's instructions are to be sent; what has it done at once.

    Raises Conflict if that was requested a moment ago.
    """
    message = f"{_PREFIX}{booking.tag}:{int(now.timestamp() // RESEND_PAUSE.total_seconds())}"
    operation = Operation(
        correlation_id(booking.integration, message), message, now.isoformat(), now.isoformat(), "instructions again",
        DecisionKind.RESEND, "requested by an admin", meeting=booking.meeting, item_id=booking.item_id,
        tags=(booking.tag,), mails=(Mailing.AGAIN,),
    )  # fmt: skip
    pending = pending_values(operation, now, leased=False, tried=False, tries=0)
    await Journal(meetings).note([Record.operation(booking.integration, operation.correlation_id)], now)
    try:
        await meetings.commit(
            booking.integration,
            *operation.inserting(),
            Insert(operation.pending_key, pending),
            due_operation(operation.correlation_id, now).put(),
        )
    except RowExists as error:
        raise Conflict("The instructions were sent a moment ago. Wait a minute before you send them again.") from error
    return Notice(booking.integration, message)
