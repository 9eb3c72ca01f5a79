"""W5: daily counts. Times to answer are counted in classes, so that counts from different days and processes can be
added up.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.statistics.counts import LAG_CLASSES, LAG_FACTOR, LAG_SHORTEST, added, answered, lag, outcome, percentile

seconds = st.floats(min_value=0, max_value=80_000, allow_nan=False)


def counted(times: list[float]) -> dict[str, int]:
    return dict(added({lag(each): 1} for each in times))


@given(st.lists(seconds, min_size=1, max_size=60), st.sampled_from([0.5, 0.95, 1.0]))
def test_a_percentile_is_exact_to_one_class(times: list[float], share: float) -> None:
    counts = counted(times)
    true = sorted(times)[max(0, -(-len(times) * int(share * 100) // 100) - 1)]
    found = percentile(counts, share)
    assert answered(counts) == len(times)
    assert found is not None
    assert true * 0.995 <= found <= max(true, LAG_SHORTEST) * LAG_FACTOR * 1.005


@given(st.lists(seconds), st.lists(seconds))
def test_the_counts_of_two_processes_add_up(some: list[float], others: list[float]) -> None:
    assert added([counted(some), counted(others)]) == counted(some + others)


def test_without_answers_there_is_no_percentile() -> None:
    assert percentile({"outcome_accept": 3}, 0.5) is None


def test_very_slow_answers_are_counted_in_the_slowest_class() -> None:
    assert lag(10**9) == f"lag_{LAG_CLASSES - 1}"


@pytest.mark.parametrize(
    ("reason", "decision", "column"),
    [
        ("reject_alias_conflict_template", "reject", "outcome_reject_alias_conflict_template"),
        ("no tag, and from an unknown sender", "ignore", "outcome_ignore"),
        ("", "close", "outcome_close"),
    ],
)
def test_an_outcomes_name_is_a_valid_column_name(reason: str, decision: str, column: str) -> None:
    assert outcome(reason, decision) == column
