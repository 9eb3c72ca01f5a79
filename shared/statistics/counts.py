"""What is counted a day, as columns of a row; pure.

    outcome_<reason or decision>   messages decided on, by decision
    aliases_used                   aliases that a meeting has started to use
    sweep_repairs                  messages that a sweep found and no notification had announced
    compare_repairs                meetings in which a mailbox's calendar differed from the records
    lag_<class>                    answers by the time that they took

Rows of one day are added column by column.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil, log

OUTCOME = "outcome_"
LAG = "lag_"
ALIASES_USED = "aliases_used"
SWEEP_REPAIRS = "sweep_repairs"
COMPARE_REPAIRS = "compare_repairs"

LAG_SHORTEST = 0.5
"""Seconds; times to answer up to here are one class."""

LAG_FACTOR = 1.25
"""From the upper bound of one class to that of the next: so far may a percentile be off."""

LAG_CLASSES = 56
"""The last one takes what is longer, too: from 1.2 days on."""

Counts = Mapping[str, int]
"""Numbers by column."""


def outcome(reason: str, decision: str) -> str:
    """The column of a decision: its reason where that is one of the known names, else what was decided."""
    return OUTCOME + (reason if reason.isidentifier() else decision)


def lag(seconds: float) -> str:
    """The column of a time to answer."""
    place = ceil(log(max(seconds, LAG_SHORTEST) / LAG_SHORTEST, LAG_FACTOR) - 1e-9)
    return f"{LAG}{min(place, LAG_CLASSES - 1)}"


def added(rows: Iterable[Counts]) -> Counts:
    """The sum of several rows."""
    total = Counter[str]()
    for row in rows:
        total.update(row)
    return total


def outcomes(counts: Counts) -> dict[str, int]:
    """Messages decided on, by what was decided."""
    return {name.removeprefix(OUTCOME): number for name, number in sorted(counts.items()) if name.startswith(OUTCOME)}


def answered(counts: Counts) -> int:
    """How many answers went out."""
    return sum(_by_class(counts).values())


def percentile(counts: Counts, share: float) -> float | None:
    """The time, in seconds, within which so many of the answers went out (0 < share <= 1); None without any.

    It is the upper bound of the class that the answer in question is in.
    """
    left = ceil(share * answered(counts))
    if not left:
        return None
    for place, number in sorted(_by_class(counts).items()):
        left -= number
        if left <= 0:
            return float(f"{LAG_SHORTEST * LAG_FACTOR**place:.3g}")
    raise AssertionError("a share is at most 1")


def _by_class(counts: Counts) -> dict[int, int]:
    return {int(name.removeprefix(LAG)): number for name, number in counts.items() if name.startswith(LAG)}
