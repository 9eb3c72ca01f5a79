"""What each round does for one integration in its turn. A failure raises an alarm for that integration and affects no
others.

A turn's row stores when work is next due, so an integration that needs nothing costs little:

    renew     the time before which the subscription needs no renewal
    records   the time before which records need no check, because nothing was unfinished and no symptom was seen
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.clock import Clock
from shared.errors import AWAY, NotFound, SchedulingError
from shared.intake.subscription_renewal import RENEW_EVERY
from shared.intake.watcher import Watcher
from shared.integrations import Integration
from shared.meetings.alarm_checks import check_domains, check_mailbox_settings, check_number_space
from shared.meetings.due_runner import ONWARD, falls_due
from shared.meetings.handlers import Handlers, HandlersOf
from shared.meetings.records import Records
from shared.meetings.stretch import Round
from shared.meetings.turns import Turn
from shared.statistics.forecast import refresh_forecast
from shared.statistics.reading import tidy
from shared.storage import Storage

log = logging.getLogger(__name__)

CHORE_TIMEOUT = timedelta(seconds=60)
"""Time limit for one chore. If an Exchange server does not respond in time, the chore is left to the next round. Three
chores in a row fit into a turn's lease.
"""

POLL_TIMEOUT = timedelta(seconds=25)
"""Time limit for each of a poll's two chores. Together they must take less than a minute; otherwise the next poll would
find the integration busy.
"""

CLEARED_BY_TIME = frozenset(
    {AlarmKind.POISON, AlarmKind.ANSWER, AlarmKind.QUOTA, AlarmKind.ROOMS_LATE, AlarmKind.ROOM_NAME}
)
"""Alarms about past events. They are cleared only after a certain time."""

POISON_ALARM_QUIET_TIME = timedelta(days=7)
"""An alarm about failed messages or answers stays for a week after the last failure."""

LOOK_EVERY = timedelta(minutes=15)
"""How often records are searched for unfinished work when nothing is known to be wrong. The queue's own retries take
eight minutes.
"""

_RENEW, _RECORDS = "renew", "records"

WatcherOf = Callable[[Integration], Watcher]
"""Creates an integration's mailbox watcher from its outline. Raises Unavailable."""


@dataclass
class Visit:
    """One integration's turn: the integration's outline and its raised alarms."""

    integration: Integration
    turn: Turn
    raised: set[AlarmKind] = field(default_factory=set)
    by_hand: bool = False
    away: bool = False
    """Whether anything failed that may succeed on a retry."""

    messages_wait: bool = False
    """Whether there are messages that could not be handled yet. This is known once the watcher is prepared."""


Chore = Callable[[Visit], Awaitable[object]]


