"""Finds the differences between a calendar and the bookings: pure rules, no I/O.

The part of the calendar that was read is kept in memory. Bookings are streamed. Each one only marks the times of a
meeting that it covers. Memory use therefore depends on the size of the part in memory, not on the number of records.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.bookings.booking import Booking, State
from shared.calendar.conference import Occurrence
from shared.calendar.request import Answer, meeting_key
from shared.mailboxes.mailbox import CalendarEntry


class Kind(StrEnum):
    """How a meeting in the calendar differs from its records."""

    NO_ROOM = "without a room"
    NO_MEETING = "with a room, but not in the calendar"
    OTHER_TIMES = "at other times"


@dataclass(frozen=True)
class Difference:
    """A meeting whose calendar and records differ. `item_id` is the calendar item to decide on.

    `meeting` is the meeting's key in our tables. `day` is set if the difference is about the separate room of a single
    occurrence (see Booking.day). `mark` identifies the state on both sides, so the same difference always has the same
    mark. `booked` contains the recorded times.
    """

    kind: Kind
    meeting: str
    item_id: str
    mark: str
    day: str = ""
    booked: frozenset[Occurrence] = frozenset()


@dataclass
class Meeting:
    """A meeting in the calendar, and which of its times are covered by the streamed bookings. A series may have several
    bookings: its own, and one for each occurrence with a separate room.
    """

    key: str
    entries: list[CalendarEntry] = field(default_factory=list)
    etags: list[str] = field(default_factory=list)
    covered: set[Occurrence] = field(default_factory=set)
    known_until: datetime | None = None

    def modified(self) -> datetime:
        """When any part of the meeting was last changed."""
        return max(entry.modified for entry in self.entries)

    def book(self, booking: Booking, times: Iterable[Occurrence]) -> None:
        """Note a booking of this meeting, and its times within the part of the calendar that was read."""
        self.etags.append(booking.etag)
        self.covered.update(times)
        until = booking.conference.calendar.known_until if booking.conference else None
        if until and (self.known_until is None or until < self.known_until):
            self.known_until = until

    def difference(self) -> Difference | None:
        """The meeting's difference, or None. All bookings must already have been noted."""
        missing = [entry for entry in self.entries if self._is_missing(entry)]
        beyond = self.covered - {entry.occurrence for entry in self.entries}
        if self.etags and not missing and not beyond:
            return None
        kind, state = Kind.OTHER_TIMES if self.etags else Kind.NO_ROOM, _mark(str(self.modified()), *self.etags)
        return Difference(kind, self.key, _item(missing or self.entries), state, booked=frozenset(self.covered))

    def _is_missing(self, entry: CalendarEntry) -> bool:
        """Whether no room is open for an entry within the records' horizon."""
        is_known = self.known_until is None or entry.occurrence.start < self.known_until
        return is_known and entry.occurrence not in self.covered


class CalendarPart:
    """The part of a calendar between two times."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.first = first
        self.last = last
        self._meetings: dict[str, Meeting] = {}
        self._by_key: dict[str, Meeting] = {}
        self._by_item: dict[str, Meeting] = {}

    def add(self, entries: Iterable[CalendarEntry]) -> None:
        """Add another page. A declined meeting counts as no longer in the calendar."""
        for entry in entries:
            if entry.answer is Answer.DECLINED or not self._holds(entry.occurrence):
                continue
            meeting = self._meetings.setdefault(entry.series_id or entry.uid, Meeting(_key(entry)))
            meeting.entries.append(entry)
            if meeting.key:
                self._by_key[meeting.key] = meeting
            self._by_item[entry.series_id or entry.item_id] = meeting

    @property
    def size(self) -> int:
        """The number of meetings in this part of the calendar; a series counts once."""
        return len(self._meetings)

    def end_at(self, last: datetime) -> None:
        """Note that the calendar was read only up to this time."""
        self.last = last
        for name, meeting in list(self._meetings.items()):
            meeting.entries = [entry for entry in meeting.entries if self._holds(entry.occurrence)]
            if not meeting.entries:
                del self._meetings[name]

    def compare(self, booking: Booking) -> Difference | None:
        """Compare a booking; returns the difference if its meeting is not in the calendar. A room closed by an admin is
        not a difference.
        """
        conference = booking.conference
        if conference is None or not (booking.state is State.SCHEDULED or booking.held):
            return None
        times = [o for o in conference.calendar.occurrences if self._holds(o)]
        meeting = self._by_key.get(booking.meeting) or self._by_item.get(booking.item_id)
        if meeting and meeting.entries:
            meeting.book(booking, times)
        elif times and not booking.held:
            state, booked = _mark(booking.etag), frozenset(times)
            return Difference(Kind.NO_MEETING, booking.meeting, booking.item_id, state, booking.day, booked)
        return None

    def differences(self, settled: datetime) -> Iterator[Difference]:
        """The differences, once all bookings have been compared; ignores changes after `settled`."""
        for meeting in self._meetings.values():
            if meeting.modified() <= settled and (found := meeting.difference()):
                yield found

    def _holds(self, occurrence: Occurrence) -> bool:
        return occurrence.end > self.first and occurrence.start < self.last


def _key(entry: CalendarEntry) -> str:
    return meeting_key(entry.uid) if entry.uid else ""


def _item(entries: list[CalendarEntry]) -> str:
    """The item to decide on: the first exception without an answer, whose update must have been lost, or otherwise the
    whole meeting.
    """
    lost = (entry.item_id for entry in entries if entry.is_exception and entry.answer is Answer.NONE)
    return next(lost, entries[0].series_id or entries[0].item_id)


def _mark(*state: str) -> str:
    return hashlib.sha256(" ".join(state).encode()).hexdigest()[:16]
