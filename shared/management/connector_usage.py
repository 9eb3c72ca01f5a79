"""What would be lost by deleting an integration: its future meetings and personal VMRs."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from shared.bookings.booking import State
from shared.bookings.rows import meetings_table
from shared.bookings.stored import bookings_of
from shared.clock import Clock
from shared.errors import Conflict
from shared.integrations import Integration
from shared.management.resource import Object
from shared.personal.store import VmrStore
from shared.storage import Storage

LOST = (
    "After its deletion, nobody can join these meetings, its personal VMRs are gone, and the add-in stops working for "
    "its users."
)


@dataclass(frozen=True)
class Usage:
    """What depends on an integration."""

    meetings_to_come: int
    personal_vmrs: int

    def text(self) -> str:
        """A description of what would be lost; "" if nothing would be."""
        lost = [_counted(self.meetings_to_come, "upcoming meeting")] * bool(self.meetings_to_come)
        lost += [_counted(self.personal_vmrs, "personal VMR") + " of its own"] * bool(self.personal_vmrs)
        return " and ".join(lost)

    def check(self, integration: Integration) -> None:
        """Raise Conflict if something would be lost."""
        if lost := self.text():
            raise Conflict(f"{integration.name} has {lost}. {LOST} Add ?force=true to delete it.")

    def shown(self) -> Object:
        """The counts as shown by the management API."""
        return {**asdict(self), "details": f"It has {self.text()}. {LOST}" if self.text() else ""}


async def usage_of(integration: Integration, storage: Storage, clock: Clock) -> Usage:
    """Count what depends on an integration. Only for an admin who is about to delete the integration, because this
    reads all its bookings.
    """
    now, meetings = clock.now(), 0
    async for booking in bookings_of(meetings_table(storage), integration.uuid):
        conference = booking.conference if booking.state is State.SCHEDULED else None
        meetings += bool(conference and conference.calendar.has_future(now))
    return Usage(meetings, len(await VmrStore(storage).of_integration(integration.uuid)))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number > 1)}"
