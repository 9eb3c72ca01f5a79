"""What arrived in the equipment mailbox, in one shape for Graph and EWS."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from shared.calendar.conference import Occurrence
from shared.zones import zone_info


class Kind(StrEnum):
    """What a message asks for. Anything else (answers, ordinary mail) is no meeting message of ours."""

    REQUEST = "request"
    CANCELLATION = "cancellation"


class Shape(StrEnum):
    """What the message is about."""

    SINGLE = "single"
    SERIES = "series"
    OCCURRENCE = "occurrence"


class Update(StrEnum):
    """What Exchange says of a request (`meetingRequestType`). Never trusted alone: NEW also comes for updates."""

    NEW = "new"
    FULL = "full"
    INFORMATIONAL = "informational"
    SILENT = "silent"
    OUTDATED = "outdated"
    PRINCIPAL_COPY = "principal_copy"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """The response that Exchange has on record for the meeting."""

    NONE = "none"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True)
class Person:
    """A name as the invitation shows it, and what Exchange gives for its address: see `address`."""

    name: str
    email: str

    @property
    def address(self) -> str:
        """Where mail can be sent to; "" where Exchange gives no e-mail address."""
        return mail_address(self.email)


_MAIL_ADDRESS = re.compile(r"""(?!/o=)[^\s@,;:<>()\[\]\\"]+@[^\s@,;:<>()\[\]\\"/]+""", re.IGNORECASE)
_LONGEST_ADDRESS = 320


def mail_address(text: str) -> str:
    """A text if it is one e-mail address that can stand in a mail's header, else "".

    Exchange gives X.500 addresses for people without a mailbox (office-js #3701), and what a sender has written for
    others: lists, names, NUL.
    """
    is_one = len(text) <= _LONGEST_ADDRESS and text.isprintable() and _MAIL_ADDRESS.fullmatch(text)
    return text if is_one else ""


@dataclass(frozen=True)
class CalendarItem:
    """The meeting as it stands in the equipment mailbox's calendar: the truth, whatever the message said.

    `id` is what answers go to; `series_id` the series master's id, "" for a single meeting. `uid` is shared by a
    series and all its occurrences. `occurrence` is the time of a single meeting, of the occurrence, or of a series'
    first one. `zone` is an IANA name, "" where nothing tells the organizer's. `attendees` are addresses. `last_day` is
    the day after which a series has no occurrence, None for an endless one; `original_start` where an occurrence stood
    before it was moved, and `original_day` the pattern's date of that, yyyymmdd, where Exchange tells it. `sequence` is
    iCalendar's SEQUENCE.
    """

    id: str
    uid: str
    shape: Shape
    series_id: str
    subject: str
    body: str
    organizer: Person
    occurrence: Occurrence
    zone: str
    cancelled: bool
    response_requested: bool
    answer: Answer
    answered_at: datetime | None
    attendees: tuple[str, ...] = ()
    last_day: datetime | None = None
    original_start: datetime | None = None
    original_day: str = ""
    sequence: int = 0

    @property
    def tz(self) -> ZoneInfo:
        """The organizer's zone; UTC where it is not known."""
        return zone_info(self.zone)

    @property
    def day(self) -> str:
        """The date (yyyymmdd, in the organizer's zone) that the pattern gave an occurrence; "" for anything else.

        It tells an occurrence from all others of its series, wherever it is moved to. An occurrence whose series is not
        in the calendar stands there as a single meeting, with the same date.
        """
        if self.original_day or self.is_stand_in or self.shape is Shape.SERIES:
            return self.original_day
        start = self.original_start or (self.occurrence.start if self.shape is Shape.OCCURRENCE else None)
        return f"{start.astimezone(self.tz):%Y%m%d}" if start else ""

    @property
    def is_orphan(self) -> bool:
        """Whether this is an occurrence whose series is not in the calendar."""
        return self.shape is Shape.SINGLE and bool(self.day)

    @property
    def is_stand_in(self) -> bool:
        """Whether this is a series master that stands for an occurrence which has left the calendar."""
        return self.shape is Shape.OCCURRENCE and self.id == self.series_id


@dataclass(frozen=True)
class MeetingRequest:
    """A meeting message with its calendar item; `item` is None when Exchange has not made or no longer has one.

    `uid` is the meeting's, also where there is no item any more, and `day` that of the one occurrence that a message
    without an item is about (see CalendarItem.day); "" when nothing tells it. `senders` are the addresses of whoever
    sent it and in whose name: a delegate and the organizer.
    `meeting` is its key (see meeting_key) where only that is known.
    """

    message_id: str
    kind: Kind
    update: Update
    outdated: bool
    received: datetime
    body: str
    item: CalendarItem | None
    uid: str = ""
    day: str = ""
    senders: tuple[str, ...] = ()
    meeting: str = ""

    @property
    def people(self) -> tuple[str, ...]:
        """Addresses of those who stand behind it: the organizer, and whoever sent it."""
        organizer = (self.item.organizer.email,) if self.item else ()
        return (*organizer, *self.senders)


def meeting_key(uid: str) -> str:
    """A meeting's key in our tables: uids hold characters that table keys may not."""
    return hashlib.sha256(uid.encode()).hexdigest()[:40]
