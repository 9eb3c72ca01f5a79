"""Counters. Each process writes its own rows, so that no two processes write the same row, and nothing has to be read
first.

A row contains the process's totals of the day: writing it again changes nothing, and a failed write is made up for by
the next one. A process that dies loses the counts that it has not written, at most those of the work in progress. An
operation that is resumed after that may be counted twice.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Protocol
from uuid import uuid4

from shared.clock import Clock
from shared.errors import SchedulingError
from shared.statistics.rows import DEPLOYMENT, day_key, statistics_table
from shared.storage import Put, Tables

log = logging.getLogger(__name__)


class Counting(Protocol):
    """Counts events of integrations, given by their uuids."""

    def count(self, integration: str, names: Iterable[str]) -> None:
        """Count one of each of these, in memory until `write`."""
        ...

    async def write(self) -> None:
        """Write the counts, all concurrently. If storage is unavailable, they are written later, without an error."""
        ...


class Counters:
    """The counters of one process."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._table = statistics_table(tables)
        self._clock = clock
        self._process = uuid4().hex[:12]
        self._counts: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
        self._unwritten = set[tuple[date, str]]()
        self._writing = asyncio.Lock()

    def count(self, integration: str, names: Iterable[str]) -> None:
        """See Counting.count."""
        today, counted = self._clock.now().date(), list(names)
        for partition in (integration, DEPLOYMENT):
            self._counts[today, partition].update(counted)
            self._unwritten.add((today, partition))

    async def write(self) -> None:
        """See Counting.write. Counts that other tasks have added in the meantime are written as well, so those tasks
        need not do so.
        """
        async with self._writing:
            await asyncio.gather(*map(self._write, list(self._unwritten)))
            today = self._clock.now().date()
            for past in [each for each in self._counts if each[0] < today and each not in self._unwritten]:
                del self._counts[past]

    async def _write(self, of: tuple[date, str]) -> None:
        (day, partition), counts = of, dict(self._counts[of])
        try:
            await self._table.commit(partition, Put(day_key(day, self._process), counts))
        except SchedulingError as error:
            log.warning("the counts are written later: %s", type(error).__name__)
            return
        if self._counts[of] == counts:
            self._unwritten.discard(of)
