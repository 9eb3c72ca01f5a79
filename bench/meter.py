"""Storage that counts: requests, and how many of them had to wait for each other."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.storage import Queue, Row, Storage, Table, Write

PAGE_ROWS = 1000
"""Rows that one request for a range brings at most."""


@dataclass
class Meter:
    """Requests since the last `reset`, by the name of table or queue. Each takes `latency` seconds longer."""

    latency: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows that were read or written, by table and partition: what a partition's limit is about. A read that finds
    nothing counts as one.
    """

    _spans: list[tuple[float, float]] = field(default_factory=list)

    def reset(self) -> None:
        """Count from zero again."""
        self.calls.clear()
        self.rows.clear()
        self._spans.clear()

    @property
    def total(self) -> int:
        """All requests."""
        return self.calls.total()

    @property
    def sequential(self) -> int:
        """Requests in the longest row of which each began after the one before had ended: what somebody waits for."""
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

    async def rows(self, partition: str, prefix: str = "", after: str = "", **range_: Any) -> AsyncIterator[Row]:
        with self.meter.span(self.name):
            await asyncio.sleep(self.meter.latency)
            found = [row async for row in self.inner.rows(partition, prefix, after, **range_)]
        self.meter.rows[self.name, partition] += max(len(found), 1)
        self._count_pages(found)
        for row in found:
            yield row

    async def everything(self) -> AsyncIterator[Row]:
        with self.meter.span(self.name):
            await asyncio.sleep(self.meter.latency)
            found = [row async for row in self.inner.everything()]
        self._count_pages(found)
        for row in found:
            yield row

    def _count_pages(self, rows: Sequence[Row]) -> None:
        """After the first page: each is a separate request."""
        self.meter.calls[self.name] += max(len(rows) - 1, 0) // PAGE_ROWS


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
    """A Storage around another one."""

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
    """The requests that Azure's table library puts on the wire meanwhile, retries included."""
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
