"""The right to work on a pending operation, with data about earlier attempts. It is stored in a `pending:` row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from shared.bookings.booking import Booking
from shared.bookings.operation import Operation
from shared.bookings.rows import RowKind
from shared.storage import Row, Table, Values


@dataclass(frozen=True)
class Lease:
    """The exclusive right to finish an operation, held until the operation is finished or the lease is released.
    `bookings` contains the bookings, as stored, whose rooms have to be updated. `tried` means that an answer may have
    been sent already; only Exchange knows. `tries` counts the failed attempts to answer.
    """

    operation: Operation
    operation_row: Row
    pending_row: Row
    bookings: tuple[Booking, ...]
    tried: bool = False
    tries: int = 0


@dataclass(frozen=True)
class Pending:
    """An unfinished operation, and whether a process might be working on it right now."""

    operation: Operation
    operation_row: Row
    row: Row
    is_leased: bool

    @property
    def tried(self) -> bool:
        """Whether the operation's answer may have been sent."""
        return bool(self.row.values.get("tried", True))


@dataclass(frozen=True)
class Unfinished:
    """When an unfinished operation was started, and when it may be resumed."""

    correlation_id: str
    since: datetime
    until: datetime

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Parse a `pending:` row."""
        until = str(row.values["until"])
        since = str(row.values.get("since", until))
        return cls(operation_of(row), datetime.fromisoformat(since), datetime.fromisoformat(until))


def pending_values(operation: Operation, until: datetime, *, leased: bool, tried: bool, tries: int) -> Values:
    """The columns of a `pending:` row."""
    columns = {"operation": operation.correlation_id, "since": operation.created, "until": until.isoformat()}
    return {**columns, "leased": leased, "tried": tried, "tries": tries}


async def unfinished_of(meetings: Table, integration: str) -> list[Unfinished]:
    """An integration's unfinished operations, oldest first, including those that are being worked on."""
    rows = meetings.rows(integration, RowKind.PENDING.prefix)
    return sorted([Unfinished.from_row(row) async for row in rows], key=lambda each: each.since)


def operation_of(pending: Row) -> str:
    """The pending operation's correlation id. In rows from earlier versions, only the key contains it."""
    return str(pending.values.get("operation", RowKind.PENDING.name_in(pending.key)))
