"""The contents of mailboxes: meetings, calendar items and messages. The model does not depend on Graph or EWS."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from html import escape
from typing import Any

from inscriptis import get_text  # type: ignore[import-untyped]

from dev.exchange.recurrence import Recurrence


@dataclass(frozen=True)
class Address:
    """A person's display name and e-mail address. For an attendee, also the kind of invitation: required, optional or
    resource.
    """

    name: str
    address: str
    role: str = field(default="required", compare=False)

    def is_(self, address: str) -> bool:
        """Whether the person has this e-mail address, ignoring case."""
        return self.address.casefold() == address.casefold()


@dataclass(frozen=True)
class Body:
    """A body as originally written. Exchange can return it as HTML or as plain text."""

    content: str = ""
    is_html: bool = True

    @cached_property
    def html(self) -> str:
        """The body as HTML. Markup in a plain text body becomes visible text."""
        return self.content if self.is_html else escape(self.content, quote=False).replace("\n", "<br>\r\n")

    @cached_property
    def text(self) -> str:
        """The body as plain text."""
        return get_text(self.content).strip() if self.is_html and self.content else self.content


class MessageKind(StrEnum):
    """The kind of a meeting message."""

    MAIL = "mail"
    REQUEST = "request"
    CANCELLED = "cancelled"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"

    @property
    def is_response(self) -> bool:
        """Whether messages of this kind are attendees' responses."""
        return self in (MessageKind.ACCEPTED, MessageKind.TENTATIVE, MessageKind.DECLINED)


class RequestKind(StrEnum):
    """The type of a meeting request."""

    NONE = "none"
    NEW = "newMeetingRequest"
    FULL = "fullUpdate"
    INFORMATIONAL = "informationalUpdate"
    SILENT = "silentUpdate"


class Reply(StrEnum):
    """An attendee's answer as stored in the calendar."""

    NONE = "none"
    ORGANIZER = "organizer"
    TENTATIVE = "tentativelyAccepted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_RESPONDED = "notResponded"


@dataclass(frozen=True)
class Response:
    """An answer and its time (None: not answered)."""

    reply: Reply = Reply.NONE
    time: datetime | None = None


@dataclass(frozen=True)
class Meeting:
    """The content of a meeting, series or occurrence, as written by the organizer.

    ``start`` and ``end`` are in UTC. ``zone`` is the organizer's time zone (Windows or IANA name), in which a series is
    expanded. ``original_start`` is an occurrence's start according to the pattern, and None for anything else. ``uid``
    is the clean global object id in hex. A series and its occurrences have the same ``uid``. ``properties`` are the
    custom properties (JSON) that an add-in has saved with the meeting. They exist only in the organizer's calendar, and
    changes to them are not sent to attendees.
    """

    uid: str
    organizer: Address
    attendees: tuple[Address, ...]
    subject: str
    body: Body
    start: datetime
    end: datetime
    zone: str
    location: str = ""
    all_day: bool = False
    sensitivity: str = "normal"
    response_requested: bool = True
    recurrence: Recurrence | None = None
    original_start: datetime | None = None
    sequence: int = 0
    properties: str = field(default="{}", compare=False)

    def invites(self, address: str) -> bool:
        """Whether an address is among the attendees."""
        return any(attendee.is_(address) for attendee in self.attendees)

    def same_time(self, other: "Meeting") -> bool:
        """Whether the start, end and recurrence are the same. If not, a new answer is required."""
        return (self.start, self.end, self.all_day, self.recurrence) == (
            other.start,
            other.end,
            other.all_day,
            other.recurrence,
        )


#: Fields in which an occurrence may differ from its series.
OVERRIDABLE = (
    "attendees", "subject", "body", "start", "end", "location", "all_day", "sensitivity", "response_requested",
    "sequence",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """An occurrence that differs from its series: the organizer's changes, and its state in this calendar."""

    overrides: Mapping[str, Any] = field(default_factory=dict)
    cancelled: bool = False
    response: Response | None = None

    def applied_to(self, plain: Meeting) -> Meeting:
        """An occurrence, with its differences from the series applied."""
        return replace(plain, **self.overrides)


def overrides(plain: Meeting, edited: Meeting) -> dict[str, Any]:
    """The fields in which an edited occurrence differs from the series."""
    return {name: getattr(edited, name) for name in OVERRIDABLE if getattr(edited, name) != getattr(plain, name)}


@dataclass
class Event:
    """A calendar item: a meeting, a whole series, or one occurrence to which the owner was invited separately.

    ``differences`` and ``removed`` are keyed by the occurrence's local date according to the pattern. ``differences``
    includes cancelled occurrences, and ``removed`` contains occurrences that were deleted from this calendar.
    ``tracking`` contains the answers that reached the organizer, keyed by (occurrence or None, address in lower case).
    """

    key: str
    owner: str
    meeting: Meeting
    response: Response
    created: datetime
    modified: datetime
    change: int = 0
    cancelled: bool = False
    is_organizer: bool = False
    differences: dict[date, Difference] = field(default_factory=dict)
    removed: set[date] = field(default_factory=set)
    tracking: dict[tuple[date | None, str], Response] = field(default_factory=dict)


@dataclass(frozen=True)
class MeetingPart:
    """The part of a message that is meant for the calendar. ``previous`` is the meeting before this update. Requests
    for a series contain its ``differences`` and ``removed`` dates, like the recurrence blob in a real request.
    """

    kind: MessageKind
    meeting: Meeting
    request: RequestKind = RequestKind.NONE
    previous: Meeting | None = None
    differences: Mapping[date, Difference] = field(default_factory=dict)
    removed: frozenset[date] = frozenset()
    proposed: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class Letter:
    """A message as sent. ``sender`` differs from ``from_`` if a delegate sent it. ``item_class`` is only set for an
    unusual class, such as IPM.Schedule.Meeting.Notification.Forward.
    """

    subject: str
    body: Body
    from_: Address
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    part: MeetingPart | None = None
    item_class: str = ""

    @property
    def kind(self) -> MessageKind:
        """The kind of the meeting message."""
        return self.part.kind if self.part else MessageKind.MAIL


@dataclass
class Message:
    """A message in a mailbox folder. ``moves`` counts its moves to other folders. Each move changes the message's
    regular id.
    """

    key: str
    owner: str
    folder: str
    letter: Letter
    internet_id: str
    sent: datetime
    received: datetime
    modified: datetime
    change: int = 0
    moves: int = 0
    is_read: bool = False
    is_draft: bool = False
    out_of_date: bool = False
