"""A day's counts, as columns of a row. Pure functions.

    outcome_<reason or decision>   messages decided on, by decision
    aliases_used                   aliases that a meeting has started to use
    sweep_repairs                  messages that a sweep found and no notification had announced
    compare_repairs                meetings for which a mailbox's calendar differed from the records
    lag_<class>                    answers whose time falls into a class

Rows for the same day are added column by column.
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
"""The upper bound, in seconds, of the first class of times to answer."""

LAG_FACTOR = 1.25
"""The ratio of the upper bounds of two successive classes, and therefore the maximum error of a percentile."""

LAG_CLASSES = 56
"""The number of classes. The last one is for all times of 1.2 days or more."""

Counts = Mapping[str, int]
"""Numbers, keyed by column."""


def outcome(reason: str, decision: str) -> str:
    """The column for a decision. It is named after the reason if that is a known name, and otherwise after the
    decision.
    """
    return OUTCOME + (reason if reason.isidentifier() else decision)


def lag(seconds: float) -> str:
    """The column for a time to answer."""
    place = ceil(log(max(seconds, LAG_SHORTEST) / LAG_SHORTEST, LAG_FACTOR) - 1e-9)
    return f"{LAG}{min(place, LAG_CLASSES - 1)}"


def added(rows: Iterable[Counts]) -> Counts:
    """The sum of several rows."""
    total = Counter[str]()
    for row in rows:
        total.update(row)
    return total


def outcomes(counts: Counts) -> dict[str, int]:
    """How many messages were decided on, keyed by decision."""
    return {name.removeprefix(OUTCOME): number for name, number in sorted(counts.items()) if name.startswith(OUTCOME)}


def answered(counts: Counts) -> int:
    """How many answers were sent."""
    return sum(_by_class(counts).values())


def percentile(counts: Counts, share: float) -> float | None:
    """The time in seconds within which this share of the answers was sent (0 < share <= 1), as the upper bound of a
    class. None if there were no answers.
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
