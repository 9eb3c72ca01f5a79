"""Who may work on a pending operation, and what is known of earlier tries: the row `pending:` beside it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from shared.bookings.booking import Booking
from shared.bookings.operation import Operation
from shared.bookings.rows import RowKind
from shared.storage import Row, Table, Values


@dataclass(frozen=True)
class Lease:
    """The sole right to finish an operation, until it is finished or given back.

    `bookings` are those whose rooms have to follow, as they stand in the table. `tried` says that an answer may have
    gone out before: only Exchange can tell. `tries` counts the answers that failed.
    """

    operation: Operation
    operation_row: Row
    pending_row: Row
    bookings: tuple[Booking, ...]
    tried: bool = False
    tries: int = 0


@dataclass(frozen=True)
class Pending:
    """An operation that is not finished, and whether somebody may be working on it this moment."""

    operation: Operation
    operation_row: Row
    row: Row
    is_leased: bool

    @property
    def tried(self) -> bool:
        """Whether its answer may have gone out."""
        return bool(self.row.values.get("tried", True))


@dataclass(frozen=True)
class Unfinished:
    """An operation that is not finished: since when, and from when on it may be taken up again."""

    correlation_id: str
    since: datetime
    until: datetime

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """What a row `pending:` tells."""
        until = str(row.values["until"])
        since = str(row.values.get("since", until))
        return cls(operation_of(row), datetime.fromisoformat(since), datetime.fromisoformat(until))


def pending_values(operation: Operation, until: datetime, *, leased: bool, tried: bool, tries: int) -> Values:
    """The columns of a row `pending:`."""
    columns = {"operation": operation.correlation_id, "since": operation.created, "until": until.isoformat()}
    return {**columns, "leased": leased, "tried": tried, "tries": tries}


async def unfinished_of(meetings: Table, integration: str) -> list[Unfinished]:
    """An integration's operations that are not finished, the oldest first, with those that somebody is working on."""
    rows = meetings.rows(integration, RowKind.PENDING.prefix)
    return sorted([Unfinished.from_row(row) async for row in rows], key=lambda each: each.since)


def operation_of(pending: Row) -> str:
    """The correlation id of the operation that is pending; rows of earlier versions have it in the key alone."""
    return str(pending.values.get("operation", RowKind.PENDING.name_in(pending.key)))
