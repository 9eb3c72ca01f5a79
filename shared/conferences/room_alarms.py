"""Alarms about rooms on a Management Node that are missing, were created late, or were given a different name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.conferences.room_items import Outcome
from shared.conferences.room_records import RoomRecords

ROOM_LATE_AFTER = timedelta(minutes=1)
"""How late a room may be before an alarm is raised."""

NAMED_IN_ALARM = 5
"""Maximum number of rooms listed in an alarm."""


@dataclass(frozen=True)
class RoomAlarms:
    """The alarms for one integration."""

    alarms: Alarms
    records: RoomRecords
    integration: str

    async def tell(self, outcome: Outcome, node_problem: str, delay: timedelta, *, had_problem: bool) -> None:
        """Raise and clear alarms after a batch. `delay` is how long its rooms were overdue."""
        if node_problem:
            await self.alarms.raise_(self.integration, AlarmKind.BRIDGE, f"Rooms for meetings: {node_problem}.")
        else:
            await self.alarms.clear(self.integration, AlarmKind.BRIDGE)
        if node_problem or outcome.problems or had_problem:
            await self._missing()
        if outcome.opened and delay > ROOM_LATE_AFTER:
            rooms = "1 room was" if len(outcome.opened) == 1 else f"{len(outcome.opened)} rooms were"
            cause = f"{rooms} created {delay.total_seconds():.0f} seconds late."
            await self.alarms.raise_(self.integration, AlarmKind.ROOMS_LATE, cause)
        if outcome.renamed:
            named = ", ".join(dict.fromkeys(outcome.renamed))
            cause = f"Other conferences on the node already have the names of the rooms for these meetings: {named}."
            await self.alarms.raise_(self.integration, AlarmKind.ROOM_NAME, cause)

    async def _missing(self) -> None:
        """Raise one alarm for all rooms in the wrong state. It lists them by alias and time, never by subject."""
        wrong = [record async for record in self.records.of(self.integration) if record.problem]
        kinds = {
            "Meetings without a room": [each for each in wrong if each.opens and not each.is_there],
            "Rooms that could not be changed": [each for each in wrong if each.opens and each.is_there],
            "Rooms that could not be removed": [each for each in wrong if not each.opens and each.is_there],
        }
        told = [
            f"{kind}: {listed([(each.opens, each.alias, each.problem) for each in records])}."
            for kind, records in kinds.items()
            if records
        ]
        if told:
            await self.alarms.raise_(self.integration, AlarmKind.ROOMS, " ".join(told))
        else:
            await self.alarms.clear(self.integration, AlarmKind.ROOMS)


def listed(rooms: Sequence[tuple[str, str, str]]) -> str:
    """Rooms as listed in an alarm: the ISO time at which each opens ("" if the meeting is over), its alias, and what is
    wrong with it ("" if nothing is).
    """
    more = f"; and {len(rooms) - NAMED_IN_ALARM} more" if len(rooms) > NAMED_IN_ALARM else ""
    return "; ".join(_told(*room) for room in sorted(rooms)[:NAMED_IN_ALARM]) + more


def _told(opens: str, alias: str, problem: str) -> str:
    told = f"{alias} (opens {datetime.fromisoformat(opens):%Y-%m-%d %H:%M} UTC)" if opens else alias
    return f"{told}: {problem}" if problem else told
