"""In-memory storage. It passes the same contract tests as Azure Tables (tests/integration/shared/test_storage.py)."""

import asyncio
import base64
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

from dev.harness import azure_storage_rules as azure
from shared.storage import (
    Delete,
    Insert,
    Put,
    Replace,
    Row,
    RowChanged,
    RowExists,
    Values,
    Write,
    check_message,
    check_transaction,
)


class MemoryTable:
    """An in-memory Table. `round_trips` counts the network requests that a table in Azure would need. `rows_sent`
    counts the rows in query responses. A page is always sent as a whole, even if only its first row is used.

    As with a real network, other tasks may run before each request.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Row] = {}
        self._etags = count(1)
        self.round_trips = 0
        self.rows_sent = 0

    async def get(self, partition: str, key: str) -> Row | None:
        self.round_trips += 1
        await asyncio.sleep(0)
        return self._rows.get((partition, key))

    async def commit(self, partition: str, *operations: Write) -> Sequence[str]:
        self.round_trips += 1
        await asyncio.sleep(0)
        check_transaction(partition, operations)
        _judge(partition, operations)
        for operation in operations:
            self._check(partition, operation)
        return [self._apply(partition, operation) for operation in operations]

    async def rows(
        self,
        partition: str,
        prefix: str = "",
        after: str = "",
        *,
        until: str = "",
        columns: Sequence[str] = (),
        page: int = 0,
    ) -> AsyncIterator[Row]:
        self.round_trips += 1
        page = page or 1000
        found = [
            row
            for (owner, key), row in sorted(self._rows.items())
            if owner == partition and key.startswith(prefix) and key > after and (key <= until or not until)
        ]
        for place, row in enumerate(found):
            if place % page == 0:
                self.round_trips += place > 0
                self.rows_sent += len(found[place : place + page])
            kept = {name: value for name, value in row.values.items() if name in columns}
            yield replace(row, values=kept) if columns else row

    async def everything(self) -> AsyncIterator[Row]:
        self.round_trips += 1
        for _, row in sorted(self._rows.items()):
            yield row

    def _check(self, partition: str, operation: Write) -> None:
        match operation:
            case Insert(key, _) if (partition, key) in self._rows:
                raise RowExists("a row with this key already exists")
            case Replace(row, _) | Delete(row):
                found = self._rows.get((partition, row.key))
                if found is None or found.etag != row.etag:
                    raise RowChanged("the row has changed since it was read")

    def _apply(self, partition: str, operation: Write) -> str:
        match operation:
            case Insert(key, values) | Put(key, values):
                return self._write(partition, key, values)
            case Replace(row, values):
                return self._write(partition, row.key, values)
            case Delete(row):
                del self._rows[partition, row.key]
                return ""

    def _write(self, partition: str, key: str, values: Values) -> str:
        row = Row(partition, key, dict(values), f'W/"{next(self._etags)}"')
        self._rows[partition, key] = row
        return row.etag


def _judge(partition: str, operations: Sequence[Write]) -> None:
    """Reject requests that Azure would reject. The same checks apply to requests to Azurite. A request is about 600
    bytes larger than its row's JSON.
    """
    keys, size = [], 0
    for operation in operations:
        key, values = _content(operation)
        azure.check_row(partition, key, values)
        keys.append((partition, key))
        size += 600 + len(json.dumps(dict(values)))
    azure.check_transaction(keys, size)


def _content(operation: Write) -> tuple[str, Values]:
    match operation:
        case Insert(key, values) | Put(key, values):
            return key, values
        case Replace(row, values):
            return row.key, values
        case Delete(row):
            return row.key, {}


class MemoryQueue:
    """A Queue that records all sent messages, with their delays."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, timedelta]] = []

    async def send(self, text: str, delay: timedelta = timedelta(0)) -> None:
        check_message(text, delay)
        azure.check_message(base64.b64encode(text.encode()).decode(), delay)
        self.sent.append((text, delay))


class MemoryStorage:
    """An in-memory Storage."""

    def __init__(self) -> None:
        self._tables: dict[str, MemoryTable] = defaultdict(MemoryTable)
        self._queues: dict[str, MemoryQueue] = defaultdict(MemoryQueue)

    def table(self, name: str) -> MemoryTable:
        return self._tables[name]

    def queue(self, name: str) -> MemoryQueue:
        return self._queues[name]

    @property
    def round_trips(self) -> int:
        """The number of storage requests since the start, for all tables."""
        return sum(table.round_trips for table in self._tables.values())

    async def close(self) -> None:
        pass
