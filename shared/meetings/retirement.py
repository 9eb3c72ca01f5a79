"""Retirement of a deleted integration: its rooms are closed, its digits released, and its records deleted.

A marker is written before the settings are deleted, so that the nightly round can finish an interrupted retirement. If
the settings still exist by then, the deletion itself failed, and everything is kept.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from shared.alarms import forget_alarms
from shared.bookings.booking import Booking
from shared.bookings.rows import RETIRED_PARTITION, RowKind, meetings_table
from shared.conferences.booking_removal import Removals
from shared.conferences.platform import Platform
from shared.errors import AWAY
from shared.meetings.cause import cause_of
from shared.meetings.turns import forget_turn
from shared.personal.retirement import retire_personal
from shared.record_lists.counted import CountedLists
from shared.record_lists.journal import Journal, Record
from shared.statistics.reading import forget_statistics
from shared.storage import Delete, Put, Row, RowChanged, Storage, Table, first_rows

log = logging.getLogger(__name__)

_BATCH = 50


@dataclass(frozen=True)
class Retirement:
    """Removes what a deleted integration leaves behind."""

    storage: Storage
    platform: Platform

    @property
    def _table(self) -> Table:
        return meetings_table(self.storage)

    async def announce(self, integration: str) -> None:
        """Record that the integration is about to be deleted."""
        await self._table.commit(RETIRED_PARTITION, Put(integration, {}))

    async def is_under_way(self, integration: str) -> bool:
        """Whether some of the integration's rows have yet to be removed. Until they are, a new integration with the
        same uuid would lose its own rows too.
        """
        return await self._table.get(RETIRED_PARTITION, integration) is not None

    async def complete(self, integration: str) -> None:
        """Close the integration's rooms and remove all its rows. Can be repeated to continue after an interruption."""
        while rows := await first_rows(self._table.rows(integration, page=_BATCH), _BATCH):
            await self._remove(integration, rows)
        await forget_alarms(self.storage, integration)
        await forget_turn(self.storage, integration)
        await forget_statistics(self.storage, integration)
        await retire_personal(self.storage, integration)
        await self._unmark(integration)

    async def _unmark(self, integration: str) -> None:
        marker = await self._table.get(RETIRED_PARTITION, integration)
        if marker:
            await self._table.commit(RETIRED_PARTITION, Delete(marker))

    async def complete_all(self, existing: Collection[str]) -> None:
        """Finish every interrupted retirement. The integrations in `existing` (uuids) were not deleted after all."""
        for row in [row async for row in self._table.rows(RETIRED_PARTITION)]:
            try:
                await (self._unmark if row.key in existing else self.complete)(row.key)
            except AWAY as error:  # the marker stays, so this will be tried again
                log.warning("integration %s cannot be removed yet: %s", row.key, cause_of(error))

    async def _remove(self, integration: str, rows: list[Row]) -> None:
        """Remove some rows. Bookings are removed separately, which also releases their aliases and names."""
        bookings = [Booking.from_row(row) for row in rows if RowKind.BOOKING.is_of(row)]
        others = [row for row in rows if not (RowKind.BOOKING.is_of(row) or RowKind.REMOVED.is_of(row))]
        removals = Removals(self.storage, self.platform)
        listed = _listed(integration, rows)
        try:
            await CountedLists(self.storage).take_out([each.called for each in listed])
            if others:
                await self._table.commit(integration, *map(Delete, others))
            await asyncio.gather(*map(removals.remove, bookings))
            await removals.finish(integration)
            await Journal(self._table).note_gone(listed)
        except RowChanged:
            log.info("work was in progress when the integration was deleted; its rows are read again")


def _listed(integration: str, rows: Iterable[Row]) -> list[Record]:
    """The bookings and operations among these rows, which may be in the record lists."""
    bookings = [RowKind.BOOKING.name_in(row.key) for row in rows if RowKind.BOOKING.is_of(row)]
    operations = [RowKind.OPERATION.name_in(row.key) for row in rows if RowKind.OPERATION.is_of(row)]
    records = [Record.booking(integration, tag) for tag in bookings]
    return [*records, *(Record.operation(integration, each) for each in operations)]
