"""An in-memory equipment mailbox that behaves like Exchange with its Calendar Attendant on (AutoUpdate)."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.calendar.conference import Calendar, Occurrence
from shared.calendar.request import Answer, CalendarItem, Kind, MeetingRequest, Person, Shape, Update
from shared.clock import Clock
from shared.mailboxes.arrivals import Arrived
from shared.mailboxes.mailbox import (
    CalendarEntry,
    CalendarItemGone,
    CalendarPage,
    Changes,
    Folder,
    Mail,
    MessageNotFound,
)

ALICE = Person("Alice", "alice@example.com")


@dataclass(frozen=True)
class SentAnswer:
    """A response that was sent. `text` is None if nobody was notified."""

    item_id: str
    answer: Answer
    text: str | None


@dataclass
class Fault:
    """An error raised by the next `times` calls of a method, before or (as with a 504) after they take effect."""

    error: Exception
    times: int = 1
    after_effect: bool = False


class FakeMailbox:
    """A fake `Mailbox`. `calls` lists the methods called, and `answers` and `mails` list what was sent. `series`
    contains the calendars of series, keyed by id, and `modified` the times of items' last changes (by default, long
    ago).

    An accepted request moves to Deleted Items and keeps its id. A declined item leaves the calendar (exchange.md §2).
    """

    def __init__(self, clock: Clock, page_size: int = 100, view_size: int = 500) -> None:
        self._clock = clock
        self._page_size = page_size
        self._view_size = view_size
        self._messages: dict[str, MeetingRequest | None] = {}
        self._arrivals: dict[Folder, list[str]] = {folder: [] for folder in Folder}
        self._received: dict[str, datetime] = {}
        self._returned: list[str] = []
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self.items: dict[str, CalendarItem] = {}
        self.series: dict[str, Calendar] = {}
        self.modified: dict[str, datetime] = {}
        self.answers: list[SentAnswer] = []
        self.calls: list[str] = []
        self.forgotten_states: set[str] = set()
        self.drafts: list[Mail] = []
        self.mails: list[Mail] = []
        self._sent: set[str] = set()
        self.proxy_addresses: tuple[str, ...] = ()

    def deliver(self, request: MeetingRequest, folder: Folder = Folder.INBOX) -> str:
        """Deliver a meeting message, update the calendar accordingly, and return the message's id."""
        self._messages[request.message_id] = request
        if request.item:
            self.items[request.item.id] = request.item
        self._arrive(request.message_id, folder)
        return request.message_id

    def deliver_mail(self, message_id: str, folder: Folder = Folder.INBOX) -> str:
        """Deliver ordinary mail, and return its id."""
        self._messages[message_id] = None
        self._arrive(message_id, folder)
        return message_id

    def _arrive(self, message_id: str, folder: Folder) -> None:
        self._arrivals[folder].append(message_id)
        self._received[message_id] = self._clock.now()

    def move_there_and_back(self, message_id: str) -> None:
        """Move a message out of the Inbox and back. Graph's delta query then never reports it again."""
        self._arrivals[Folder.INBOX].remove(message_id)
        self._returned.append(message_id)

    def lose(self, message_id: str) -> None:
        """Delete the message permanently, as RemoveOldMeetingMessages does with outdated ones."""
        del self._messages[message_id]

    def fail(self, method: str, error: Exception, times: int = 1, *, after_effect: bool = False) -> None:
        """Make the next calls of a method fail."""
        self._faults[method].append(Fault(error, times, after_effect))

    async def read(self, message_id: str) -> MeetingRequest | None:
        """Implement `Mailbox.read`: the message with the current state of its calendar item."""
        with _Call(self, "read"):
            if message_id not in self._messages:
                raise MessageNotFound("There is no such message.")
            request = self._messages[message_id]
            if request is None or request.item is None:
                return request
            return replace(request, item=self.items.get(request.item.id))

    async def calendar(self, item: CalendarItem, now: datetime, *, late: bool = False) -> Calendar:
        """Implement `Mailbox.calendar`."""
        with _Call(self, "calendar"):
            if item.shape is Shape.SINGLE:
                return Calendar((item.occurrence,))
            return self.series[item.series_id]

    async def view(self, first: datetime, last: datetime, state: str = "") -> CalendarPage:
        """Implement `Mailbox.view`. A state is the number of entries already returned."""
        with _Call(self, "view"):
            found = sorted(self._entries(), key=lambda entry: entry.occurrence)
            within = [e for e in found if e.occurrence.start < last and e.occurrence.end > first]
            told = int(state or "0")
            upto = told + self._view_size
            page, state = within[told:upto], str(upto) if upto < len(within) else ""
            return CalendarPage(page, state, page[-1].occurrence.start if page else last)

    def _entries(self) -> Iterator[CalendarEntry]:
        for item in self.items.values():
            if item.cancelled:
                continue
            times = (item.occurrence,) if item.shape is Shape.SINGLE else self.series[item.series_id].occurrences
            modified = self.modified.get(item.id, datetime(1970, 1, 1, tzinfo=UTC))
            for time in times:
                yield CalendarEntry(item.id, item.series_id, item.uid, time, item.answer, False, modified)

    async def answer(self, item_id: str, answer: Answer, text: str | None) -> None:
        """Implement `Mailbox.answer`."""
        with _Call(self, "answer"):
            item = self.items.get(item_id)
            if item is None:
                raise CalendarItemGone("The meeting is no longer in the mailbox's calendar.")
            self.answers.append(SentAnswer(item_id, answer, text))
            if answer is Answer.DECLINED:
                del self.items[item_id]
            else:
                self.items[item_id] = replace(item, answer=answer, answered_at=self._clock.now())
            self._file_away(item_id)

    async def item(self, item_id: str) -> CalendarItem | None:
        """Implement `Mailbox.item`."""
        with _Call(self, "item"):
            return self.items.get(item_id)

    async def draft(self, mail: Mail) -> str:
        """Implement `Mailbox.draft`."""
        with _Call(self, "draft"):
            self.drafts.append(mail)
            return f"draft-{len(self.drafts)}"

    async def send(self, draft_id: str) -> None:
        """Implement `Mailbox.send`."""
        with _Call(self, "send"):
            mail = self.drafts[int(draft_id.removeprefix("draft-")) - 1]
            if draft_id not in self._sent:
                self._sent.add(draft_id)
                self.mails.append(mail)

    async def addresses(self) -> tuple[str, ...]:
        """Implement `Mailbox.addresses`."""
        with _Call(self, "addresses"):
            return self.proxy_addresses

    async def changes(self, folder: Folder, state: str) -> Changes:
        """Implement `Mailbox.changes`. A state counts the arrivals and departures already returned."""
        with _Call(self, "changes"):
            told = 0 if state in self.forgotten_states else int(state.partition(" ")[0] or "0")
            arrivals = self._arrivals[folder]
            upto = min(told + self._page_size, len(arrivals))
            new = f"{upto} {len(self._arrivals[Folder.DELETED_ITEMS])}"
            return Changes(arrivals[told:upto], new, more=upto < len(arrivals), stirred=new != state)

    async def arrived(self, since: datetime) -> AsyncIterator[Arrived]:
        """Implement `Arrivals.arrived`."""
        with _Call(self, "arrived"):
            here = (*self._arrivals[Folder.INBOX], *self._returned)
            found = sorted((m for m in here if self._received[m] >= since), key=self._received.__getitem__)
        for start in range(0, len(found), self._page_size):
            page = found[start : start + self._page_size]
            yield Arrived(page, self._received[page[-1]])

    async def messages_of(self, item: CalendarItem, since: datetime) -> list[str]:
        """Implement `Mailbox.messages_of`."""
        with _Call(self, "messages_of"):
            ours = [m for m, each in self._messages.items() if each and each.item and each.item.uid == item.uid]
            return sorted((m for m in ours if self._received[m] >= since), key=self._received.__getitem__)

    async def newest(self, most: int) -> list[str]:
        """Implement `Arrivals.newest`."""
        with _Call(self, "newest"):
            return sorted(self._messages, key=self._received.__getitem__, reverse=True)[:most]

    def _file_away(self, item_id: str) -> None:
        for message_id, request in self._messages.items():
            filed = self._arrivals[Folder.DELETED_ITEMS]
            if request and request.item and request.item.id == item_id and message_id not in filed:
                filed.append(message_id)


