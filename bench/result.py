"""The result of a measurement, and whether it is within its budget."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """One figure. `budget` is its maximum, or its minimum with `at_least`; without a budget it is informational."""

    what: str
    figure: float
    unit: str
    budget: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the figure is within its budget."""
        if self.budget is None:
            return True
        return self.figure >= self.budget if self.at_least else self.figure <= self.budget

    def as_json(self) -> dict[str, object]:
        """The figure with three significant digits, because two runs differ by more than the remaining digits."""
        shown = {"what": self.what, "figure": float(f"{self.figure:.3g}"), "unit": self.unit}
        if self.budget is not None:
            shown |= {"budget": self.budget, "is": "at least" if self.at_least else "at most", "passed": self.passed}
        return shown | ({"note": self.note} if self.note else {})


def table(results: Sequence[Result]) -> str:
    """The results as a table for the terminal."""
    rows = [("what", "measured", "budget", ""), *map(_row, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join((a.ljust(widths[0]), b.rjust(widths[1]), c.rjust(widths[2]), d)) for a, b, c, d in rows]
    return "\n".join(line.rstrip() for line in lines)


def write(results: Sequence[Result], path: Path) -> None:
    """Save the results as JSON."""
    path.write_text(json.dumps([result.as_json() for result in results], indent=2, ensure_ascii=False) + "\n")


def _row(result: Result) -> tuple[str, str, str, str]:
    sign = "≥" if result.at_least else "≤"
    budget = "" if result.budget is None else f"{sign} {result.budget:g} {result.unit}"
    verdict = "" if result.budget is None else "pass" if result.passed else "FAIL"
    return result.what, f"{_short(result.figure)} {result.unit}", budget, f"{verdict:4}  {result.note}"


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 or figure == int(figure) else f"{figure:.3g}"
