"""A scheduled conference: a pure record, and when it lets people in (C1)."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Self


@dataclass(frozen=True, order=True)
class Occurrence:
    """When a meeting takes place once; both ends aware, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Conference:
    """What a conferencing node is told of a room, and the occurrences around which it is open.

    `buffer_before` and `buffer_after` are minutes, as the integration's settings were when the meeting was scheduled.
    An empty `theme` or `identity_provider_group` means the platform's default.
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
    occurrences: tuple[Occurrence, ...]

    def is_open(self, now: datetime) -> bool:
        """Whether people are let in at `now` (C1); the window's first moment is in, its last is out."""
        before, after = timedelta(minutes=self.buffer_before), timedelta(minutes=self.buffer_after)
        return any(o.start - before <= now < o.end + after for o in self.occurrences)

    def to_json(self) -> str:
        """Compact JSON; times as whole seconds since 1970, so that a year of daily meetings fits one table column."""
        times = [[int(o.start.timestamp()), int(o.end.timestamp())] for o in self.occurrences]
        return json.dumps({**asdict(self), "occurrences": times}, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "occurrences": tuple(_occurrences(fields["occurrences"]))})


def _occurrences(times: Iterable[tuple[int, int]]) -> Iterable[Occurrence]:
    for start, end in times:
        yield Occurrence(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
