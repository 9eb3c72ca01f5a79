"""What the product needs from an equipment mailbox. Implemented by `graph/` and `ews/`."""

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
"""An error message for admins, used for both Graph and EWS."""


class ItemGone(SchedulingError):
    """The item that a call is about is not in the mailbox: it is gone or never existed. Both adapters raise this for
    any kind of item.
    """

    code = "item_gone"


class CalendarItemGone(ItemGone):
    """The calendar item to be answered no longer exists."""

    code = "calendar_item_gone"


class ForeignItem(SchedulingError):
    """A calendar item's id was stored while the mailbox used the other protocol. The item may still exist."""

    code = "foreign_item"


class MessageNotFound(ItemGone):
    """There is no message with this id, at least not yet: Graph may announce a message before it can be read."""

    code = "message_not_found"


@dataclass(frozen=True)
class Mail:
    """An e-mail from the equipment mailbox. `html` is the body; `recipients` contains addresses.

    If `calendar` is set to an iCalendar object with METHOD:REPLY, the e-mail is a meeting response, and `text` is its
    body as plain text. `sender` is the organizer of the calendar item `item_id`. If it is set, the e-mail is sent from
    the organizer's own mailbox, provided that the integration may write there.
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
    """One page of a folder's new messages. Keep `state` for the next call. If `more`, make that call immediately.

    `stirred` is False if no message has arrived in the folder or left it.
    """

    message_ids: Sequence[str]
    state: str
    more: bool
    stirred: bool = True


@dataclass(frozen=True)
class CalendarEntry:
    """A meeting, or one occurrence of a series, in the calendar.

    `item_id` is its own calendar item. `series_id` is the master of its series, or "" if the view does not contain it.
    `uid` is shared by a series and its occurrences. `is_exception` means that it differs from its series.
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
    """A page of the calendar. `state` requests the next page; it is "" on the last page.

    This page and all previous ones cover the calendar up to `until`.
    """

    entries: Sequence[CalendarEntry]
    state: str
    until: datetime


class Mailbox(Protocol):
    """One equipment mailbox. Every call may raise Unavailable or RateLimited, in which case retrying later may help."""

    async def read(self, message_id: str) -> MeetingRequest | None:
        """The meeting message with the given id; None for any other kind of message (these are ignored). Raises
        MessageNotFound.
        """
        ...

    async def calendar(self, item: CalendarItem, now: datetime, *, late: bool = False) -> Calendar:
        """Every occurrence from shortly before `now` on, within the horizon. A single meeting counts as one occurrence.

        `late` means that the message was sent a while ago, so even a new series may have been changed since.
        """
        ...

    async def view(self, first: datetime, last: datetime, state: str = "") -> CalendarPage:
        """A page of all meetings between two times, at most two years apart, in ascending order of start.

        Cancelled meetings and those that the mailbox itself organizes are omitted. Entries may be repeated, even across
        pages. A page has a few hundred entries.
        """
        ...

    async def answer(self, item_id: str, answer: Answer, text: str | None) -> None:
        """Accept or decline. The organizer gets a response with `text`, or no response if it is None.

        `text` is plain for Graph and HTML for EWS (Integration.answers_in_html).

        The answer is sent only once. If a failure leaves it unclear whether it was sent, Unavailable is raised, and
        `item` can be used to find out. Raises CalendarItemGone.
        """
        ...

    async def item(self, item_id: str) -> CalendarItem | None:
        """The calendar item as it is now, with the response on record in Exchange; None if it is gone.

        Raises ForeignItem.
        """
        ...

    async def draft(self, mail: Mail) -> str:
        """Prepare an e-mail without sending it, and return its id. A draft that is never sent does no harm."""
        ...

    async def send(self, draft_id: str) -> None:
        """Send a draft. Idempotent: a draft that was sent is not sent again."""
        ...

    async def addresses(self) -> Sequence[str]:
        """The mailbox's other addresses as proxy addresses (known_addresses.py), if the integration may read them.
        Takes at most two calls.
        """
        ...

    async def messages_of(self, item: CalendarItem, since: datetime) -> Sequence[str]:
        """The messages about a meeting and its occurrences that have arrived since a given time, oldest first.

        Inbox and Deleted Items are searched, so messages that `changes` has not reported are found as well. Empty if
        the server cannot search.
        """
        ...

    async def changes(self, folder: Folder, state: str) -> Changes:
        """The messages that have arrived in a folder since `state`. Pass "" initially, and again after the server has
        lost the state.
        """
        ...
