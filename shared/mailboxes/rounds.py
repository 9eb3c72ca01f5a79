"""Rounds: what the timers do for every integration, at the same time and without one delaying another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.alarms import AlarmKind, Alarms
from shared.errors import SchedulingError
from shared.integrations import Integration, IntegrationStore
from shared.mailboxes.watch import Watcher
from shared.meetings.processor import Processor

log = logging.getLogger(__name__)

AT_ONCE = 16
PATIENCE = timedelta(seconds=120)
"""An Exchange that does not answer is left for the next round."""

Hands = Callable[[str], Awaitable[tuple[Processor, Watcher]]]
Task = Callable[[Processor, Watcher], Awaitable[None]]


@dataclass(frozen=True)
class Rounds:
    """One method for each timer."""

    integrations: IntegrationStore
    hands: Hands
    alarms: Alarms

    async def sweep(self) -> None:
        """Find what notifications missed, finish what a crash interrupted, and watch new mailboxes (M5, M9)."""

        async def sweep(processor: Processor, watcher: Watcher) -> None:
            await processor.resume_all()
            await watcher.sweep()

        async def subscribe(_: Processor, watcher: Watcher) -> None:
            await watcher.keep_subscribed()

        await self._for_each({AlarmKind.SUBSCRIPTION: subscribe, AlarmKind.CONNECTION: sweep})

    async def renew(self) -> None:
        """Renew every subscription, and make those anew that Exchange has lost (M9)."""

        async def renew(_: Processor, watcher: Watcher) -> None:
            if await watcher.keep_subscribed(at_once=True):
                await watcher.sweep()

        await self._for_each({AlarmKind.SUBSCRIPTION: renew})

    async def _for_each(self, tasks: dict[AlarmKind, Task]) -> None:
        room = asyncio.Semaphore(AT_ONCE)

        async def one(integration: Integration) -> None:
            async with room:
                for alarm, task in tasks.items():
                    await self._guarded(integration, task, alarm)

        watched = [integration for integration in await self.integrations.list() if integration.enable_dynamic_vmrs]
        await asyncio.gather(*(one(integration) for integration in watched))

    async def _guarded(self, integration: Integration, task: Task, alarm: AlarmKind) -> None:
        """Do the task; a failure becomes this integration's alarm and nobody else's, and goes when it works again."""
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await task(*await self.hands(integration.uuid))
        except (SchedulingError, TimeoutError) as error:
            log.warning("%s of integration %s: %s", alarm, integration.uuid, type(error).__name__)
            await self.alarms.raise_(integration.uuid, alarm, str(error) or "Exchange does not answer in time.")
        except Exception:
            # A fault of ours in one integration's round must not end the others'.
            log.exception("%s of integration %s", alarm, integration.uuid)
            await self.alarms.raise_(integration.uuid, alarm, "An unexpected error; see the app's log.")
        else:
            await self.alarms.clear(integration.uuid, alarm)
