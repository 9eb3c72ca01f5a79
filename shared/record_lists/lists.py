"""Reads the lists. A reader first adds the records in the journal, so that the lists are up to date."""

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
"""Maximum number of records that a reader adds first. The rest are left to the next reader or the next sweep."""

BUILT_BY_READER = 500
"""Approximate number of existing rows that a reader adds. If there are no more, the lists can be used immediately."""

ENTERED_BY_SWEEP = 10_000
BUILT_BY_SWEEP = 5_000


@dataclass(frozen=True)
class RecordLists:
    """A deployment's lists. Every call may raise Unavailable."""

    tables: Tables
    clock: Clock
    uuid_after: UuidAfter
    id_of: IdOf

    async def page(
        self, list_: str, offset: int, limit: int, first: str = "", end: str = "", *, backwards: bool = False
    ) -> Page | None:
        """See CountedLists.page. None while the lists are incomplete; the records have to be read instead. Usually
        makes three round trips, one of them to check that nothing has changed.
        """
        if not await self._follow():
            return None
        return await CountedLists(self.tables).page(list_, offset, limit, first, end, backwards=backwards)

    async def at(self, list_: str, place: str) -> Sequence[Row] | None:
        """The entries whose positions start with `place`; None while the lists are incomplete. Makes two round
        trips.
        """
        return await CountedLists(self.tables).at(list_, place) if await self._follow() else None

    async def of(self, names: Sequence[str], list_: str) -> list[Row] | None:
        """A list's entries for the records with these names (`Record.called`). Records that are not in the list are
        omitted. None while the lists are incomplete. Makes one round trip, and two more for each name.
        """
        if not await self._follow():
            return None
        found = await asyncio.gather(*(CountedLists(self.tables).of(name, list_) for name in names))
        return [row for row in found if row]

    async def is_good(self) -> bool:
        """Whether the lists contain every record, including those currently in the journal."""
        return await self._follow()

    async def keep(self) -> None:
        """Add the records in the journal, and continue building the lists. Part of every sweep; one round trip if there
        is nothing to do.
        """
        for _ in range(ENTERED_BY_SWEEP // ENTERED_BY_READER):
            due = await self._due()
            if not await self._enter(due):
                break
        if not is_built(due.building):
            await self._build(due.building, BUILT_BY_SWEEP)

    async def _follow(self) -> bool:
        """Add the records in the journal; returns whether the lists are complete."""
        due = await self._due()
        await self._enter(due)
        return is_built(due.building) or await self._build(due.building, BUILT_BY_READER)

    async def _due(self) -> Due:
        return await Journal(meetings_table(self.tables)).due(self.clock.now(), ENTERED_BY_READER)

    async def _enter(self, due: Due) -> bool:
        """Add the records that are due; returns whether any were added."""
        if not due.noted:
            return False
        try:
            await Indexer(self.tables, self.id_of).follow(due, self.clock.now())
        except Conflict:
            log.info("another process is adding the same records to the lists")
            return False
        return True

    async def _build(self, row: Row | None, most: int) -> bool:
        try:
            return await Building(self.tables, self.uuid_after, self.id_of).go_on(row, most, self.clock.now())
        except Conflict:
            log.info("another process is building the lists")
            return False
