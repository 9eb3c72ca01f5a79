"""The numbers of a booking and its occurrences in the management API, which numbering.py assigns. Pure.

All fit into a signed 32-bit integer, and none is assigned twice. A series has the same number as its booking.
"""

import json
from dataclasses import dataclass, replace
from typing import Self

from shared.calendar.conference import Calendar, Occurrence


@dataclass(frozen=True)
class Numbers:
    """`own` is the booking's number, or 0 if it has none yet. `occurrences` are pairs: an occurrence's start in
    seconds, and its number.
    """

    own: int = 0
    occurrences: tuple[tuple[int, int], ...] = ()

    def of(self, occurrence: Occurrence) -> int:
        """An occurrence's number, 0 if it has none yet."""
        return dict(self.occurrences).get(_start(occurrence), 0)

    def missing(self, calendar: Calendar | None) -> int:
        """How many occurrences in a calendar have no number."""
        return sum(not self.of(each) for each in (calendar.occurrences if calendar else ()))

    def gone(self, calendar: Calendar | None) -> list[int]:
        """The numbers of occurrences that are no longer in a calendar."""
        kept = {_start(each) for each in (calendar.occurrences if calendar else ())}
        return [number for start, number in self.occurrences if start not in kept]

    def completed(self, calendar: Calendar | None, own: int, new: list[int]) -> Self:
        """A copy of these numbers without those in `gone`, and with a new number for each item that lacks one."""
        fresh = iter(new)
        known = dict(self.occurrences)
        starts = [_start(each) for each in (calendar.occurrences if calendar else ())]
        return replace(
            self, own=self.own or own, occurrences=tuple((each, known.get(each) or next(fresh)) for each in starts)
        )

    def to_json(self) -> str:
        """Compact JSON."""
        return json.dumps([self.own, self.occurrences], separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        own, occurrences = json.loads(text)
        return cls(own, tuple((start, number) for start, number in occurrences))


NO_NUMBERS = Numbers()


def _start(occurrence: Occurrence) -> int:
    return int(occurrence.start.timestamp())
