"""Recurrence patterns and ranges as Exchange interprets them."""

from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.exchange.drafts import parse_recurrence
from dev.exchange.recurrence import DAYS, Recurrence, RecurrenceError
from dev.exchange.zones import UnknownZoneError, to_utc, windows_name, zone

FIRST = date(2028, 1, 1)


def dates(pattern: dict[str, Any], limits: dict[str, Any], count: int = 5) -> list[str]:
    rule = parse_recurrence({"pattern": pattern, "range": limits}, FIRST)
    return [day.isoformat() for day in islice(rule.dates(), count)]


@pytest.mark.parametrize(
    ("pattern", "limits", "expected"),
    [
        ({"type": "daily", "interval": 3}, {}, ["2028-01-01", "2028-01-04", "2028-01-07"]),
        ({"type": "weekly", "daysOfWeek": ["Monday", "Tuesday"]}, {}, ["2028-01-03", "2028-01-04", "2028-01-10"]),
        # Every other week: the first day of the week determines which days belong to the same week.
        (
            {"type": "weekly", "interval": 2, "daysOfWeek": ["sunday", "tuesday"], "firstDayOfWeek": "sunday"},
            {"startDate": "2028-01-04"},
            ["2028-01-04", "2028-01-16", "2028-01-18"],
        ),
        (
            {"type": "weekly", "interval": 2, "daysOfWeek": ["sunday", "tuesday"], "firstDayOfWeek": "monday"},
            {"startDate": "2028-01-04"},
            ["2028-01-04", "2028-01-09", "2028-01-18"],
        ),
        ({"type": "absoluteMonthly", "interval": 3, "dayOfMonth": 7}, {}, ["2028-01-07", "2028-04-07", "2028-07-07"]),
        ({"type": "absoluteMonthly", "dayOfMonth": 31}, {}, ["2028-01-31", "2028-02-29", "2028-03-31"]),
        ({"type": "absoluteYearly", "dayOfMonth": 15, "month": 4}, {}, ["2028-04-15", "2029-04-15", "2030-04-15"]),
        ({"type": "absoluteYearly", "dayOfMonth": 29, "month": 2}, {}, ["2028-02-29", "2029-02-28", "2030-02-28"]),
        (
            {"type": "relativeMonthly", "daysOfWeek": ["thursday", "friday"], "index": "first"},
            {},
            ["2028-01-06", "2028-02-03", "2028-03-02"],
        ),
        (
            {"type": "relativeMonthly", "interval": 2, "daysOfWeek": ["wednesday"], "index": "last"},
            {},
            ["2028-01-26", "2028-03-29", "2028-05-31"],
        ),
        (
            {"type": "relativeYearly", "daysOfWeek": ["wednesday"], "index": "last", "month": 11},
            {},
            ["2028-11-29", "2029-11-28", "2030-11-27"],
        ),
        ({"type": "daily"}, {"type": "numbered", "numberOfOccurrences": 2}, ["2028-01-01", "2028-01-02"]),
        ({"type": "daily"}, {"type": "endDate", "endDate": "2028-01-03"}, ["2028-01-01", "2028-01-02", "2028-01-03"]),
        ({"type": "daily"}, {"type": "noEnd", "startDate": "2028-02-28"}, ["2028-02-28", "2028-02-29", "2028-03-01"]),
    ],
)
def test_patterns_and_ranges_produce_the_expected_dates(
    pattern: dict[str, Any], limits: dict[str, Any], expected: list[str]
) -> None:
    assert dates(pattern, limits, 3)[: len(expected)] == expected
    if limits.get("type") in ("numbered", "endDate"):
        assert dates(pattern, limits, 100) == expected


def recurrences() -> st.SearchStrategy[Recurrence]:
    days = st.sets(st.sampled_from(DAYS), min_size=1).map(tuple)
    common = {"first": st.dates(date(2020, 1, 1), date(2040, 1, 1)), "interval": st.integers(1, 5)}
    month, day = st.integers(1, 12), st.integers(1, 31)
    index = st.sampled_from(["first", "second", "third", "fourth", "last"])
    return st.one_of(
        st.builds(Recurrence, pattern=st.just("daily"), **common),
        st.builds(Recurrence, pattern=st.just("weekly"), days=days, week_start=st.sampled_from(DAYS), **common),
        st.builds(Recurrence, pattern=st.just("absoluteMonthly"), day_of_month=day, **common),
        st.builds(Recurrence, pattern=st.just("relativeMonthly"), days=days, index=index, **common),
        st.builds(Recurrence, pattern=st.just("absoluteYearly"), day_of_month=day, month=month, **common),
        st.builds(Recurrence, pattern=st.just("relativeYearly"), days=days, index=index, month=month, **common),
    )


@given(rule=recurrences())
def test_dates_increase_and_start_no_earlier_than_the_range(rule: Recurrence) -> None:
    found = list(islice(rule.dates(), 10))
    assert found == sorted(set(found))
    assert found[0] >= rule.first


@given(rule=recurrences(), offset=st.integers(0, 400), length=st.integers(0, 400))
def test_a_window_contains_exactly_the_dates_of_the_whole_series_within_it(
    rule: Recurrence, offset: int, length: int
) -> None:
    start = rule.first + timedelta(days=offset)
    end = start + timedelta(days=length)
    whole = [day for day in islice(rule.dates(), 1000) if start <= day <= end]
    assert list(rule.dates_between(start, end)) == whole
    assert all(rule.has(day) for day in whole[:5])


@pytest.mark.parametrize(
    "fields",
    [
        {"pattern": "hourly"},
        {"pattern": "daily", "interval": 0},
        {"pattern": "weekly"},
        {"pattern": "weekly", "days": ("someday",)},
        {"pattern": "absoluteMonthly"},
        {"pattern": "absoluteMonthly", "day_of_month": 32},
        {"pattern": "absoluteYearly", "day_of_month": 1},
        {"pattern": "relativeMonthly", "days": ("monday",), "index": "fifth"},
        {"pattern": "daily", "count": 0},
        {"pattern": "daily", "until": date(2027, 12, 31)},
    ],
)
def test_invalid_patterns_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(RecurrenceError):
        Recurrence(**{"first": FIRST, **fields})


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2030-01-15T09:00:00", "2030-01-15T08:00:00+00:00"),
        ("2030-07-15T09:00:00", "2030-07-15T07:00:00+00:00"),
        # The change to summer time skips this time, so the occurrence is an hour later.
        ("2030-03-31T02:30:00", "2030-03-31T01:30:00+00:00"),
        # This time occurs twice on the day of the change to winter time. The first occurrence counts.
        ("2030-10-27T02:30:00", "2030-10-27T00:30:00+00:00"),
    ],
)
def test_local_times_around_clock_changes_are_converted(local: str, utc: str) -> None:
    assert to_utc(datetime.fromisoformat(local), "W. Europe Standard Time") == datetime.fromisoformat(utc)


def test_zone_names_are_recognized() -> None:
    assert windows_name("Europe/Berlin") == "W. Europe Standard Time"
    assert windows_name("W. Europe Standard Time") == "W. Europe Standard Time"
    assert windows_name("Etc/UTC") == "UTC"
    assert zone("eastern standard time") == zone("America/New_York")
    with pytest.raises(UnknownZoneError, match="Middle Earth"):
        zone("Middle Earth")
