import json
from pathlib import Path

import pytest

from bench.result import Result, table, write


@pytest.mark.parametrize(
    ("figure", "budget", "at_least", "passed"),
    [
        (1.35, 1.35, False, True),
        (1.36, 1.35, False, False),
        (90, 90, True, True),
        (89.9, 90, True, False),
        (0, 0, False, True),
        (1, 0, False, False),
        (1e9, None, False, True),
    ],
)
def test_a_budget_may_be_reached_but_not_exceeded(
    figure: float, budget: float | None, at_least: bool, passed: bool
) -> None:
    assert Result("x", figure, "ms", budget, at_least=at_least).passed is passed


def test_the_table_shows_which_results_exceed_their_budgets() -> None:
    head, good, bad, plain = table(
        [Result("good", 1, "ms", 2), Result("bad", 3, "ms", 2, note="why"), Result("plain", 1234.5, "ms")]
    ).splitlines()
    assert head.split() == ["what", "measured", "budget"]
    assert good.split() == ["good", "1", "ms", "≤", "2", "ms", "pass"]
    assert bad.split() == ["bad", "3", "ms", "≤", "2", "ms", "FAIL", "why"]
    assert plain.split() == ["plain", "1,234", "ms"]


def test_results_are_stored_with_their_budgets(tmp_path: Path) -> None:
    write([Result("x", 0.12345, "×", 1.5), Result("y", 95.91, "%", 90, at_least=True)], tmp_path / "results.json")
    assert json.loads((tmp_path / "results.json").read_text()) == [
        {"what": "x", "figure": 0.123, "unit": "×", "budget": 1.5, "is": "at most", "passed": True},
        {"what": "y", "figure": 95.9, "unit": "%", "budget": 90, "is": "at least", "passed": True},
    ]
