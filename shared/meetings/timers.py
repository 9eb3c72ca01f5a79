"""Rounds: what the timers do for every integration, at the same time and without one delaying another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.alarms import AlarmKind, Alarms
from shared.errors import NotFound, SchedulingError
from shared.integrations import Integration, IntegrationStore
from shared.meetings.alarm_checks import (
    NUMBERS,
    check_domains,
    check_mailbox_settings,
    check_number_space,
    forget_mailbox,
)
from shared.meetings.due_runner import ONWARD
from shared.meetings.handlers import Handlers, HandlersOf
from shared.meetings.retirement import Retirement
from shared.metrics import Metric, measure
from shared.personal.upkeep import keep_vmrs_registered

log = logging.getLogger(__name__)

INTEGRATIONS_CONCURRENCY = 16
INTEGRATION_TIMEOUT = timedelta(seconds=90)
"""An Exchange that does not answer is left for the next round. Three chores in a row must fit into functionTimeout."""

POLL_TIMEOUT = timedelta(seconds=25)
"""The two chores of a poll must not outlast its minute: the timer would skip the next one, for every integration."""

POLL_CONCURRENCY = 100
"""A poll is one small call, or waits for a server that is down; that must not hold up the others."""

POISON_ALARM_QUIET_TIME = timedelta(days=7)
"""What has happened to a message or an answer stays an alarm for a week after the last time."""

CONNECT_TIMEOUT = timedelta(seconds=10)
"""An admin waits for the answer to a save."""

Chore = Callable[[Handlers], Awaitable[object]]


@dataclass(frozen=True)
class Timers:
    """One method for each timer."""

    integrations: IntegrationStore
    handlers: HandlersOf
    alarms: Alarms
    retirement: Retirement

    async def sweep(self) -> None:
        """Find what notifications missed, finish what a crash interrupted, and watch new mailboxes (M5, M9)."""

        async def sweep(handlers: Handlers) -> None:
            await handlers.watcher.sweep()
            await handlers.watcher.check_readable()
            await check_mailbox_settings(handlers.processor, self.alarms)

        async def subscribe(handlers: Handlers) -> None:
            await handlers.watcher.keep_subscribed()

        chores: dict[AlarmKind, Chore] = {
            AlarmKind.SUBSCRIPTION: subscribe,
            AlarmKind.CONNECTION: sweep,
            AlarmKind.WAITING: lambda handlers: handlers.backlog.handle(INTEGRATION_TIMEOUT / 2),
        }
        await self._for_each(chores, by_ews=False)
        measure(Metric.ROUND, 1, outcome="sweep")

    async def poll(self) -> None:
        """The same where nobody notifies us: a minute is how long an organizer may wait."""

        async def poll(handlers: Handlers) -> None:
            await handlers.watcher.poll()
            await check_mailbox_settings(handlers.processor, self.alarms)

        chores: dict[AlarmKind, Chore] = {
            AlarmKind.CONNECTION: poll,
            AlarmKind.WAITING: lambda handlers: handlers.backlog.handle(POLL_TIMEOUT / 2),
        }
        await self._for_each(chores, by_ews=True, patience=POLL_TIMEOUT, at_once=POLL_CONCURRENCY)
        measure(Metric.ROUND, 1, outcome="poll")

    async def renew(self) -> None:
        """Renew every subscription, and recreate those that Exchange has lost (M9)."""

        async def renew(handlers: Handlers) -> None:
            if await handlers.watcher.keep_subscribed(at_once=True):
                await handlers.watcher.sweep()

        await self._for_each({AlarmKind.SUBSCRIPTION: renew})
        measure(Metric.ROUND, 1, outcome="renew")

    async def agenda(self) -> None:
        """Read series on, and close what is over (M3, C4)."""
        await self._for_each({AlarmKind.HOUSEKEEPING: lambda handlers: handlers.due_runner.handle(ONWARD)})

    async def compare(self) -> None:
        """Compare calendars with records, both ways, and have handled what differs; ask what mailboxes are known by."""

        async def compare(handlers: Handlers) -> None:
            await handlers.learn_addresses()
            await handlers.comparison.run()

        await self._for_each({AlarmKind.COMPARISON: compare})
        measure(Metric.ROUND, 1, outcome="compare")

    async def cleanup(self) -> None:
        """Let old records and unused reservations go, and see how full the number space is (A3, A7, C4)."""

        async def clean_up(handlers: Handlers) -> None:
            await handlers.due_runner.clean_up()
            await check_number_space(handlers.processor, self.alarms)
            for happened in (AlarmKind.POISON, AlarmKind.ANSWER, AlarmKind.QUOTA):
                await self.alarms.clear_when_quiet(
                    handlers.processor.integration.uuid, happened, POISON_ALARM_QUIET_TIME
                )

        integrations = await self.integrations.list()
        await self.retirement.complete_all({integration.uuid for integration in integrations})
        await self._for_each({AlarmKind.CLEANUP: clean_up})
        await keep_vmrs_registered(self.retirement.storage, self.alarms, await self.integrations.list())
        for integration in integrations:  # of those without a mailbox too: what a save could not clear
            await self.alarms.clear_unused(integration)
            await check_domains(integration, self.alarms)

    async def connect(self, uuid: str, changed: frozenset[str] = frozenset()) -> None:
        """Try an integration's connection at once, for an admin who has just saved it or signed it in (E3, E4).

        `changed` names the settings that were changed. Alarms that have nothing to be about any more are cleared.
        """
        integration = await self.integrations.get(uuid)
        await self.alarms.clear_unused(integration)
        await check_domains(integration, self.alarms)
        if integration.enable_dynamic_vmrs:
            works = await self._guarded(
                integration, lambda handlers: self._connect(handlers, changed), AlarmKind.CONNECTION, CONNECT_TIMEOUT
            )
            if works and (handlers := await self._handlers(uuid)):
                await handlers.learn_addresses()

    async def _connect(self, handlers: Handlers, changed: frozenset[str]) -> None:
        if "room_mailbox_email_address" in changed:
            await forget_mailbox(handlers.processor, self.alarms)
        if not NUMBERS.isdisjoint(changed):
            await check_number_space(handlers.processor, self.alarms)
        await handlers.watcher.keep_subscribed()
        await handlers.watcher.sweep()

    async def _for_each(
        self,
        chores: dict[AlarmKind, Chore],
        *,
        by_ews: bool | None = None,
        patience: timedelta | None = None,
        at_once: int = INTEGRATIONS_CONCURRENCY,
    ) -> None:
        """Do the chores for all integrations, or for those only that do or do not use EWS."""
        room = asyncio.Semaphore(at_once)

        async def one(integration: Integration) -> None:
            async with room:
                for alarm, chore in chores.items():
                    await self._guarded(integration, chore, alarm, patience)

        watched = [integration for integration in await self.integrations.list() if integration.enable_dynamic_vmrs]
        await asyncio.gather(*(one(each) for each in watched if by_ews in (None, each.uses_ews)))

    async def _guarded(
        self, integration: Integration, chore: Chore, alarm: AlarmKind, patience: timedelta | None = None
    ) -> bool:
        """Do the chore; a failure becomes this integration's alarm and nobody else's, and goes when it works again.

        Whether it worked is returned.
        `patience` is INTEGRATION_TIMEOUT unless somebody waits.
        """
        try:
            async with asyncio.timeout((patience or INTEGRATION_TIMEOUT).total_seconds()):
                if handlers := await self._handlers(integration.uuid):
                    await chore(handlers)
        except (SchedulingError, TimeoutError) as error:
            log.warning("%s of integration %s: %s", alarm, integration.uuid, type(error).__name__)
            await self.alarms.raise_(integration.uuid, alarm, str(error) or "Exchange does not answer in time.")
        except Exception:
            # A fault of ours in one integration's round must not end the others'.
            log.exception("%s of integration %s", alarm, integration.uuid)
            await self.alarms.raise_(integration.uuid, alarm, "An unexpected error; see the app's log.")
        else:
            await self.alarms.clear(integration.uuid, alarm)
            return True
        return False

    async def _handlers(self, uuid: str) -> Handlers | None:
        """The handlers of an integration; None when it has been deleted meanwhile."""
        try:
            return await self.handlers(uuid)
        except NotFound:
            log.info("integration %s was deleted meanwhile", uuid)
            return None
