"""Tables and queues: what the product needs from Azure Storage, independently of meetings. Rows in one partition can be
written together, all or none (`Table.commit`). Every change to an existing row is conditional on its ETag, so two
writers never silently overwrite each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias

from shared.errors import Conflict

Value: TypeAlias = str | int | bool
Values: TypeAlias = Mapping[str, Value]
"""The columns of a row, without its keys. Azure Tables allows at most MAX_TEXT characters in a string column, and 1 MiB
in a row.
"""

MAX_TEXT = 32_768
"""UTF-16 units."""

MEETINGS = "meetings"
"""The table of bookings and everything that belongs to them: shared/bookings/rows.py."""

ALIASES = "aliases"
"""The table of aliases and names in the whole deployment: shared/bookings/alias_rows.py."""

STATISTICS = "statistics"
"""The table of counts and cleared alarms: shared/statistics/rows.py."""

CHANGES = "changes"
"""The table of admins' changes: shared/changes/rows.py."""

TABLES = ("integrations", ALIASES, MEETINGS, "personal", STATISTICS, CHANGES)
"""Every table that the product uses. They are created by infra/ and by the local stack."""


MAX_WRITES = 100
"""Maximum number of operations per transaction, as limited by Azure Tables."""

MAX_PAGE = 1000
"""Maximum number of rows in the response to a request for a range."""

MAX_ROW = 1024**2
"""Maximum size of a row in bytes, by the formula in Azure's documentation. Strings and names count as UTF-16."""

MAX_TRANSACTION = 4 * 1024**2
"""Maximum size of a transaction's request in bytes. Strings count as JSON, with six bytes per UTF-16 unit of non-ASCII
characters.
"""

MAX_COLUMNS = 252
"""Maximum number of columns in a row, without its keys."""

MAX_MESSAGE = 48 * 1024
"""Maximum size of a message in bytes. In base64, this becomes 64 KiB."""

MESSAGE_LIFETIME = timedelta(days=7)
"""How long a queue keeps a message. A message can only be hidden for less than that."""

_REQUEST_OVERHEAD = 1024
"""A generous estimate of the bytes that each row adds to a transaction's request, besides its columns and keys."""

_COLUMN = re.compile(r"[^\W\d]\w{0,254}")
_KEY = re.compile(r"[^/\\#?\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,512}")


class RowExists(Conflict):
    """An insert failed because there is already a row with the same key."""


class RowChanged(Conflict):
    """A conditional write failed because the row has changed or been deleted since it was read."""


@dataclass(frozen=True)
class Row:
    """A row as read. Later writes are conditional on `etag`."""

    partition: str
    key: str
    values: Values
    etag: str = ""


@dataclass(frozen=True)
class Insert:
    """Create a row that must not already exist."""

    key: str
    values: Values


@dataclass(frozen=True)
class Replace:
    """Write a row that must be unchanged since `row` was read."""

    row: Row
    values: Values


@dataclass(frozen=True)
class Put:
    """Write a row, regardless of what is stored there."""

    key: str
    values: Values


@dataclass(frozen=True)
class Delete:
    """Remove a row, provided that it has not changed since `row` was read."""

    row: Row


Write: TypeAlias = Insert | Replace | Put | Delete


def is_key(text: str) -> bool:
    """Whether Azure Tables accepts the text as a key. Callers may look up any string: no row has an invalid key."""
    return _KEY.fullmatch(text) is not None and _bytes(text) <= 1024


def before(key: str) -> str:
    """A key to pass as `after`, so that a range begins at `key`. It sorts before `key`, and after every smaller key
    that is not longer.
    """
    return key[:-1] + chr(ord(key[-1]) - 1)


