"""C1, rule 3: people are admitted around each occurrence, and at no other time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.storage import MAX_TEXT
from tests.support.conferences import START, conference, occurrence

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def minutes(count: float) -> datetime:
    """The time the given number of minutes after START."""
    return START + count * MINUTE


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (minutes(-30) - SECOND, False),
        (minutes(-30), True),
        (minutes(0), True),
        (minutes(120) - SECOND, True),
        (minutes(120), False),
    ],
)
def test_a_window_includes_its_start_and_excludes_its_end(moment: datetime, is_open: bool) -> None:
    assert conference().is_open(moment) is is_open


def test_each_occurrence_has_its_own_window() -> None:
    room = conference(occurrence(0), occurrence(24))
    assert [room.is_open(START + timedelta(hours=h)) for h in (0, 12, 24, 36)] == [True, False, True, False]


def test_a_conference_without_occurrences_is_never_open() -> None:
    """For example, a series whose occurrences were all cancelled."""
    assert not conference(calendar=Calendar(())).is_open(START)


spans = st.tuples(st.integers(-60, 60), st.integers(0, 30))
buffers = st.integers(0, 20)


@given(st.lists(spans, max_size=5), buffers, buffers)
def test_windows_are_the_union_of_all_occurrences_windows(
    spans: list[tuple[int, int]], before: int, after: int
) -> None:
    """The result is compared with a list of all open minutes. The seconds before and after each minute are also
    checked.
    """
    times = tuple(sorted(Occurrence(minutes(start), minutes(start + length)) for start, length in spans))
    room = conference(calendar=Calendar(times), buffer_before=before, buffer_after=after)
    model = {m for start, length in spans for m in range(start - before, start + length + after)}
    for minute in range(-85, 120):
        assert room.is_open(minutes(minute)) is (minute in model)
        assert room.is_open(minutes(minute + 1) - SECOND) is (minute in model)


@given(st.lists(spans, max_size=5), buffers, buffers, st.integers(0, 10))
def test_the_next_change_is_the_first_minute_at_which_the_state_differs(
    spans: list[tuple[int, int]], before: int, after: int, early: int
) -> None:
    times = tuple(sorted(Occurrence(minutes(start), minutes(start + length)) for start, length in spans))
    room = conference(calendar=Calendar(times), buffer_before=before, buffer_after=after)
    lead = early * MINUTE
    for now in range(-100, 120, 7):
        is_open = room.is_open(minutes(now), lead)
        expected = (m for m in range(now + 1, 130) if room.is_open(minutes(m), lead) is not is_open)
        assert room.next_change(minutes(now), lead) == next(map(minutes, expected), None)


moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
whole = moments.map(lambda moment: moment.replace(microsecond=0))
lengths = st.integers(0, 9 * 86_400).map(lambda seconds: seconds * SECOND)
occurrences = st.builds(lambda start, length: Occurrence(start, start + length), whole, lengths)
calendars = st.builds(Calendar, st.lists(occurrences, max_size=6).map(lambda o: tuple(sorted(o))), st.none() | moments)
texts = st.text(st.characters(codec="utf-8"), max_size=30)
conferences = st.builds(
    Conference, texts, texts, texts, texts, texts, texts, texts, texts, texts, buffers, buffers, calendars
)


@given(conferences)
def test_json_preserves_everything(room: Conference) -> None:
    assert Conference.from_json(room.to_json()) == room


def test_a_year_of_daily_meetings_fits_into_a_table_column() -> None:
    every_day = tuple(occurrence(24 * day) for day in range(366))
    room = conference(calendar=Calendar(every_day), name="x" * 250, description="é" * 250, subject="x" * 250)
    assert len(room.to_json()) < MAX_TEXT / 2


PAST, FUTURE, LATER = occurrence(-5), occurrence(5), occurrence(30)
NOW = START


@pytest.mark.parametrize(
    ("calendar", "has_future"),
    [
        (Calendar(()), False),
        (Calendar((PAST,)), False),
        (Calendar((PAST, FUTURE)), True),
        (Calendar((occurrence(-0.5),)), True),  # the occurrence is in progress
        (Calendar((occurrence(-1),)), False),  # the occurrence ends at this moment
        (Calendar((PAST,), known_until=START), True),  # there may be further occurrences beyond the horizon
    ],
)
def test_a_calendar_shows_whether_occurrences_are_still_to_come(calendar: Calendar, has_future: bool) -> None:
    assert calendar.has_future(NOW) is has_future


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Calendar((FUTURE,)), Calendar((FUTURE,)), True),
        (Calendar((PAST, FUTURE)), Calendar((FUTURE,)), True),  # past occurrences are ignored
        (Calendar((FUTURE,)), Calendar((FUTURE, LATER)), False),
        (Calendar((FUTURE,)), Calendar((occurrence(5, 2),)), False),
        (Calendar(()), Calendar((PAST,)), True),
        # Times beyond the earlier horizon cannot be compared.
        (
            Calendar((FUTURE,), START + timedelta(hours=10)),
            Calendar((FUTURE, LATER), START + timedelta(hours=40)),
            True,
        ),
        (Calendar((FUTURE,), START + timedelta(hours=10)), Calendar((FUTURE, LATER)), True),
        (Calendar((FUTURE,), START + timedelta(hours=40)), Calendar((FUTURE, LATER)), False),
    ],
)
def test_calendars_are_compared_by_their_future_occurrences(one: Calendar, other: Calendar, same: bool) -> None:
    assert one.is_same_from(NOW, other) is same
    assert other.is_same_from(NOW, one) is same


def test_a_series_keeps_its_accepted_times_if_only_single_occurrences_changed() -> None:
    """The second occurrence was cancelled and the third was moved. Only a new pattern would move the first."""
    known = Calendar((occurrence(0), occurrence(24), occurrence(48)))
    moved = Calendar((replace(occurrence(0), is_plain=True), occurrence(50)))
    rescheduled = Calendar(tuple(replace(occurrence(hours), is_plain=True) for hours in (1, 25)))
    assert known.includes_from(START, moved.plain())
    assert not known.includes_from(START, rescheduled.plain())
    assert not known.includes_from(START, Calendar((occurrence(1),)).plain()), "no occurrence is marked as plain"
