"""The table: what the product relies on, what this tenant does, and whether they agree."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from infra.live_check.graph import Refused

T = TypeVar("T")

HOLDS = "holds"
DIFFERS = "differs"
BORNE = "differs (tolerated)"
NOT_TRIED = "not tried"
WIDTH = 54
"""Width of a column, in characters."""


class Differs(Exception):
    """The tenant's behaviour differs from what the product relies on; the text describes it."""


class NotTried(Exception):
    """A check could not be run; the text says why."""


@dataclass(frozen=True)
class Row:
    """One line of the table; `verdict` is HOLDS, DIFFERS, BORNE or NOT_TRIED."""

    relied_on: str
    seen: str
    verdict: str


class Once(Generic[T]):
    """An object that several rows need, created on first use. If that fails, only the first row reports the error."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: list[T] = []
        self._failed = ""

    def get(self) -> T:
        """The object. If it cannot be created, the first call raises the error, and later calls raise NotTried."""
        if self._failed:
            raise NotTried(self._failed)
        try:
            self._made = self._made or [self._make()]
        except (Differs, Refused) as error:
            self._failed = f"see above: {error}"
            raise
        return self._made[0]


def expect(holds: bool, seen: str) -> str:
    """Return what was seen if it was expected; otherwise raise Differs."""
    if not holds:
        raise Differs(seen)
    return seen


@dataclass
class Table:
    """Rows, keyed by what the product relies on, in the order in which they were first tried."""

    rows: dict[str, Row] = field(default_factory=dict)

    def check(self, relied_on: str, look: Callable[[], str], *, borne: bool = False) -> None:
        """Run a check. `look` returns what it saw if that was expected, and otherwise raises Differs or NotTried.

        `borne` means that the product also works if the behaviour differs, so the row is only for information. A check
        that is repeated because a meeting now exists keeps its row. If it cannot be run again, it also keeps its
        earlier result.
        """
        try:
            row = Row(relied_on, look(), HOLDS)
        except (Differs, Refused) as error:
            row = Row(relied_on, str(error), BORNE if borne else DIFFERS)
        except (LookupError, TypeError, ValueError) as error:
            row = Row(relied_on, f"its response could not be read ({type(error).__name__})", DIFFERS)
        except NotTried as error:
            row = self.rows.get(relied_on) or Row(relied_on, str(error), NOT_TRIED)
        self.rows[relied_on] = row

    def count(self, verdict: str) -> int:
        """How many rows have this verdict."""
        return sum(row.verdict == verdict for row in self.rows.values())

    def text(self) -> str:
        """The whole table, in columns, with the verdict first."""
        head = Row("what the product relies on", "what this tenant does", "")
        line = Row("-" * WIDTH, "-" * WIDTH, "-" * len(BORNE))
        return "\n".join(_lines(row) for row in (head, line, *self.rows.values()))


def _lines(row: Row) -> str:
    left, right = textwrap.wrap(row.relied_on, WIDTH) or [""], textwrap.wrap(row.seen, WIDTH) or [""]
    height = max(len(left), len(right))
    cells = zip(
        [row.verdict] + [""] * (height - 1),
        left + [""] * (height - len(left)),
        right + [""] * (height - len(right)),
        strict=True,
    )
    return "\n".join(f"{verdict:{len(BORNE)}} | {a:{WIDTH}} | {b}".rstrip() for verdict, a, b in cells)
