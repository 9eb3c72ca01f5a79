"""Platform `management_api`: a conference is a room on a Management Node, created ahead of its join window (C3).

Nothing here calls the node. The work is recorded here and carried out by room_keeper.py, so an unavailable node does
not delay answers to organizers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bookings.booking import Booking, State
from shared.clock import Clock
from shared.conferences.node_room import Place, next_moment, wanted
from shared.conferences.platform import Platform, PolicyPlatform
from shared.conferences.room_due_times import AHEAD, RoomTime, RoomTimes, retry_minute
from shared.conferences.room_records import RoomRecord, RoomRecords
from shared.conferences.room_work import enqueue_rooms
from shared.management_node.nodes import ManagementNode
from shared.storage import Queue, Tables

NodeOf = Callable[[str], Awaitable[ManagementNode | None]]
"""Returns the Management Node in an integration's settings, even if the integration uses another platform. None if no
node is set or the integration no longer exists. Raises NodeFailed.
"""

PlaceOf = Callable[[str], Awaitable[Place]]
"""Returns the place for the rooms of the integration with this uuid. If there is no such integration, this is platform
`policy`.
"""


AHEAD_BY = timedelta(minutes=2)
"""A room that is due within this time is not checked in advance."""


@dataclass(frozen=True)
class Rooms:
    """Where work on rooms is recorded, and the queue that announces it. Without a queue, the work waits for the
    timer.
    """

    tables: Tables
    queue: Queue | None
    clock: Clock

    @property
    def records(self) -> RoomRecords:
        """Rooms that may be on a node."""
        return RoomRecords(self.tables)

    @property
    def times(self) -> RoomTimes:
        """The times at which rooms have to be checked on a node."""
        return RoomTimes(self.tables)

    async def look_now(self, integration: str, tags: list[str], *, checked: bool = False) -> None:
        """Queue rooms for a check now, and again later in case the first message is lost."""
        now = self.clock.now()
        minute = retry_minute(now)
        await self.times.put([RoomTime(minute, integration, tag, now) for tag in tags])
        if self.queue:
            await enqueue_rooms(self.queue, integration, tags, minute, now, checked=checked)


@dataclass(frozen=True)
class NodePlatform:
    """A Platform on a Management Node. A name is first claimed in this deployment. If it turns out to be in use on the
    node, it is changed later.
    """

    policy: PolicyPlatform
    rooms: Rooms
    place: Place

    async def name(self, booking: Booking) -> Booking:
        """See Platform.name."""
        return await self.policy.name(booking)

    async def show(self, booking: Booking) -> None:
        """See Platform.show. Takes three round trips, and another for the queue if there is something to do now."""
        now = self.rooms.clock.now()
        record = await self.rooms.records.get(booking.integration, booking.tag)
        await self._claim(booking, record, now)
        if record is not None or wanted(booking, self.place, now):
            await self.rooms.look_now(booking.integration, [booking.tag])
        elif moment := next_moment(booking, None, self.place, now):
            times = [RoomTime.at(moment, booking.integration, booking.tag)]
            if moment > now + AHEAD_BY:
                times.append(RoomTime.at(now, booking.integration, f"{AHEAD}{booking.tag}"))
            await self.rooms.times.put(times)

    async def forget(self, booking: Booking) -> None:
        """See Platform.forget."""
        await self.policy.forget(booking)
        if await self.rooms.records.get(booking.integration, booking.tag):
            await self.rooms.look_now(booking.integration, [booking.tag])

    async def _claim(self, booking: Booking, record: RoomRecord | None, now: datetime) -> None:
        """Have policy refer nodes to their own database for this alias.

        If the room is open and already served by policy, policy continues to serve it until the conferencing nodes know
        the room (room_keeper.py).
        """
        is_wanted = booking.state is State.SCHEDULED and wanted(booking, self.place, now) is not None
        settled = record is not None and record.is_there and record.handed_over
        if is_wanted and not settled and await self.policy.answers(booking):
            await self.policy.show(booking)
        else:
            await self.policy.show(booking, on_node=booking.state is State.SCHEDULED)


@dataclass(frozen=True)
class ChosenPlatform:
    """A Platform that follows each integration's setting `conference_platform`."""

    policy: PolicyPlatform
    rooms: Rooms
    place_of: PlaceOf

    async def name(self, booking: Booking) -> Booking:
        """See Platform.name."""
        return await self.policy.name(booking)

    async def show(self, booking: Booking) -> None:
        """See Platform.show."""
        await (await self._of(booking)).show(booking)

    async def forget(self, booking: Booking) -> None:
        """See Platform.forget."""
        await (await self._of(booking)).forget(booking)

    async def _of(self, booking: Booking) -> Platform:
        place = await self.place_of(booking.integration)
        return NodePlatform(self.policy, self.rooms, place) if place.node else self.policy
