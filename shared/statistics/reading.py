"""Reads daily counts and keeps the table small. A past day's rows are merged into one, and old days are removed. The
deployment's counts for today are in one row per process, and those for a past day are in a single row.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import groupby

from shared.statistics.counts import Counts, added
from shared.statistics.rows import FORECAST_PARTITION, day_key, day_of, statistics_table
from shared.storage import MAX_WRITES, Delete, Insert, Replace, Row, RowChanged, RowExists, Table, Tables, before

STATISTICS_LIFETIME = timedelta(days=365)
"""How long counts are kept: as long as records are kept after their meetings."""

WRITTEN_WITHIN = timedelta(days=1)
"""How long after the end of a day processes may still write its counts. The day's rows are not merged before then."""


async def days_since(tables: Tables, partition: str, first: date) -> Mapping[date, Counts]:
    """The counts for each day since `first`. Days without counts are missing. Raises Unavailable."""
    found = statistics_table(tables).rows(partition, after=before(day_key(first)))
    return {day: added(map(_counts, rows)) for day, rows in groupby([row async for row in found], _day)}


async def tidy(tables: Tables, partition: str, now: datetime) -> None:
    """Merge each past day's rows into one, and remove old days. May be repeated, and interrupted at any point."""
    table = statistics_table(tables)
    rows = [row async for row in table.rows(partition, until=day_key(now.date() - WRITTEN_WITHIN))]
    oldest = (now - STATISTICS_LIFETIME).date()
    with suppress(RowChanged, RowExists):  # another process is merging the same rows, and will continue
        for day, of_day in groupby(rows, _day):
            await (_remove if day < oldest else _join)(table, partition, list(of_day))


async def forget_statistics(tables: Tables, integration: str) -> None:
    """Remove a deleted integration's counts. The deployment's sums still include them."""
    table = statistics_table(tables)
    await _remove(table, integration, [row async for row in table.rows(integration)])
    if row := await table.get(FORECAST_PARTITION, integration):
        await _remove(table, FORECAST_PARTITION, [row])


async def _join(table: Table, partition: str, rows: Sequence[Row]) -> None:
    """Merge several rows into one. Each part is one transaction, so every count is in exactly one row at any time."""
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
        with suppress(RowChanged):  # another process is removing them
            await table.commit(partition, *map(Delete, rows[start : start + MAX_WRITES]))


def _day(row: Row) -> date:
    return day_of(row.key)


def _counts(row: Row) -> Counts:
    return {name: int(value) for name, value in row.values.items()}
