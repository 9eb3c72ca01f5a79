"""Limits how much work a template may do (T2).

Nothing is timed. A template that is accepted today must not fail tomorrow because the machine is busy, and not every
platform has signals or threads that can be killed. Instead, all work is charged in *steps* against a fixed budget:

- a loop is charged in advance for its body, once per iteration (`grammar.instrument`);
- a value is charged for its size when it enters an expression, whether read from a variable or created by an operator,
  filter or function. Whatever is then done with it (compare, slice, print) takes time proportional to that size;
- no value may grow beyond `MAX_VALUE`, so every step is short. Code that could multiply a value calls `Meter.room`
  before doing the work.

Templates have neither recursion (macros, recursive loops) nor endless loops, so this bounds time and memory together.
"""

from collections.abc import Mapping
from typing import Any

from shared.clock import Clock
from shared.errors import TemplateInvalid

MAX_STEPS = 100_000
"""Maximum number of steps per rendering: about half a second on a slow core. The default templates need fewer than
100.
"""

CHARACTERS_PER_STEP = 16
"""Characters (or list entries) processed per step."""

MAX_VALUE = 16_384
"""Maximum number of characters and entries in a value, including nested ones."""

MAX_NUMBER = 10**18
"""Maximum absolute value of a number."""


class Exhausted(TemplateInvalid):
    """The template does too much work, or produces something too large."""


def weigh(value: object) -> int:
    """The size of a value: 1 plus its characters for a string, 1 plus the sizes of its entries for a list. Counting
    stops soon after MAX_VALUE.
    """
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
    """The steps that a rendering has left, and what it has logged."""

    def __init__(self, clock: Clock, steps: int = MAX_STEPS) -> None:
        self.clock = clock
        self.messages: list[str] = []
        self._left = steps

    def charge(self, steps: int) -> None:
        """Charge for work about to be done. Raises Exhausted."""
        self._left -= steps
        if self._left < 0:
            raise Exhausted("it does too much: shorten its loops or its strings")

    def scan(self, size: int, times: int) -> None:
        """Charge for reading a string of this size this many times, at memory speed. Raises Exhausted."""
        self.charge(size * times // 4096)

    def room(self, size: int) -> None:
        """Must be called before creating a value of this size (in characters or entries). Raises Exhausted."""
        if size > MAX_VALUE:
            raise Exhausted(f"it produces a value longer than {MAX_VALUE:,} characters")
        self.charge(1 + size // CHARACTERS_PER_STEP)

    def hold(self, value: Any) -> Any:
        """Charge for the size of a value that enters an expression, and return the value. Raises Exhausted."""
        self.room(weigh(value))
        if isinstance(value, int | float) and abs(value) > MAX_NUMBER:
            raise Exhausted("it produces too large a number")
        return value


class RequirementNotMet(TemplateInvalid):
    """The template itself rejected these values (`pex_require_min_length`)."""
