"""What the mailbox side does when an integration is saved or deleted."""

from dataclasses import dataclass

from shared.meetings.retirement import Retirement
from shared.meetings.timers import Timers
from shared.personal.store import VmrStore


@dataclass(frozen=True)
class IntegrationLifecycle:
    """A shared.management.lifecycle.Lifecycle."""

    timers: Timers
    retirement: Retirement
    vmrs: VmrStore

    async def saved(self, uuid: str, changed: frozenset[str]) -> None:
        """See Lifecycle.saved. Where its VMRs are may have changed: nodes are told."""
        if "conference_platform" in changed:
            await self.vmrs.tell_of_integration(uuid)
        await self.timers.connect(uuid, changed)

    async def deleting(self, uuid: str) -> None:
        """See Lifecycle.deleting."""
        await self.retirement.announce(uuid)

    async def deleted(self, uuid: str) -> None:
        """See Lifecycle.deleted."""
        await self.retirement.complete(uuid)
