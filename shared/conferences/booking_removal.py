"""Deletes bookings permanently. shared/bookings/removal_steps.py describes the steps."""

from contextlib import suppress
from dataclasses import dataclass

from shared.bookings.booking import Booking
from shared.bookings.numbering import Numbering
from shared.bookings.removal_steps import removed, removing
from shared.bookings.rows import RowKind, meetings_table
from shared.bookings.stored import stored_booking
from shared.conferences.platform import Platform
from shared.record_lists.journal import Journal, Record
from shared.storage import Delete, RowChanged, Tables


@dataclass(frozen=True)
class Removals:
    """Deletes bookings and releases everything that belonged to them."""

    storage: Tables
    platform: Platform

    async def remove(self, booking: Booking) -> None:
        """Delete a booking. Raises RowChanged, and deletes nothing, if it has changed since it was read."""
        table = meetings_table(self.storage)
        link = await table.get(booking.integration, booking.link_key) if booking.meeting else None
        await table.commit(booking.integration, *removing(booking, link))
        await self._free(booking)

    async def finish(self, integration: str) -> None:
        """Release everything left behind by interrupted removals of an integration's bookings."""
        async for row in meetings_table(self.storage).rows(integration, RowKind.REMOVED.prefix):
            with suppress(RowChanged):  # the digits have just been reused; the next nightly run will try again
                await self._free(removed(row))

    async def _free(self, booking: Booking) -> None:
        """Release everything that belonged to the booking, except its alias if a new booking with the same tag already
        uses it. The user may have clicked again.
        """
        table = meetings_table(self.storage)
        again = await stored_booking(table, booking.integration, booking.tag)
        if again is None or again.alias != booking.alias:
            await self.platform.forget(booking)
        await Numbering(self.storage).forget(booking)
        await Journal(table).note_gone([Record.booking(booking.integration, booking.tag)])
        row = await table.get(booking.integration, RowKind.REMOVED.key(booking.tag))
        if row:
            with suppress(RowChanged):  # a concurrent run got there first
                await table.commit(booking.integration, Delete(row))
