"""Storage that counts its requests, and how many of them had to wait for one another."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.storage import Queue, Row, Storage, Table, Write, first_rows

PAGE_ROWS = 1000
"""The maximum number of rows that one range request returns, unless fewer are requested."""


@dataclass
class Meter:
    """Counts requests since the last `reset`, by table or queue name. Each request is delayed by `latency` seconds."""

    latency: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows read or written, keyed by table and partition. A partition's limit applies to these rows. A read that finds
    nothing counts as one row.
    """

    _spans: list[tuple[float, float]] = field(default_factory=list)

    def reset(self) -> None:
        """Reset all counters to zero."""
        self.calls.clear()
        self.rows.clear()
        self._spans.clear()

    @property
    def total(self) -> int:
        """All requests."""
        return self.calls.total()

    @property
    def sequential(self) -> int:
        """The length of the longest chain of requests in which each began after the previous one had ended. This is
        what a user waits for.
        """
        length, free = 0, 0.0
        for end, start in sorted((end, start) for start, end in self._spans):
            if start >= free:
                length, free = length + 1, end
        return length

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """One request."""
        self.calls[name] += 1
        start = time.perf_counter()
        try:
            yield
        finally:
            self._spans.append((start, time.perf_counter()))


@dataclass(frozen=True)
class _MeteredTable:
    inner: Table
    name: str
    meter: Meter

    async def get(self, partition: str, key: str) -> Row | None:
        self.meter.rows[self.name, partition] += 1
        with self.meter.span(self.name):
            await asyncio.sleep(self.meter.latency)
            return await self.inner.get(partition, key)

    async def commit(self, partition: str, *operations: Write) -> Sequence[str]:
        self.meter.rows[self.name, partition] += len(operations)
        with self.meter.span(self.name):
            await asyncio.sleep(self.meter.latency)
            return await self.inner.commit(partition, *operations)

    async def rows(
        self, partition: str, prefix: str = "", after: str = "", *, page: int = 0, **range_: Any
    ) -> AsyncIterator[Row]:
        found, size = self.inner.rows(partition, prefix, after, page=page, **range_), page or PAGE_ROWS
        with self.meter.span(self.name):
            await asyncio.sleep(self.meter.latency)
            rows = await first_rows(found, size)
        self.meter.rows[self.name, partition] += max(len(rows), 1)
        while rows:
            for row in rows:
                yield row
            rows = await first_rows(found, size) if len(rows) == size else []
            self.meter.calls[self.name] += bool(rows)
            self.meter.rows[self.name, partition] += len(rows)

    async def everything(self) -> AsyncIterator[Row]:
        with self.meter.span(self.name):
            await asyncio.sleep(self.meter.latency)
            found = [row async for row in self.inner.everything()]
        self.meter.calls[self.name] += max(len(found) - 1, 0) // PAGE_ROWS
        for row in found:
            yield row


@dataclass(frozen=True)
class _MeteredQueue:
    inner: Queue
    name: str
    meter: Meter

    async def send(self, text: str, delay: timedelta = timedelta(0)) -> None:
        with self.meter.span(self.name):
            await asyncio.sleep(self.meter.latency)
            await self.inner.send(text, delay)


@dataclass(frozen=True)
class MeteredStorage:
    """A Storage that wraps another one and counts its requests."""

    inner: Storage
    meter: Meter

    def table(self, name: str) -> Table:
        """See Storage.table."""
        return _MeteredTable(self.inner.table(name), name, self.meter)

    def queue(self, name: str) -> Queue:
        """See Storage.queue."""
        return _MeteredQueue(self.inner.queue(name), name, self.meter)

    async def close(self) -> None:
        """See Storage.close."""
        await self.inner.close()


@contextmanager
def counted_requests() -> Iterator[list[str]]:
    """The requests that Azure's table library sends within the context, including retries."""
    seen: list[str] = []

    class Ears(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage().startswith("Request URL"):
                seen.append(record.getMessage().partition("\n")[0])

    log, ears = logging.getLogger("azure.core.pipeline.policies.http_logging_policy"), Ears()
    level, propagate = log.level, log.propagate
    log.addHandler(ears)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield seen
    finally:
        log.removeHandler(ears)
        log.setLevel(level)
        log.propagate = propagate
