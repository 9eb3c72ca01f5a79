"""Mailboxes, with their folders, messages and calendar items, and a log of all changes."""

import uuid
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from dev.exchange.model import Event, Letter, Meeting, Message, Response
from dev.movable_clock import MovableClock

INBOX = "inbox"
DELETED = "deleteditems"
SENT = "sentitems"
DRAFTS = "drafts"
CALENDAR = "calendar"
FOLDERS = {INBOX: "Inbox", DELETED: "Deleted Items", SENT: "Sent Items", DRAFTS: "Drafts"}


@dataclass(frozen=True)
class Change:
    """A log entry. ``kind`` is created, updated or deleted. A move is a deletion in one folder and a creation in
    another.
    """

    number: int
    kind: str
    owner: str
    folder: str
    key: str
    moves: int = 0
    is_move: bool = False


class Store:
    """All items in all mailboxes, in memory. Owners are GUIDs. Keys are hex UUIDs that never change.

    ``last_change`` is the number of the newest log entry, or 0 while the log is empty.
    """

    def __init__(self, clock: MovableClock) -> None:
        self._clock = clock
        self._messages: defaultdict[str, dict[str, Message]] = defaultdict(dict)
        self._events: defaultdict[str, dict[str, Event]] = defaultdict(dict)
        self._logs: defaultdict[tuple[str, str], list[Change]] = defaultdict(list)
        self.last_change = 0
        self.listeners: list[Callable[[Change], None]] = []

    # --- messages

    def add_message(
        self, owner: str, folder: str, letter: Letter, *, is_read: bool = False, is_draft: bool = False
    ) -> Message:
        """Add a message to a folder."""
        now = self._clock.now()
        key = uuid.uuid4().hex
        internet_id = f"<{key.upper()}@EXAMPLE.PROD.OUTLOOK.COM>"
        message = Message(key, owner, folder, letter, internet_id, now, now, now, is_read=is_read, is_draft=is_draft)
        self._messages[owner][key] = message
        self._note_message(message, "created")
        return message

    def message(self, owner: str, key: str) -> Message | None:
        """The message with the given key in a mailbox."""
        return self._messages[owner].get(key)

    def messages(self, owner: str, folder: str | None = None) -> list[Message]:
        """The messages in a mailbox, or in one of its folders, in order of arrival."""
        return [message for message in self._messages[owner].values() if folder in (None, message.folder)]

    def touch_message(self, message: Message) -> None:
        """Record that a message has changed."""
        self._note_message(message, "updated")

    def move_message(self, message: Message, folder: str) -> None:
        """Move a message to another folder. Its key stays the same, and its regular id changes."""
        if folder == message.folder:
            return
        self._note_message(message, "deleted", is_move=True)
        message.folder = folder
        message.moves += 1
        self._note_message(message, "created", is_move=True)

    def sent(self, draft: Message) -> None:
        """Move a draft to Sent Items after it has been sent. It keeps its immutable id."""
        draft.is_draft = False
        draft.sent = draft.received = self._clock.now()
        self.move_message(draft, SENT)

    def delete_message(self, message: Message) -> None:
        """Remove a message permanently."""
        del self._messages[message.owner][message.key]
        self._note_message(message, "deleted")

    def _note_message(self, message: Message, kind: str, *, is_move: bool = False) -> None:
        message.modified = self._clock.now()
        message.change = self._note(kind, message.owner, message.folder, message.key, message.moves, is_move)

    # --- calendar items

    def add_event(self, owner: str, meeting: Meeting, response: Response, *, is_organizer: bool = False) -> Event:
        """Add a meeting to a calendar."""
        now = self._clock.now()
        event = Event(uuid.uuid4().hex, owner, meeting, response, created=now, modified=now, is_organizer=is_organizer)
        self._events[owner][event.key] = event
        self._note_event(event, "created")
        return event

    def event_by_key(self, owner: str, key: str) -> Event | None:
        """The calendar item with the given key in a mailbox."""
        return self._events[owner].get(key)

    def event(self, owner: str, uid: str, original_start: datetime | None = None) -> Event | None:
        """The item for a meeting or series. With ``original_start``, the item for an occurrence with a separate
        invitation.
        """
        wanted = (uid, original_start)
        found = (e for e in self._events[owner].values() if (e.meeting.uid, e.meeting.original_start) == wanted)
        return next(found, None)

    def events(self, owner: str) -> list[Event]:
        """All calendar items in a mailbox: single meetings, masters, and occurrences with separate invitations."""
        return list(self._events[owner].values())

    def touch_event(self, event: Event) -> None:
        """Record that a calendar item or one of its occurrences has changed."""
        self._note_event(event, "updated")

    def delete_event(self, event: Event) -> None:
        """Remove a calendar item permanently."""
        del self._events[event.owner][event.key]
        self._note_event(event, "deleted")

    def renew_event(self, event: Event) -> None:
        """Replace a calendar item with one that has the same content but a different key."""
        self.delete_event(event)
        event.key = uuid.uuid4().hex
        self._events[event.owner][event.key] = event
        self._note_event(event, "created")

    def _note_event(self, event: Event, kind: str) -> None:
        event.modified = self._clock.now()
        event.change = self._note(kind, event.owner, CALENDAR, event.key)

    # --- log

    def changes(self, owner: str, folder: str, after: int) -> Iterator[Change]:
        """The changes in a folder after the change with the given number, oldest first."""
        log = self._logs[owner, folder]
        return iter(log[bisect_right(log, after, key=lambda change: change.number) :])

    def _note(self, kind: str, owner: str, folder: str, key: str, moves: int = 0, is_move: bool = False) -> int:
        self.last_change += 1
        change = Change(self.last_change, kind, owner, folder, key, moves, is_move)
        self._logs[owner, folder].append(change)
        for listener in self.listeners:
            listener(change)
        return change.number
