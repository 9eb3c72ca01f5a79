"""What happens to the mailbox when an integration is saved or deleted."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.conferences.room_moves import Moves
from shared.errors import Conflict
from shared.meetings.retirement import Retirement
from shared.meetings.timers import Timers
from shared.personal.store import VmrStore

ROOM_SETTINGS = frozenset({"conference_platform", "bridge_url", "room_lead_time"})
"""Settings that determine where meetings have their rooms, and how early the rooms open."""


@dataclass(frozen=True)
class IntegrationLifecycle:
    """A shared.management.lifecycle.Lifecycle."""

    timers: Timers
    retirement: Retirement
    vmrs: VmrStore
    moves: Moves
    leave_node: Callable[[str], Awaitable[None]]

    async def creating(self, uuid: str) -> None:
        """See Lifecycle.creating."""
        if await self.retirement.is_under_way(uuid):
            raise Conflict(
                "An integration with this uuid was deleted, and its records are still being removed. Try again in a "
                "minute. If the removal was interrupted, the nightly cleanup will finish it."
            )

    async def saved(self, uuid: str, changed: frozenset[str]) -> None:
        """See Lifecycle.saved. The platform for VMRs and rooms may have changed, so policy responses are updated and
        rooms moved.
        """
        if "conference_platform" in changed:
            await self.vmrs.tell_of_integration(uuid)
        if not changed.isdisjoint(ROOM_SETTINGS):
            await self.moves.begin(uuid)
        await self.timers.connect(uuid, changed)

    async def deleting(self, uuid: str) -> None:
        """See Lifecycle.deleting."""
        await self.leave_node(uuid)
        await self.retirement.announce(uuid)

    async def deleted(self, uuid: str) -> None:
        """See Lifecycle.deleted."""
        await self.retirement.complete(uuid)
