"""When a meeting is booked, checks whether another conference on the node already has one of its aliases (C3).

Such an alias has to be released manually, and five minutes before people may join would be too late for that. Nothing
is created or changed on the node, and nothing waits for the check. This check replaces the search that would otherwise
precede creating a room (room_changes.py), so a room still takes only two requests.

A name that is already taken is no problem: a number is added to it. Names are not checked in advance, because they
would appear in URLs, which proxies and nodes log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.bookings.booking import State
from shared.bookings.rows import RowKind, meetings_table
from shared.bookings.stored import stored_booking
from shared.calendar.conference import Conference
from shared.conferences.node_platform import NodeOf, PlaceOf, Rooms
from shared.conferences.node_room import Place
from shared.conferences.room_alarms import listed
from shared.conferences.room_due_times import AHEAD, RoomTime
from shared.errors import RateLimited
from shared.management_node.failure import NodeFailed, NodeRefused
from shared.management_node.nodes import ManagementNode
from shared.management_node.outage import Outages
from shared.storage import Delete, Put, Table

LOOK_AGAIN = timedelta(hours=1)
"""How long to wait before checking again whether an alias has been released or an unreachable node is back."""


@dataclass(frozen=True)
class RoomsAhead:
    """Checks aliases in advance. If another conference is using an alias, this is recorded in the integration's row
    `clash:<tag>` until the alias is free.
    """

    rooms: Rooms
    place_of: PlaceOf
    node_of: NodeOf
    outages: Outages
    alarms: Alarms

    @property
    def _table(self) -> Table:
        return meetings_table(self.rooms.tables)

    async def look(self, integration: str, tags: Sequence[str]) -> None:
        """Check, alert admins, and record when to check again. Takes about one request per forty meetings. Raises
        Unavailable.
        """
        place, now = await self.place_of(integration), self.rooms.clock.now()
        coming = {tag: found for tag in tags if (found := await self._coming(integration, tag, place, now))}
        try:
            taken = await self._taken(integration, coming) if coming else frozenset[str]()
        except (NodeFailed, RateLimited, NodeRefused) as failed:
            cause = failed.cause if isinstance(failed, NodeFailed) else str(failed).rstrip(".")
            await self.alarms.raise_(integration, AlarmKind.BRIDGE, f"Aliases of upcoming meetings: {cause}.")
            await self._again(integration, coming, place, now)
            return
        clashes = {tag: coming[tag] for tag in taken}
        await self._note(integration, tags, clashes, now)
        await self._again(integration, clashes, place, now)

    async def _coming(self, integration: str, tag: str, place: Place, now: datetime) -> Conference | None:
        """The booking's conference if it has yet to open. Open rooms and those that are due are left to
        room_keeper.py.
        """
        booking = await stored_booking(self._table, integration, tag)
        conference = booking.conference if booking and booking.state is State.SCHEDULED else None
        if conference is None or not place.node or conference.is_open(now, place.lead):
            return None
        return conference if conference.next_opening(now) else None

    async def _taken(self, integration: str, coming: Mapping[str, Conference]) -> frozenset[str]:
        """Tags of conferences with an alias that another conference is using."""
        node = await self.node_of(integration)
        if node is None:
            return frozenset()
        aliases = {tag: {room.alias.casefold(), room.numeric_alias.casefold()} for tag, room in coming.items()}
        async with self.outages.watched(node.login):
            known = await node.conferences.aliases_known(sorted(set().union(*aliases.values())))
            met = {tag for tag, own in aliases.items() if own & known}
            found = met - await self._ours(node, integration, met, coming) if met else met
        await self.alarms.clear(integration, AlarmKind.BRIDGE)
        return frozenset(found)

    async def _ours(
        self, node: ManagementNode, integration: str, tags: set[str], coming: Mapping[str, Conference]
    ) -> set[str]:
        """Tags whose own earlier room is still on the node with both aliases. These are not clashes."""
        rooms = await node.conferences.by_tags({f"{integration}:{tag}" for tag in tags})
        own = {tag: rooms.get(f"{integration}:{tag}") for tag in tags}
        return {
            tag for tag, room in own.items() if room and not room.lacks([coming[tag].alias, coming[tag].numeric_alias])
        }

    async def _note(
        self, integration: str, tags: Sequence[str], clashes: Mapping[str, Conference], now: datetime
    ) -> None:
        """Write rows for current clashes, delete rows for past ones, and raise a single alarm for all current
        clashes.
        """
        rows = {row.key: row async for row in self._table.rows(integration, RowKind.CLASH.prefix)}
        gone = [row for tag in tags if tag not in clashes and (row := rows.get(RowKind.CLASH.key(tag)))]
        if not clashes and not gone:
            return
        for tag, room in clashes.items():
            opens = room.next_opening(now) or now
            values = {"alias": room.numeric_alias, "opens": opens.isoformat()}
            await self._table.commit(integration, Put(RowKind.CLASH.key(tag), values))
        for row in gone:
            await self._table.commit(integration, Delete(row))
        await self._tell(integration)

    async def _tell(self, integration: str) -> None:
        rows = [row.values async for row in self._table.rows(integration, RowKind.CLASH.prefix)]
        if not rows:
            await self.alarms.clear(integration, AlarmKind.ROOM_ALIAS)
            return
        told = listed([(str(row["opens"]), str(row["alias"]), "") for row in rows])
        cause = f"Other conferences on the Management Node are using the aliases of these meetings: {told}."
        await self.alarms.raise_(integration, AlarmKind.ROOM_ALIAS, cause)

    async def _again(self, integration: str, rooms: Mapping[str, Conference], place: Place, now: datetime) -> None:
        """Schedule the next check after LOOK_AGAIN, or when the room is due if that is sooner. Rooms that are due are
        no longer checked in advance, so their rows are then deleted.
        """
        times = [
            min(moment for moment in (now + LOOK_AGAIN, room.next_change(now, place.lead)) if moment)
            for room in rooms.values()
        ]
        await self.rooms.times.put(
            [RoomTime.at(at, integration, f"{AHEAD}{tag}") for at, tag in zip(times, rooms, strict=True)]
        )
