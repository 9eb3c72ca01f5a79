"""What differs between a calendar and the bookings: pure rules, no I/O.

The calendar is held as far as it was read. Bookings pass by one after the other and leave only which of a meeting's
times they cover, so that memory goes with the part of the calendar and not with all that is on record.
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
    """In which way a meeting is not the same in calendar and records."""

    NO_ROOM = "without a room"
    NO_MEETING = "with a room, but not in the calendar"
    OTHER_TIMES = "at other times"


@dataclass(frozen=True)
class Difference:
    """A meeting that is not the same in both; `item_id` is the calendar item to decide on.

    `meeting` is its key in our tables, `day` the one occurrence whose own room it is about (see Booking.day). `mark`
    names the state that both are in: the same difference has the same mark. `booked` are the times on record.
    """

    kind: Kind
    meeting: str
    item_id: str
    mark: str
    day: str = ""
    booked: frozenset[Occurrence] = frozenset()


@dataclass
class Meeting:
    """A meeting as the calendar has it, and what the bookings that passed by have of it.

    A series may have several: one of its own, and one of each occurrence that has its own room.
    """

    key: str
    entries: list[CalendarEntry] = field(default_factory=list)
    etags: list[str] = field(default_factory=list)
    covered: set[Occurrence] = field(default_factory=set)
    known_until: datetime | None = None

    def modified(self) -> datetime:
        """When anything of it was changed last."""
        return max(entry.modified for entry in self.entries)

    def book(self, booking: Booking, times: Iterable[Occurrence]) -> None:
        """Note a booking of this meeting, with its times in the part of the calendar that was read."""
        self.etags.append(booking.etag)
        self.covered.update(times)
        until = booking.conference.calendar.known_until if booking.conference else None
        if until and (self.known_until is None or until < self.known_until):
            self.known_until = until

    def difference(self) -> Difference | None:
        """What differs, once all bookings have passed by."""
        missing = [entry for entry in self.entries if self._is_missing(entry)]
        beyond = self.covered - {entry.occurrence for entry in self.entries}
        if self.etags and not missing and not beyond:
            return None
        kind, state = Kind.OTHER_TIMES if self.etags else Kind.NO_ROOM, _mark(str(self.modified()), *self.etags)
        return Difference(kind, self.key, _item(missing or self.entries), state, booked=frozenset(self.covered))

    def _is_missing(self, entry: CalendarEntry) -> bool:
        """Whether no room is open for an entry, as far as the records reach."""
        is_known = self.known_until is None or entry.occurrence.start < self.known_until
        return is_known and entry.occurrence not in self.covered


class CalendarPart:
    """The calendar between two moments."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.first = first
        self.last = last
        self._meetings: dict[str, Meeting] = {}
        self._by_key: dict[str, Meeting] = {}
        self._by_item: dict[str, Meeting] = {}

    def add(self, entries: Iterable[CalendarEntry]) -> None:
        """Another page. What was declined is in the calendar no more, for us."""
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
        """How many meetings stand in it, a series counted once."""
        return len(self._meetings)

    def end_at(self, last: datetime) -> None:
        """It was read up to here only."""
        self.last = last
        for name, meeting in list(self._meetings.items()):
            meeting.entries = [entry for entry in meeting.entries if self._holds(entry.occurrence)]
            if not meeting.entries:
                del self._meetings[name]

    def compare(self, booking: Booking) -> Difference | None:
        """Let a booking pass by; the difference if its meeting is not in the calendar.

        A room that an admin holds closed is as its meeting is to have it.
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
        """What differs, once all bookings have passed by; without what was changed after `settled`."""
        for meeting in self._meetings.values():
            if meeting.modified() <= settled and (found := meeting.difference()):
                yield found

    def _holds(self, occurrence: Occurrence) -> bool:
        return occurrence.end > self.first and occurrence.start < self.last


def _key(entry: CalendarEntry) -> str:
    return meeting_key(entry.uid) if entry.uid else ""


def _item(entries: list[CalendarEntry]) -> str:
    """The item to decide on: the first exception that nobody has answered, since its update was lost, or all of it."""
    lost = (entry.item_id for entry in entries if entry.is_exception and entry.answer is Answer.NONE)
    return next(lost, entries[0].series_id or entries[0].item_id)


def _mark(*state: str) -> str:
    return hashlib.sha256(" ".join(state).encode()).hexdigest()[:16]
