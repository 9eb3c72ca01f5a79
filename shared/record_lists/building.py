"""Builds the lists from records that are not in the journal: records from older versions, and imported ones.

    integrations in ascending order of uuid; for each, first operations, then bookings, in ascending order of key

The first row of the journal stores the progress, so that interrupted work resumes where it stopped. Until the lists are
complete, queries read the records themselves.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from shared.bookings.operation import Operation
from shared.bookings.rows import LISTS_PARTITION, RowKind, meetings_table
from shared.errors import Conflict
from shared.record_lists.indexer import IdOf, Indexer
from shared.record_lists.journal import BUILDING_KEY, Record
from shared.storage import Delete, Insert, Replace, Row, RowChanged, RowExists, Tables, Values, first_rows

UuidAfter: TypeAlias = Callable[[str], Awaitable[str | None]]
"""Returns the uuid of the integration that follows the given uuid, or None."""

ROWS_AT_ONCE = 90
_COST_OF_INTEGRATION = 5
_KINDS = (RowKind.OPERATION, RowKind.BOOKING)


@dataclass(frozen=True)
class _Place:
    """The progress: the current integration, and the key of its last row that was added; "" before the first."""

    integration: str = ""
    after: str = ""
    is_done: bool = False


def is_built(row: Row | None) -> bool:
    """Whether all existing records have been added, according to the first row of the journal."""
    return row is not None and bool(row.values["done"])


async def build_again(tables: Tables) -> None:
    """Have the lists rebuilt after an import has added rows. Raises Unavailable."""
    table = meetings_table(tables)
    if row := await table.get(LISTS_PARTITION, BUILDING_KEY):
        await table.commit(LISTS_PARTITION, Delete(row))


class Building:
    """Builds the lists, a few rows at a time."""

    def __init__(self, tables: Tables, uuid_after: UuidAfter, id_of: IdOf) -> None:
        self._table = meetings_table(tables)
        self._indexer = Indexer(tables, id_of)
        self._uuid_after = uuid_after

    async def go_on(self, row: Row | None, most: int, now: datetime) -> bool:
        """Add roughly as many more rows as `most` says, and return whether the lists are complete.

        Raises Conflict if another process is building them.
        """
        place, left = _place(row), most
        while left > 0 and not place.is_done:
            rows = await self._next(place) if place.integration else []
            await self._enter(place.integration, rows, now)
            place = _Place(place.integration, rows[-1].key) if rows else await self._following(place)
            left -= len(rows) or _COST_OF_INTEGRATION
            row = await self._write(row, place)
        return place.is_done

    async def _next(self, place: _Place) -> list[Row]:
        found = list[Row]()
        for kind in _KINDS:
            rows = self._table.rows(place.integration, kind.prefix, place.after, page=ROWS_AT_ONCE)
            found += await first_rows(rows, ROWS_AT_ONCE - len(found))
        return found

    async def _following(self, place: _Place) -> _Place:
        uuid = await self._uuid_after(place.integration)
        return _Place(uuid) if uuid else _Place(is_done=True)

    async def _enter(self, integration: str, rows: Sequence[Row], now: datetime) -> None:
        operations = [Operation.from_row(row) for row in rows if RowKind.OPERATION.is_of(row)]
        decided = [write for each in operations for write in each.decided()]
        if decided:
            await self._table.commit(integration, *decided)
        records = {Record.operation(integration, each.correlation_id) for each in operations}
        tags = [RowKind.BOOKING.name_in(row.key) for row in rows if RowKind.BOOKING.is_of(row)]
        await self._indexer.enter_all(records | {Record.booking(integration, tag) for tag in tags}, now)

    async def _write(self, row: Row | None, place: _Place) -> Row:
        values: Values = {"integration": place.integration, "after": place.after, "done": place.is_done}
        write = Replace(row, values) if row else Insert(BUILDING_KEY, values)
        try:
            [etag] = await self._table.commit(LISTS_PARTITION, write)
        except (RowChanged, RowExists):
            raise Conflict("Another process is building the lists right now.") from None
        return Row(LISTS_PARTITION, BUILDING_KEY, values, etag)


def _place(row: Row | None) -> _Place:
    if row is None:
        return _Place()
    return _Place(str(row.values["integration"]), str(row.values["after"]), bool(row.values["done"]))
