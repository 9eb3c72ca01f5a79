"""An organizer's actions on meetings in Outlook, and the resulting messages."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from dev.exchange.attendant import cancelled_subject
from dev.exchange.calendar import Entry, exceptions, occurrence, plain_occurrence, whole
from dev.exchange.directory import Directory, User
from dev.exchange.model import (
    Address,
    Body,
    Difference,
    Event,
    Letter,
    Meeting,
    MeetingPart,
    MessageKind,
    Reply,
    RequestKind,
    Response,
    overrides,
)  # fmt: skip
from dev.exchange.post import PostOffice
from dev.exchange.store import DELETED, Store


class MeetingError(ValueError):
    """An organizer's action is not possible. The message says why."""


class NoSuchMeetingError(MeetingError):
    """No meeting has this uid."""


class Meetings:
    """All meetings as seen by their organizers, keyed by uid."""

    def __init__(self, store: Store, directory: Directory, post: PostOffice) -> None:
        self._store = store
        self._directory = directory
        self._post = post
        self._organizers: dict[str, User] = {}
        self._delegates: dict[str, User] = {}

    def create(self, organizer: User, meeting: Meeting, delegate: User | None = None, *, told: bool = True) -> None:
        """Add a meeting to the organizer's calendar, and invite the attendees if ``told``. A ``delegate`` sends this
        and all later messages on the organizer's behalf.
        """
        self._organizers[meeting.uid] = organizer
        if delegate:
            self._delegates[meeting.uid] = delegate
        event = self._store.add_event(organizer.guid, meeting, Response(Reply.ORGANIZER), is_organizer=True)
        if told:
            self._request(event, whole(event), meeting.attendees, RequestKind.NEW, meeting)

    def edit(
        self,
        uid: str,
        change: Callable[[Meeting], Meeting],
        day: date | None = None,
        *,
        silent: bool = False,
        told: bool = True,
    ) -> None:
        """Change a meeting, a series or, with ``day``, one occurrence. If ``told``, inform the people affected.

        A new time or recurrence is a full update. As in Outlook, it requires new answers and removes a series'
        exceptions. Added attendees get a new request, and removed attendees get a cancellation. If nothing else has
        changed, the other attendees get no message.
        """
        event = self._event(uid)
        old = self._entry(event, day).meeting
        new = change(old)
        full = not old.same_time(new)
        new = replace(new, sequence=old.sequence + 1 if full else old.sequence)
        if day is None:
            self._change_whole(event, new, full=full)
        else:
            _change_occurrence(event, day, new)
        self._store.touch_event(event)
        kind = RequestKind.SILENT if silent else RequestKind.FULL if full else RequestKind.INFORMATIONAL
        if told:
            self._tell(event, day, old, kind)

    def delegate(self, uid: str, delegate: User) -> None:
        """Let a delegate send all further messages about a meeting on the organizer's behalf."""
        self._event(uid)
        self._delegates[uid] = delegate

    def cancel(self, uid: str, day: date | None = None, *, told: bool = True) -> None:
        """Cancel a meeting, a series or one occurrence of a series. If ``told``, inform the attendees."""
        event = self._event(uid)
        entry = self._entry(event, day)
        if day is None:
            if told:
                self._dismiss_guests(event)
            self._store.delete_event(event)
        else:
            event.removed.add(day)
            event.differences.pop(day, None)
            self._store.touch_event(event)
        if told:
            self._cancellation(entry.meeting, entry.meeting.attendees)

    def forward(self, uid: str, sender: User, to: User) -> None:
        """Forward an invitation as an attendee. The forwarded message is from the organizer, but its sender is the
        attendee.

        The new recipients are added to the organizer's meeting. The organizer gets a notice. The Calendar Attendant
        moves it to Deleted Items immediately.
        """
        event = self._event(uid)
        event.meeting = replace(event.meeting, attendees=(*event.meeting.attendees, to.contact))
        self._store.touch_event(event)
        entry = whole(event)
        letter = self._letter(entry.meeting, (to.contact,), _part(event, entry, RequestKind.NEW, entry.meeting))
        self._post.send(replace(letter, sender=sender.contact, subject=f"FW: {letter.subject}"), save=False)
        self._store.add_message(event.owner, DELETED, _forward_notice(entry.meeting, sender, to))

    def seen_by(self, user: User) -> list[tuple[Event, User]]:
        """The meetings that a user organizes or sends on behalf of others, each with its sender."""
        owned = [(event, event.meeting.uid) for owner in self._owners() for event in self._store.events(owner.guid)]
        organized = [(event, self._delegates.get(uid) or self._organizers[uid]) for event, uid in owned
                     if event.is_organizer and uid in self._organizers]  # fmt: skip
        return [(event, sender) for event, sender in organized if user.guid in (event.owner, sender.guid)]

    # --- look-ups

    def _owners(self) -> list[User]:
        return list({user.guid: user for user in self._organizers.values()}.values())

    def _event(self, uid: str) -> Event:
        organizer = self._organizers.get(uid)
        if organizer is None:
            raise NoSuchMeetingError(f"no meeting has the uid '{uid}'")
        event = self._store.event(organizer.guid, uid)
        if event is None:
            raise MeetingError("the organizer has already cancelled this meeting")
        return event

    @staticmethod
    def _entry(event: Event, day: date | None) -> Entry:
        if day is None:
            return whole(event)
        if event.meeting.recurrence is None:
            raise MeetingError("this meeting is not a series, so it has no occurrences")
        entry = occurrence(event, day)
        if entry is None:
            raise MeetingError(f"the series has no occurrence on {day} (dates are in the series' time zone)")
        return entry

    # --- changes

    def _change_whole(self, event: Event, new: Meeting, *, full: bool) -> None:
        if full:
            self._dismiss_guests(event)
            event.differences.clear()
            event.removed.clear()
            event.tracking.clear()
        event.meeting = new

    def _dismiss_guests(self, event: Event) -> None:
        """People invited only to single occurrences get cancellations only for those occurrences."""
        for entry in exceptions(event):
            guests = [a for a in entry.meeting.attendees if not event.meeting.invites(a.address)]
            self._cancellation(entry.meeting, guests)

    def _tell(self, event: Event, day: date | None, old: Meeting, kind: RequestKind) -> None:
        entry = self._entry(event, day)
        new = entry.meeting
        added = [a for a in new.attendees if not old.invites(a.address)]
        dropped = [a for a in old.attendees if not new.invites(a.address)]
        only_people = (added or dropped) and replace(new, attendees=old.attendees) == old
        if not only_people:
            self._request(event, entry, [a for a in new.attendees if old.invites(a.address)], kind, old)
        self._request(event, entry, added, RequestKind.NEW, new)
        self._cancellation(new, dropped)

    # --- messages

    def _request(self, event: Event, entry: Entry, to: Iterable[Address], kind: RequestKind, previous: Meeting) -> None:
        recipients = tuple(a for a in to if not a.is_(event.meeting.organizer.address))
        if recipients:
            self._post.send(self._letter(entry.meeting, recipients, _part(event, entry, kind, previous)))

    def _cancellation(self, meeting: Meeting, to: Iterable[Address]) -> None:
        recipients = tuple(a for a in to if not a.is_(meeting.organizer.address))
        if recipients:
            # A cancellation counts as a new version of the meeting.
            gone = replace(meeting, sequence=meeting.sequence + 1)
            letter = self._letter(gone, recipients, MeetingPart(MessageKind.CANCELLED, gone, previous=meeting))
            self._post.send(replace(letter, subject=cancelled_subject(letter.subject)))

    def _letter(self, meeting: Meeting, to: tuple[Address, ...], part: MeetingPart) -> Letter:
        delegate = self._delegates.get(meeting.uid)
        sender = delegate.contact if delegate else meeting.organizer
        return Letter(meeting.subject, meeting.body, from_=meeting.organizer, sender=sender, to=to, part=part)


def _forward_notice(meeting: Meeting, sender: User, to: User) -> Letter:
    text = f"<p>{sender.name} has forwarded your meeting request to additional recipients: {to.name}.</p>"
    return Letter(
        subject=f"Meeting Forward Notification: {meeting.subject}",
        body=Body(text),
        from_=sender.contact,
        sender=sender.contact,
        to=(meeting.organizer,),
        item_class="IPM.Schedule.Meeting.Notification.Forward",
    )


def _part(event: Event, entry: Entry, kind: RequestKind, previous: Meeting) -> MeetingPart:
    part = MeetingPart(MessageKind.REQUEST, entry.meeting, kind, previous)
    if entry.day is not None:
        return part
    return replace(part, differences=dict(event.differences), removed=frozenset(event.removed))


def _change_occurrence(event: Event, day: date, new: Meeting) -> None:
    changed = overrides(plain_occurrence(event.meeting, day), new)
    event.differences[day] = Difference(changed)