def check_transaction(partition: str, operations: Sequence[Write]) -> None:
    """Check Azure Tables' rules for a transaction. Raises ValueError, which means a bug in our code, not a
    user's mistake.
    """
    keys = [op.key if isinstance(op, Insert | Put) else op.row.key for op in operations]
    if not 1 <= len(keys) <= MAX_WRITES or len(set(keys)) != len(keys):
        raise ValueError(f"a transaction has 1 to {MAX_WRITES} operations, each on a different row")
    if not all(is_key(key) for key in (partition, *keys)):
        raise ValueError("a key is empty, too long, or contains a character that Azure Tables forbids")
    size = 0
    for key, operation in zip(keys, operations, strict=True):
        values = {} if isinstance(operation, Delete) else operation.values
        _check_row(partition, key, values)
        size += _REQUEST_OVERHEAD + len(json.dumps([partition, key, partition, key, dict(values)]))
    if size > MAX_TRANSACTION:
        raise ValueError("a transaction is larger than the 4 MiB that Azure Tables accepts in one request")


def check_message(text: str, delay: timedelta) -> None:
    """Check Azure Queues' rules for a message. Raises ValueError, which means a bug in our code."""
    if len(text.encode()) > MAX_MESSAGE:
        raise ValueError("a message is longer than the 48 KiB that a queue accepts")
    if not timedelta(0) <= delay < MESSAGE_LIFETIME:
        raise ValueError("a message can be hidden for less than seven days")


def _check_row(partition: str, key: str, values: Values) -> None:
    if len(values) > MAX_COLUMNS or not all(_COLUMN.fullmatch(name) for name in values):
        raise ValueError(
            f"a row has at most {MAX_COLUMNS} columns, whose names contain only letters, digits and underscores"
        )
    texts = [value for value in values.values() if isinstance(value, str)]
    if any(_bytes(text) > 2 * MAX_TEXT for text in texts):
        raise ValueError(f"a string is longer than the {MAX_TEXT} characters that fit into a column")
    if any(isinstance(value, int) and not -(2**63) <= value < 2**63 for value in values.values()):
        raise ValueError("a number has more than 64 bits")
    # Eight bytes per column, plus another eight as a generous estimate for a length, a number or a boolean.
    if 4 + _bytes(partition + key) + sum(16 + _bytes(name) for name in values) + sum(map(_bytes, texts)) > MAX_ROW:
        raise ValueError("a row is larger than the 1 MiB that Azure Tables accepts")


def _bytes(text: str) -> int:
    """The size of a string in UTF-16, as Azure Tables counts it."""
    return len(text.encode("utf-16-le"))


async def first_rows(rows: AsyncIterator[Row], most: int) -> list[Row]:
    """At most this many of the rows, without requesting any further pages."""
    found = list[Row]()
    if most > 0:
        async for row in rows:
            found.append(row)
            if len(found) == most:
                break
    return found


class Table(Protocol):
    """Rows, identified by partition and key. Every call may raise Unavailable."""

    async def get(self, partition: str, key: str) -> Row | None:
        """The row, or None."""
        ...

    async def commit(self, partition: str, *operations: Write) -> Sequence[str]:
        """Carry out at most 100 operations on one partition, all or none, in one round trip. Returns the new ETags in
        the same order ("" for a deleted row). Raises RowExists or RowChanged, and ValueError for what
        `check_transaction` rejects.
        """
        ...

    def rows(
        self,
        partition: str,
        prefix: str = "",
        after: str = "",
        *,
        until: str = "",
        columns: Sequence[str] = (),
        page: int = 0,
    ) -> AsyncIterator[Row]:
        """The partition's rows whose keys start with `prefix`, in ascending order, from after the key `after` up to and
        including `until`. Only `columns` are read, or all columns if none are given. Takes one round trip per thousand
        rows, or per `page` rows if only a few are needed.
        """
        ...

    def everything(self) -> AsyncIterator[Row]:
        """Every row in the table. Only for admins' lists and cleanup, never for a user's request."""
        ...


class Queue(Protocol):
    """A queue of short messages. Each is processed at least once, in any order."""

    async def send(self, text: str, delay: timedelta = timedelta(0)) -> None:
        """Send a message, which stays hidden until `delay` has passed. Raises Unavailable, and ValueError for what
        `check_message` rejects.
        """
        ...


class Tables(Protocol):
    """A deployment's tables."""

    def table(self, name: str) -> Table:
        """One of TABLES."""
        ...


class Storage(Tables, Protocol):
    """A deployment's tables and queues."""

    def queue(self, name: str) -> Queue:
        """One of QUEUES."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
