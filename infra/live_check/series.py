"""A series over four days: its second occurrence is moved, its third is cancelled."""

from datetime import timedelta

from infra.live_check.facts import (
    CLEAN_GLOBAL_OBJECT_ID,
    GLOBAL_OBJECT_ID,
    OCCURRENCE_FIELDS,
    SEQUENCE,
    day_in,
    expanding,
    extended,
    hexadecimal,
    without_day,
)
from infra.live_check.graph import Json, Refused, item
from infra.live_check.meetings import Held, Mailboxes, moved
from infra.live_check.reading import ORIGINAL_START, original_start
from infra.live_check.table import Differs, Once, Table, expect

_DAILY: Json = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "numberOfOccurrences": 4},
}


class Series:
    """The series in both mailboxes."""

    def __init__(self, boxes: Mailboxes) -> None:
        self.held = Held(boxes, "series", _DAILY)
        self._boxes = boxes
        self._moved = Once(self._move)

    def check(self, table: Table) -> None:
        """Check everything about series that the product relies on."""
        check = table.check
        check("a series arrives as one meetingRequest whose event is a seriesMaster", self._arrives)
        check("/instances returns its occurrences within a period", self._lists)
        check("moving an occurrence sends a meetingRequest whose event is an exception", self._exception)
        check("the exception's iCalUId contains the pattern's date, and otherwise equals the series'", self._dated)
        check("the message about an occurrence has 0x3 with the date, and 0x23 of the series", self._object_ids)
        check(ORIGINAL_START, self._original_start, borne=True)
        check("an exception has its sequence number, 0x8201", self._sequence, borne=True)
        check("/instances lists exceptions", self._lists_exceptions, borne=True)
        check("$expand=exceptionOccurrences of the series lists exceptions", self._expands_exceptions)
        check("cancelling an occurrence sends a meetingCancelled", self._cancels)
        check("/instances omits the cancelled occurrence, or marks it with isCancelled", self._without_cancelled)

    def _instances(self, root: str, series_id: str) -> list[Json]:
        start = self.held.meeting.start
        query = {
            "startDateTime": (start - timedelta(days=1)).isoformat(),
            "endDateTime": (start + timedelta(days=10)).isoformat(),
            "$select": OCCURRENCE_FIELDS,
            "$top": "100",
        }
        found: list[Json] = self._boxes.graph.get(f"{item(f'{root}/events', series_id)}/instances", query)["value"]
        return found

    def _day(self, number: int) -> str:
        return f"{self.held.meeting.start + timedelta(days=number):%Y-%m-%d}"

    def _own_occurrence(self, number: int) -> str:
        """The id, in the organizer's mailbox, of an occurrence that has not been moved (counted from 0)."""
        found = self._instances(self._boxes.organizer, self.held.meeting.id)
        for each in found:
            if each["start"]["dateTime"].startswith(self._day(number)):
                return str(each["id"])
        raise Differs(f"the organizer's series has no occurrence on its day {number + 1}")

    def _arrives(self) -> str:
        kind = str(self.held.message["event"].get("type"))
        return expect(kind == "seriesMaster", kind)

    def _lists(self) -> str:
        count = len(self._instances(self._boxes.equipment, self.held.event_id))
        return expect(count == 4, f"{count} of 4")

    def _move(self) -> Json:
        """Move an occurrence; returns the resulting message with its event."""
        before = frozenset({self.held.message_id})
        change = moved(self.held.meeting.start + timedelta(days=1), 2)
        self.held.meeting.change(self._own_occurrence(1), change)
        return self.held.meeting.request(after=before)

    @property
    def _event_id(self) -> str:
        return str(self._moved.get()["event"]["id"])

    def _exception(self) -> str:
        kind = str(self._moved.get()["event"].get("type"))
        return expect(kind == "exception", kind)

    def _dated(self) -> str:
        master, own = (str(message["event"]["iCalUId"]).upper() for message in (self.held.message, self._moved.get()))
        fits = day_in(own) == self._day(1).replace("-", "") and without_day(own) == master
        return expect(
            fits, f"date {day_in(own) or 'missing'}, {'the same' if without_day(own) == master else 'another'} series"
        )

    def _object_ids(self) -> str:
        path = item(f"{self._boxes.equipment}/messages", str(self._moved.get()["id"]))
        query = {"$select": "id", **expanding(GLOBAL_OBJECT_ID, CLEAN_GLOBAL_OBJECT_ID)}
        message = self._boxes.graph.get(path, query)
        whole, clean = (hexadecimal(extended(message, name)) for name in (GLOBAL_OBJECT_ID, CLEAN_GLOBAL_OBJECT_ID))
        fits = day_in(whole) == self._day(1).replace("-", "") and clean == without_day(whole)
        return expect(fits, f"0x3 with date {day_in(whole) or 'missing'}; 0x23 with date {day_in(clean) or 'zero'}")

    def _original_start(self) -> str:
        return original_start(self._boxes.graph, self._boxes.equipment, self._event_id)

    def _sequence(self) -> str:
        path = item(f"{self._boxes.equipment}/events", self._event_id)
        value = extended(self._boxes.graph.get(path, expanding(SEQUENCE)), SEQUENCE)
        return expect(value.isdigit(), value or "it has none")

    def _lists_exceptions(self) -> str:
        found = self._instances(self._boxes.equipment, self._series_id)
        told = any(each["type"] == "exception" for each in found)
        return expect(told, f"{len(found)} instances, {'one' if told else 'none'} of them an exception")

    @property
    def _series_id(self) -> str:
        return str(self._moved.get()["event"]["seriesMasterId"])

    def _expands_exceptions(self) -> str:
        query = {"$select": f"{OCCURRENCE_FIELDS},exceptionOccurrences", "$expand": "exceptionOccurrences"}
        path = item(f"{self._boxes.equipment}/events", self._series_id)
        count = len(self._boxes.graph.get(path, query).get("exceptionOccurrences") or [])
        return expect(count > 0, f"{count} of them")

    def _cancels(self) -> str:
        _ = self.held.message
        self._boxes.graph.delete(item(f"{self._boxes.organizer}/events", self._own_occurrence(2)))
        return str(self.held.meeting.arrival("meetingCancelled").get("@odata.type"))

    def _without_cancelled(self) -> str:
        root, identity = self._boxes.equipment, self.held.event_id
        there = [e for e in self._instances(root, identity) if e["start"]["dateTime"].startswith(self._day(2))]
        if there:
            return expect(bool(there[0]["isCancelled"]), f"it is there, isCancelled {there[0]['isCancelled']}")
        return f"it is gone; cancelledOccurrences {self._cancelled(root, identity)}"

    def _cancelled(self, root: str, identity: str) -> str:
        try:
            event = self._boxes.graph.get(item(f"{root}/events", identity), {"$select": "id,cancelledOccurrences"})
        except Refused as error:
            return str(error)
        return "names it" if event.get("cancelledOccurrences") else "is empty"
