"""Creates rooms on Management Nodes in time for their bookings, and removes them afterwards (C1, C3).

    a booking changes ─▶ row under a minute, and a queue message if due now         node_platform.py
    every minute ─▶ due rooms go into the queue, and are due again later            RoomTimer
    the queue ─▶ read bookings and records ─▶ write records ─▶ call the node        RoomKeeper
              ─▶ write records ─▶ repeat if bookings have changed in the meantime
              ─▶ delete the rows of this minute, write the rows of the next checks

Every step is idempotent. Before a room is created, it is searched for by its tag, so work already done by another
instance, or before a crash or timeout, is not repeated.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.alarms import Alarms
from shared.bookings.booking import Booking, State
from shared.bookings.rows import meetings_table
from shared.bookings.stored import stored_booking
from shared.clock import Clock
from shared.conferences.names import ConferenceNames
from shared.conferences.node_platform import NodeOf, PlaceOf, Rooms
from shared.conferences.node_room import Place, Step, next_moment, room_fields, step_of, wanted
from shared.conferences.platform import PolicyPlatform
from shared.conferences.room_ahead import RoomsAhead
from shared.conferences.room_alarms import RoomAlarms
from shared.conferences.room_changes import RoomChanges
from shared.conferences.room_due_times import AHEAD, RoomTime, retry_minute
from shared.conferences.room_items import Item, Outcome, Renames
from shared.conferences.room_records import RoomRecord
from shared.conferences.room_work import BATCH, RoomWork
from shared.errors import RateLimited, SchedulingError
from shared.management_node.failure import NodeFailed
from shared.management_node.nodes import ManagementNode
from shared.management_node.outage import Outages
from shared.metrics import Metric, measure
from shared.record_lists.journal import Journal, Record
from shared.storage import Queue, Replace, Tables

log = logging.getLogger(__name__)

MAX_TURNS = 4
"""How many times a batch is repeated if bookings have changed in the meantime."""

MAX_DUE = 20_000
"""Maximum number of rooms queued in one run of the timer. The next run continues with the rest."""


@dataclass(frozen=True)
class RoomTimer:
    """Queues the rooms that are due. This happens every minute."""

    rooms: Rooms
    queue: Queue

    async def run(self) -> int:
        """Queue the rooms that are due, and return their number. Rooms that are only checked in advance get separate
        messages, because they cannot be late.
        """
        now, waiting, count = self.rooms.clock.now(), defaultdict[tuple[str, bool], list[RoomTime]](list), 0
        async for time in self.rooms.times.due(now):
            of = time.integration, time.tag.startswith(AHEAD)
            waiting[of].append(time)
            count += 1
            if len(waiting[of]) == BATCH:
                await self._hand_out(waiting.pop(of), now)
            if count == MAX_DUE:
                break
        for times in waiting.values():
            await self._hand_out(times, now)
        return count

    async def _hand_out(self, times: Sequence[RoomTime], now: datetime) -> None:
        minute, first = retry_minute(now), min(time.since for time in times)
        work = RoomWork(times[0].integration, tuple(dict.fromkeys(time.tag for time in times)), minute, first)
        await self.queue.send(work.encode())
        await self.rooms.times.move(times, minute)


@dataclass(frozen=True)
class RoomKeeper:
    """Handles queue messages about rooms."""

    tables: Tables
    rooms: Rooms
    policy: PolicyPlatform
    place_of: PlaceOf
    node_of: NodeOf
    outages: Outages
    alarms: Alarms
    clock: Clock
    ahead: RoomsAhead
    chores: Mapping[str, Callable[[str], Awaitable[bool]]]
    """Work on a whole integration, keyed by the string used in place of a tag. Each function returns whether the work
    is finished.
    """

    async def keep(self, work: RoomWork) -> None:
        """Do the work that is now due for these rooms. Rooms that cannot be finished yet keep their rows, so they are
        queued again later.

        Raises Unavailable if storage cannot be used.
        """
        ahead = [tag for tag in work.tags if tag.startswith(AHEAD)]
        tags = [tag for tag in work.tags if tag not in self.chores and tag not in ahead]
        finished, following = await self._looked_at(work, tags)
        if ahead:
            await self.ahead.look(work.integration, [tag.removeprefix(AHEAD) for tag in ahead])
            finished |= frozenset(ahead)
        for chore in work.tags:
            if chore in self.chores and await self.chores[chore](work.integration):
                finished |= {chore}
        await self.rooms.times.settle(work.integration, work.minute, finished, following)

    async def _looked_at(self, work: RoomWork, tags: Sequence[str]) -> tuple[frozenset[str], list[RoomTime]]:
        """Tags of the rooms that are now in the desired state, and the times of their next checks."""
        checked = frozenset(tags) if work.checked else frozenset[str]()
        left, times = tags, list[RoomTime]()
        for _ in range(MAX_TURNS):
            raced, changed, following = await self._turn(work, left, checked)
            times += following
            left, checked = [*raced, *(tag for tag in changed if tag not in raced)], frozenset(raced)
            if not left:
                break
        finished = frozenset(tags) - set(left) - await self._failed(work, tags)
        return finished, [time for time in times if time.tag in finished]

    async def _failed(self, work: RoomWork, tags: Sequence[str]) -> frozenset[str]:
        records = await asyncio.gather(*(self.rooms.records.get(work.integration, tag) for tag in tags))
        return frozenset(each.tag for each in records if each and each.problem)

    async def _turn(
        self, work: RoomWork, tags: Sequence[str], checked: frozenset[str]
    ) -> tuple[list[str], list[str], list[RoomTime]]:
        """Handle some rooms once. Returns the tags of rooms whose records have changed in the meantime, the tags of
        rooms whose bookings have, and the next checks.
        """
        place, now = await self.place_of(work.integration), self.clock.now()
        items = await asyncio.gather(*(self._item(work.integration, tag, place, now, tag in checked) for tag in tags))
        await self._answered_by_policy(items, place)
        todo = [item for item in items if item.step is not Step.NOTHING]
        raced = await self._do(work, place, todo, now) if todo else []
        await self._hand_over(items, place, now)
        following = [time for item in items if (time := await self._following(item, place, now))]
        return raced, await self._changed(items), following

    async def _answered_by_policy(self, items: Iterable[Item], place: Place) -> None:
        """If the platform has changed to `policy`, have policy take over the rooms before they are removed."""
        for item in items:
            booking = item.booking
            if item.step is Step.CLOSE and not place.node and booking and booking.state is State.SCHEDULED:
                await self.policy.show(booking)

    async def _item(self, integration: str, tag: str, place: Place, now: datetime, checked: bool) -> Item:
        booking, record = await asyncio.gather(
            stored_booking(meetings_table(self.tables), integration, tag), self.rooms.records.get(integration, tag)
        )
        step = step_of(booking, record, place, now)
        step = Step.LOOK if step is Step.NOTHING and checked and wanted(booking, place, now) else step
        return Item(tag, step, booking, record, wanted(booking, place, now))

    async def _do(self, work: RoomWork, place: Place, items: Sequence[Item], now: datetime) -> list[str]:
        """Call the node, record the result, and return the tags of rooms whose records have changed in the meantime."""
        items = await self._noted(items, place, now)
        outcome = Outcome()
        problem = ""
        try:
            node = await self.node_of(work.integration)
            if node is None:
                return await self._forsaken(work, items)
            renames = Renames(ConferenceNames(self.tables), self._write)
            changes = RoomChanges(node.conferences, node.key, renames, now, outcome)
            async with self.outages.watched(node.login):
                await changes.carry_out([item for item in items if _is_on(item, node)])
            outcome.gone |= {item.tag for item in items if not _is_on(item, node)}
        except (NodeFailed, RateLimited) as failed:
            problem = (
                failed.cause if isinstance(failed, NodeFailed) else "the Management Node has received too many requests"
            )
        except SchedulingError as error:
            problem = str(error).rstrip(".")
        raced = await self._write_down(items, outcome, problem)
        await self._tell(work, items, outcome, problem)
        return raced

    async def _forsaken(self, work: RoomWork, items: Sequence[Item]) -> list[str]:
        """Delete the records of rooms that cannot be removed because the settings no longer contain a node, or no
        longer exist.
        """
        log.warning("integration %s: %s rooms remain on an unknown Management Node", work.integration, len(items))
        return await self.rooms.records.remove([item.record for item in items if item.record])

    async def _noted(self, items: Sequence[Item], place: Place, now: datetime) -> Sequence[Item]:
        """The items, with records for all rooms that are about to be created. The records are written before the node
        is called.
        """
        fresh = {
            item.tag: RoomRecord(
                item.booking.integration,
                item.tag,
                place.node,
                room_fields(item.conference),
                now,
                now,
                handed_over=not await self.policy.answers(item.booking),
                alias=item.conference.numeric_alias,
            )
            for item in items
            if item.step is Step.OPEN and item.booking and item.conference and not item.record
        }
        await self.rooms.records.put(list(fresh.values()))
        return [replace(item, record=fresh.get(item.tag, item.record)) for item in items]

    async def _write(self, booking: Booking) -> Booking:
        """Store a booking whose conference has a new name."""
        table = meetings_table(self.tables)
        [etag] = await table.commit(booking.integration, Replace(booking.row, booking.values()))
        await Journal(table).note([Record.booking(booking.integration, booking.tag)], self.clock.now())
        return replace(booking, etag=etag)

    async def _write_down(self, items: Sequence[Item], outcome: Outcome, problem: str) -> list[str]:
        """Record which rooms exist, and what is wrong with any of them. Records of rooms that are gone are deleted."""
        missing = []
        for item in items:
            cause = outcome.problems.get(item.tag) or ("" if item.tag in outcome.there else problem)
            if item.record and cause and item.tag not in outcome.gone:
                opens = item.conference.next_opening(self.clock.now()) if item.conference else None
                missing.append(replace(item.record, problem=cause, opens=opens.isoformat() if opens else ""))
        kept = {record.tag: record for record in (*outcome.there.values(), *missing)}
        await self.rooms.records.put(list(kept.values()))
        return await self.rooms.records.remove(
            [item.record for item in items if item.record and item.tag in outcome.gone and item.record.etag]
        )

    async def _tell(self, work: RoomWork, items: Sequence[Item], outcome: Outcome, problem: str) -> None:
        alarms = RoomAlarms(self.alarms, self.rooms.records, work.integration)
        now = self.clock.now()
        for _ in outcome.opened:
            measure(Metric.ROOM_DELAY, max((now - work.since).total_seconds(), 0.0), work.integration)
        if outcome.repaired:
            measure(Metric.ROOM_REPAIRS, len(outcome.repaired), work.integration)
        await alarms.tell(
            outcome, problem, now - work.since, had_problem=any(i.record and i.record.problem for i in items)
        )

    async def _hand_over(self, items: Iterable[Item], place: Place, now: datetime) -> None:
        """Hand over rooms that policy still serves to the conferencing nodes' own database, once enough time has passed
        for the rooms to reach the nodes.
        """
        for item in items:
            record = await self.rooms.records.get(item.booking.integration, item.tag) if item.booking else None
            if not (item.booking and item.conference and record and record.is_there) or record.handed_over:
                continue
            if now >= record.made + place.lead:
                await self.policy.hand_over(item.booking)
                await self.rooms.records.put([replace(record, handed_over=True)])

    async def _changed(self, items: Sequence[Item]) -> list[str]:
        """The tags of rooms whose bookings have changed since they were read."""
        acted = [item for item in items if item.step is not Step.NOTHING and item.booking]
        table = meetings_table(self.tables)
        now = await asyncio.gather(
            *(stored_booking(table, item.booking.integration, item.tag) for item in acted if item.booking)
        )
        before = [item.booking.etag for item in acted if item.booking]
        return [
            item.tag
            for item, etag, booking in zip(acted, before, now, strict=True)
            if booking is None or booking.etag != etag
        ]

    async def _following(self, item: Item, place: Place, now: datetime) -> RoomTime | None:
        if item.booking is None:
            return None
        record = await self.rooms.records.get(item.booking.integration, item.tag)
        moment = next_moment(item.booking, record, place, now + timedelta(0))
        return RoomTime.at(moment, item.booking.integration, item.tag) if moment else None


def _is_on(item: Item, node: ManagementNode) -> bool:
    """Whether the room is on this node, or should be. A room on another node cannot be removed after its meeting."""
    return item.step is not Step.CLOSE or item.record is None or item.record.node == node.key
