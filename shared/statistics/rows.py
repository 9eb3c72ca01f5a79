"""Table `statistics`. This module alone builds its keys.

    deployment   / <yyyymmdd>:<process>            the counts of one process on a day         counters.py
    <uuid>       / <yyyymmdd>:<process>            the same for one integration               counters.py
    deployment   / <yyyymmdd>:                     the same for all processes, for a past day    reading.py
    <uuid>       / <yyyymmdd>:                     the same for one integration               reading.py
    forecast     / <uuid>                          an integration's rooms in each hour       forecast.py
    forecast     / deployment                      the sum of these                           forecast.py
    alarms       / <inverted>:<uuid>:<kind>        an alarm that was raised; newest first     former_alarms.py

Nothing here is personal, and nothing depends on it. If counts are lost, they are merely missing from a chart.
"""

from datetime import date, datetime

from shared.storage import STATISTICS, Table, Tables

DEPLOYMENT = "deployment"
"""Partition for the combined counts of all integrations."""

FORECAST_PARTITION = "forecast"
FORMER_ALARMS_PARTITION = "alarms"

_SECONDS_END = 10**10
"""A time in the year 2286, in seconds since 1970."""


def statistics_table(tables: Tables) -> Table:
    """Table `statistics`."""
    return tables.table(STATISTICS)


def day_key(day: date, process: str = "") -> str:
    """The key of one process's counts for a day; without a process, the key of the counts of all processes."""
    return f"{day:%Y%m%d}:{process}"


def day_of(key: str) -> date:
    """The day in the key of a day's counts."""
    return datetime.strptime(key.partition(":")[0], "%Y%m%d").date()  # noqa: DTZ007  # a day, no time


def newest_first(moment: datetime) -> str:
    """The beginning of a key that sorts later times before earlier ones."""
    return f"{_SECONDS_END - int(moment.timestamp()):010d}"