@dataclass(frozen=True)
class Chores:
    """The work that all rounds do for one integration.

    `settings` returns all of an integration's settings, given its uuid. `renew_sign_in` renews a service account's
    sign-in.
    """

    handlers: HandlersOf
    watchers: WatcherOf
    settings: Callable[[str], Awaitable[Integration]]
    renew_sign_in: Callable[[Integration], Awaitable[None]]
    alarms: Alarms
    storage: Storage
    clock: Clock

    async def do(self, round_: Round, visit: Visit) -> bool:
        """Do a round's work; returns whether anything failed that may succeed on a retry."""
        rounds: Mapping[Round, Chore] = {
            Round.SWEEP: self._sweep,
            Round.POLL: self._poll,
            Round.RENEW: self._renew,
            Round.AGENDA: self._agenda,
            Round.COMPARE: self._compare,
            Round.CLEANUP: self._clean_up,
        }
        await rounds[round_](visit)
        return visit.away

    # --- rounds

    async def _sweep(self, visit: Visit) -> None:
        """Find messages that notifications missed, finish interrupted work, and subscribe to new mailboxes (M5, M9)."""
        watcher = self._watcher(visit)

        async def subscribe(visit: Visit) -> None:
            await (await watcher()).keep_subscribed()

        async def sweep(visit: Visit) -> None:
            await (await watcher()).take_up_line()
            await (await watcher()).sweep(thorough=False)
            await (await watcher()).check_readable()
            await self._check_settings(visit)

        await self._guarded(visit, subscribe, AlarmKind.SUBSCRIPTION)
        await self._guarded(visit, sweep, AlarmKind.CONNECTION)
        await self._guarded(visit, lambda visit: self._finish(visit, CHORE_TIMEOUT / 2), AlarmKind.WAITING)

    async def _poll(self, visit: Visit) -> None:
        """Find messages in mailboxes without notifications, and finish interrupted work. This happens every minute, so
        that organizers do not have to wait longer.
        """
        watcher = self._watcher(visit)

        async def poll(visit: Visit) -> None:
            await (await watcher()).take_up_line()
            await (await watcher()).poll()
            await self._check_settings(visit)

        await self._guarded(visit, poll, AlarmKind.CONNECTION, POLL_TIMEOUT)
        await self._guarded(
            visit, lambda visit: self._finish(visit, POLL_TIMEOUT / 2), AlarmKind.WAITING, POLL_TIMEOUT
        )  # fmt: skip

    async def _renew(self, visit: Visit) -> None:
        """Renew the subscription, or replace it if Exchange has lost it (M9)."""
        now = self.clock.now()
        if not (visit.by_hand or visit.turn.is_due(_RENEW, now)):
            return
        watcher = self._watcher(visit)

        async def renew(visit: Visit) -> None:
            if await (await watcher()).keep_subscribed(force=True):
                await (await watcher()).sweep()
            visit.turn.put_off(_RENEW, now + RENEW_EVERY)

        await self._guarded(visit, renew, AlarmKind.SUBSCRIPTION)

    async def _agenda(self, visit: Visit) -> None:
        """Extend series, close the rooms of past meetings, and count the rooms for the next few days (M3, C4, W5)."""

        async def go_on(visit: Visit) -> None:
            if await falls_due(self.storage, visit.integration.uuid, ONWARD, self.clock.now()):
                await self._with_handlers(visit, lambda handlers: handlers.due_runner.handle(ONWARD))
            await refresh_forecast(self.storage, visit.integration.uuid, self.clock.now())

        await self._guarded(visit, go_on, AlarmKind.HOUSEKEEPING)

    async def _compare(self, visit: Visit) -> None:
        """Compare the calendar with the records in both directions, queue the differences, and refresh the mailbox's
        known addresses.
        """

        async def compare(handlers: Handlers) -> None:
            await handlers.learn_addresses()
            await handlers.comparison.run()

        await self._guarded(visit, lambda visit: self._with_handlers(visit, compare), AlarmKind.COMPARISON)

    async def _clean_up(self, visit: Visit) -> None:
        """Delete old records and unused reservations, and check how full the number space is (A3, A7, C4)."""

        async def clean_up(handlers: Handlers) -> None:
            await handlers.due_runner.clean_up()
            await check_number_space(handlers.processor, self.alarms)
            await tidy(self.storage, visit.integration.uuid, self.clock.now())

        if visit.integration.enable_dynamic_vmrs:
            await self._guarded(visit, lambda visit: self._with_handlers(visit, clean_up), AlarmKind.CLEANUP)
            if visit.integration.authentication_method == "OAUTH":
                await self.renew_sign_in(visit.integration)
        await self._tidy_alarms(visit)

    async def _tidy_alarms(self, visit: Visit) -> None:
        """Clear old alarms that nothing else clears, and alarms about unused features that were not cleared on
        saving.
        """
        for happened in visit.raised & CLEARED_BY_TIME:
            await self.alarms.clear_when_quiet(visit.integration.uuid, happened, POISON_ALARM_QUIET_TIME)
        try:
            integration = await self.settings(visit.integration.uuid)
        except NotFound:
            return
        if visit.raised:
            await self.alarms.clear_unused(integration)
        await check_domains(integration, self.alarms)

    # --- parts of rounds

    def _watcher(self, visit: Visit) -> Callable[[], Awaitable[Watcher]]:
        """A function that returns the mailbox's watcher with all of its state. The state is read once per turn."""
        ready: list[Watcher] = []

        async def watcher() -> Watcher:
            if not ready:
                ready.append(await self.watchers(visit.integration).prepared())
                visit.messages_wait = ready[0].messages_wait
            return ready[0]

        return watcher

    async def _check_settings(self, visit: Visit) -> None:
        uuid = visit.integration.uuid
        if AlarmKind.MAILBOX_SETTINGS not in visit.raised:
            if not visit.turn.is_due(_RECORDS, self.clock.now()):
                return
            if await Records(self.storage, uuid).symptom() is None:
                return
        await self._with_handlers(visit, lambda handlers: check_mailbox_settings(handlers.processor, self.alarms))

    async def _finish(self, visit: Visit, longest: timedelta) -> None:
        """Handle work that could not be finished immediately; see Backlog. Raises StillWaiting."""
        now, records = self.clock.now(), Records(self.storage, visit.integration.uuid)
        known = visit.messages_wait or not visit.raised.isdisjoint({AlarmKind.WAITING, AlarmKind.POISON})
        if not known and not visit.turn.is_due(_RECORDS, now):
            return
        if not known and not await records.all_unfinished():
            visit.turn.put_off(_RECORDS, now + LOOK_EVERY)
            return
        visit.turn.forget(_RECORDS)
        await self._with_handlers(visit, lambda handlers: handlers.backlog.handle(longest))

    async def _with_handlers(self, visit: Visit, work: Callable[[Handlers], Awaitable[object]]) -> None:
        """Do work that needs all settings, unless the integration has been deleted in the meantime."""
        try:
            handlers = await self.handlers(visit.integration.uuid)
        except NotFound:
            log.info("integration %s was deleted in the meantime", visit.integration.uuid)
            return
        await work(handlers)

    async def _guarded(
        self, visit: Visit, chore: Chore, alarm: AlarmKind, limit: timedelta | None = None
    ) -> None:  # fmt: skip
        """Run a chore. If it fails, an alarm is raised for this integration, and cleared once the chore works again.
        `limit` defaults to CHORE_TIMEOUT, and is shorter for a chore that must finish sooner.
        """
        uuid = visit.integration.uuid
        try:
            async with asyncio.timeout((limit or CHORE_TIMEOUT).total_seconds()):
                await chore(visit)
        except (SchedulingError, TimeoutError) as error:
            log.warning("%s of integration %s: %s", alarm, uuid, type(error).__name__)
            visit.away |= isinstance(error, (*AWAY, TimeoutError))
            await self._raise(visit, alarm, str(error) or "Exchange did not respond in time.")
        except Exception:
            # A bug in one integration's turn must not end the others' turns.
            log.exception("%s of integration %s", alarm, uuid)
            await self._raise(visit, alarm, "An unexpected error; see the app's log.")
        else:
            if alarm in visit.raised:
                await self.alarms.clear(uuid, alarm)
                visit.raised.discard(alarm)

    async def _raise(self, visit: Visit, alarm: AlarmKind, cause: str) -> None:
        try:
            await self.settings(visit.integration.uuid)
        except NotFound:
            log.info("integration %s was deleted in the meantime", visit.integration.uuid)
            return
        visit.raised.add(alarm)
        await self.alarms.raise_(visit.integration.uuid, alarm, cause)
