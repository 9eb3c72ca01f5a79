"""Reading the lists. Who reads enters what the journal names first, so that a list is true of the moment it is read."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from shared.bookings.rows import meetings_table
from shared.clock import Clock
from shared.errors import Conflict
from shared.record_lists.building import Building, UuidAfter, is_built
from shared.record_lists.counted import CountedLists, Page
from shared.record_lists.indexer import IdOf, Indexer
from shared.record_lists.journal import Due, Journal
from shared.storage import Row, Tables

log = logging.getLogger(__name__)

ENTERED_BY_READER = 500
"""Records that whoever reads a list enters first, at most. What is left, the next one or the next sweep does."""

BUILT_BY_READER = 500
"""Rows of an older version, about, that a reader enters: where there are no more, the lists are good at once."""

ENTERED_BY_SWEEP = 10_000
BUILT_BY_SWEEP = 5_000


@dataclass(frozen=True)
class RecordLists:
    """The lists of a deployment. Every call may raise Unavailable."""

    tables: Tables
    clock: Clock
    uuid_after: UuidAfter
    id_of: IdOf

    async def page(
        self, list_: str, offset: int, limit: int, first: str = "", end: str = "", *, backwards: bool = False
    ) -> Page | None:
        """See CountedLists.page; None while the lists are not built: then the records have to be read. Three round
        trips in most cases, one of them to learn that nothing has changed.
        """
        if not await self._follow():
            return None
        return await CountedLists(self.tables).page(list_, offset, limit, first, end, backwards=backwards)

    async def at(self, list_: str, place: str) -> Sequence[Row] | None:
        """The entries whose places begin so; None while the lists are not built. Two round trips."""
        return await CountedLists(self.tables).at(list_, place) if await self._follow() else None

    async def of(self, names: Sequence[str], list_: str) -> list[Row] | None:
        """What a list holds of some records (`Record.called`), of those that are in it; None while the lists are not
        built. A round trip, and two for each of the names.
        """
        if not await self._follow():
            return None
        found = await asyncio.gather(*(CountedLists(self.tables).of(name, list_) for name in names))
        return [row for row in found if row]

    async def is_good(self) -> bool:
        """Whether the lists hold all that there is, what is noted this moment included."""
        return await self._follow()

    async def keep(self) -> None:
        """Enter what the journal names, and go on building: a part of every sweep. One round trip when all is done."""
        for _ in range(ENTERED_BY_SWEEP // ENTERED_BY_READER):
            due = await self._due()
            if not await self._enter(due):
                break
        if not is_built(due.building):
            await self._build(due.building, BUILT_BY_SWEEP)

    async def _follow(self) -> bool:
        """Enter what has been noted; whether the lists are built."""
        due = await self._due()
        await self._enter(due)
        return is_built(due.building) or await self._build(due.building, BUILT_BY_READER)

    async def _due(self) -> Due:
        return await Journal(meetings_table(self.tables)).due(self.clock.now(), ENTERED_BY_READER)

    async def _enter(self, due: Due) -> bool:
        """Whether something was entered."""
        if not due.noted:
            return False
        try:
            await Indexer(self.tables, self.id_of).follow(due, self.clock.now())
        except Conflict:
            log.info("others are entering the same records into the lists")
            return False
        return True

    async def _build(self, row: Row | None, most: int) -> bool:
        try:
            return await Building(self.tables, self.uuid_after, self.id_of).go_on(row, most, self.clock.now())
        except Conflict:
            log.info("others are building the lists")
            return False
