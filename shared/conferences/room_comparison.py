"""Compares a Management Node's list of rooms with the bookings, every night and in both directions (C3, M10).

Differences are passed to room_keeper.py. It checks each room again first, because bookings may change while the list is
read page by page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.bookings.booking import Booking
from shared.bookings.rows import meetings_table
from shared.bookings.stored import bookings_of, stored_booking
from shared.conferences.node_platform import NodeOf, PlaceOf, Rooms
from shared.conferences.node_room import Place, next_moment, wanted
from shared.conferences.room_due_times import RETRY_AFTER, RoomTime
from shared.conferences.room_records import RoomRecord
from shared.conferences.room_work import BATCH
from shared.errors import RateLimited, SchedulingError
from shared.management_node.failure import NodeFailed, NodeRefused
from shared.management_node.nodes import ManagementNode
from shared.management_node.objects import NodeConference
from shared.management_node.outage import Outages
from shared.metrics import Metric, measure

COMPARE = "compare"
"""Used in place of a tag, in due-time rows and in the queue, when an integration's rooms have to be compared."""

_TIMES_AT_ONCE = 1_000

CONFIRMED_MAX = 400
"""Up to this many differences are checked again, in ten requests. More than this cannot be due to changes made during
the comparison.
"""

IN_HAND_WITHIN = RETRY_AFTER + timedelta(minutes=1)
"""A room whose next check is due within this time is assumed to be in the process of being created or removed."""


class RoomsDiffer(SchedulingError):
    """The Management Node's list and the bookings differed."""

    code = "rooms_differ"


@dataclass
class Differences:
    """Tags of rooms that are missing or lack an alias, and of rooms that should not exist."""

    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """The number of differences."""
        return len(self.missing) + len(self.extra)


@dataclass(frozen=True)
class RoomComparison:
    """Compares one integration at a time."""

    rooms: Rooms
    place_of: PlaceOf
    node_of: NodeOf
    outages: Outages
    alarms: Alarms

    async def compare(self, integration: str) -> bool:
        """Compare, and tell admins about the differences. Returns whether the node responded. Raises Unavailable."""
        try:
            await self.run(integration)
        except RoomsDiffer as differ:
            await self.alarms.raise_(integration, AlarmKind.ROOM_COMPARISON, str(differ))
        except (NodeFailed, NodeRefused, RateLimited) as failed:
            cause = failed.cause if isinstance(failed, NodeFailed) else str(failed).rstrip(".")
            await self.alarms.raise_(integration, AlarmKind.BRIDGE, f"Comparison of rooms: {cause}.")
            return False
        else:
            await self.alarms.clear(integration, AlarmKind.ROOM_COMPARISON)
        return True

    async def run(self, integration: str) -> None:
        """Compare, and have differences repaired. Does nothing if the rooms are not on a node.

        Raises RoomsDiffer if there were differences; NodeFailed or RateLimited if the node cannot be used.
        """
        place = await self.place_of(integration)
        node = await self.node_of(integration) if place.node else None
        if node is None:
            return
        async with self.outages.watched(node.login):
            prefix = f"{integration}:"
            listed = [each async for each in node.conferences.all(prefix)]
        on_node: Mapping[str, NodeConference] = {each.tag.removeprefix(prefix): each for each in listed}
        records = {record.tag: record async for record in self.rooms.records.of(integration)}
        found = await self._compared(integration, place, on_node, records)
        if 0 < found.count <= CONFIRMED_MAX:
            async with self.outages.watched(node.login):
                found, on_node = await self._confirmed(integration, place, found, node)
        await self._known(integration, place, found, on_node, records)
        await self.rooms.look_now(integration, found.extra)
        await self.rooms.look_now(integration, found.missing, checked=True)
        measure(Metric.ROOM_REPAIRS, found.count, integration)
        if found.count:
            now = self.rooms.clock.now()
            raise RoomsDiffer(
                f"On {now:%Y-%m-%d}, the Management Node was missing {len(found.missing)} rooms or some of their "
                f"aliases, and still had {len(found.extra)} whose meetings were over."
            )

    async def _compared(
        self, integration: str, place: Place, on_node: Mapping[str, NodeConference], records: Mapping[str, RoomRecord]
    ) -> Differences:
        """The differences. Also rewrites the time of every booking's next check, which restores lost rows."""
        now, found, known = self.rooms.clock.now(), Differences(), set[str]()
        times: list[RoomTime] = []
        async for booking in bookings_of(meetings_table(self.rooms.tables), integration):
            known.add(booking.tag)
            self._compare(booking, on_node.get(booking.tag), place, now, found)
            if moment := next_moment(booking, records.get(booking.tag), place, now):
                times.append(RoomTime.at(moment, integration, booking.tag))
            if len(times) == _TIMES_AT_ONCE:
                await self.rooms.times.put(times)
                times = []
        await self.rooms.times.put(times)
        found.extra += sorted(on_node.keys() - known)
        return found

    async def _confirmed(
        self, integration: str, place: Place, found: Differences, node: ManagementNode
    ) -> tuple[Differences, Mapping[str, NodeConference]]:
        """The differences that remain after a second check, and the rooms found by it. The first list may differ
        because rooms were created or removed while it was being read, or are about to be.
        """
        tags, on_node, now = [*found.missing, *found.extra], dict[str, NodeConference](), self.rooms.clock.now()
        for start in range(0, len(tags), BATCH):
            rooms = await node.conferences.by_tags({f"{integration}:{tag}" for tag in tags[start : start + BATCH]})
            on_node |= {tag.partition(":")[2]: room for tag, room in rooms.items()}
        due = {time.tag async for time in self.rooms.times.due(now + IN_HAND_WITHIN) if time.integration == integration}
        confirmed = Differences()
        for tag in tags:
            record = await self.rooms.records.get(integration, tag)
            booking = await stored_booking(meetings_table(self.rooms.tables), integration, tag)
            is_wanted = wanted(booking, place, now) is not None
            if tag in due and (not (record and record.is_there) if is_wanted else record):
                continue
            if booking:
                self._compare(booking, on_node.get(tag), place, now, confirmed)
            elif tag in on_node:
                confirmed.extra.append(tag)
        return confirmed, on_node

    def _compare(
        self, booking: Booking, room: NodeConference | None, place: Place, now: datetime, found: Differences
    ) -> None:
        conference = wanted(booking, place, now)
        if conference is None:
            found.extra += [booking.tag] if room else []
        elif room is None or room.lacks((conference.alias, conference.numeric_alias)):
            found.missing.append(booking.tag)

    async def _known(
        self,
        integration: str,
        place: Place,
        found: Differences,
        on_node: Mapping[str, NodeConference],
        records: Mapping[str, RoomRecord],
    ) -> None:
        """Record unknown rooms, so that they are removed in the usual way."""
        now = self.rooms.clock.now()
        unknown = [tag for tag in found.extra if tag not in records]
        await self.rooms.records.put(
            [
                RoomRecord(integration, tag, place.node, {}, now, now, on_node[tag].resource_uri, is_there=True)
                for tag in unknown
            ]
        )
