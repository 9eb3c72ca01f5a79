"""Resends a meeting's joining instructions at an admin's request.

This is an operation, like any decision. It is recorded first, and then carried out exactly once by the queue or, if
that fails, by the backlog. The e-mail is drafted, the draft is recorded, and then it is sent. The operation was not
caused by a message from Exchange, so a generated name is used as the message id. Two requests within a minute count as
the same operation.
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
"""Requests within this time count as one, because an admin may repeat a request whose response was lost."""

_PREFIX = "resend:"
"""The prefix of the name used as the message id. Exchange's ids contain no colon."""


def is_resending(message_id: str) -> bool:
    """Whether a message id stands for a request to resend instructions."""
    return message_id.startswith(_PREFIX)


async def write_resending(meetings: Table, booking: Booking, now: datetime) -> Notice:
    """Record that a meeting's instructions have to be resent; returns the notice that starts the resending immediately.
    Raises Conflict if this was already requested a moment ago.
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
        raise Conflict("The instructions were sent a moment ago. Wait a minute before sending them again.") from error
    return Notice(booking.integration, message)
