"""The times at which rooms have to be checked on Management Nodes. There is one row per room, keyed by minute, so there
is no need to scan all rooms.

Partition `rooms` of table `meetings`, shared by all integrations, key `<yyyymmddhhmm>:<integration>:<tag>`. A row is
only a hint: the handler reads the booking, so an outdated row does no harm. The row is deleted once the room is in the
desired state; until then it becomes due again every RETRY_AFTER.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from shared.bookings.rows import ROOM_TIMES_PARTITION, meetings_table
from shared.management_node.allowance import minute_of
from shared.storage import MAX_WRITES, Delete, Put, Row, RowChanged, Table, Tables

RETRY_AFTER = timedelta(minutes=2)
"""How soon a queued room is checked again, in case the process that received its message has died."""

AHEAD = "ahead:"
"""Prefix for a tag that only needs one check: whether its aliases are free on the node (room_ahead.py)."""

_MINUTE = timedelta(minutes=1)
_FORM = "%Y%m%d%H%M"


@dataclass(frozen=True)
class RoomTime:
    """A room that has to be checked at `minute`. `since` is when it should have been in the desired state."""

    minute: datetime
    integration: str
    tag: str
    since: datetime
    etag: str = ""

    @classmethod
    def at(cls, moment: datetime, integration: str, tag: str) -> Self:
        """A room to be checked at a given time, rounded up to the next whole minute."""
        minute = minute_of(moment)
        return cls(minute if minute == moment else minute + _MINUTE, integration, tag, moment)

    @property
    def key(self) -> str:
        """The row's key."""
        return f"{_prefix(self.minute, self.integration)}{self.tag}"

    @property
    def row(self) -> Row:
        """The row as read."""
        return Row(ROOM_TIMES_PARTITION, self.key, {}, self.etag)

    def put(self) -> Put:
        """The operation that writes the row."""
        return Put(self.key, {"since": self.since.isoformat()})

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Parse a row."""
        minute, integration, tag = row.key.split(":", 2)
        since = datetime.fromisoformat(str(row.values["since"]))
        return cls(datetime.strptime(minute, _FORM).replace(tzinfo=UTC), integration, tag, since, row.etag)


@dataclass(frozen=True)
class RoomTimes:
    """The rows of all integrations. Every call may raise Unavailable."""

    tables: Tables

    @property
    def _table(self) -> Table:
        return meetings_table(self.tables)

    async def due(self, now: datetime) -> AsyncIterator[RoomTime]:
        """Rows that are due, oldest first."""
        async for row in self._table.rows(ROOM_TIMES_PARTITION):
            time = RoomTime.from_row(row)
            if time.minute > now:
                return
            yield time

    async def put(self, times: Sequence[RoomTime]) -> None:
        """Write rows, replacing any with the same keys."""
        await self._commit([time.put() for time in times])

    async def move(self, times: Sequence[RoomTime], to: datetime) -> None:
        """Postpone rows until another minute, in case messages queued now are lost."""
        writes: list[Put | Delete] = []
        for time in times:
            writes += [replace(time, minute=to).put(), Delete(time.row)]
        await self._commit(writes)

    async def settle(self, integration: str, minute: datetime, done: Set[str], following: Sequence[RoomTime]) -> None:
        """Remove the rows at `minute` for an integration's finished rooms, and write the rows for the rooms' next
        checks.
        """
        prefix = _prefix(minute, integration)
        rows = [row async for row in self._table.rows(ROOM_TIMES_PARTITION, prefix)]
        gone = [Delete(row) for row in rows if row.key.removeprefix(prefix) in done]
        await self._commit([*gone, *(time.put() for time in following)])

    async def _commit(self, writes: Sequence[Put | Delete]) -> None:
        """Carry out the writes, but only the last one for each row. If rows have changed in the meantime, the writes
        are made individually.
        """
        once = list({each.row.key if isinstance(each, Delete) else each.key: each for each in writes}.values())
        for start in range(0, len(once), MAX_WRITES):
            some = once[start : start + MAX_WRITES]
            try:
                await self._table.commit(ROOM_TIMES_PARTITION, *some)
            except RowChanged:
                for each in some:
                    with suppress(RowChanged):
                        await self._table.commit(ROOM_TIMES_PARTITION, each)


def retry_minute(now: datetime) -> datetime:
    """The minute at which rooms queued now become due again unless they have been handled by then."""
    return minute_of(now + RETRY_AFTER)


def _prefix(minute: datetime, integration: str) -> str:
    return f"{minute.astimezone(UTC):{_FORM}}:{integration}:"
