"""The table: what the product relies on, what this tenant does, and whether that holds."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from infra.live_check.graph import Refused

T = TypeVar("T")

HOLDS = "holds"
DIFFERS = "differs"
BORNE = "differs (borne)"
NOT_TRIED = "not tried"
WIDTH = 54
"""Characters of a column."""


class Differs(Exception):
    """The tenant does something else than what is relied on: what."""


class NotTried(Exception):
    """What is relied on could not be tried: why."""


@dataclass(frozen=True)
class Row:
    """One line of the table; `verdict` is HOLDS, DIFFERS, BORNE or NOT_TRIED."""

    relied_on: str
    seen: str
    verdict: str


class Once(Generic[T]):
    """What several rows stand on: made when it is first needed. Where that fails, only the first row tells how."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: list[T] = []
        self._failed = ""

    def get(self) -> T:
        """It. Raises what making it raised, and NotTried from then on."""
        if self._failed:
            raise NotTried(self._failed)
        try:
            self._made = self._made or [self._make()]
        except (Differs, Refused) as error:
            self._failed = f"see above: {error}"
            raise
        return self._made[0]


def expect(holds: bool, seen: str) -> str:
    """What was seen, where it is what is relied on. Raises Differs."""
    if not holds:
        raise Differs(seen)
    return seen


@dataclass
class Table:
    """Rows in the order in which they were first tried, by what is relied on."""

    rows: dict[str, Row] = field(default_factory=dict)

    def check(self, relied_on: str, look: Callable[[], str], *, borne: bool = False) -> None:
        """Try something. `look` returns what it saw where that is what is relied on; it raises Differs or NotTried.

        `borne`: the product works with the other behaviour, too, and only wants to know. What was tried before and is
        to be tried again (now that there is a meeting) keeps its place, and an earlier finding where this one has none.
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
        """All of it, in columns; the verdict first, so that one sees it at a glance."""
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
