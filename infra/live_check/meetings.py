"""Creates meetings through Graph in two test mailboxes (the organizer's and the equipment mailbox), and removes them
again.
"""

import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from infra.live_check.facts import EVENT, KIND
from infra.live_check.graph import Graph, Json, Refused, item, user
from infra.live_check.table import Differs, Once

T = TypeVar("T")
NAME = "VMR live-check"
_PASSES = 5
_NEWEST = "100"


@dataclass
class Mailboxes:
    """Acts for both mailboxes.

    `mail_timeout` is how long mail may take, and `pause` is the time between two attempts to find it, both in seconds.
    """

    graph: Graph
    organizer_address: str
    equipment_address: str
    mail_timeout: float
    pause: float
    mark: str = field(default_factory=lambda: f"{NAME} {secrets.token_hex(4)}")
    made: list[str] = field(default_factory=list)
    """Ids of the organizer's meetings that have not been cancelled."""

    @property
    def organizer(self) -> str:
        """Path of the organizer's mailbox."""
        return user(self.organizer_address)

    @property
    def equipment(self) -> str:
        """Path of the equipment mailbox."""
        return user(self.equipment_address)

    # --- the organizer

    def invite(self, title: str, recurrence: Json | None = None) -> "Meeting":
        """Create a half-hour meeting, a week ahead, with a tag in its text. It is in the morning, so that moving it by
        hours leaves it on the same day.
        """
        start = (datetime.now(UTC) + timedelta(days=7)).replace(hour=10, minute=0, second=0, microsecond=0)
        tag = f"#PXPS:-{uuid.uuid4()}#"
        wanted: Json = {
            "subject": f"{self.mark} {title}",
            "body": {"contentType": "html", "content": f"<p>Join the video meeting.</p><p>{tag}</p>"},
            "start": _moment(start),
            "end": _moment(start + timedelta(minutes=30)),
            "attendees": [{"type": "resource", "emailAddress": {"address": self.equipment_address}}],
            **({"recurrence": _beginning(recurrence, start)} if recurrence else {}),
        }
        made = self.graph.post(f"{self.organizer}/events", wanted)
        self.made.append(str(made["id"]))
        return Meeting(self, str(made["id"]), wanted["subject"], tag, start)

    def cancel(self, meeting: "Meeting") -> None:
        """Delete a meeting as its organizer, so that the attendees get a cancellation."""
        self.graph.delete(item(f"{self.organizer}/events", meeting.id))
        self.made.remove(meeting.id)

    # --- reading and waiting

    def wait(self, what: str, look: Callable[[], T | None]) -> T:
        """The result of `look`, as soon as there is one. Raises Differs."""
        until = time.monotonic() + self.mail_timeout
        while (found := look()) is None:
            if time.monotonic() >= until:
                raise Differs(f"{what} has not arrived within {self.mail_timeout:.0f} seconds")
            time.sleep(self.pause)
        return found

    def messages(self, root: str, subject: str) -> list[Json]:
        """Messages in one mailbox whose subject contains this text, newest first, with only the properties that show
        their kind.
        """
        query = {"$top": _NEWEST, "$select": f"id,subject,parentFolderId,{KIND}", "$orderby": "receivedDateTime desc"}
        return [each for each in self.graph.get(f"{root}/messages", query)["value"] if _bears(each, subject)]

    # --- cleaning up

    def clean(self) -> list[str]:
        """Remove everything with this run's mark from both mailboxes; returns the mailboxes that still contain
        something.
        """
        for meeting in list(self.made):
            self.graph.delete(item(f"{self.organizer}/events", meeting))
        self.made.clear()
        for _ in range(_PASSES):
            # More messages may still arrive, and deleted items are in Deleted Items at first.
            left = [path for root in (self.organizer, self.equipment) for path in self._marked(root)]
            for path in left:
                self.graph.delete(path)
            time.sleep(self.pause)
        return [root for root in (self.organizer, self.equipment) if self._marked(root)]

    def _marked(self, root: str) -> list[str]:
        events = self.graph.get(f"{root}/events", {"$top": _NEWEST, "$select": "id,subject"})["value"]
        found = [item(f"{root}/events", str(each["id"])) for each in events if _bears(each, self.mark)]
        return found + [item(f"{root}/messages", str(each["id"])) for each in self.messages(root, self.mark)]


