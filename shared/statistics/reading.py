"""Days of what was counted, read; and kept small: days that are over become one row, old ones go.

A day of the deployment is read from as many rows as processes counted on it, and from one once it is over.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import groupby

from shared.statistics.counts import Counts, added
from shared.statistics.rows import FORECAST_PARTITION, day_key, day_of, statistics_table
from shared.storage import MAX_WRITES, Delete, Insert, Replace, Row, RowChanged, RowExists, Table, Tables, before

STATISTICS_LIFETIME = timedelta(days=365)
"""As long as records stay after their meetings."""

WRITTEN_WITHIN = timedelta(days=1)
"""A process may still write a day's counts so long after the day: it is not made one row before."""


async def days_since(tables: Tables, partition: str, first: date) -> Mapping[date, Counts]:
    """What was counted on each day since `first`; days without anything are missing. Raises Unavailable."""
    found = statistics_table(tables).rows(partition, after=before(day_key(first)))
    return {day: added(map(_counts, rows)) for day, rows in groupby([row async for row in found], _day)}


async def tidy(tables: Tables, partition: str, now: datetime) -> None:
    """Make one row of each day that is over, and remove old days. May be repeated, and interrupted anywhere."""
    table = statistics_table(tables)
    rows = [row async for row in table.rows(partition, until=day_key(now.date() - WRITTEN_WITHIN))]
    oldest = (now - STATISTICS_LIFETIME).date()
    with suppress(RowChanged, RowExists):  # somebody else tidies up: they go on
        for day, of_day in groupby(rows, _day):
            await (_remove if day < oldest else _join)(table, partition, list(of_day))


async def forget_statistics(tables: Tables, integration: str) -> None:
    """An integration has been deleted: nothing of it is left, but in the sums of the deployment."""
    table = statistics_table(tables)
    await _remove(table, integration, [row async for row in table.rows(integration)])
    if row := await table.get(FORECAST_PARTITION, integration):
        await _remove(table, FORECAST_PARTITION, [row])


async def _join(table: Table, partition: str, rows: Sequence[Row]) -> None:
    """One row of several, each part of it in one transaction: what was counted is in one row at any time."""
    total, others = (rows[0], rows[1:]) if rows[0].key == day_key(_day(rows[0])) else (None, rows)
    while others:
        part, others = others[: MAX_WRITES - 1], others[MAX_WRITES - 1 :]
        sum_ = dict(added(map(_counts, (*([total] if total else []), *part))))
        key = day_key(_day(part[0]))
        write = Replace(total, sum_) if total else Insert(key, sum_)
        etags = await table.commit(partition, write, *map(Delete, part))
        total = Row(partition, key, sum_, etags[0])


async def _remove(table: Table, partition: str, rows: Sequence[Row]) -> None:
    for start in range(0, len(rows), MAX_WRITES):
        with suppress(RowChanged):  # somebody else removes them
            await table.commit(partition, *map(Delete, rows[start : start + MAX_WRITES]))


def _day(row: Row) -> date:
    return day_of(row.key)


def _counts(row: Row) -> Counts:
    return {name: int(value) for name, value in row.values.items()}
