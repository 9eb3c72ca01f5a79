"""The work that timers start, and the work done as soon as an admin has saved an integration."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.changes import ChangeLog
from shared.errors import NotFound, SchedulingError
from shared.integrations import Integration, IntegrationStore
from shared.meetings.alarm_checks import NUMBERS, check_domains, check_number_space, forget_mailbox
from shared.meetings.handlers import Handlers, HandlersOf
from shared.meetings.retirement import Retirement
from shared.meetings.rounds import Rounds
from shared.meetings.stretch import Round
from shared.personal.sources import served_by
from shared.personal.upkeep import keep_vmrs_registered
from shared.record_lists.lists import RecordLists
from shared.statistics.former_alarms import forget_former
from shared.statistics.reading import STATISTICS_LIFETIME, tidy
from shared.statistics.rows import DEPLOYMENT

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = timedelta(seconds=10)
"""Time limit for the connection test. An admin is waiting for the response to a save."""


@dataclass(frozen=True)
class Timers:
    """One method per timer. Rounds are started here, and handled via the queue (rounds.py)."""

    integrations: IntegrationStore
    rounds: Rounds
    handlers: HandlersOf
    alarms: Alarms
    retirement: Retirement
    lists: RecordLists

    async def sweep(self) -> None:
        """Find messages that notifications missed, finish interrupted work, and subscribe to new mailboxes (M5, M9).
        The record lists are also brought up to date.
        """
        await self.rounds.start(Round.SWEEP)
        await self.lists.keep()

    async def poll(self, polls: int = 1) -> None:
        """Poll mailboxes without notifications `polls` times, a minute apart, so that organizers do not have to wait
        longer.
        """
        await self.rounds.start(Round.POLL, delays=[each * Round.POLL.period for each in range(polls)])

    async def rooms(self, minutes: int = 1) -> None:
        """Queue rooms that are due on Management Nodes, `minutes` times, a minute apart. Does nothing if no integration
        uses a node.
        """
        await self.rounds.start_rooms([each * Round.ROOMS.period for each in range(minutes)])

    async def renew(self, *, by_hand: bool = True) -> None:
        """Renew the subscriptions that are due (or all of them, if `by_hand`), and replace those that Exchange has lost
        (M9).
        """
        await self.rounds.start(Round.RENEW, by_hand=by_hand)

    async def agenda(self) -> None:
        """Extend series, and close the rooms of past meetings (M3, C4)."""
        await self.rounds.start(Round.AGENDA)

    async def compare(self) -> None:
        """Compare calendars with records in both directions, queue the differences, and refresh the mailboxes'
        addresses.
        """
        await self.rounds.start(Round.COMPARE)

    async def cleanup(self) -> None:
        """Delete old records and unused reservations, and check how full the number space is (A3, A7, C4)."""
        await self.rounds.start(Round.CLEANUP)
        existing = {each.uuid async for each in self.integrations.outlines(columns=("uuid",))}
        await self.retirement.complete_all(existing)
        await self._tidy_statistics()
        await ChangeLog(self.retirement.storage, self.rounds.clock).tidy()
        await keep_vmrs_registered(self.retirement.storage, self.alarms, self._outlines, served_by(self.integrations))

    async def _tidy_statistics(self) -> None:
        """Tidy the statistics for the deployment as a whole. Each integration's own statistics are tidied in its
        turn.
        """
        storage, now = self.retirement.storage, self.rounds.clock.now()
        await tidy(storage, DEPLOYMENT, now)
        await forget_former(storage, now - STATISTICS_LIFETIME)

    async def _outlines(self) -> Sequence[Integration]:
        return sorted([each async for each in self.integrations.outlines()], key=lambda integration: integration.id)

    async def connect(self, uuid: str, changed: frozenset[str] = frozenset()) -> None:
        """Test an integration's connection immediately, for an admin who has just saved it or signed in its service
        account (E3, E4). `changed` lists the changed settings. Alarms about things that no longer exist are cleared.
        """
        integration = await self.integrations.get(uuid)
        await self.alarms.clear_unused(integration)
        await check_domains(integration, self.alarms)
        if integration.enable_dynamic_vmrs and await self._connects(uuid, changed):
            try:
                handlers = await self.handlers(uuid)
            except NotFound:
                return
            await handlers.learn_addresses()

    async def _connects(self, uuid: str, changed: frozenset[str]) -> bool:
        """Whether the connection works. If it does not, an alarm is raised for the integration."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT.total_seconds()):
                await self._connect(await self.handlers(uuid), changed)
        except NotFound:
            log.info("integration %s was deleted in the meantime", uuid)
            return False
        except (SchedulingError, TimeoutError) as error:
            log.warning("%s of integration %s: %s", AlarmKind.CONNECTION, uuid, type(error).__name__)
            cause = str(error) or "Exchange did not respond in time."
        except Exception:
            log.exception("%s of integration %s", AlarmKind.CONNECTION, uuid)
            cause = "An unexpected error; see the app's log."
        else:
            await self.alarms.clear(uuid, AlarmKind.CONNECTION)
            return True
        await self.alarms.raise_(uuid, AlarmKind.CONNECTION, cause)
        return False

    async def _connect(self, handlers: Handlers, changed: frozenset[str]) -> None:
        if "room_mailbox_email_address" in changed:
            await forget_mailbox(handlers.processor, self.alarms)
        if not NUMBERS.isdisjoint(changed):
            await check_number_space(handlers.processor, self.alarms)
        await handlers.watcher.keep_subscribed()
        await handlers.watcher.sweep()
