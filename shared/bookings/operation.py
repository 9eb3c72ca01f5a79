"""An operation: the lasting record of one decision and its answer (O3).

There is one row per message, with the key `operation:<correlation id>`, in the integration's partition. The correlation
id is derived from the message's id, so that a message that arrives twice finds its first operation. Next to it,
`pending:<about>` exists until everything that the decision requires has been done:

    decide ─▶ write booking + operation + pending ─▶ open the room ─▶ answer ─▶ operation done, pending removed
              (one transaction; from here on any run can finish the work, but only one at a time: the lease)

A meeting, or an occurrence of a series, has at most one pending operation. The operation for a newer version of the
meeting replaces the older operation in the transaction that writes the newer one. If somebody is working on the older
operation, the newer version waits.
"""

import uuid
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

from shared.bookings.rows import RowKind, joined, split
from shared.calendar.request import Answer, CalendarItem, meeting_key
from shared.storage import Insert, Put, Row, Values, Write

LEASE_TIME = timedelta(minutes=6)
"""How long a run may work on an operation undisturbed: more than functionTimeout in host.json (5 minutes)."""


SUPERSEDED = "superseded"
"""The error code of an operation that ended because a newer version of the meeting will be answered instead."""

REFUSED = "answer_refused"
"""The error code of an operation whose answer Exchange has refused; `cause` contains Exchange's error."""


def correlation_id(integration: str, message_id: str) -> str:
    """The id under which all effects of a message are recorded.

    The part of the message's id after a `|` may change when the message moves (EWS) and is ignored.
    """
    return str(uuid.uuid5(uuid.UUID(integration), message_id.partition("|")[0]))


def about(item: CalendarItem) -> str:
    """The key of what an answer to the item refers to: a meeting (single or series), or one occurrence of a series."""
    key = meeting_key(item.uid)
    return f"{key}:{item.day}" if item.day and not item.is_stand_in else key


def decided_prefix(meeting: str) -> str:
    """The prefix of the keys of a meeting's operations (`Operation.decided_key`)."""
    return f"{RowKind.DECIDED.key(meeting)}:"


def decided_id(row: Row) -> str:
    """The correlation id in the key of a `decided:` row."""
    return row.key.rpartition(":")[2]


def decided_tags(row: Row) -> tuple[str, ...]:
    """The tags in a `decided:` row: those of bookings that the meeting has or has had."""
    return split(str(row.values["tags"]))


def response_of(item: CalendarItem) -> str:
    """The response on record in Exchange for an item, with its time; never ""."""
    return f"{item.answer} {item.answered_at.isoformat() if item.answered_at else ''}".rstrip()


class Mailing(StrEnum):
    """The e-mails that an operation may send: the answer if it has to be HTML, late joining instructions for everybody,
    and joining instructions resent to the meeting's owner.
    """

    RESPONSE = "response"
    INSTRUCTIONS = "instructions"
    AGAIN = "again"


class DecisionKind(StrEnum):
    """The kinds of decisions, as stored and as shown in the list of operations; decision.py explains each."""

    ACCEPT = "accept"
    PROVIDE = "provide"
    REFRESH = "refresh"
    REJECT = "reject"
    CLOSE = "close"
    IGNORE = "ignore"
    RESEND = "resend"
    """The joining instructions are sent again at an admin's request (shared/meetings/resending.py), not in response to
    a message.
    """


@dataclass(frozen=True)
class Operation:
    """The decision on a message, the reason, and the answer.

    `answer` NONE means that Exchange gets no response; an empty `text` means that the organizer gets no answer. `tags`
    are the tags of the bookings whose rooms have to be updated, `mails` the e-mails to be sent (Mailing), `drafts` the
    ids of these e-mails once they are drafted. `symptom` is a sign in the message that mailbox settings are wrong
    (symptoms.py), normally "". `error` is a code, "" if all went well, and `cause` is what is known about its cause
    (cause.py). Times are ISO strings; `done` is "" while pending. An operation contains no subject and no address.

    `about` is the key of the meeting, or of the occurrence, that the operation is about. `before` is the response on
    record in Exchange when this was decided (`response_of`): a later one is this operation's answer.
    """

    correlation_id: str
    message_id: str
    created: str
    received: str
    what: str
    decision: DecisionKind
    reason: str
    meeting: str = ""
    item_id: str = ""
    answer: Answer = Answer.NONE
    text: str = ""
    tags: tuple[str, ...] = ()
    mails: tuple[Mailing, ...] = ()
    drafts: tuple[str, ...] = ()
    done: str = ""
    error: str = ""
    cause: str = ""
    symptom: str = ""
    about: str = ""
    before: str = ""

    @property
    def key(self) -> str:
        """Row key in table `meetings`."""
        return RowKind.OPERATION.key(self.correlation_id)

    @property
    def decided_key(self) -> str:
        """Key of the row `decided:`, which links the meeting to this operation. A meeting's rows are in the order of
        the decisions.
        """
        moment = datetime.fromisoformat(self.created).astimezone(UTC)
        return RowKind.DECIDED.key(self.meeting, f"{moment:%Y%m%d%H%M%S%f}", self.correlation_id)

    @property
    def pending_key(self) -> str:
        """Key of the row `pending:`, which shows that there is work left."""
        return RowKind.PENDING.key(self.about or self.correlation_id)

    def decided(self) -> list[Put]:
        """The write of the row `decided:`, with the bookings that the operation changed, if it is about a meeting."""
        return [Put(self.decided_key, {"tags": joined(self.tags)})] if self.meeting else []

    def inserting(self) -> list[Write]:
        """The writes of a new operation."""
        return [Insert(self.key, self.values()), *self.decided()]

    def finished(self, now: datetime, error: str = "") -> Self:
        """This operation, finished; an earlier error is kept."""
        return replace(self, done=now.isoformat(), error=self.error or error)

    def with_mails_of(self, older: Self, kinds: set[Mailing]) -> Self:
        """This operation, with the unsent e-mails of these kinds from an older operation, and their drafts.

        Drafted e-mails come first, because each draft belongs to the e-mail at the same position.
        """
        drafted = dict(zip(older.mails, older.drafts, strict=False))
        taken = [mail for mail in older.mails if mail in kinds and mail not in self.mails]
        taken.sort(key=lambda mail: mail not in drafted)
        drafts = tuple(drafted[mail] for mail in taken if mail in drafted)
        return replace(self, mails=(*taken, *self.mails), drafts=drafts)

    def values(self) -> Values:
        """The operation's columns in table `meetings`."""
        columns = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "correlation_id"}
        return {name: joined(value) if isinstance(value, tuple) else str(value) for name, value in columns.items()}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """The operation in a row."""
        columns = {name: str(value) for name, value in row.values.items()}
        columns["correlation_id"] = RowKind.OPERATION.name_in(row.key)
        return cls(
            decision=DecisionKind(columns.pop("decision")),
            answer=Answer(columns.pop("answer")),
            tags=split(columns.pop("tags")),
            mails=tuple(map(Mailing, split(columns.pop("mails")))),
            drafts=split(columns.pop("drafts")),
            **columns,
        )