@dataclass(frozen=True)
class Meeting:
    """One of the organizer's meetings; `subject` distinguishes its messages from all others."""

    mailboxes: Mailboxes
    id: str
    subject: str
    tag: str
    start: datetime

    def change(self, event_id: str, document: Json) -> None:
        """Change the meeting, or one of its occurrences, as its organizer."""
        self.mailboxes.graph.patch(item(f"{self.mailboxes.organizer}/events", event_id), document)

    def arrival(self, kind: str, after: frozenset[str] = frozenset()) -> Json:
        """The next message of this kind in the equipment mailbox that is not in `after`, complete with its event."""
        boxes = self.mailboxes

        def look() -> Json | None:
            for each in boxes.messages(boxes.equipment, self.subject):
                if each.get("meetingMessageType") == kind and each["id"] not in after:
                    return each
            return None

        found = boxes.wait(f"a {kind}", look)
        return self.read(str(found["id"]))

    def read(self, message_id: str) -> Json:
        """A message in the equipment mailbox with its event, read in two calls if a single one is refused."""
        graph, path = self.mailboxes.graph, item(f"{self.mailboxes.equipment}/messages", message_id)
        try:
            return graph.get(path, {"$expand": EVENT})
        except Refused as error:
            if error.status not in (400, 500):
                raise
        try:
            return {**graph.get(path), "event": graph.get(f"{path}/{EVENT}")}
        except Refused:
            return graph.get(path)

    def request(self, after: frozenset[str] = frozenset()) -> Json:
        """The next meeting request with its event, which may appear seconds later. Raises Differs."""
        identity = str(self.arrival("meetingRequest", after)["id"])

        def look() -> Json | None:
            message = self.read(identity)
            return message if (message.get("event") or {}).get("id") else None

        return self.mailboxes.wait("the event of a meetingRequest", look)

    def tracked(self) -> str:
        """The equipment mailbox's answer according to the organizer's calendar; "none" until there is one."""
        event = self.mailboxes.graph.get(item(f"{self.mailboxes.organizer}/events", self.id))
        wanted = self.mailboxes.equipment_address.casefold()
        answers = (a["status"]["response"] for a in event["attendees"] if _address(a) == wanted)
        return str(next(answers, "none"))


class Held:
    """A meeting, created and read when it is first needed."""

    def __init__(self, boxes: Mailboxes, title: str, recurrence: Json | None = None) -> None:
        self.boxes = boxes
        self._meeting = Once(lambda: boxes.invite(title, recurrence))
        self._message = Once(lambda: self.meeting.request())

    @property
    def meeting(self) -> Meeting:
        """The organizer's meeting. If it cannot be created, raises Refused the first time and NotTried after that."""
        return self._meeting.get()

    @property
    def message(self) -> Json:
        """The invitation with its event. Raises Differs the first time and NotTried after that."""
        return self._message.get()

    @property
    def message_id(self) -> str:
        """The invitation's id."""
        return str(self.message["id"])

    @property
    def event_id(self) -> str:
        """The event's id in the equipment mailbox."""
        return str(self.message["event"]["id"])


def moved(start: datetime, hours: int) -> Json:
    """The fields to change to move a meeting."""
    start += timedelta(hours=hours)
    return {"start": _moment(start), "end": _moment(start + timedelta(minutes=30))}


def _bears(document: Json, subject: str) -> bool:
    """Whether an item has a subject that contains this text."""
    return subject in (document.get("subject") or "")


def _beginning(recurrence: Json, start: datetime) -> Json:
    limits = {**recurrence["range"], "startDate": f"{start:%Y-%m-%d}", "recurrenceTimeZone": "UTC"}
    return {**recurrence, "range": limits}


def _moment(when: datetime) -> dict[str, str]:
    return {"dateTime": f"{when:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}


def _address(attendee: Json) -> str:
    return str(attendee["emailAddress"]["address"]).casefold()
