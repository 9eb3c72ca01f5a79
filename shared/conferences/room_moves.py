"""Moves an integration's bookings to another platform after its setting has changed (C3).

    settings saved ─▶ row `move`, a row under a minute and a queue message
    queue ─▶ some bookings are moved to the platform in the settings ─▶ the row records the progress ─▶ the queue again
          ─▶ at the end, remaining rooms on a node are checked ─▶ repeat after two minutes ─▶ delete the row

The second pass is needed because some instances go on using the old settings for a while (integrations/cache.py).
Interrupted work is resumed through its due-time row.

When bookings move to a node, policy serves open rooms until the conferencing nodes know them. When they move away from
a node, policy takes over each room before it is removed from the node. So a room is always available on at least one
platform. While it is open on both, it has the same name on each, so conferencing nodes treat it as one room.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from shared.bookings.booking import Booking, State
from shared.bookings.rows import RowKind, meetings_table
from shared.bookings.stored import bookings_of, stored_booking
from shared.conferences.node_platform import Rooms
from shared.conferences.platform import Platform
from shared.conferences.room_due_times import RoomTime, retry_minute
from shared.storage import Delete, Put, Replace, Row, RowChanged, Table

MOVE = "move"
"""Used in place of a tag, in due-time rows and in the queue, while an integration's bookings are being moved."""

BOOKINGS_AT_A_TIME = 100
"""Number of bookings moved per queue message. Moving them takes a few seconds."""

PASSES = 2

_MAX_REREADS = 4


class Moves(Protocol):
    """Moves bookings to an integration's current platform."""

    async def begin(self, integration: str) -> None:
        """Start moving all bookings. A move already in progress starts over."""
        ...


@dataclass(frozen=True)
class RoomMoves:
    """A Moves."""

    rooms: Rooms
    platform: Platform

    @property
    def _table(self) -> Table:
        return meetings_table(self.rooms.tables)

    async def begin(self, integration: str) -> None:
        """See Moves.begin."""
        await self._table.commit(integration, Put(RowKind.MOVE.key(), {"after": "", "passes": 0}))
        await self.rooms.look_now(integration, [MOVE])

    async def go_on(self, integration: str) -> bool:
        """Move the next bookings, and return whether the move is finished. Every step may be repeated. Raises
        Unavailable.
        """
        row = await self._table.get(integration, RowKind.MOVE.key())
        if row is None:
            return True
        last = ""
        async for booking in self._some(integration, str(row.values["after"])):
            await self._show(booking)
            last = booking.key
        with suppress(RowChanged):  # the move has been restarted in the meantime, with its own queue message
            await (self._next(integration, row, last) if last else self._end_of_pass(integration, row))
        return False

    async def _some(self, integration: str, after: str) -> AsyncIterator[Booking]:
        count = 0
        async for booking in bookings_of(self._table, integration, after):
            yield booking
            count += 1
            if count == BOOKINGS_AT_A_TIME:
                return

    async def _show(self, booking: Booking) -> None:
        """Apply the stored booking to its platform. If the booking has changed in the meantime, repeat this, because an
        older state may have been applied.
        """
        for _ in range(_MAX_REREADS):
            if booking.state is not State.SCHEDULED:
                return
            await self.platform.show(booking)
            again = await stored_booking(self._table, booking.integration, booking.tag)
            if again is None or again.etag == booking.etag:
                return
            booking = again

    async def _next(self, integration: str, row: Row, last: str) -> None:
        await self._table.commit(integration, Replace(row, {**row.values, "after": last}))
        await self.rooms.look_now(integration, [MOVE])

    async def _end_of_pass(self, integration: str, row: Row) -> None:
        await self.rooms.look_now(integration, [record.tag async for record in self.rooms.records.of(integration)])
        passes = int(row.values["passes"]) + 1
        if passes == PASSES:
            await self._table.commit(integration, Delete(row))
            return
        await self._table.commit(integration, Replace(row, {"after": "", "passes": passes}))
        now = self.rooms.clock.now()
        await self.rooms.times.put([RoomTime(retry_minute(now), integration, MOVE, now)])
