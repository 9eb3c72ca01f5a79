"""Counters. Each process writes its own rows, so no two processes write the same row and nothing has to be read first.
A row contains the process's totals for the day. Writing it again changes nothing, and the next write makes up for a
failed one. A process that dies loses the counts it has not yet written, at most those of the work in progress. An
operation that is then resumed may be counted twice.
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
    """Counts events per integration, identified by uuid."""

    def count(self, integration: str, names: Iterable[str]) -> None:
        """Count one of each, in memory until `write` is called."""
        ...

    async def write(self) -> None:
        """Write all counts concurrently. If storage is unavailable, no error is raised and they are written later."""
        ...


class Counters:
    """One process's counters."""

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
        """See Counting.write. Counts added by other tasks in the meantime are written as well, so those tasks need not
        write them.
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
