"""Table `statistics`: the one place where its keys are spelt.

    deployment   / <yyyymmdd>:<process>            what one process has counted on a day      counters.py
    <uuid>       / <yyyymmdd>:<process>            the same of one integration                counters.py
    deployment   / <yyyymmdd>:                     a day of all processes, once it is over    reading.py
    <uuid>       / <yyyymmdd>:                     the same of one integration                reading.py
    forecast     / <uuid>                          rooms of an integration by the hour        forecast.py
    forecast     / deployment                      the sum of these                           forecast.py
    alarms       / <inverted>:<uuid>:<kind>        an alarm that was raised; newest first     former_alarms.py

Nothing here is personal, and nothing depends on it: whatever is lost is missing in a chart.
"""

from datetime import date, datetime

from shared.storage import STATISTICS, Table, Tables

DEPLOYMENT = "deployment"
"""Partition of what is counted for all integrations together."""

FORECAST_PARTITION = "forecast"
FORMER_ALARMS_PARTITION = "alarms"

_SECONDS_END = 10**10
"""Seconds since 1970 that no clock shows before the year 2286."""


def statistics_table(tables: Tables) -> Table:
    """Table `statistics`."""
    return tables.table(STATISTICS)


def day_key(day: date, process: str = "") -> str:
    """The key of a day's counts by one process; of all of them without."""
    return f"{day:%Y%m%d}:{process}"


def day_of(key: str) -> date:
    """The day of such a key."""
    return datetime.strptime(key.partition(":")[0], "%Y%m%d").date()  # noqa: DTZ007  # a day, no time


def newest_first(moment: datetime) -> str:
    """What a key begins with so that later moments sort in front of earlier ones."""
    return f"{_SECONDS_END - int(moment.timestamp()):010d}"
