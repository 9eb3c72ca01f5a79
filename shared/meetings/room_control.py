"""What an admin does to a scheduled meeting's room by hand: closing and reopening it.

A room that an admin has closed is *held*: neither the organizer's next message nor the nightly comparison with the
calendar opens it. The organizer's messages about it are declined like those of a deleted alias. An invitation with
another, unused alias gets that one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from shared.bookings.booking import Booking, State
from shared.bookings.rows import meetings_table
from shared.bookings.stored import save_booking, stored_booking
from shared.clock import Clock
from shared.conferences.platform import Platform
from shared.errors import Conflict, NotFound
from shared.storage import RowChanged, Storage

_ATTEMPTS = 5
_Change: TypeAlias = Callable[[Booking], Awaitable[Booking]]


@dataclass(frozen=True)
class RoomControl:
    """Closes and opens rooms. Every call is idempotent and may raise Unavailable."""

    storage: Storage
    platform: Platform
    clock: Clock

    async def close(self, integration: str, tag: str) -> Booking:
        """Let nobody in any more, and hold the room closed. Raises NotFound; Conflict if it is no scheduled room."""

        async def change(booking: Booking) -> Booking:
            if booking.conference is None:
                raise Conflict("No meeting has this alias: there is no room to close.")
            return replace(booking.closed(), held=True)

        return await self._change(integration, tag, change)

    async def reopen(self, integration: str, tag: str) -> Booking:
        """Let people in again at the meeting's times. Raises NotFound; Conflict if it was not closed by hand."""

        async def change(booking: Booking) -> Booking:
            if booking.state is State.SCHEDULED:
                return booking
            if booking.conference is None or not booking.held:
                raise Conflict(
                    "This room was not closed by an admin: its meeting is over, cancelled, or uses another room."
                )
            if not booking.conference.calendar.has_future(self.clock.now()):
                raise Conflict("The meeting is over.")
            return await self.platform.name(replace(booking, state=State.SCHEDULED, held=False, names=()))

        return await self._change(integration, tag, change)

    async def _change(self, integration: str, tag: str, change: _Change) -> Booking:
        table = meetings_table(self.storage)
        for _ in range(_ATTEMPTS):
            booking = await stored_booking(table, integration, tag)
            if booking is None:
                raise NotFound("There is no such meeting.")
            changed = await change(booking)
            if changed != booking:
                try:
                    changed = await save_booking(table, changed, self.clock.now())
                except RowChanged:
                    continue  # somebody is working on the meeting right now
            await self.platform.show(changed)
            return changed
        raise Conflict("The meeting is being changed right now: try again.")
