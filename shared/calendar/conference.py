"""A scheduled conference, and when people may join it (C1). Pure."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

_NOT_EARLY = timedelta(0)

_LEFT_OUT_WHEN_EMPTY = frozenset({"owner", "alias_description"})
"""Fields added by later versions. They are only written if set, so that older rows are written back unchanged."""


@dataclass(frozen=True, order=True)
class Occurrence:
    """One occurrence of a meeting; start and end are timezone-aware, in UTC.

    `is_plain` means that Exchange shows it as part of its series, not as an exception. This is only known right after
    reading.
    """

    start: datetime
    end: datetime
    is_plain: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Calendar:
    """A meeting's occurrences according to Exchange, in ascending order of start.

    `known_until` is the time up to which they are known, or None if all of them are: a series is only kept up to a
    rolling horizon (M3).
    """

    occurrences: tuple[Occurrence, ...]
    known_until: datetime | None = None

    def current(self, now: datetime) -> tuple[Occurrence, int]:
        """The occurrence in progress or the next one (the last one if all are over), and its index. There must be at
        least one occurrence.
        """
        place = next((n for n, each in enumerate(self.occurrences) if now < each.end), len(self.occurrences) - 1)
        return self.occurrences[place], place

    def has_future(self, now: datetime) -> bool:
        """Whether anything ends after `now`."""
        return self.known_until is not None or any(now < o.end for o in self.occurrences)

    def is_same_from(self, now: datetime, other: Self) -> bool:
        """Whether both calendars have the same occurrences that end after `now`, within the period known to both."""
        horizon = min((c.known_until for c in (self, other) if c.known_until), default=None)
        return self._between(now, horizon) == other._between(now, horizon)

    def includes_from(self, now: datetime, other: Self) -> bool:
        """Whether this calendar includes all occurrences of the other that end after `now`, within the period known to
        both.
        """
        horizon = min((c.known_until for c in (self, other) if c.known_until), default=None)
        return set(other._between(now, horizon)) <= set(self._between(now, horizon))

    def plain(self) -> Self:
        """A series' calendar without its exceptions; unchanged if Exchange shows no plain occurrence."""
        occurrences = tuple(each for each in self.occurrences if each.is_plain)
        return replace(self, occurrences=occurrences) if occurrences else self

    def without(self, occurrences: Iterable[Occurrence]) -> Self:
        """This calendar without these occurrences."""
        gone = frozenset(occurrences)
        return replace(self, occurrences=tuple(o for o in self.occurrences if o not in gone)) if gone else self

    def including(self, occurrence: Occurrence) -> Self:
        """This calendar with this occurrence added."""
        if occurrence in self.occurrences:
            return self
        return replace(self, occurrences=tuple(sorted((*self.occurrences, occurrence))))

    def _between(self, now: datetime, horizon: datetime | None) -> list[Occurrence]:
        return [o for o in self.occurrences if now < o.end and (horizon is None or o.start < horizon)]


@dataclass(frozen=True)
class Conference:
    """A room as described to a conferencing node, and the occurrences for which it is open.

    `buffer_before` and `buffer_after` are minutes, from the integration's settings when the meeting was scheduled. An
    empty `theme` or `identity_provider_group` means the platform's default. `owner` is the organizer's address if the
    integration's templates store it anyway, or if its rooms are on a Management Node. Otherwise it is "".
    `alias_description` is shown to the node's admins next to the aliases.
    """

    name: str
    description: str
    subject: str
    alias: str
    numeric_alias: str
    service_tag: str
    theme: str
    identity_provider_group: str
    non_idp_participants: str
    buffer_before: int
    buffer_after: int
    calendar: Calendar
    owner: str = ""
    alias_description: str = ""

    def is_open(self, now: datetime, early: timedelta = _NOT_EARLY) -> bool:
        """Whether people may join at `now` (C1). The window includes its start and excludes its end.

        With `early`, windows start this much earlier, for things that must already exist when a window opens.
        """
        return any(start <= now < end for start, end in self.windows(early))

    def next_change(self, now: datetime, early: timedelta = _NOT_EARLY) -> datetime | None:
        """The next time after `now` at which `is_open` changes; None if it is not known to change."""
        closes: datetime | None = None
        for start, end in sorted(self.windows(early)):
            if end <= now or start == end:
                continue
            if closes is None and start > now:
                return start
            if closes is not None and start > closes:
                break
            closes = max(end, closes or end)
        return closes

    def next_opening(self, now: datetime) -> datetime | None:
        """The start of the window that is open at `now`, or of the next one; None if there are no more windows."""
        return min((start for start, end in self.windows() if now < end), default=None)

    def windows(self, early: timedelta = _NOT_EARLY) -> Iterator[tuple[datetime, datetime]]:
        """When people may join, one window for each occurrence; windows may overlap."""
        before, after = timedelta(minutes=self.buffer_before) + early, timedelta(minutes=self.buffer_after)
        return ((o.start - before, o.end + after) for o in self.calendar.occurrences)

    def to_json(self) -> str:
        """Compact JSON. Times are whole seconds since 1970, so that a year of daily meetings fits into one table
        column.
        """
        times = [[int(o.start.timestamp()), int(o.end.timestamp())] for o in self.calendar.occurrences]
        until = self.calendar.known_until
        calendar = {"occurrences": times, "known_until": until.isoformat() if until else None}
        fields = {name: value for name, value in vars(self).items() if value or name not in _LEFT_OUT_WHEN_EMPTY}
        return json.dumps(fields | {"calendar": calendar}, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        fields = json.loads(text)
        return cls(**fields | {"calendar": _calendar(fields["calendar"])})


def _calendar(fields: dict[str, Any]) -> Calendar:
    until = fields["known_until"]
    occurrences = tuple(
        Occurrence(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
        for start, end in fields["occurrences"]
    )
    return Calendar(occurrences, datetime.fromisoformat(until) if until else None)
