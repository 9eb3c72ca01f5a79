"""What has changed and has still to be entered into the lists.

Rows of partition `lists` of table `meetings`:

    journal!                                        how far the lists have been built (building.py)
    journal:<when>:<kind>:<integration>:<record>    a record to be looked at, from `when` on; 0 is at once

The first stands before all others, so that both are read in one request.
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
"""Rows of one transaction, which holds at most 100 writes."""

UNWRITTEN_FOR = timedelta(minutes=15)
"""How long a record may be announced before it is written, amply: a run of the functions ends within five minutes."""

_AT_ONCE, _LONG_AGO = "0", datetime(2020, 1, 1, tzinfo=UTC)
_SOONEST, _LATEST = timedelta(seconds=2), timedelta(minutes=10)


class RecordKind(StrEnum):
    """What a record is."""

    BOOKING = "booking"
    OPERATION = "operation"


@dataclass(frozen=True)
class Record:
    """A booking by its tag, or an operation by its correlation id."""

    kind: RecordKind
    integration: str
    name: str

    @property
    def called(self) -> str:
        """Its name in the record lists."""
        return f"{self.kind}:{self.name}"

    @classmethod
    def booking(cls, integration: str, tag: str) -> Self:
        """The booking of a tag."""
        return cls(RecordKind.BOOKING, integration, tag)

    @classmethod
    def operation(cls, integration: str, correlation: str) -> Self:
        """The operation of a correlation id."""
        return cls(RecordKind.OPERATION, integration, correlation)


@dataclass(frozen=True)
class Noted:
    """A row of the journal; `since` is when the record was noted first."""

    record: Record
    since: datetime
    row: Row


@dataclass(frozen=True)
class Due:
    """What is in the journal up to a moment, or the oldest of it; `building` as `building.py` has it."""

    building: Row | None
    noted: Sequence[Noted]


class Journal:
    """Notes what has changed. Every call may raise Unavailable."""

    def __init__(self, meetings: Table) -> None:
        self._table = meetings

    async def note(self, records: Iterable[Record], when: datetime) -> None:
        """Have records looked at from `when` on, which they are as often as they are noted; one round trip for 90."""
        await self._put([(each, _moment(when), when) for each in records])

    async def note_gone(self, records: Iterable[Record]) -> None:
        """Have records that were deleted taken out of the lists."""
        await self._put([(each, _AT_ONCE, _LONG_AGO) for each in records])

    async def look_again(self, noted: Iterable[Noted], now: datetime) -> None:
        """Have what is not as it is to be yet looked at later, the longer it has been so."""
        await self._put([(each.record, _moment(now + _pause(now - each.since)), each.since) for each in noted])

    async def due(self, now: datetime, most: int) -> Due:
        """What is to be looked at by now; one round trip for a thousand."""
        found = self._table.rows(LISTS_PARTITION, _PREFIX, until=f"{_PREFIX}:{_moment(now)};", page=most + 1)
        rows = await first_rows(found, most + 1)
        building = next((row for row in rows[:1] if row.key == BUILDING_KEY), None)
        return Due(building, [_noted(row) for row in rows if row.key != BUILDING_KEY][:most])

    async def forget(self, noted: Sequence[Noted]) -> None:
        """These have been looked at. Raises RowChanged when somebody else was faster with one of them."""
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
