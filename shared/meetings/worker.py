"""Handles queue messages. Each notice goes to its processor or watcher, and a failure never affects other notices."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from shared.conferences.room_work import RoomWork, is_room_work
from shared.errors import AWAY, NotFound, RateLimited
from shared.intake.notice import LONGEST_PAUSE, LOOKS_FOR_MESSAGE, Notice, decode, enqueue
from shared.mailboxes.mailbox import MessageNotFound
from shared.meetings.cause import cause_of
from shared.meetings.handlers import Handlers, HandlersOf
from shared.meetings.lanes import Lane, Lanes
from shared.storage import Queue

log = logging.getLogger(__name__)

_Failure: TypeAlias = tuple[Notice, Exception]
"""A notice that failed for a reason other than unavailability, with the error."""

SERVE_LINE_FOR = 60.0
"""How many seconds a worker may work on a line. Then the queue passes the line to a free worker."""


@dataclass(frozen=True)
class Worker:
    """The queue's consumer."""

    handlers: HandlersOf
    queue: Queue
    lanes: Lanes
    keep_rooms: Callable[[RoomWork], Awaitable[None]]

    async def handle(self, body: str, *, last_try: bool) -> None:
        """Handle one queue message. Notices that must wait are put back into the queue with a delay. A notice that
        fails for any other reason does not delay its neighbours: it is sent again on its own. If it is on its own
        already, its error is raised, so that the queue counts the attempts and eventually moves it to the poison queue.
        Raises ValueError for a message that is not ours.
        """
        if is_room_work(body):
            await self.keep_rooms(RoomWork.decode(body))
            return
        notices, groups = decode(body), defaultdict[str, list[Notice]](list)
        for notice in notices:
            groups[notice.integration].append(notice)
        alone = last_try and len(notices) == 1
        found = await asyncio.gather(*(self._group(*group, last_try=alone) for group in groups.items()))
        failures = [failure for some in found for failure in some]
        if len(notices) == 1 and failures:
            raise failures[0][1]
        await self._send_again(failures)

    async def _group(self, uuid: str, notices: list[Notice], *, last_try: bool) -> list[_Failure]:
        """Handle notices for one integration, or line them up if others are already being handled."""
        lane = self.lanes.of(uuid)
        failures: list[_Failure] = []
        if not (lane.is_busy and await self._line_up(uuid, notices)):
            lane.lined_up += any(notice.lined_up for notice in notices)
            failures = await self._all(lane, notices, last_try=last_try)
        if lane.lined_up and not lane.is_served and lane.under_way == 0:
            await self._serve_line(uuid, lane)
        self.lanes.leave(uuid)
        return failures

    async def _line_up(self, uuid: str, notices: Sequence[Notice]) -> bool:
        """Line up notices, unless they are about the whole mailbox or storage is unavailable. Returns whether they were
        lined up.
        """
        if not all(notice.message for notice in notices):
            return False
        try:
            await self.lanes.line_up(uuid, notices)
        except AWAY as error:
            log.warning("notices for integration %s could not be lined up: %s", uuid, type(error).__name__)
            return False
        return True

    async def _all(self, lane: Lane, notices: Sequence[Notice], *, last_try: bool = False) -> list[_Failure]:
        """Handle notices; returns those that failed for a reason that waiting will not fix, with their errors."""

        async def one(notice: Notice) -> _Failure | None:
            async with lane.slots:
                try:
                    await self._handle(notice, last_try=last_try)
                except Exception as error:
                    return notice, error
            return None

        lane.under_way += len(notices)
        try:
            found = await asyncio.gather(*(one(notice) for notice in notices))
        finally:
            lane.under_way -= len(notices)
        return [failure for failure in found if failure]

    async def _serve_line(self, uuid: str, lane: Lane) -> None:
        """Handle the line until it is empty, or hand it over to the queue after a while."""
        until, lane.is_served = time.monotonic() + SERVE_LINE_FOR, True
        try:
            while lane.lined_up:
                before = lane.lined_up
                if claimed := await self.lanes.claim(uuid):
                    await self._send_again(await self._all(lane, [notice for _, notice in claimed]))
                    await self.lanes.done(uuid, claimed)
                elif lane.lined_up == before:
                    lane.lined_up = 0
                if lane.lined_up and time.monotonic() > until:
                    await self._send(Notice(uuid, lined_up=True), timedelta(0))
                    lane.lined_up = 0
        except AWAY as error:  # the next sweep restarts the line
            log.warning("stopped working through the line for integration %s: %s", uuid, type(error).__name__)
            lane.lined_up = 0
        finally:
            lane.is_served = False

    async def _send_again(self, failures: Sequence[_Failure]) -> None:
        for notice, failure in failures:
            log.warning("a notice failed and will be retried on its own: %s", type(failure).__name__)
            await self._send(notice, timedelta(0))

    async def _handle(self, notice: Notice, *, last_try: bool) -> None:
        try:
            handlers = await self.handlers(notice.integration)
        except NotFound:
            log.info("dropped a notice for a deleted integration")
            return
        except AWAY as error:
            await self._put_off(notice, error)
            return
        try:
            if notice.lined_up:
                return  # once the worker has finished its own notices, it continues with the line
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
        """First record the message, so that it can wait for as long as needed. Then the queue makes a few quick
        retries.
        """
        try:
            if notice.message:
                await handlers.processor.wait(notice, cause_of(error), is_fault=False)
        except AWAY:
            await self._put_off(notice, error)
            return
        later = notice.again(_wait(error))
        if later:
            log.info("retried in %s: %s", later[1], cause_of(error))
            await self._send(*later)

    async def _put_off(self, notice: Notice, error: Exception) -> None:
        """Put a notice that cannot be recorded back into the queue, any number of times. It may stay there for seven
        days each time.
        """
        again, delay = notice.again(_wait(error)) or (notice, LONGEST_PAUSE)
        log.info("retried in %s: %s", delay, cause_of(error))
        await self._send(again, delay)

    async def _not_found(self, handlers: Handlers, notice: Notice) -> None:
        """Look for the message again. After a few minutes, it counts as gone if other messages can be read."""
        later = notice.again() if notice.attempt < LOOKS_FOR_MESSAGE else None
        if later:
            await self._send(*later)
        else:
            log.info("a message was not found: it was deleted before it was read, or we no longer have access to it")
            await handlers.watcher.not_found()

    async def _send(self, notice: Notice, delay: timedelta) -> None:
        await enqueue(self.queue, [notice], delay)


def _wait(error: Exception) -> timedelta:
    return timedelta(seconds=error.retry_after if isinstance(error, RateLimited) else 0)
