"""Tables and queues: what the product needs of Azure Storage, and nothing about meetings.

Rows of one partition can be written together, all or none (`Table.commit`). Every change of an existing row is
conditional on its ETag, so two writers never overwrite each other in silence.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias

from shared.errors import Conflict

Value: TypeAlias = str | int | bool
Values: TypeAlias = Mapping[str, Value]
"""A row's own columns. Azure Tables holds at most MAX_TEXT characters in a text column, 1 MiB in a row."""

MAX_TEXT = 32_768
"""UTF-16 units."""

MEETINGS = "meetings"
"""The table of bookings and all that belongs to them: shared/bookings/rows.py."""

TABLES = ("integrations", "aliases", MEETINGS, "personal")
"""Every table that the product uses; created by infra/, and by the local stack."""

MEETING_REQUESTS = "meeting-requests"
"""The queue of notices: shared/intake/notice.py."""

QUEUES = (MEETING_REQUESTS, f"{MEETING_REQUESTS}-poison")
"""Every queue that the product uses."""


MAX_OPERATIONS = 100
"""Operations of one transaction, a limit of Azure Tables."""

_KEY = re.compile(r"[^/\\#?\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,512}")


class RowExists(Conflict):
    """An insert met a row of the same key."""


class RowChanged(Conflict):
    """A conditional write met a row that has changed, or is gone, since it was read."""


@dataclass(frozen=True)
class Row:
    """One row as it was read. `etag` is what later writes are conditional on."""

    partition: str
    key: str
    values: Values
    etag: str = ""


@dataclass(frozen=True)
class Insert:
    """Create a row that must not exist."""

    key: str
    values: Values


@dataclass(frozen=True)
class Replace:
    """Write a row that must be unchanged since `row` was read."""

    row: Row
    values: Values


@dataclass(frozen=True)
class Put:
    """Write a row whatever stands there."""

    key: str
    values: Values


@dataclass(frozen=True)
class Delete:
    """Remove a row that must be unchanged since `row` was read."""

    row: Row


Operation: TypeAlias = Insert | Replace | Put | Delete


def is_key(text: str) -> bool:
    """Whether Azure Tables takes the text as a key. Callers may ask for any text: no row has a key that is none."""
    return _KEY.fullmatch(text) is not None


def check_transaction(partition: str, operations: Sequence[Operation]) -> None:
    """What Azure Tables asks of a transaction. Raises ValueError: a fault of ours, never of a user's."""
    keys = [op.key if isinstance(op, Insert | Put) else op.row.key for op in operations]
    if not 1 <= len(keys) <= MAX_OPERATIONS or len(set(keys)) != len(keys):
        raise ValueError(f"a transaction holds 1 to {MAX_OPERATIONS} operations, each on another row")
    if not all(is_key(key) for key in (partition, *keys)):
        raise ValueError("a key is empty, too long, or holds a character that Azure Tables forbids")
    columns = [value for op in operations if not isinstance(op, Delete) for value in op.values.values()]
    if any(isinstance(value, str) and len(value.encode("utf-16-le")) > 2 * MAX_TEXT for value in columns):
        raise ValueError(f"a text is longer than the {MAX_TEXT} characters that a column holds")


class Table(Protocol):
    """Rows by partition and key. Every call may raise Unavailable."""

    async def get(self, partition: str, key: str) -> Row | None:
        """The row, or None."""
        ...

    async def commit(self, partition: str, *operations: Operation) -> Sequence[str]:
        """Carry out at most 100 operations on one partition, all or none, in one round trip.

        Returns the new ETags in order ("" for a deleted row). Raises RowExists or RowChanged, and ValueError for what
        `check_transaction` refuses.
        """
        ...

    def rows(self, partition: str, prefix: str = "", after: str = "") -> AsyncIterator[Row]:
        """The partition's rows whose key starts with `prefix`, by rising key, those beyond key `after` only."""
        ...

    def everything(self) -> AsyncIterator[Row]:
        """Every row of the table: for admins' lists and clean-up, never for a user's request."""
        ...


class Queue(Protocol):
    """Short texts to be worked off at least once, in any order."""

    async def send(self, text: str, delay: timedelta = timedelta(0)) -> None:
        """Put a message; nobody sees it before `delay` has passed. Raises Unavailable."""
        ...


class Tables(Protocol):
    """The tables of a deployment."""

    def table(self, name: str) -> Table:
        """A table of TABLES."""
        ...


class Storage(Tables, Protocol):
    """The tables and queues of a deployment."""

    def queue(self, name: str) -> Queue:
        """A queue of QUEUES."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...