class _Call:
    """Record a call, and make it fail if a test has requested a failure."""

    def __init__(self, mailbox: FakeMailbox, method: str) -> None:
        mailbox.calls.append(method)
        faults = mailbox._faults[method]
        self._fault = faults[0] if faults else None
        if self._fault:
            self._fault.times -= 1
            if not self._fault.times:
                faults.pop(0)

    def __enter__(self) -> None:
        if self._fault and not self._fault.after_effect:
            raise self._fault.error

    def __exit__(self, *_: object) -> None:
        if self._fault and self._fault.after_effect:
            raise self._fault.error


def invitation(
    message_id: str = "message-1",
    body: str = "",
    *,
    start: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
    length: timedelta = timedelta(hours=1),
    shape: Shape = Shape.SINGLE,
    uid: str = "uid-1",
    subject: str = "Planning",
    update: Update = Update.NEW,
    received: datetime = datetime(2026, 11, 23, 8, 59, tzinfo=UTC),
) -> MeetingRequest:
    """A meeting request from Alice. `uid` is part of its calendar item's id. Other fields can be changed with
    `replace`.
    """
    item = CalendarItem(
        id=f"item-{uid}",
        uid=uid,
        shape=shape,
        series_id="" if shape is Shape.SINGLE else f"series-{uid}",
        subject=subject,
        body=body,
        organizer=ALICE,
        occurrence=Occurrence(start, start + length),
        zone="UTC",
        cancelled=False,
        response_requested=True,
        answer=Answer.NONE,
        answered_at=None,
    )
    return MeetingRequest(message_id, Kind.REQUEST, update, False, received, body, item)


def cancellation(of: MeetingRequest, message_id: str = "message-2") -> MeetingRequest:
    """The organizer's cancellation of the meeting in an earlier request."""
    item = replace(of.item, cancelled=True) if of.item else None
    return replace(of, message_id=message_id, kind=Kind.CANCELLATION, update=Update.UNKNOWN, item=item)
