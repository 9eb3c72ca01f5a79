"""Reads a series' occurrences from Exchange within a rolling horizon (M3)."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from shared.calendar.conference import Calendar, Occurrence
from shared.calendar.request import CalendarItem, Shape

HORIZON = timedelta(days=90)
"""How far ahead the occurrences of a series are recorded. The agenda timer keeps extending this period."""

FARTHEST = timedelta(days=1825)
"""How far ahead to search for occurrences of a series that seems to be over. Graph refuses ranges of more than five
years.
"""

MOST_OCCURRENCES = 1000
"""Maximum number of a series' occurrences within the horizon. A daily series has 91."""

Instances = Callable[[datetime, datetime, int], Awaitable[tuple[Occurrence, ...]]]
"""Reads all occurrences between two times, except cancelled ones, in ascending order of start. The caller needs at most
the given number.
"""


async def read_calendar(item: CalendarItem, now: datetime, instances: Instances) -> Calendar:
    """See Mailbox.calendar.

    The time in an occurrence's own item counts as well, because Exchange may omit the occurrence from the series. If a
    series seems to have no occurrences left, the search goes as far ahead as Exchange allows, because a yearly series
    may have another one.
    """
    if item.shape is Shape.SINGLE:
        return Calendar((item.occurrence,))
    since, until = now - timedelta(days=1), now + HORIZON
    occurrences = await instances(since, until, MOST_OCCURRENCES)
    if _takes_place(item) and since < item.occurrence.end and item.occurrence.start < until:
        occurrences = tuple(sorted({*occurrences, item.occurrence}))
    if item.last_day is not None and item.last_day + timedelta(days=1) < until:
        return Calendar(occurrences)
    if any(now < occurrence.end for occurrence in occurrences):
        return Calendar(occurrences, until)
    later = await instances(until, now + FARTHEST, 1)
    return Calendar(occurrences, until if later else None)


def _takes_place(item: CalendarItem) -> bool:
    return item.shape is Shape.OCCURRENCE and not item.is_stand_in and not item.cancelled
