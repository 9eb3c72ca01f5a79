"""Enters what was there before there were lists: records of older versions, and those that an import has brought back.

    integration by integration, by rising uuid: its operations, then its bookings, by rising key

The journal's first row says how far this has got, so that it goes on wherever it was interrupted. Until it is done,
lists are read from the records themselves.
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
"""The lowest uuid of an integration after this one, or None."""

ROWS_AT_ONCE = 90
_COST_OF_INTEGRATION = 5
_KINDS = (RowKind.OPERATION, RowKind.BOOKING)


@dataclass(frozen=True)
class _Place:
    """How far it has got: behind this row of this integration; "" before the first one."""

    integration: str = ""
    after: str = ""
    is_done: bool = False


def is_built(row: Row | None) -> bool:
    """Whether all that there was has been entered, as the journal's first row says."""
    return row is not None and bool(row.values["done"])


async def build_again(tables: Tables) -> None:
    """An import has brought rows: the lists are to be gone through again. Raises Unavailable."""
    table = meetings_table(tables)
    if row := await table.get(LISTS_PARTITION, BUILDING_KEY):
        await table.commit(LISTS_PARTITION, Delete(row))


class Building:
    """Builds the lists, some rows at a time."""

    def __init__(self, tables: Tables, uuid_after: UuidAfter, id_of: IdOf) -> None:
        self._table = meetings_table(tables)
        self._indexer = Indexer(tables, id_of)
        self._uuid_after = uuid_after

    async def go_on(self, row: Row | None, most: int, now: datetime) -> bool:
        """Enter about so many rows more; whether that was all. Raises Conflict while somebody else does it."""
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
            raise Conflict("Somebody else is building the lists this moment.") from None
        return Row(LISTS_PARTITION, BUILDING_KEY, values, etag)


def _place(row: Row | None) -> _Place:
    if row is None:
        return _Place()
    return _Place(str(row.values["integration"]), str(row.values["after"]), bool(row.values["done"]))
