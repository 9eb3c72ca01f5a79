"""How many rooms are open at the same time, hour by hour, for the next two weeks. Each integration's hours are computed
from its bookings every hour (Round.AGENDA). The deployment's hours are their sum, which is computed when it is read,
unless a recent sum is stored.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bookings.booking import State
from shared.bookings.rows import meetings_table
from shared.bookings.stored import bookings_of
from shared.calendar.conference import Conference
from shared.statistics.rows import DEPLOYMENT, FORECAST_PARTITION, statistics_table
from shared.storage import Delete, Put, Row, Tables

FORECAST_HOURS = 14 * 24
HOUR = timedelta(hours=1)

SUM_LIFETIME = timedelta(minutes=5)
"""Maximum age of the deployment's hours. Computing them reads a row for each integration with meetings, 1,000 per
request.
"""


@dataclass(frozen=True)
class Forecast:
    """The number of rooms open in each hour from `start` (a whole hour, UTC) onwards. `made` is the time of
    computation.
    """

    start: datetime
    rooms: Sequence[int]
    made: datetime

    def from_hour(self, start: datetime) -> Sequence[int]:
        """The same number of hours starting at another hour, with 0 for unknown hours."""
        passed = (start - self.start) // HOUR
        return [self.rooms[n] if 0 <= n < len(self.rooms) else 0 for n in range(passed, passed + FORECAST_HOURS)]


async def refresh_forecast(tables: Tables, integration: str, now: datetime) -> None:
    """Recompute an integration's hours. Reads its bookings, a thousand per request."""
    bookings = bookings_of(meetings_table(tables), integration)
    scheduled = [each.conference async for each in bookings if each.state is State.SCHEDULED and not each.held]
    rooms = rooms_by_hour((each for each in scheduled if each), whole_hour(now))
    table = statistics_table(tables)
    if any(rooms):
        await table.commit(FORECAST_PARTITION, _put(integration, Forecast(whole_hour(now), rooms, now)))
    elif row := await table.get(FORECAST_PARTITION, integration):
        await table.commit(FORECAST_PARTITION, Delete(row))


async def forecast(tables: Tables, integration: str, now: datetime) -> Forecast:
    """An integration's hours from now on, in one point read. DEPLOYMENT stands for the sum."""
    row = await statistics_table(tables).get(FORECAST_PARTITION, integration)
    found = _forecast(row) if row else None
    if integration == DEPLOYMENT and (found is None or now - found.made >= SUM_LIFETIME):
        found = await _summed(tables, now)
    start = whole_hour(now)
    return Forecast(start, found.from_hour(start), found.made) if found else Forecast(start, [0] * FORECAST_HOURS, now)


def rooms_by_hour(conferences: Iterable[Conference], start: datetime) -> list[int]:
    """How many of these conferences are open at any time during each hour from `start` onwards."""
    found = [0] * FORECAST_HOURS
    for conference in conferences:
        hours = set[int]()
        for opens, closes in conference.windows():
            first, last = (opens - start) // HOUR, -((start - closes) // HOUR)
            hours.update(range(max(first, 0), min(last, FORECAST_HOURS)))
        for hour in hours:
            found[hour] += 1
    return found


def whole_hour(moment: datetime) -> datetime:
    """The beginning of the hour that contains a time."""
    return moment.replace(minute=0, second=0, microsecond=0)


async def _summed(tables: Tables, now: datetime) -> Forecast:
    table, start = statistics_table(tables), whole_hour(now)
    total, made = [0] * FORECAST_HOURS, now
    async for row in table.rows(FORECAST_PARTITION):
        if row.key != DEPLOYMENT:
            each = _forecast(row)
            total = [sum(pair) for pair in zip(total, each.from_hour(start), strict=True)]
    found = Forecast(start, total, made)
    await table.commit(FORECAST_PARTITION, _put(DEPLOYMENT, found))
    return found


def _put(key: str, found: Forecast) -> Put:
    rooms = json.dumps(list(found.rooms), separators=(",", ":"))
    return Put(key, {"start": found.start.isoformat(), "rooms": rooms, "made": found.made.isoformat()})


def _forecast(row: Row) -> Forecast:
    start, made = (datetime.fromisoformat(str(row.values[name])) for name in ("start", "made"))
    return Forecast(start, json.loads(str(row.values["rooms"])), made)
