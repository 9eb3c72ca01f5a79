"""An attendee's actions on meetings: accept, decline, accept tentatively."""

from dataclasses import dataclass
from datetime import datetime

from dev.exchange.calendar import Entry, find_occurrence
from dev.exchange.directory import User
from dev.exchange.model import Body, Difference, Letter, MeetingPart, MessageKind, Reply, Response
from dev.exchange.post import PostOffice
from dev.exchange.store import DELETED, INBOX, Store
from dev.movable_clock import MovableClock

_KINDS = {
    Reply.ACCEPTED: (MessageKind.ACCEPTED, "Accepted"),
    Reply.TENTATIVE: (MessageKind.TENTATIVE, "Tentative"),
    Reply.DECLINED: (MessageKind.DECLINED, "Declined"),
}

_NO_COMMENT = Body("", is_html=False)


class ResponseError(Exception):
    """Exchange rejects an answer to a meeting."""


class OrganizerCannotRespondError(ResponseError):
    """The mailbox's owner is the meeting's organizer, and therefore cannot answer the meeting."""


class MeetingIsCancelledError(ResponseError):
    """The organizer has cancelled the meeting."""


@dataclass(frozen=True)
class Answer:
    """An attendee's answer. Without ``send``, the organizer gets no message. Without ``save``, no copy is kept in Sent
    Items. ``proposed`` is the start and end of a proposed new time.
    """

    reply: Reply
    body: Body = _NO_COMMENT
    send: bool = True
    save: bool = True
    proposed: tuple[datetime, datetime] | None = None


class Responses:
    """Records answers in calendars and sends them to organizers."""

    def __init__(self, store: Store, post: PostOffice, clock: MovableClock) -> None:
        self._store = store
        self._post = post
        self._clock = clock

    def respond(self, owner: User, entry: Entry, answer: Answer) -> None:
        """Answer a meeting, a series or one occurrence; raises `ResponseError`. The answered requests move from the
        Inbox to Deleted Items. A declined meeting is removed from the calendar.
        """
        if entry.event.is_organizer:
            raise OrganizerCannotRespondError
        if entry.cancelled:
            raise MeetingIsCancelledError
        self._note(entry, Response(answer.reply, self._clock.now()))
        self._clear_inbox(owner, entry)
        if answer.send:
            self._post.send(_letter(owner, entry, answer), save=answer.save)

    def accept_by_itself(self, owner: User, part: MeetingPart) -> None:
        """Accept a request as the booking assistant (AutoAccept). Conflicts are not checked."""
        meeting = part.meeting
        event = self._store.event(owner.guid, meeting.uid) or self._store.event(
            owner.guid, meeting.uid, meeting.original_start
        )
        entry = event and find_occurrence(event, meeting)
        if entry:
            text = "Your request was accepted."
            self.respond(owner, entry, Answer(Reply.ACCEPTED, Body(text, is_html=False)))

    def _note(self, entry: Entry, response: Response) -> None:
        event, day = entry.event, entry.day
        if response.reply is Reply.DECLINED and day is None:
            self._store.delete_event(event)
            return
        if day is None:
            event.response = response
        elif response.reply is Reply.DECLINED:
            event.removed.add(day)
            event.differences.pop(day, None)
        else:
            known = event.differences.get(day, Difference())
            event.differences[day] = Difference(known.overrides, response=response)
        self._store.touch_event(event)

    def _clear_inbox(self, owner: User, entry: Entry) -> None:
        answered = (entry.meeting.uid, entry.meeting.original_start)
        for message in self._store.messages(owner.guid, INBOX):
            part = message.letter.part
            is_request = part is not None and part.kind is MessageKind.REQUEST
            if part and is_request and (part.meeting.uid, part.meeting.original_start) == answered:
                self._store.move_message(message, DELETED)


def _letter(owner: User, entry: Entry, answer: Answer) -> Letter:
    kind, word = _KINDS[answer.reply]
    meeting = entry.meeting
    return Letter(
        subject=f"{word}: {meeting.subject}",
        body=answer.body,
        from_=owner.contact,
        sender=owner.contact,
        to=(meeting.organizer,),
        part=MeetingPart(kind, meeting, proposed=answer.proposed),
    )
