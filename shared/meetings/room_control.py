"""An admin's actions on a scheduled meeting: closing and reopening its room, giving the meeting to another owner, and
resending the joining instructions.

A room closed by an admin is *held*: neither the organizer's next message nor the nightly comparison with the calendar
opens it. The organizer's messages about it are declined like those for a deleted alias. If the organizer sends an
invitation with another, unused alias, the meeting gets that alias.

A meeting that an admin has given to another owner stays with that owner, regardless of what the organizer sends. The
new owner is shown as its organizer, owns the room on a Management Node, and receives the instructions when they are
resent. Erasing that person's data removes the meeting. In Exchange the meeting stays with the organizer, who still gets
the answers. Nobody else can move or cancel it. Rendered templates still name the organizer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from shared.bookings.booking import Booking, State
from shared.bookings.rows import meetings_table
from shared.bookings.stored import save_booking, stored_booking
from shared.calendar.conference import Conference
from shared.calendar.request import mail_address
from shared.clock import Clock
from shared.conferences.platform import Platform
from shared.errors import Conflict, NotFound, SettingsInvalid
from shared.intake.notice import enqueue
from shared.meetings.resending import write_resending
from shared.queues import MEETING_REQUESTS
from shared.record_lists.journal import Journal, Record
from shared.storage import RowChanged, Storage

_ATTEMPTS = 5
_Change: TypeAlias = Callable[[Booking], Awaitable[Booking]]


@dataclass(frozen=True)
class RoomControl:
    """Carries out these actions. All calls except `resend` are idempotent, and all may raise Unavailable."""

    storage: Storage
    platform: Platform
    clock: Clock

    async def close(self, integration: str, tag: str) -> Booking:
        """Close the room, and keep it closed. Raises NotFound, and Conflict if the room is not scheduled."""

        async def change(booking: Booking) -> Booking:
            if booking.conference is None:
                raise Conflict("No meeting has this alias, so there is no room to close.")
            return replace(booking.closed(), held=True)

        return await self._change(integration, tag, change)

    async def reopen(self, integration: str, tag: str) -> Booking:
        """Let people in again at the meeting's times. Raises NotFound, and Conflict if the room was not closed by an
        admin.
        """

        async def change(booking: Booking) -> Booking:
            if booking.state is State.SCHEDULED:
                return booking
            if booking.conference is None or not booking.held:
                raise Conflict(
                    "This room was not closed by an admin: its meeting is over or cancelled, or uses another room."
                )
            if not booking.conference.calendar.has_future(self.clock.now()):
                raise Conflict("The meeting is over.")
            return await self.platform.name(replace(booking, state=State.SCHEDULED, held=False, names=()))

        return await self._change(integration, tag, change)

    async def give(self, integration: str, tag: str, address: str) -> Booking:
        """Give the meeting to the person with the given address, or back to its organizer if the address is "". Raises
        NotFound, SettingsInvalid, and Conflict if the meeting has no room or is over.
        """
        given_to = mail_address(address)
        if address and not (given_to and given_to.isascii()):
            raise SettingsInvalid({"organizer": ["Must be one e-mail address, such as alice@example.com, or empty."]})

        async def change(booking: Booking) -> Booking:
            conference = self._scheduled(booking)
            # The conference's previous owner is not kept: the organizer's next message contains it again.
            return replace(booking, given_to=given_to, conference=replace(conference, owner=given_to))

        return await self._change(integration, tag, change)

    async def resend(self, integration: str, tag: str) -> Booking:
        """Have the joining instructions e-mailed to the meeting's owner, exactly once even if the queue retries. Raises
        NotFound, and Conflict if the meeting has no open room or is over, or if they were sent a moment ago.
        """
        table = meetings_table(self.storage)
        booking = await stored_booking(table, integration, tag)
        if booking is None:
            raise NotFound("There is no such meeting.")
        self._scheduled(booking)
        notice = await write_resending(table, booking, self.clock.now())
        # If this fails, the next sweep finds the recorded operation.
        await enqueue(self.storage.queue(MEETING_REQUESTS), [notice])
        return booking

    def _scheduled(self, booking: Booking) -> Conference:
        """A meeting's conference. Raises Conflict unless the meeting is scheduled and not over."""
        if booking.conference is None or booking.state is not State.SCHEDULED:
            raise Conflict("This meeting has no open room: it was cancelled or closed, or has another room.")
        if not booking.conference.calendar.has_future(self.clock.now()):
            raise Conflict("The meeting is over.")
        return booking.conference

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
                    continue  # another process is working on the meeting right now
            await Journal(table).note([Record.booking(integration, tag)], self.clock.now())
            await self.platform.show(changed)
            return changed
        raise Conflict("The meeting is being changed right now. Please try again.")
