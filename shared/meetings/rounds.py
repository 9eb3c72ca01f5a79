"""Rounds: what timers do for every integration, fanned out over the queue `rounds`.

A timer writes messages, each for a bounded stretch of consecutive integrations ordered by uuid, and ends. The platform
distributes the messages to as many workers as needed. Each integration in a stretch has its own turn (turns.py), within
time limits (chores.py) and concurrently with the others.

    timer ── start ──► [stretch] [stretch] [stretch] …  ── handle ──► turn, turn, turn, …
                           ▲                                             │
                           └── later and alone: busy, not reached ───────┘
                               in time, or to be retried

Nothing is lost when a process dies: the queue delivers the message again. Nothing piles up when rounds take longer than
their period. If a message is older than its round's period, its work is left to the next round, which has started by
then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from shared.alarms import Alarms
from shared.clock import Clock
from shared.errors import AWAY
from shared.integrations import Integration, IntegrationStore
from shared.meetings.chores import Chores, Visit
from shared.meetings.stretch import CONCERNING, Round, Stretch, decode
from shared.meetings.turns import Turn, Turns
from shared.metrics import Metric, measure
from shared.storage import Queue, before

log = logging.getLogger(__name__)

STRETCH_TURNS = 50
"""Maximum number of integrations per message."""

_STRETCH_GAP = 20
"""Maximum number of integrations outside the round that may lie between two integrations in the same stretch."""

SENDS_CONCURRENCY = 16

TURNS_CONCURRENCY = 32
"""Maximum number of concurrent turns per process. They spend nearly all their time waiting for Exchange and storage.
More turns would slow the round down, because the connection pool's work per request grows with the number of waiting
requests.
"""

START_TURNS_WITHIN = timedelta(seconds=90)
"""Turns that have not started within this time go back into the queue, because a message must be handled within
functionTimeout.
"""

RELEASE_AFTER = timedelta(seconds=10)
"""How long a finished turn may remain unreleased while slower neighbours are working."""

BUSY_PAUSE = timedelta(seconds=30)
"""Delay before retrying an integration that another round was working on."""

RETRY_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True)
class Rounds:
    """Starts rounds, and handles their messages."""

    integrations: IntegrationStore
    turns: Turns
    chores: Chores
    alarms: Alarms
    queue: Queue
    clock: Clock
    due_rooms: Callable[[], Awaitable[object]]
    """Queues the rooms that are due on Management Nodes (room_keeper.py)."""

    @cached_property
    def _slots(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(TURNS_CONCURRENCY)

    async def start(self, round_: Round, *, by_hand: bool = False, delays: Sequence[timedelta] = (timedelta(),)) -> int:
        """Write the messages for a round, or for several rounds that start after `delays`; returns the number of
        messages for each.
        """
        now, count = self.clock.now(), 0
        first = Stretch(round_, "", "", now.isoformat(), by_hand)
        batch: list[tuple[Stretch, timedelta]] = []
        async for after, until in self._stretches(round_):
            count += 1
            batch += [
                (replace(first, after=after, until=until, started=(now + each).isoformat()), each) for each in delays
            ]
            if len(batch) >= SENDS_CONCURRENCY:
                await self._send(batch)
                batch = []
        await self._send(batch)
        if not count:
            measure(Metric.ROUND, 1, outcome=round_)
        return count

    async def start_rooms(self, delays: Sequence[timedelta]) -> None:
        """Have due rooms queued after each of `delays`, if any integration has rooms on a Management Node."""
        async for _ in self._stretches(Round.ROOMS):
            now = self.clock.now()
            moments = [(Stretch(Round.ROOMS, "", "", (now + each).isoformat()), each) for each in delays]
            await self._send(moments)
            break

    async def _stretches(self, round_: Round) -> AsyncIterator[tuple[str, str]]:
        """The bounds of stretches that together cover all integrations in a round."""
        chosen, passed = list[str](), 0
        async for integration in self.integrations.outlines(columns=CONCERNING):
            if not round_.concerns(integration):
                passed += 1
                continue
            if chosen and (len(chosen) >= STRETCH_TURNS or passed > _STRETCH_GAP):
                yield before(chosen[0]), chosen[-1]
                chosen = []
            chosen.append(integration.uuid)
            passed = 0
        if chosen:
            yield before(chosen[0]), chosen[-1]

    async def _send(self, messages: Iterable[tuple[Stretch, timedelta]]) -> None:
        await asyncio.gather(*(self.queue.send(stretch.encode(), delay) for stretch, delay in messages))

    async def handle(self, body: str, *, last_try: bool = False) -> None:
        """Give every integration in a message its turn. Raises Unavailable, and ValueError for a message that is not
        ours. On the last attempt, Unavailable is not raised, because the next round serves as the retry.
        """
        stretch = decode(body)
        if stretch.is_over(self.clock.now()):
            log.info("a message of round %s was left to the next round", stretch.round)
            return
        try:
            await (self.due_rooms() if stretch.round is Round.ROOMS else self._work(stretch))
        except AWAY as error:
            if not last_try:
                raise
            log.error("part of round %s is left to the next round: %s", stretch.round, type(error).__name__)

    async def _work(self, stretch: Stretch) -> None:
        outlines = {
            each.uuid: each
            async for each in self.integrations.outlines(stretch.after, stretch.until)
            if stretch.round.concerns(each)
        }
        turns = await self.turns.take(list(outlines))
        visits = await self._visits(stretch, outlines, turns)
        tasks = {asyncio.create_task(self._turn(stretch, visit)): visit.turn for visit in visits}
        try:
            await self._finish(tasks)
        finally:
            for task in tasks:
                task.cancel()
        measure(Metric.ROUND, 1, outcome=stretch.round)
        busy = outlines.keys() - {turn.integration for turn in turns}
        await self._send((stretch.alone(uuid), BUSY_PAUSE) for uuid in sorted(busy))

    async def _visits(
        self, stretch: Stretch, outlines: dict[str, Integration], turns: Sequence[Turn]
    ) -> list[Visit]:  # fmt: skip
        raised = await self.alarms.between(stretch.after, stretch.until)
        for turn in turns:
            if turn.is_first:  # an integration from an earlier version, or a new one
                raised += await self.alarms.adopt(turn.integration)
        visits = [Visit(outlines[turn.integration], turn, by_hand=stretch.by_hand) for turn in turns]
        by_uuid = {visit.turn.integration: visit for visit in visits}
        for alarm in raised:
            if visit := by_uuid.get(alarm.integration):
                visit.raised.add(alarm.kind)
        return visits

    async def _finish(self, tasks: dict[asyncio.Task[None], Turn]) -> None:
        """Wait for turns to end, and release finished ones at least every RELEASE_AFTER."""
        left = set(tasks)
        while left:
            over, left = await asyncio.wait(left, timeout=RELEASE_AFTER.total_seconds())
            await self.turns.release([tasks[task] for task in over])
        for task in tasks:
            task.result()

    async def _turn(self, stretch: Stretch, visit: Visit) -> None:
        uuid, late = visit.turn.integration, asyncio.get_running_loop().time() + START_TURNS_WITHIN.total_seconds()
        async with self._slots:
            if asyncio.get_running_loop().time() > late:
                return await self.queue.send(stretch.alone(uuid).encode())
            away = await self.chores.do(stretch.round, visit)
        if away and stretch.tries < stretch.round.retries:
            again = replace(stretch.alone(uuid), tries=stretch.tries + 1)
            await self.queue.send(again.encode(), RETRY_PAUSE)
        return None
