"""Handles queue messages: each notice goes to its processor or watcher, and one failure never affects another."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from shared.alarms import AlarmKind, Alarms
from shared.errors import AWAY, NotFound, RateLimited
from shared.intake.notice import LONGEST_PAUSE, LOOKS_FOR_MESSAGE, Notice, decode, enqueue
from shared.mailboxes.mailbox import MessageNotFound
from shared.meetings.cause import cause_of
from shared.meetings.handlers import Handlers, HandlersOf
from shared.metrics import Metric, measure
from shared.storage import Queue

log = logging.getLogger(__name__)

NOTICES_CONCURRENCY = 8
"""Notices of one queue message that are worked on at the same time; Graph's limit for each mailbox is the client's."""


@dataclass(frozen=True)
class Worker:
    """The queue's consumer."""

    handlers: HandlersOf
    queue: Queue
    alarms: Alarms

    async def handle(self, body: str, *, last_try: bool) -> None:
        """Handle one queue message; what must wait goes back into the queue by itself, with a delay.

        One notice that fails for another reason never holds up its neighbours: it is sent again alone. A single one
        raises, so that the queue counts its tries and sets it aside in the end. Raises ValueError for a foreign one.
        """
        notices = decode(body)
        room = asyncio.Semaphore(NOTICES_CONCURRENCY)

        async def one(notice: Notice) -> BaseException | None:
            async with room:
                try:
                    await self._handle(notice, last_try=last_try and len(notices) == 1)
                except Exception as error:
                    return error
            return None

        failures = await asyncio.gather(*(one(notice) for notice in notices))
        for notice, failure in zip(notices, failures, strict=True):
            if failure and len(notices) == 1:
                raise failure
            if failure:
                log.warning("a notice failed and is tried again alone: %s", type(failure).__name__)
                await self._send(notice, timedelta(0))

    async def _handle(self, notice: Notice, *, last_try: bool) -> None:
        try:
            handlers = await self.handlers(notice.integration)
        except NotFound:
            log.info("a notice for an integration that has been deleted was dropped")
            return
        except AWAY as error:
            await self._put_off(notice, error)
            return
        try:
            if not notice.message:
                await handlers.watcher.resync(resubscribe=notice.resubscribe)
            else:
                await self._process(handlers, notice, last_try=last_try)
        except AWAY as error:
            await self._look_again(handlers, notice, error)

    async def _process(self, handlers: Handlers, notice: Notice, *, last_try: bool) -> None:
        try:
            await handlers.processor.process(notice, last_try=last_try)
        except MessageNotFound:
            await self._not_found(handlers, notice)
        if notice.attempt:
            await handlers.processor.handled(notice)

    async def _look_again(self, handlers: Handlers, notice: Notice, error: Exception) -> None:
        """The message is noted first, so that it waits for as long as it takes; then the queue's few quick looks."""
        try:
            if notice.message:
                await handlers.processor.wait(notice, cause_of(error), is_fault=False)
        except AWAY:
            await self._put_off(notice, error)
            return
        later = notice.again(_wait(error))
        if later:
            log.info("tried again in %s: %s", later[1], cause_of(error))
            await self._send(*later)

    async def _put_off(self, notice: Notice, error: Exception) -> None:
        """Back into the queue, however often: it cannot even be noted. Each time it may stay there for seven days."""
        again, delay = notice.again(_wait(error)) or (notice, LONGEST_PAUSE)
        log.info("tried again in %s: %s", delay, cause_of(error))
        await self._send(again, delay)

    async def _not_found(self, handlers: Handlers, notice: Notice) -> None:
        """Look for the message again; after some minutes it is gone, if others can be read."""
        later = notice.again() if notice.attempt < LOOKS_FOR_MESSAGE else None
        if later:
            await self._send(*later)
        else:
            log.info("a message was not found: it was deleted before it was read, or it is no longer ours to read")
            await handlers.watcher.not_found()

    async def _send(self, notice: Notice, delay: timedelta) -> None:
        await enqueue(self.queue, [notice], delay)

    async def set_aside(self, body: str) -> None:
        """Note a message that the queue has given up; the backlog looks at it again. Raises nothing for what it holds.

        Raises Unavailable when it cannot be noted: the poison queue keeps it and hands it out again.
        """
        try:
            notices = decode(body)
        except ValueError:
            log.error("a foreign message was set aside")
            measure(Metric.SET_ASIDE, 1)
            return
        for notice in notices:
            log.error("a notice of integration %s could not be handled", notice.integration)
            measure(Metric.SET_ASIDE, 1, notice.integration)
            if notice.message:  # the sweep comes by itself
                await self._note(notice)

    async def _note(self, notice: Notice) -> None:
        try:
            handlers = await self.handlers(notice.integration)
        except NotFound:
            return  # the integration has been deleted
        correlation = await handlers.processor.wait(notice, "Set aside by the queue.", is_fault=True)
        await self.alarms.raise_(notice.integration, AlarmKind.POISON, f"Correlation id {correlation}.")


def _wait(error: Exception) -> timedelta:
    return timedelta(seconds=error.retry_after if isinstance(error, RateLimited) else 0)
