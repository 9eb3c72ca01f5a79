"""Cleared alarms, newest first, for admins to review (W5, O1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from shared.statistics.rows import FORMER_ALARMS_PARTITION, newest_first, statistics_table
from shared.storage import MAX_WRITES, Delete, Put, Tables

MOST_SHOWN = 1000
"""Maximum number of alarms shown, which is as many as one storage request can read."""


@dataclass(frozen=True)
class FormerAlarm:
    """An alarm that was cleared. Times are in ISO format, in UTC."""

    integration: str
    kind: str
    cause: str
    since: str
    until: str


async def keep_former(tables: Tables, alarm: FormerAlarm) -> None:
    """Record that an alarm has been cleared. Recording it again changes the time. Raises Unavailable."""
    values = {"cause": alarm.cause, "since": alarm.since, "until": alarm.until}
    begins = newest_first(datetime.fromisoformat(alarm.since))
    key = f"{begins}:{alarm.integration}:{alarm.kind}"
    await statistics_table(tables).commit(FORMER_ALARMS_PARTITION, Put(key, values))


async def former_alarms(tables: Tables) -> list[FormerAlarm]:
    """The most recently raised alarms, at most MOST_SHOWN, in one storage request."""
    found = list[FormerAlarm]()
    async for row in statistics_table(tables).rows(FORMER_ALARMS_PARTITION):
        _, integration, kind = row.key.split(":", 2)
        cause, since, until = (str(row.values[name]) for name in ("cause", "since", "until"))
        found.append(FormerAlarm(integration, kind, cause, since, until))
        if len(found) == MOST_SHOWN:
            break
    return found


async def forget_former(tables: Tables, before: datetime) -> None:
    """Remove alarms raised before a given time. May be repeated."""
    table = statistics_table(tables)
    rows = [row async for row in table.rows(FORMER_ALARMS_PARTITION, after=newest_first(before))]
    each = iter(rows)
    while part := list(islice(each, MAX_WRITES)):
        await table.commit(FORMER_ALARMS_PARTITION, *map(Delete, part))
