"""What the product needs of an equipment mailbox; `graph/` and `ews/` stand behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.calendar.conference import Calendar, Occurrence
from shared.calendar.request import Answer, CalendarItem, MeetingRequest
from shared.errors import SchedulingError


class Folder(StrEnum):
    """Folders that are watched. Updates that Exchange files away itself land in Deleted Items (exchange.md §7)."""

    INBOX = "inbox"
    DELETED_ITEMS = "deleteditems"


NO_MAILBOX = "Exchange has no mailbox of this address."
"""What an admin is told, by Graph and by EWS."""


class ItemGone(SchedulingError):
    """What a call was about is not in the mailbox: it is gone, or never was. Adapters raise it of any item."""

    code = "item_gone"


class CalendarItemGone(ItemGone):
    """The calendar item that an answer was meant for is not there any more."""

    code = "calendar_item_gone"


class ForeignItem(SchedulingError):
    """A calendar item's id is none of this protocol's: it was noted when the mailbox was reached by the other one.

    The item may be there all the same.
    """

    code = "foreign_item"


class MessageNotFound(ItemGone):
    """There is no message of this id any more, or not yet: Graph may tell of one before it can be read."""

    code = "message_not_found"


@dataclass(frozen=True)
class Mail:
    """A mail from the equipment mailbox. `html` is the body; `recipients` are addresses.

    With `calendar`, an iCalendar object with METHOD:REPLY, it is a meeting response; `text` is its body's plain form.
    With `sender`, the organizer of the calendar item `item_id`, it comes from that person's own mailbox where the
    integration may write there.
    """

    recipients: tuple[str, ...]
    subject: str
    html: str
    text: str = ""
    calendar: bytes = b""
    sender: str = ""
    item_id: str = ""


@dataclass(frozen=True)
class Changes:
    """One page of what has come into a folder; `state` is to be kept for the next call, `more` asks for it at once.

    `stirred` is False when nothing at all has happened in the folder, departures included.
    """

    message_ids: Sequence[str]
    state: str
    more: bool
    stirred: bool = True


@dataclass(frozen=True)
class CalendarEntry:
    """A meeting, or one occurrence of a series, as it stands in the calendar.

    `item_id` is its own calendar item, `series_id` its series' master where the view tells it ("" otherwise). `uid` is
    shared by a series and its occurrences. `is_exception` says that it differs from its series.
    """

    item_id: str
    series_id: str
    uid: str
    occurrence: Occurrence
    answer: Answer
    is_exception: bool
    modified: datetime


@dataclass(frozen=True)
class CalendarPage:
    """A page of the calendar; `state` asks for the next one, "" when it was the last.

    With it and all pages before, the calendar has been read up to `until`.
    """

    entries: Sequence[CalendarEntry]
    state: str
    until: datetime


class Mailbox(Protocol):
    """One equipment mailbox. Every call may raise Unavailable or RateLimited; trying later may help then."""

    async def read(self, message_id: str) -> MeetingRequest | None:
        """The meeting message, or None when it is another one (it is left alone then). Raises MessageNotFound."""
        ...

    async def calendar(self, item: CalendarItem, now: datetime, *, late: bool = False) -> Calendar:
        """Every occurrence from shortly before `now` on, within the horizon; a single meeting's one.

        `late`: the message was sent a while ago, so that even a new series may have been changed since.
        """
        ...

    async def view(self, first: datetime, last: datetime, state: str = "") -> CalendarPage:
        """A page of all that takes place between two moments, two years apart at most, by rising start.

        Without what is cancelled and what the mailbox itself organizes. An entry may come twice, with `state` and
        without. A page holds some hundreds.
        """
        ...

    async def answer(self, item_id: str, answer: Answer, text: str | None) -> None:
        """Accept or decline. With `text` a response goes to the organizer, with None nobody is told.

        `text` is plain for Graph and HTML for EWS (Integration.answers_in_html).

        Is sent once: after a failure that leaves open whether the answer went out, Unavailable is raised, and `item`
        tells. Raises CalendarItemGone.
        """
        ...

    async def item(self, item_id: str) -> CalendarItem | None:
        """The calendar item as it is now, with the response that Exchange has on record; None when it is gone.

        Raises ForeignItem.
        """
        ...

    async def draft(self, mail: Mail) -> str:
        """Prepare a mail without sending it; its id. A draft that nobody sends does no harm."""
        ...

    async def send(self, draft_id: str) -> None:
        """Send a draft. Calling it again after it was sent does nothing."""
        ...

    async def addresses(self) -> Sequence[str]:
        """What else it is known by, as far as we may know: proxy addresses (known_addresses.py). Two calls at most."""
        ...

    async def messages_of(self, item: CalendarItem, since: datetime) -> Sequence[str]:
        """The messages of a meeting, those of its occurrences included, that have come since: the oldest first.

        Found in Inbox and Deleted Items, whatever `changes` has told of them. Empty where the server does not search.
        """
        ...

    async def changes(self, folder: Folder, state: str) -> Changes:
        """What has come into the folder since `state` ("" at first, and again after the server has forgotten it)."""
        ...
