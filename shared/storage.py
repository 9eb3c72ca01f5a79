"""Tables and queues: what the product needs of Azure Storage, and nothing about meetings.

Rows of one partition can be written together, all or none (`Table.commit`). Every change of an existing row is
conditional on its ETag, so two writers never overwrite each other in silence.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias

from shared.errors import Conflict

Value: TypeAlias = str | int | bool
Values: TypeAlias = Mapping[str, Value]
"""A row's own columns. Azure Tables holds at most 32,768 characters in a text column, 1 MiB in a row."""

TABLES = ("integrations", "aliases", "meetings")
"""Every table that the product uses; created by infra/, and by the local stack."""

QUEUES = ("meeting-requests", "meeting-requests-poison")
"""Every queue that the product uses."""


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


class Table(Protocol):
    """Rows by partition and key."""

    async def get(self, partition: str, key: str) -> Row | None:
        """The row, or None."""
        ...

    async def commit(self, partition: str, *operations: Operation) -> Sequence[str]:
        """Carry out at most 100 operations on one partition, all or none, in one round trip.

        Returns the new ETags in order ("" for a deleted row). Raises RowExists or RowChanged.
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
        """Put a message; nobody sees it before `delay` has passed."""
        ...


class Storage(Protocol):
    """The tables and queues of a deployment."""

    def table(self, name: str) -> Table:
        """A table of TABLES."""
        ...

    def queue(self, name: str) -> Queue:
        """A queue of QUEUES."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...
