"""The journal: records that have changed and still have to be added to the lists.

Rows of partition `lists` of table `meetings`:

    journal!                                        how far the lists have been built (building.py)
    journal:<when>:<kind>:<integration>:<record>    a record to be added, from `when` on; 0 means immediately

The row `journal!` sorts before all others, so one request reads it together with the records.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

from shared.bookings.rows import LISTS_PARTITION
from shared.storage import Delete, Put, Row, Table, first_rows

BUILDING_KEY = "journal!"
_PREFIX = "journal"
_WHEN = "%Y%m%d%H%M%S%f"

NOTED_AT_ONCE = 90
"""Rows per transaction, which may contain at most 100 writes."""

UNWRITTEN_FOR = timedelta(minutes=15)
"""How long a record may be in the journal before it is written. This is longer than a function may run (five minutes).
"""

_AT_ONCE, _LONG_AGO = "0", datetime(2020, 1, 1, tzinfo=UTC)
_SOONEST, _LATEST = timedelta(seconds=2), timedelta(minutes=10)


class RecordKind(StrEnum):
    """The kinds of records in the journal."""

    BOOKING = "booking"
    OPERATION = "operation"


@dataclass(frozen=True)
class Record:
    """A booking, identified by its tag, or an operation, identified by its correlation id."""

    kind: RecordKind
    integration: str
    name: str

    @property
    def called(self) -> str:
        """The record's name in the lists: `<kind>:<name>`."""
        return f"{self.kind}:{self.name}"

    @classmethod
    def booking(cls, integration: str, tag: str) -> Self:
        """The booking with this tag."""
        return cls(RecordKind.BOOKING, integration, tag)

    @classmethod
    def operation(cls, integration: str, correlation: str) -> Self:
        """The operation with this correlation id."""
        return cls(RecordKind.OPERATION, integration, correlation)


@dataclass(frozen=True)
class Noted:
    """A row in the journal. `since` is when the record was first added to the journal."""

    record: Record
    since: datetime
    row: Row


@dataclass(frozen=True)
class Due:
    """The records in the journal that are due, or the first of them. `building` is the row described in building.py."""

    building: Row | None
    noted: Sequence[Noted]


class Journal:
    """Notes which records have changed. Every call may raise Unavailable."""

    def __init__(self, meetings: Table) -> None:
        self._table = meetings

    async def note(self, records: Iterable[Record], when: datetime) -> None:
        """Have records added to the lists at `when`. The same record can be noted for more than one time. Makes one
        round trip per 90 records.
        """
        await self._put([(each, _moment(when), when) for each in records])

    async def note_gone(self, records: Iterable[Record]) -> None:
        """Have deleted records removed from the lists."""
        await self._put([(each, _AT_ONCE, _LONG_AGO) for each in records])

    async def look_again(self, noted: Iterable[Noted], now: datetime) -> None:
        """Have these records added again after a pause. The older their row, the longer the pause."""
        await self._put([(each.record, _moment(now + _pause(now - each.since)), each.since) for each in noted])

    async def due(self, now: datetime, most: int) -> Due:
        """The records that are due; one round trip per thousand."""
        found = self._table.rows(LISTS_PARTITION, _PREFIX, until=f"{_PREFIX}:{_moment(now)};", page=most + 1)
        rows = await first_rows(found, most + 1)
        building = next((row for row in rows[:1] if row.key == BUILDING_KEY), None)
        return Due(building, [_noted(row) for row in rows if row.key != BUILDING_KEY][:most])

    async def forget(self, noted: Sequence[Noted]) -> None:
        """Remove rows whose records have been added. Raises RowChanged if another process has changed one of them."""
        for start in range(0, len(noted), NOTED_AT_ONCE):
            some = noted[start : start + NOTED_AT_ONCE]
            await self._table.commit(LISTS_PARTITION, *(Delete(each.row) for each in some))

    async def _put(self, notes: Iterable[tuple[Record, str, datetime]]) -> None:
        rows = {_key(each, when): {"since": since.isoformat()} for each, when, since in notes}
        writes = [Put(key, values) for key, values in rows.items()]
        for start in range(0, len(writes), NOTED_AT_ONCE):
            await self._table.commit(LISTS_PARTITION, *writes[start : start + NOTED_AT_ONCE])


def _pause(age: timedelta) -> timedelta:
    return min(max(age / 4, _SOONEST), _LATEST)


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):{_WHEN}}"


def _key(record: Record, when: str) -> str:
    return f"{_PREFIX}:{when}:{record.kind}:{record.integration}:{record.name}"


def _noted(row: Row) -> Noted:
    _, _, kind, integration, name = row.key.split(":", 4)
    since = datetime.fromisoformat(str(row.values["since"]))
    return Noted(Record(RecordKind(kind), integration, name), since, row)
