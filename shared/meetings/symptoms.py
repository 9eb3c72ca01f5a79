"""Mailbox settings that break scheduling. They are detected by their effect, because Graph cannot read them (O1,
docs/facts/exchange.md §7).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from shared.bookings.operation import DecisionKind, Operation
from shared.bookings.rows import RowKind
from shared.calendar.request import Answer, Kind, MeetingRequest, Update
from shared.meetings.acceptance import answered_before
from shared.meetings.decision import Accept, Accepted, Decision, Reject, Rejected
from shared.storage import Put, Row

_NEW = frozenset({Accepted.NEW_SINGLE, Accepted.NEW_SERIES})
_LONGEST = 4000
"""Maximum length, in characters, of a body whose text was removed. Exchange leaves at most an HTML frame."""

_UNSEEN = re.compile(r"<(head|style)\b.*?</\1\s*>|<[^<>]*>|&nbsp;|&#160;|\s+", re.IGNORECASE | re.DOTALL)


class Symptom(StrEnum):
    """The symptoms that a meeting request can show."""

    NO_ITEM = "no_calendar_item"
    EMPTY = "empty_body"
    ANSWERED = "answered_by_exchange"


CAUSES = {
    Symptom.NO_ITEM: "Exchange creates no calendar item for meeting requests (AutomateProcessing None).",
    Symptom.EMPTY: "A meeting request arrived without text, and therefore without its security tag. Unless the "
    "organizer left it empty, Exchange removed the text (AutoAccept with DeleteComments).",
    Symptom.ANSWERED: "Exchange answered a meeting request before this service did (AutomateProcessing AutoAccept).",
}


@dataclass(frozen=True)
class Mark:
    """A symptom, with the time and operation in which it was seen."""

    symptom: Symptom
    seen: datetime
    correlation_id: str

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Parse the row that records the symptom."""
        values = {name: str(value) for name, value in row.values.items()}
        return cls(Symptom(values["symptom"]), datetime.fromisoformat(values["seen"]), values["correlation_id"])

    @property
    def cause(self) -> str:
        """The text for an alarm."""
        return f"{CAUSES[self.symptom]} Correlation id {self.correlation_id}."


def symptom_of(request: MeetingRequest, decision: Decision, now: datetime) -> Symptom | None:
    """The symptom of wrong mailbox settings that a request shows, if any, given the decision made at `now`."""
    if request.kind is not Kind.REQUEST:
        return None
    if request.item is None:
        return Symptom.NO_ITEM
    is_first = isinstance(decision, Reject) or (isinstance(decision, Accept) and decision.reason in _NEW)
    is_answered = request.item.answer is not Answer.NONE and not answered_before(request, now)
    if is_first and request.update is Update.NEW and is_answered:
        return Symptom.ANSWERED
    untagged = isinstance(decision, Reject) and decision.reason is Rejected.INVALID_ALIAS
    return Symptom.EMPTY if untagged and is_empty(request.body) else None


def is_empty(body: str) -> bool:
    """Whether an HTML or plain-text body contains no visible text."""
    return len(body) <= _LONGEST and not _UNSEEN.sub("", body)


def marks(operation: Operation) -> list[Put]:
    """The write that records an operation's symptom. It is part of the transaction that writes the operation, and so
    costs nothing extra.
    """
    if not operation.symptom:
        return []
    values = {"symptom": operation.symptom, "seen": operation.created, "correlation_id": operation.correlation_id}
    return [Put(RowKind.SYMPTOM.key(), values)]


def disproves(operation: Operation, mark: Mark) -> bool:
    """Whether a later request went as expected: a new meeting was accepted without any symptom."""
    is_normal = operation.decision is DecisionKind.ACCEPT and operation.reason in _NEW and not operation.symptom
    return is_normal and datetime.fromisoformat(operation.created) > mark.seen
