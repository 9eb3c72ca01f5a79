"""W5: what is counted a day; times to answer are kept in classes, so that days and processes can be added."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.statistics.counts import LAG_CLASSES, LAG_FACTOR, LAG_SHORTEST, added, answered, lag, outcome, percentile

seconds = st.floats(min_value=0, max_value=80_000, allow_nan=False)


def counted(times: list[float]) -> dict[str, int]:
    return dict(added({lag(each): 1} for each in times))


@given(st.lists(seconds, min_size=1, max_size=60), st.sampled_from([0.5, 0.95, 1.0]))
def test_a_percentile_is_the_true_one_or_at_most_a_class_more(times: list[float], share: float) -> None:
    counts = counted(times)
    true = sorted(times)[max(0, -(-len(times) * int(share * 100) // 100) - 1)]
    found = percentile(counts, share)
    assert answered(counts) == len(times)
    assert found is not None
    assert true * 0.995 <= found <= max(true, LAG_SHORTEST) * LAG_FACTOR * 1.005


@given(st.lists(seconds), st.lists(seconds))
def test_two_processes_count_as_much_as_one(some: list[float], others: list[float]) -> None:
    assert added([counted(some), counted(others)]) == counted(some + others)


def test_without_answers_there_is_no_time_to_answer() -> None:
    assert percentile({"outcome_accept": 3}, 0.5) is None


def test_whatever_takes_longer_is_in_the_last_class() -> None:
    assert lag(10**9) == f"lag_{LAG_CLASSES - 1}"


@pytest.mark.parametrize(
    ("reason", "decision", "column"),
    [
        ("reject_alias_conflict_template", "reject", "outcome_reject_alias_conflict_template"),
        ("no tag, and from nobody that we know", "ignore", "outcome_ignore"),
        ("", "close", "outcome_close"),
    ],
)
def test_an_outcome_is_a_name_that_a_column_can_have(reason: str, decision: str, column: str) -> None:
    assert outcome(reason, decision) == column
