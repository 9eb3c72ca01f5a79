"""Rooms that may be on a Management Node: row `room:<tag>` in the integration's partition of table `meetings`.

A record is written before its room is created, and deleted after the room has been removed. A crash in between can
leave a record without a room, but never a room without a record.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from shared.bookings.rows import RowKind, meetings_table
from shared.storage import MAX_WRITES, Delete, Put, Row, RowChanged, Table, Tables, Values, Write


@dataclass(frozen=True)
class RoomRecord:
    """Everything known about a room on a Management Node.

    `fields` are the managed fields as last written (node_room.room_fields). `uri` is the room's path on the node (""
    while unknown). `looked` is when the room was last seen there. `is_there` means that the room was created or found.
    `problem` tells admins why the room is missing; it is normally "". `opens` is the ISO time at which the room is
    needed. `handed_over` means that policy no longer serves the room.
    """

    integration: str
    tag: str
    node: str
    fields: Mapping[str, str]
    made: datetime
    looked: datetime
    uri: str = ""
    is_there: bool = False
    handed_over: bool = True
    problem: str = ""
    alias: str = ""
    opens: str = ""
    etag: str = ""

    @property
    def key(self) -> str:
        """The row's key in table `meetings`."""
        return RowKind.ROOM.key(self.tag)

    def values(self) -> Values:
        """The columns of the row."""
        return {
            "node": self.node,
            "fields": json.dumps(dict(self.fields), ensure_ascii=False),
            "made": self.made.isoformat(),
            "looked": self.looked.isoformat(),
            "uri": self.uri,
            "is_there": self.is_there,
            "handed_over": self.handed_over,
            "problem": self.problem,
            "alias": self.alias,
            "opens": self.opens,
        }

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """The record of a row."""
        text = {name: str(value) for name, value in row.values.items()}
        return cls(
            row.partition, RowKind.ROOM.name_in(row.key), text["node"], json.loads(text["fields"]),
            datetime.fromisoformat(text["made"]), datetime.fromisoformat(text["looked"]), text["uri"],
            bool(row.values["is_there"]), bool(row.values["handed_over"]), text["problem"], text["alias"],
            text["opens"], row.etag,
        )  # fmt: skip

    def seen(self, uri: str, now: datetime) -> Self:
        """A copy of this record for a room that was found on the node."""
        return replace(self, uri=uri or self.uri, is_there=True, looked=now, problem="", opens="")


@dataclass(frozen=True)
class RoomRecords:
    """The records of all integrations. Every call may raise Unavailable."""

    tables: Tables

    @property
    def _table(self) -> Table:
        return meetings_table(self.tables)

    async def get(self, integration: str, tag: str) -> RoomRecord | None:
        """The record of the room with this tag, or None. Takes one point read."""
        row = await self._table.get(integration, RowKind.ROOM.key(tag))
        return RoomRecord.from_row(row) if row else None

    async def of(self, integration: str) -> AsyncIterator[RoomRecord]:
        """All of an integration's records, one for each current room."""
        async for row in self._table.rows(integration, RowKind.ROOM.prefix):
            yield RoomRecord.from_row(row)

    async def put(self, records: Sequence[RoomRecord]) -> None:
        """Write one integration's records."""
        await self._commit([(each.integration, Put(each.key, each.values())) for each in records])

    async def remove(self, records: Sequence[RoomRecord]) -> list[str]:
        """Remove records. Returns the tags of those that were kept because they have changed since they were read."""
        try:
            await self._commit([(each.integration, Delete(_row(each))) for each in records])
        except RowChanged:
            return [each.tag for each in records if not await self._removed(each)]
        return []

    async def _removed(self, record: RoomRecord) -> bool:
        row = await self._table.get(record.integration, record.key)
        if row is None:
            return True
        if row.etag != record.etag:
            return False
        try:
            await self._table.commit(record.integration, Delete(row))
        except RowChanged:
            return False
        return True

    async def _commit(self, writes: Sequence[tuple[str, Write]]) -> None:
        for start in range(0, len(writes), MAX_WRITES):
            some = writes[start : start + MAX_WRITES]
            await self._table.commit(some[0][0], *(write for _, write in some))


def _row(record: RoomRecord) -> Row:
    return Row(record.integration, record.key, {}, record.etag)
