"""An operation: the lasting record of one decision and its answer (O3).

One row per message, key `operation:<correlation id>` in the integration's partition. The correlation id is derived from
the message's id, so that a message that arrives twice finds its first operation. Next to it, `pending:<about>` exists
until everything that follows from the decision has been done:

    decide ─▶ write booking + operation + pending ─▶ open the room ─▶ answer ─▶ operation done, pending removed
              (one transaction; from here on any run can finish the work, and only one at a time: the lease)

A meeting, or an occurrence of a series, has at most one pending operation. A newer version's operation replaces one
that nobody is working on, in the transaction that writes it, and waits for one that somebody is working on.
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
"""How long a run may work on an operation undisturbed: more than functionTimeout of host.json (5 minutes)."""


SUPERSEDED = "superseded"
"""The error code of an operation that ended because a newer version of the meeting is answered instead."""

REFUSED = "answer_refused"
"""The error code of an operation whose answer Exchange refuses; the cause says how."""


def correlation_id(integration: str, message_id: str) -> str:
    """The id under which all effects of a message are recorded.

    What follows a `|` in the message's id may change when the message moves (EWS), and is ignored.
    """
    return str(uuid.uuid5(uuid.UUID(integration), message_id.partition("|")[0]))


def about(item: CalendarItem) -> str:
    """What an answer to the item refers to: its meeting (single or series), or one occurrence of a series."""
    key = meeting_key(item.uid)
    return f"{key}:{item.day}" if item.day and not item.is_stand_in else key


def decided_prefix(meeting: str) -> str:
    """What the keys of the operations of a meeting begin with (`Operation.decided_key`)."""
    return f"{RowKind.DECIDED.key(meeting)}:"


def decided_id(row: Row) -> str:
    """The correlation id of such a row."""
    return row.key.rpartition(":")[2]


def decided_tags(row: Row) -> tuple[str, ...]:
    """The tags of such a row: of bookings that its meeting has, or has had."""
    return split(str(row.values["tags"]))


def response_of(item: CalendarItem) -> str:
    """The response on record in Exchange for an item, with its time; never ""."""
    return f"{item.answer} {item.answered_at.isoformat() if item.answered_at else ''}".rstrip()


class Mailing(StrEnum):
    """What is mailed: the answer itself if it is to be HTML, late joining instructions to everybody, and these again to
    the owner of the meeting.
    """

    RESPONSE = "response"
    INSTRUCTIONS = "instructions"
    AGAIN = "again"


class DecisionKind(StrEnum):
    """What was decided, as stored and as shown in the list of operations; decision.py explains each."""

    ACCEPT = "accept"
    PROVIDE = "provide"
    REFRESH = "refresh"
    REJECT = "reject"
    CLOSE = "close"
    IGNORE = "ignore"
    RESEND = "resend"
    """No decision on a message: an admin has the joining instructions sent again (shared/meetings/resending.py)."""


@dataclass(frozen=True)
class Operation:
    """What was decided on a message, why, and what is or was answered.

    `answer` NONE means that Exchange gets no response; an empty `text` that the organizer gets none. `tags` are the
    tags of the bookings whose rooms have to be updated, `mails` what is to be mailed (Mailing), `drafts` the ids of
    these mails once they are drafted. `symptom` is what in the message indicates wrong mailbox settings (symptoms.py),
    normally "". `error` is a code, "" if all went well, and `cause` what is known of it (cause.py). Times are ISO
    texts; `done` is "" while pending. Holds no subject and no address.

    `about` identifies what it is about: a meeting's key, or that of an occurrence. `before` is the response on record
    in Exchange when this was decided (`response_of`): a later one is this operation's answer.
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
        """Row key of what says that this is about its meeting: a meeting's rows are in the order of the decisions."""
        moment = datetime.fromisoformat(self.created).astimezone(UTC)
        return RowKind.DECIDED.key(self.meeting, f"{moment:%Y%m%d%H%M%S%f}", self.correlation_id)

    @property
    def pending_key(self) -> str:
        """Row key of the mark that work is left."""
        return RowKind.PENDING.key(self.about or self.correlation_id)

    def decided(self) -> list[Put]:
        """The write of what says that this is about its meeting, if it is about one, and which bookings it changed."""
        return [Put(self.decided_key, {"tags": joined(self.tags)})] if self.meeting else []

    def inserting(self) -> list[Write]:
        """The writes of a new operation."""
        return [Insert(self.key, self.values()), *self.decided()]

    def finished(self, now: datetime, error: str = "") -> Self:
        """This operation with nothing left to do; an earlier error stays."""
        return replace(self, done=now.isoformat(), error=self.error or error)

    def with_mails_of(self, older: Self, kinds: set[Mailing]) -> Self:
        """This operation with those mails of an older one, of the given kinds, that were still to be sent, and their
        drafts.

        Drafted mails come first: drafts belong to the first of the mails.
        """
        drafted = dict(zip(older.mails, older.drafts, strict=False))
        taken = [mail for mail in older.mails if mail in kinds and mail not in self.mails]
        taken.sort(key=lambda mail: mail not in drafted)
        drafts = tuple(drafted[mail] for mail in taken if mail in drafted)
        return replace(self, mails=(*taken, *self.mails), drafts=drafts)

    def values(self) -> Values:
        """Its columns in table `meetings`."""
        columns = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "correlation_id"}
        return {name: joined(value) if isinstance(value, tuple) else str(value) for name, value in columns.items()}

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """The operation of a row."""
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
