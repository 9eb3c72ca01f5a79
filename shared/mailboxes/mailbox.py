"""What the product needs from an equipment mailbox; implemented by `graph/` and `ews/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.calendar.conference import Calendar, Occurrence
from shared.calendar.request import Answer, CalendarItem, MeetingRequest
from shared.errors import SchedulingError


class Folder(StrEnum):
    """Watched folders. Exchange moves updates that it processes itself to Deleted Items (exchange.md §7)."""

    INBOX = "inbox"
    DELETED_ITEMS = "deleteditems"


NO_MAILBOX = "Exchange has no mailbox with this address."
"""An error message for admins, the same for Graph and for EWS."""


class ItemGone(SchedulingError):
    """The item that a call is about is not in the mailbox: it is gone, or never existed. Both adapters raise this for
    every kind of item.
    """

    code = "item_gone"


class CalendarItemGone(ItemGone):
    """The calendar item that an answer was meant for no longer exists."""

    code = "calendar_item_gone"


class ForeignItem(SchedulingError):
    """A calendar item's id belongs to the other protocol: it was stored while the mailbox used that protocol. The item
    may exist nevertheless.
    """

    code = "foreign_item"


class MessageNotFound(ItemGone):
    """There is no message with this id, or not yet: Graph may announce one before it can be read."""

    code = "message_not_found"


@dataclass(frozen=True)
class Mail:
    """An e-mail from the equipment mailbox. `html` is the body; `recipients` contains addresses.

    With `calendar`, an iCalendar object with METHOD:REPLY, it is a meeting response; `text` is its body as plain text.
    With `sender`, the organizer of the calendar item `item_id`, it is sent from that person's own mailbox if the
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
    """One page of a folder's new messages; keep `state` for the next call, which is due immediately if `more`.

    `stirred` is False if nothing has changed in the folder: no message has arrived or left.
    """

    message_ids: Sequence[str]
    state: str
    more: bool
    stirred: bool = True


@dataclass(frozen=True)
class CalendarEntry:
    """A meeting, or one occurrence of a series, in the calendar.

    `item_id` is its own calendar item, `series_id` the master of its series if the view states it ("" otherwise). `uid`
    is shared by a series and its occurrences. `is_exception` means that it differs from its series.
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
    """A page of the calendar; `state` requests the next page, and is "" on the last.

    With this page and all previous ones, the calendar has been read up to `until`.
    """

    entries: Sequence[CalendarEntry]
    state: str
    until: datetime


class Mailbox(Protocol):
    """One equipment mailbox. Every call may raise Unavailable or RateLimited; retrying later may help then."""

    async def read(self, message_id: str) -> MeetingRequest | None:
        """The meeting message with the given id; None if that is another kind of message (which is ignored). Raises
        MessageNotFound.
        """
        ...

    async def calendar(self, item: CalendarItem, now: datetime, *, late: bool = False) -> Calendar:
        """Every occurrence from shortly before `now` on, within the horizon; a single meeting counts as one occurrence.

        `late` means that the message was sent a while ago, so that even a new series may have been changed since.
        """
        ...

    async def view(self, first: datetime, last: datetime, state: str = "") -> CalendarPage:
        """A page of all meetings between two times, at most two years apart, in ascending order of start.

        Cancelled meetings and those that the mailbox itself organizes are left out. An entry may be repeated, also
        across pages. A page has a few hundred entries.
        """
        ...

    async def answer(self, item_id: str, answer: Answer, text: str | None) -> None:
        """Accept or decline. With `text` the organizer gets a response; with None no response is sent.

        `text` is plain for Graph and HTML for EWS (Integration.answers_in_html).

        The answer is sent only once: if a failure leaves it unclear whether the answer was sent, Unavailable is raised,
        and `item` shows whether it was. Raises CalendarItemGone.
        """
        ...

    async def item(self, item_id: str) -> CalendarItem | None:
        """The calendar item as it is now, with the response on record in Exchange; None if it is gone.

        Raises ForeignItem.
        """
        ...

    async def draft(self, mail: Mail) -> str:
        """Prepare an e-mail without sending it; returns its id. A draft that is never sent does no harm."""
        ...

    async def send(self, draft_id: str) -> None:
        """Send a draft. Idempotent: a draft that was sent is not sent again."""
        ...

    async def addresses(self) -> Sequence[str]:
        """The mailbox's other addresses as proxy addresses (known_addresses.py), if the integration may read them. At
        most two calls.
        """
        ...

    async def messages_of(self, item: CalendarItem, since: datetime) -> Sequence[str]:
        """The messages about a meeting and its occurrences that have arrived since a time, oldest first.

        They are searched for in Inbox and Deleted Items, even if `changes` has not reported them. Empty if the server
        cannot search.
        """
        ...

    async def changes(self, folder: Folder, state: str) -> Changes:
        """The messages that have arrived in a folder since `state` ("" at first, and again after the server has lost
        it).
        """
        ...
