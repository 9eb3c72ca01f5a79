"""Calculates the dates of a series from its pattern and range, as in Graph's `patternedRecurrence`."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from itertools import takewhile
from threading import Lock
from typing import Literal

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

PATTERNS = ("daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
INDEXES = ("first", "second", "third", "fourth", "last")

_FREQUENCY: dict[str, Literal[0, 1, 2, 3]] = {
    "daily": DAILY,
    "weekly": WEEKLY,
    "absoluteMonthly": MONTHLY,
    "relativeMonthly": MONTHLY,
    "absoluteYearly": YEARLY,
    "relativeYearly": YEARLY,
}


class RecurrenceError(ValueError):
    """Exchange would reject the recurrence. The message says why."""


@dataclass(frozen=True)
class Recurrence:
    """The pattern and range of a series. At most one of ``until`` and ``count`` is set. With neither, the series is
    endless.

    ``days`` are names of weekdays, ``index`` is one of `INDEXES`, and ``first`` is the earliest possible date.
    """

    pattern: str
    first: date
    interval: int = 1
    days: tuple[str, ...] = ()
    day_of_month: int = 0
    month: int = 0
    index: str = "first"
    week_start: str = "sunday"
    until: date | None = None
    count: int | None = None

    def __post_init__(self) -> None:
        for wrong, message in self._faults():
            if wrong:
                raise RecurrenceError(message)

    def _faults(self) -> Iterator[tuple[bool, str]]:
        pattern = self.pattern
        yield pattern not in PATTERNS, f"pattern.type must be one of {', '.join(PATTERNS)}; got '{pattern}'"
        yield self.interval < 1, f"pattern.interval must be 1 or more; got {self.interval}"
        needs_days = pattern in ("weekly", "relativeMonthly", "relativeYearly")
        yield needs_days and not self.days, f"pattern.daysOfWeek is required for {pattern}"
        yield not set(self.days) <= set(DAYS), f"pattern.daysOfWeek contains {self.days}; allowed are {', '.join(DAYS)}"
        yield self.week_start not in DAYS, f"pattern.firstDayOfWeek '{self.week_start}' is not a day of the week"
        yield self.index not in INDEXES, f"pattern.index must be one of {', '.join(INDEXES)}; got '{self.index}'"
        absolute = pattern.startswith("absolute")
        yield absolute and not 1 <= self.day_of_month <= 31, f"pattern.dayOfMonth must be from 1 to 31 for {pattern}"
        yield (
            pattern.endswith("Yearly") and not 1 <= self.month <= 12,
            f"pattern.month must be from 1 to 12 for {pattern}",
        )
        yield self.count is not None and self.count < 1, "range.numberOfOccurrences must be 1 or more"
        yield self.until is not None and self.until < self.first, "range.endDate is before range.startDate"

    def dates(self) -> Iterator[date]:
        """All dates of the series, in order. An endless series has infinitely many."""
        return _unrolled(self).onwards(0)

    def nth(self, number: int) -> date | None:
        """The date with the given number, counting from 0; None if the series has fewer dates."""
        return _unrolled(self).at(number)

    def dates_between(self, first: date, last: date) -> Iterator[date]:
        """The dates from ``first`` to ``last``, inclusive."""
        dates = _unrolled(self)
        return takewhile(lambda day: day <= last, dates.onwards(dates.number_of_first_from(first)))

    def has(self, day: date) -> bool:
        """Whether the given date is one of the series' dates."""
        return next(self.dates_between(day, day), None) is not None

    def rule(self) -> rrule:
        """The recurrence as a dateutil rule. The rule yields the dates as datetimes at midnight."""
        by_month_day, set_position = self._month_days()
        return rrule(
            _FREQUENCY[self.pattern],
            dtstart=datetime.combine(self.first, time()),
            interval=self.interval,
            wkst=weekday(DAYS.index(self.week_start)),
            byweekday=[weekday(DAYS.index(day)) for day in self.days] or None,
            bymonthday=by_month_day,
            bymonth=self.month if self.pattern.endswith("Yearly") else None,
            bysetpos=set_position,
            count=self.count,
            until=datetime.combine(self.until, time()) if self.until else None,
        )

    def _month_days(self) -> tuple[list[int] | None, int | None]:
        """The days of the month, and the position among them. As in Outlook, day 31 means the last day in shorter
        months.
        """
        if self.pattern.startswith("relative"):
            return None, -1 if self.index == "last" else INDEXES.index(self.index) + 1
        if not self.pattern.startswith("absolute"):
            return None, None
        if self.day_of_month <= 28:
            return [self.day_of_month], None
        return list(range(28, self.day_of_month + 1)), -1


class _Unrolled:
    """The dates of a series. Each date is calculated only once, because clients often request occurrences by number or
    date.
    """

    def __init__(self, rule: rrule) -> None:
        self._moments = iter(rule)
        self._dates: list[date] = []
        self._lock = Lock()

    def at(self, number: int) -> date | None:
        """The date with the given number, counting from 0; None if there are fewer dates."""
        with self._lock:
            while len(self._dates) <= number and self._grow():
                pass
            return self._dates[number] if number < len(self._dates) else None

    def onwards(self, number: int) -> Iterator[date]:
        """All dates from this number on."""
        while (day := self.at(number)) is not None:
            yield day
            number += 1

    def number_of_first_from(self, day: date) -> int:
        """The number of the first date on or after ``day``."""
        with self._lock:
            while (not self._dates or self._dates[-1] < day) and self._grow():
                pass
            return bisect_left(self._dates, day)

    def _grow(self) -> bool:
        moment = next(self._moments, None)
        if moment is not None:
            self._dates.append(moment.date())
        return moment is not None


@lru_cache(maxsize=64)
def _unrolled(recurrence: Recurrence) -> _Unrolled:
    return _Unrolled(recurrence.rule())
