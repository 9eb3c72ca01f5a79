"""Checks that need meetings. They are run with --write, in two mailboxes that nobody uses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.live_check.graph import Graph, Json, Refused, item
from infra.live_check.meetings import Held, Mailboxes, Meeting, moved
from infra.live_check.reading import delta_state, message_rows
from infra.live_check.replies import reply
from infra.live_check.series import Series
from infra.live_check.subscriptions import subscription_rows
from infra.live_check.table import Differs, Table, expect

_COMMENT = "The room is booked (live-check)."
_CANCELLED = "ErrorCalendarIsCancelledFor"


@dataclass(frozen=True)
class Writing:
    """Runs the checks that need meetings.

    `webhooks` is the base URL of a deployment whose webhook responds to handshakes, or "" if there is none.
    """

    table: Table
    boxes: Mailboxes
    webhooks: str

    def run(self) -> None:
        """Run all checks; the caller cleans up."""
        self._answering()
        self._replying()
        self._moving()
        Series(self.boxes).check(self.table)
        self._cancelling()
        self.table.check(
            "a message that leaves the Inbox and comes back is not reported as new", self._back, borne=True
        )
        subscription_rows(self.table, self.boxes, self.webhooks)

    @property
    def _graph(self) -> Graph:
        return self.boxes.graph

    # --- an invitation and an answer through Graph

    def _answering(self) -> None:
        held, check = Held(self.boxes, "answered"), self.table.check
        check("an organizer's meeting arrives as a meetingRequest with a (tentative) event", lambda: _arrives(held))
        check("the tag survives in the invitation's text", lambda: _tagged(held))
        message_rows(self._graph, self.table, self.boxes.equipment, lambda: held.message_id)
        check("a comment with sendResponse=false is refused with 400", lambda: self._silent_comment(held))
        check("accept with a comment works (202), and the organizer's event shows it", lambda: self._accept(held))
        check("the comment is in the response that the organizer gets", lambda: self._comment_arrives(held))
        check("the answered invitation is in Deleted Items with the same immutable id", lambda: self._moved_away(held))
        check("the organizer's own event cannot be accepted (400)", lambda: self._own(held))

    def _silent_comment(self, held: "Held") -> str:
        return _refused(lambda: self._answer(held.event_id, {"comment": _COMMENT, "sendResponse": False}), 400)

    def _answer(self, event_id: str, body: Json) -> None:
        self._graph.post(f"{item(f'{self.boxes.equipment}/events', event_id)}/accept", body)

    def _accept(self, held: "Held") -> str:
        self._answer(held.event_id, {"comment": _COMMENT, "sendResponse": True})
        return _tracked(self.boxes, held.meeting)

    def _comment_arrives(self, held: "Held") -> str:
        def look() -> Json | None:
            found = self.boxes.messages(self.boxes.organizer, held.meeting.subject)
            return next((each for each in found if each.get("meetingMessageType") == "meetingAccepted"), None)

        response = self.boxes.wait("a meetingAccepted", look)
        text = self._graph.get(item(f"{self.boxes.organizer}/messages", str(response["id"])))["body"]["content"]
        return expect(_COMMENT in text, "it is" if _COMMENT in text else "different text, or none")

    def _moved_away(self, held: "Held") -> str:
        wanted = self._graph.get(f"{self.boxes.equipment}/mailFolders/deleteditems", {"$select": "id"})["id"]
        path = item(f"{self.boxes.equipment}/messages", held.message_id)
        found = self._graph.get(path, {"$select": "id,parentFolderId"})["parentFolderId"]
        return expect(found == wanted, "in Deleted Items" if found == wanted else "it is elsewhere")

    def _own(self, held: "Held") -> str:
        path = f"{item(f'{self.boxes.organizer}/events', held.meeting.id)}/accept"
        return _refused(lambda: self._graph.post(path, {"sendResponse": True}), 400)

    # --- an answer by mail

    def _replying(self) -> None:
        held = Held(self.boxes, "replied to")
        self.table.check("an e-mail with an iTIP REPLY becomes a tracked response", lambda: self._reply(held))

    def _reply(self, held: "Held") -> str:
        path = f"{self.boxes.equipment}/messages"
        content = reply(held.message["event"], self.boxes.organizer_address, self.boxes.equipment_address)
        draft = item(path, str(self._graph.post_mime(path, content)["id"]))
        self._graph.post(f"{draft}/send")
        return _tracked(self.boxes, held.meeting)

    # --- a meeting that moves

    def _moving(self) -> None:
        held, check = Held(self.boxes, "moved"), self.table.check
        check("moving a meeting sends another meetingRequest of type fullUpdate", lambda: self._move(held))
        check("the older invitation is then out of date", lambda: self._outdated(held), borne=True)
        check("an answer to the earlier version of the event works", lambda: self._late(held), borne=True)

    def _move(self, held: "Held") -> str:
        before = frozenset({held.message_id})
        held.meeting.change(held.meeting.id, moved(held.meeting.start, 2))
        update = held.meeting.request(after=before)
        kind = str(update.get("meetingRequestType"))
        return expect(kind == "fullUpdate", kind)

    def _outdated(self, held: "Held") -> str:
        told = bool(held.meeting.read(held.message_id).get("isOutOfDate"))
        return expect(told, f"isOutOfDate is {str(told).lower()}")

    def _late(self, held: "Held") -> str:
        self._answer(held.event_id, {"comment": _COMMENT, "sendResponse": True})
        return "202"

    # --- a meeting that is cancelled

    def _cancelling(self) -> None:
        held, check = Held(self.boxes, "cancelled"), self.table.check
        check("cancelling a meeting sends a meetingCancelled", lambda: self._cancel(held))
        check("accepting it is refused with ErrorCalendarIsCancelled… or 404", lambda: self._too_late(held))
        check("a deleted event cannot be read (404)", lambda: self._gone(held))
        check("a cancellation's event expands to {} once it is gone", lambda: self._nothing(held), borne=True)

    def _cancel(self, held: "Held") -> str:
        _ = held.message
        self.boxes.cancel(held.meeting)
        return str(held.meeting.arrival("meetingCancelled").get("@odata.type"))

    def _too_late(self, held: "Held") -> str:
        try:
            self._answer(held.event_id, {"comment": _COMMENT, "sendResponse": True})
        except Refused as error:
            return expect(error.status == 404 or error.code.startswith(_CANCELLED), str(error))
        raise Differs("202: it was accepted")

    def _gone(self, held: "Held") -> str:
        path = item(f"{self.boxes.equipment}/events", held.event_id)
        self._graph.delete(path)
        return _refused(lambda: self._graph.get(path), 404)

    def _nothing(self, held: "Held") -> str:
        message = held.meeting.arrival("meetingCancelled")
        found = message.get("event", "no event")
        return expect(found == {}, "null" if found is None else str(found if not found else "still an event"))

    # --- a message that leaves the Inbox and comes back

    def _back(self) -> str:
        held, root = Held(self.boxes, "there and back"), self.boxes.equipment
        path = item(f"{root}/messages", held.message_id)
        link = delta_state(self._graph, root)
        for folder in ("deleteditems", "inbox"):
            self._graph.post(f"{path}/move", {"destinationId": folder})
        entries = self._graph.get(link, prefer="odata.maxpagesize=100")["value"]
        told = ["removed" if "@removed" in each else "new" for each in entries if each["id"] == held.message_id]
        return expect("new" not in told, ", then ".join(told) or "not reported at all")


def _arrives(held: Held) -> str:
    message = held.message
    answer = message["event"].get("responseStatus", {}).get("response")
    return expect(answer in ("notResponded", "none", "tentativelyAccepted"), f"both; the event's response is {answer}")


def _tagged(held: Held) -> str:
    found = held.meeting.tag in held.message["body"]["content"]
    return expect(found, "it is there" if found else "it is not there: is DeleteComments off?")


def _tracked(boxes: Mailboxes, meeting: Meeting) -> str:
    answer = boxes.wait("a response in the organizer's calendar", lambda: _answered(meeting))
    return expect(answer == "accepted", answer)


def _answered(meeting: Meeting) -> str | None:
    answer = meeting.tracked()
    return None if answer in ("none", "notResponded") else answer


def _refused(attempt: Callable[[], Any], status: int) -> str:
    """Check that an attempt is refused with this status, and return the error. Raises Differs."""
    try:
        attempt()
    except Refused as error:
        return expect(error.status == status, str(error))
    raise Differs("it is not refused")
