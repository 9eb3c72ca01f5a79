"""The Calendar Attendant, the part of Exchange that processes the meeting messages in a mailbox. ``AutoUpdate`` keeps a
tentative calendar item in sync with the organizer's meeting, and sends no answers. ``AutoAccept`` also answers, and
deletes the body. ``None`` does nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from dev.exchange.calendar import Entry, day_of, find_occurrence, instances, occurrence, plain_occurrence, whole
from dev.exchange.directory import User
from dev.exchange.model import (
    Body,
    Difference,
    Event,
    Letter,
    Meeting,
    MeetingPart,
    MessageKind,
    Reply,
    Response,
    overrides,
)  # fmt: skip
from dev.exchange.store import DELETED, INBOX, Store
from dev.exchange.visibility import is_visible
from dev.movable_clock import MovableClock

PROCESSING = ("None", "AutoUpdate", "AutoAccept")
_NOT_RESPONDED = Response(Reply.NOT_RESPONDED)
_REPLIES = {
    MessageKind.ACCEPTED: Reply.ACCEPTED,
    MessageKind.TENTATIVE: Reply.TENTATIVE,
    MessageKind.DECLINED: Reply.DECLINED,
}


@dataclass
class Processing:
    """The settings of Set-CalendarProcessing for one mailbox, and the tenant's VisibleMeetingUpdateProperties.

    The defaults are the recommended settings for an equipment mailbox watched by the product. They differ from a new
    mailbox's settings.
    """

    automate_processing: str = "AutoUpdate"
    remove_old_meeting_messages: bool = False
    remove_canceled_meetings: bool = False
    visible_update_properties: str = "Location,AllProperties:15"


@dataclass(frozen=True)
class Placement:
    """A message as it appears in a mailbox, and its folder. ``accepts`` says whether the booking assistant accepts the
    meeting.
    """

    letter: Letter
    folder: str = INBOX
    accepts: bool = False


class Attendant:
    """Updates calendars when meeting messages arrive."""

    def __init__(self, store: Store, clock: MovableClock) -> None:
        self._store = store
        self._clock = clock
        self._processing: dict[str, Processing] = {}

    def processing(self, owner: User) -> Processing:
        """A mailbox's settings. Callers may change the returned object."""
        return self._processing.setdefault(owner.guid, Processing())

    def receive(self, owner: User, letter: Letter) -> Placement:
        """Process an incoming message, and return its placement."""
        part, settings = letter.part, self.processing(owner)
        if part is None:
            return Placement(letter)
        if part.kind.is_response:
            self._track(owner, letter, part)
            return Placement(letter)
        if settings.automate_processing == "None" or part.meeting.organizer.is_(owner.address):
            return Placement(letter)
        if settings.automate_processing == "AutoAccept":
            letter = _wiped(letter, part)
            part = letter.part or part
        return self._process(owner, letter, part, settings)

    def enter(self, owner: User, part: MeetingPart) -> Entry | None:
        """Add a request's meeting to the calendar. If the attendant ignored the request, this happens when it is
        answered.
        """
        self._update(owner, part)
        return self._entry(owner, part.meeting)

    def _process(self, owner: User, letter: Letter, part: MeetingPart, settings: Processing) -> Placement:
        before = self._entry(owner, part.meeting)
        unseen = before is not None and self._is_auto_processed(before, part, settings)
        self._outdate(owner, part, before, settings)
        if part.kind is MessageKind.CANCELLED:
            self._cancel(owner, part, settings)
            return Placement(letter)
        self._update(owner, part)
        accepts = settings.automate_processing == "AutoAccept"
        return Placement(letter, DELETED if unseen and not accepts else INBOX, accepts)

    def _entry(self, owner: User, meeting: Meeting) -> Entry | None:
        """The entry in a user's calendar for the meeting that a message is about."""
        master = self._store.event(owner.guid, meeting.uid)
        day = day_of(meeting)
        if master and day:
            return occurrence(master, day)
        event = master or self._store.event(owner.guid, meeting.uid, meeting.original_start)
        return whole(event) if event else None

    # --- requests

    def _update(self, owner: User, part: MeetingPart) -> None:
        meeting, day = part.meeting, day_of(part.meeting)
        master = self._store.event(owner.guid, meeting.uid)
        if master and day:
            _update_occurrence(master, day, meeting)
            self._store.touch_event(master)
            return
        event = master or self._store.event(owner.guid, meeting.uid, meeting.original_start)
        if event is None:
            self._add(owner, part)
            return
        _update_whole(event, part)
        self._store.touch_event(event)

    def _add(self, owner: User, part: MeetingPart) -> None:
        for orphan in self._store.events(owner.guid):
            if orphan.meeting.uid == part.meeting.uid and part.meeting.recurrence:
                self._store.delete_event(orphan)
        event = self._store.add_event(owner.guid, part.meeting, _NOT_RESPONDED)
        strange = set(_not_invited(part, owner))
        event.removed = set(part.removed) | strange
        event.differences = {day: kept for day, kept in part.differences.items() if day not in strange}

    # --- cancellations

    def _cancel(self, owner: User, part: MeetingPart, settings: Processing) -> None:
        entry = self._entry(owner, part.meeting)
        if entry is None:
            return
        event, day = entry.event, entry.day
        cancelled = replace(part.meeting, subject=cancelled_subject(part.meeting.subject))
        if day is None and settings.remove_canceled_meetings:
            self._store.delete_event(event)
            return
        if day is None:
            event.cancelled = True
            event.meeting = cancelled
        elif settings.remove_canceled_meetings:
            event.removed.add(day)
            event.differences.pop(day, None)
        else:
            # The occurrence stays in the attendee's calendar as a cancelled exception.
            changed = overrides(plain_occurrence(event.meeting, day), cancelled)
            event.differences[day] = Difference(changed, cancelled=True, response=entry.response)
        self._store.touch_event(event)

    # --- earlier messages

    def _outdate(self, owner: User, part: MeetingPart, before: Entry | None, settings: Processing) -> None:
        """Mark older messages about the same meeting as outdated. If the pattern has changed, messages about
        occurrences are marked as well.
        """
        meeting = part.meeting
        new_pattern = before is not None and before.day is None and not before.meeting.same_time(meeting)
        for message in self._store.messages(owner.guid):
            old = message.letter.part
            if old is None or old.kind.is_response or old.meeting.uid != meeting.uid or message.out_of_date:
                continue
            if not new_pattern and old.meeting.original_start != meeting.original_start:
                continue
            if settings.remove_old_meeting_messages:
                self._store.delete_message(message)
            else:
                message.out_of_date = True
                self._store.touch_message(message)

    def _is_auto_processed(self, before: Entry, part: MeetingPart, settings: Processing) -> bool:
        """Whether a meeting update bypasses the Inbox."""
        answered = before.response.reply in (Reply.ACCEPTED, Reply.TENTATIVE, Reply.DECLINED)
        if part.kind is not MessageKind.REQUEST or not answered or before.cancelled:
            return False
        start = self._next_start(before)
        left = start - self._clock.now() if start else timedelta()
        return not is_visible(settings.visible_update_properties, before.meeting, part.meeting, left)

    def _next_start(self, entry: Entry) -> datetime | None:
        if entry.kind != "seriesMaster":
            return entry.meeting.start
        now = self._clock.now()
        return next((e.meeting.start for e in instances(entry.event, now, now + timedelta(days=366))), None)

    # --- answers that reach the organizer

    def _track(self, owner: User, letter: Letter, part: MeetingPart) -> None:
        event = self._store.event(owner.guid, part.meeting.uid)
        if event is None or not event.is_organizer or _is_out_of_date(event, part.meeting):
            return
        who = letter.from_.address.casefold()
        event.tracking[day_of(part.meeting), who] = Response(_REPLIES[part.kind], self._clock.now())
        self._store.touch_event(event)


