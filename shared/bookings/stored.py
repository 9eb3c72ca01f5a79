"""Reading bookings and operations from table `meetings`. Every call may raise Unavailable."""

from collections.abc import AsyncIterator

from shared.bookings.booking import Booking
from shared.bookings.operation import Operation
from shared.bookings.rows import RowKind
from shared.storage import Row, Table


async def stored_booking(meetings: Table, integration: str, tag: str) -> Booking | None:
    """The booking of an integration's tag, or None: one point read."""
    row = await meetings.get(integration, RowKind.BOOKING.key(tag))
    return Booking.from_row(row) if row else None


async def bookings_of(meetings: Table, integration: str, after: str = "") -> AsyncIterator[Booking]:
    """All bookings of an integration, page by page, those beyond a row key only."""
    async for row in meetings.rows(integration, RowKind.BOOKING.prefix, after):
        yield Booking.from_row(row)


async def operation_row(meetings: Table, integration: str, correlation_id: str) -> Row | None:
    """The row of an operation, to make a write conditional on, or None: one point read."""
    return await meetings.get(integration, RowKind.OPERATION.key(correlation_id))


async def stored_operation(meetings: Table, integration: str, correlation_id: str) -> Operation | None:
    """The operation of a correlation id, or None: one point read."""
    row = await operation_row(meetings, integration, correlation_id)
    return Operation.from_row(row) if row else None


async def operations_of(meetings: Table, integration: str) -> AsyncIterator[Operation]:
    """All operations of an integration, page by page."""
    async for row in meetings.rows(integration, RowKind.OPERATION.prefix):
        yield Operation.from_row(row)
