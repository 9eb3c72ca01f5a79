"""How much a template may do (T2).

Nothing is timed: a template that is accepted today must not fail tomorrow because the machine is busy, and neither
signals nor threads that can be killed exist on every platform. Instead, every piece of work is paid for in *steps*, out
of a fixed number:

- a loop pays beforehand for its body, once a turn (`grammar.instrument`);
- a value pays for its size where it enters an expression: read from a variable, or made by an operator, a filter or a
  function. What is then done with it (compare, slice, print) takes time in proportion to that size;
- no value may outgrow `MAX_VALUE`, so that a step is short whatever it does. What could multiply a value asks
  `Meter.room` *before* it does the work.

Templates have neither recursion (macros, recursive loops) nor loops without end, so this bounds time and memory
together.
"""

from collections.abc import Mapping
from typing import Any

from shared.clock import Clock
from shared.errors import TemplateInvalid

MAX_STEPS = 100_000
"""Steps for one rendering; about half a second of a slow core. The default templates need fewer than 100."""

CHARACTERS_PER_STEP = 16
"""Characters (or list entries) that are handled for one step."""

MAX_VALUE = 16_384
"""Characters and entries, nested ones included, of one value."""

MAX_NUMBER = 10**18
"""Numbers stay within ± this."""


class Exhausted(TemplateInvalid):
    """The template does too much, or makes something too large."""


def weigh(value: object) -> int:
    """1 and its characters for a text, 1 and its entries' weights for a list; counting stops soon after MAX_VALUE."""
    total = 0
    rest: list[object] = [value]
    while rest and total <= MAX_VALUE:
        item = rest.pop()
        total += 1
        if isinstance(item, str):
            total += len(item)
        elif isinstance(item, list | tuple):
            rest.extend(item[:MAX_VALUE])
        elif isinstance(item, Mapping):
            rest.extend(item.keys())
            rest.extend(item.values())
    return total


class Meter:
    """What one rendering has left, and what it said."""

    def __init__(self, clock: Clock, steps: int = MAX_STEPS) -> None:
        self.clock = clock
        self.messages: list[str] = []
        self._left = steps

    def charge(self, steps: int) -> None:
        """Pay for work about to be done. Raises Exhausted."""
        self._left -= steps
        if self._left < 0:
            raise Exhausted("it does too much: shorten its loops or its texts")

    def scan(self, size: int, times: int) -> None:
        """Pay for going over a text of this size so many times at the speed of memory. Raises Exhausted."""
        self.charge(size * times // 4096)

    def room(self, size: int) -> None:
        """Ask before a value of this size (characters or entries) is made. Raises Exhausted."""
        if size > MAX_VALUE:
            raise Exhausted(f"it makes a value longer than {MAX_VALUE:,} characters")
        self.charge(1 + size // CHARACTERS_PER_STEP)

    def hold(self, value: Any) -> Any:
        """A value enters an expression: pay for its size, and hand it back. Raises Exhausted."""
        self.room(weigh(value))
        if isinstance(value, int | float) and abs(value) > MAX_NUMBER:
            raise Exhausted("it makes too large a number")
        return value


class RequirementNotMet(TemplateInvalid):
    """The template itself asked to fail for these values (`pex_require_min_length`)."""