def _is_out_of_date(event: Event, answered: Meeting) -> bool:
    """Whether a response refers to an older version of a meeting. The organizer sees the response, but it is not
    tracked ([MS-OXOCAL] 3.1.5.2).
    """
    entry = find_occurrence(event, answered)
    return entry is not None and answered.sequence < entry.meeting.sequence


def cancelled_subject(subject: str) -> str:
    """The subject of a cancellation and of a cancelled calendar item."""
    return subject if subject.startswith("Canceled: ") else f"Canceled: {subject}"


def _update_whole(event: Event, part: MeetingPart) -> None:
    if event.cancelled or not event.meeting.same_time(part.meeting):
        event.response = _NOT_RESPONDED
        event.differences = dict(part.differences)
        event.removed = set(part.removed)
    event.meeting = part.meeting
    event.cancelled = False


def _update_occurrence(master: Event, day: date, meeting: Meeting) -> None:
    before = occurrence(master, day)
    same = before is not None and not before.cancelled and before.meeting.same_time(meeting)
    response = before.response if before and same else _NOT_RESPONDED
    master.removed.discard(day)
    changed = overrides(plain_occurrence(master.meeting, day), meeting)
    master.differences[day] = Difference(changed, response=response)


def _not_invited(part: MeetingPart, owner: User) -> Iterator[date]:
    """The occurrences of a series to which this attendee is not invited."""
    for day, difference in part.differences.items():
        attendees = difference.overrides.get("attendees")
        if attendees is not None and not any(attendee.is_(owner.address) for attendee in attendees):
            yield day


def _wiped(letter: Letter, part: MeetingPart) -> Letter:
    """A request, with DeleteComments, DeleteSubject and AddOrganizerToSubject applied by the booking assistant."""
    if part.kind is not MessageKind.REQUEST:
        return letter
    meeting = replace(part.meeting, body=Body(""), subject=part.meeting.organizer.name)
    return replace(letter, body=Body(""), subject=meeting.subject, part=replace(part, meeting=meeting))
