"""The equipment mailbox's messages and calendar items, with the same types for Graph and EWS."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from shared.calendar.conference import Occurrence
from shared.zones import zone_info


class Kind(StrEnum):
    """What a message asks for. Any other message, such as a response or ordinary mail, is not a meeting message."""

    REQUEST = "request"
    CANCELLATION = "cancellation"


class Shape(StrEnum):
    """What the message is about."""

    SINGLE = "single"
    SERIES = "series"
    OCCURRENCE = "occurrence"


class Update(StrEnum):
    """Exchange's classification of a request (`meetingRequestType`). Never trusted alone, because updates may also
    arrive as NEW.
    """

    NEW = "new"
    FULL = "full"
    INFORMATIONAL = "informational"
    SILENT = "silent"
    OUTDATED = "outdated"
    PRINCIPAL_COPY = "principal_copy"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """The response on record in Exchange for the meeting."""

    NONE = "none"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True)
class Person:
    """A person's name as shown in the invitation, and the address as given by Exchange (see `address`)."""

    name: str
    email: str

    @property
    def address(self) -> str:
        """The e-mail address; "" if Exchange has none."""
        return mail_address(self.email)


_MAIL_ADDRESS = re.compile(r"""(?!/o=)[^\s@,;:<>()\[\]\\"]+@[^\s@,;:<>()\[\]\\"/]+""", re.IGNORECASE)
_LONGEST_ADDRESS = 320


def mail_address(text: str) -> str:
    """The text if it is exactly one e-mail address that is valid in a mail header, otherwise "".

    For people without a mailbox, Exchange returns X.500 addresses (office-js #3701). For others it returns whatever the
    sender wrote: lists, names, NUL.
    """
    is_one = len(text) <= _LONGEST_ADDRESS and text.isprintable() and _MAIL_ADDRESS.fullmatch(text)
    return text if is_one else ""


@dataclass(frozen=True)
class CalendarItem:
    """The meeting in the equipment mailbox's calendar, which takes precedence over the message.

    Answers are addressed to `id`; `series_id` is the series master's id, "" for a single meeting. `uid` is shared by a
    series and all its occurrences. `occurrence` is the time of a single meeting, of the occurrence, or of the first
    occurrence of a series. `zone` is an IANA name, "" if the organizer's is unknown. `attendees` are addresses.
    `last_day` is the day after which a series has no more occurrences, None for an endless series; `original_start` is
    when an occurrence took place before it was moved, and `original_day` its date in the pattern, yyyymmdd, if Exchange
    has it. `sequence` is iCalendar's SEQUENCE.
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
        """The organizer's zone; UTC if it is not known."""
        return zone_info(self.zone)

    @property
    def day(self) -> str:
        """The date (yyyymmdd, in the organizer's zone) of an occurrence according to its series' pattern; "" for
        anything else.

        It distinguishes an occurrence from all others in its series, even if it is moved. An occurrence whose series is
        not in the calendar appears there as a single meeting, with the same date.
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
        """Whether this is a series master standing in for an occurrence that has left the calendar."""
        return self.shape is Shape.OCCURRENCE and self.id == self.series_id


@dataclass(frozen=True)
class MeetingRequest:
    """A meeting message and its calendar item; `item` is None if Exchange has not created one yet or no longer has it.

    `uid` is the meeting's uid, even without an item. `day` is the date of the one occurrence that a message without an
    item is about (see CalendarItem.day). Both are "" if unknown. `senders` are the addresses of the sender and of the
    person it was sent on behalf of: a delegate and the organizer. `meeting` is its key (see meeting_key) if only that
    is known.
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
        """The addresses of the people responsible for the message: the organizer and the sender."""
        organizer = (self.item.organizer.email,) if self.item else ()
        return (*organizer, *self.senders)


def meeting_key(uid: str) -> str:
    """A meeting's key in our tables. Uids may contain characters that are not allowed in table keys."""
    return hashlib.sha256(uid.encode()).hexdigest()[:40]
