"""Work that could not be finished immediately: waiting messages and unfinished operations. A timer works through it.
Entries fail individually, so an entry that always fails blocks neither the others nor the search for missed messages.
The timer starts with a few entries and continues only while some succeed, to avoid flooding an Exchange server that has
just recovered.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared.alarm_kinds import AlarmKind
from shared.errors import AWAY, SchedulingError
from shared.intake.notice import Notice
from shared.intake.watcher import Watcher
from shared.mailboxes.mailbox import MessageNotFound
from shared.meetings.cause import cause_of
from shared.meetings.lease import Unfinished
from shared.meetings.processor import Processor
from shared.meetings.waiting import WaitingMessage

log = logging.getLogger(__name__)

BACKLOG_CONCURRENCY = 4
"""Graph's limit on concurrent requests per mailbox."""

WORTH_AN_ALARM = timedelta(minutes=15)
"""How long something must have waited before an alarm is raised. Until then, the queue retries it."""


class StillWaiting(SchedulingError):
    """Some work has been waiting for a while. The text says how much, since when, and why."""

    code = "messages_waiting"


@dataclass(frozen=True)
class _Entry:
    """The time when an entry started waiting, and a function that handles the entry and returns whether it
    succeeded.
    """

    since: datetime
    work: Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Backlog:
    """One integration's backlog."""

    processor: Processor
    watcher: Watcher

    async def handle(self, longest: timedelta) -> None:
        """Do the work that is due, oldest first. Nothing more is started after `longest`. Raises StillWaiting."""
        records, now = self.processor.records, self.processor.clock.now()
        waiting, unfinished = await records.waiting.all(), await records.all_unfinished()
        if not waiting and not unfinished:
            return
        await self._do([*self._messages(waiting, now), *self._operations(unfinished, now)], longest)
        if waiting:
            await self._clear_faults()
        await self._report()

    async def _do(self, entries: list[_Entry], longest: timedelta) -> None:
        entries.sort(key=lambda entry: entry.since)
        end = time.monotonic() + longest.total_seconds()
        for start in range(0, len(entries), BACKLOG_CONCURRENCY):
            went_well = await asyncio.gather(*(entry.work() for entry in entries[start : start + BACKLOG_CONCURRENCY]))
            if not any(went_well) or time.monotonic() > end:
                break

    # --- messages

    def _messages(self, waiting: list[WaitingMessage], now: datetime) -> list[_Entry]:
        return [_Entry(each.since, partial(self._look_at, each)) for each in waiting if each.next_look <= now]

    async def _look_at(self, waiting: WaitingMessage) -> bool:
        notice = Notice(self.processor.integration.uuid, waiting.message)
        try:
            await self.processor.process(notice, last_try=waiting.is_fault)
        except MessageNotFound:
            log.info("%s: the waiting message can no longer be found", waiting.correlation_id)
            await self.watcher.not_found()
        except AWAY as error:
            return await self._failed(waiting, error, is_fault=False)
        except Exception as error:
            log.exception("%s: a fault", waiting.correlation_id)
            return await self._failed(waiting, error, is_fault=True)
        await self.processor.handled(notice)
        return True

    async def _failed(self, waiting: WaitingMessage, error: Exception, *, is_fault: bool) -> bool:
        """Record a failed attempt. Once a message has been decided on, it is no longer waiting, and its operation is
        finished instead.
        """
        records, now = self.processor.records, self.processor.clock.now()
        if await records.operation(waiting.correlation_id):
            await records.waiting.remove(waiting.correlation_id)
        else:
            await records.waiting.update(waiting.failed(cause_of(error), now, is_fault=is_fault))
        return is_fault

    # --- operations

    def _operations(self, unfinished: list[Unfinished], now: datetime) -> list[_Entry]:
        due = [each for each in unfinished if each.until <= now]
        return [_Entry(each.since, partial(self._resume, each.correlation_id)) for each in due]

    async def _resume(self, correlation: str) -> bool:
        try:
            await self.processor.completion.resume(correlation)
        except AWAY as error:
            log.warning("%s cannot be finished yet: %s", correlation, cause_of(error))
            return False
        except Exception:
            log.exception("%s: a fault", correlation)
        return True

    # --- what remains

    async def _clear_faults(self) -> None:
        processor = self.processor
        if not any(each.is_fault for each in await processor.records.waiting.all()):
            await processor.alarms.clear(processor.integration.uuid, AlarmKind.POISON)

    async def _report(self) -> None:
        """Raise StillWaiting if something has waited longer than WORTH_AN_ALARM for a reason other than a bug in our
        code.
        """
        records, before = self.processor.records, self.processor.clock.now() - WORTH_AN_ALARM
        messages = [each for each in await records.waiting.all() if not each.is_fault and each.since <= before]
        decisions = [each for each in await records.all_unfinished() if each.since <= before]
        if messages:
            first = messages[0]
            raise StillWaiting(
                f"Waiting messages: {len(messages)}, the oldest since {first.since:%Y-%m-%d %H:%M} UTC. Decisions not "
                f"yet carried out: {len(decisions)}. Last cause: {first.cause} Correlation id {first.correlation_id}."
            )
        if decisions:
            raise StillWaiting(
                f"Decisions not yet carried out: {len(decisions)}, the oldest since "
                f"{decisions[0].since:%Y-%m-%d %H:%M} UTC. Correlation id {decisions[0].correlation_id}."
            )
