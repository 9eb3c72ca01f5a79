"""Reads bookings and operations from table `meetings`, and saves bookings. Every call may raise Unavailable."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from shared.bookings.booking import Booking
from shared.bookings.due_tasks import due_of
from shared.bookings.operation import Operation, decided_id, decided_prefix, decided_tags
from shared.bookings.rows import RowKind
from shared.storage import Delete, Replace, Row, Table, Write


async def stored_booking(meetings: Table, integration: str, tag: str) -> Booking | None:
    """An integration's booking with this tag, or None; one point read."""
    row = await meetings.get(integration, RowKind.BOOKING.key(tag))
    return Booking.from_row(row) if row else None


async def save_booking(meetings: Table, booking: Booking, now: datetime) -> Booking:
    """Save a changed booking with its next task; returns the booking as stored.

    Raises RowChanged and writes nothing if the booking has changed since it was read.
    """
    due = due_of(booking, now).put()
    etag, _ = await meetings.commit(booking.integration, Replace(booking.row, booking.values()), due)
    return replace(booking, etag=etag)


async def bookings_of(meetings: Table, integration: str, after: str = "") -> AsyncIterator[Booking]:
    """All bookings of an integration, or only those after a row key, page by page."""
    async for row in meetings.rows(integration, RowKind.BOOKING.prefix, after):
        yield Booking.from_row(row)


async def operation_row(meetings: Table, integration: str, correlation_id: str) -> Row | None:
    """The row of an operation, for conditional writes, or None; one point read."""
    return await meetings.get(integration, RowKind.OPERATION.key(correlation_id))


async def stored_operation(meetings: Table, integration: str, correlation_id: str) -> Operation | None:
    """The operation with this correlation id, or None; one point read."""
    row = await operation_row(meetings, integration, correlation_id)
    return Operation.from_row(row) if row else None


async def decided_on(meetings: Table, integration: str, meeting: str) -> list[str]:
    """The correlation ids of a meeting's operations, newest first; one round trip per thousand."""
    found = [decided_id(row) async for row in meetings.rows(integration, decided_prefix(meeting))]
    return found[::-1]


async def tags_of_meeting(meetings: Table, integration: str, meeting: str) -> set[str]:
    """The tags of the bookings that a meeting has or has had, according to its operations; one round trip."""
    rows = meetings.rows(integration, decided_prefix(meeting))
    return {tag async for row in rows for tag in decided_tags(row)}


async def deleting_operation(meetings: Table, row: Row) -> list[Write]:
    """The writes that delete an unchanged operation and the meeting's link to it; one point read."""
    operation = Operation.from_row(row)
    decided = await meetings.get(row.partition, operation.decided_key) if operation.meeting else None
    return [Delete(row), *([Delete(decided)] if decided else [])]


async def operations_of(meetings: Table, integration: str) -> AsyncIterator[Operation]:
    """All operations of an integration, page by page."""
    async for row in meetings.rows(integration, RowKind.OPERATION.prefix):
        yield Operation.from_row(row)
