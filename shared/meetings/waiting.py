"""Undecided messages that could not be handled yet because something was unavailable, or because of a bug.

Each has a row `waiting:<correlation id>` in the integration's partition of table `meetings`, from the first failed
attempt until one succeeds. Queue messages live for at most seven days, and their attempts are counted. These rows stay
for as long as needed. The backlog (backlog.py) retries them.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from shared.bookings.rows import RowKind
from shared.intake.notice import jittered
from shared.storage import Delete, Insert, Replace, Row, RowChanged, RowExists, Table, Values

FIRST_PAUSE = timedelta(minutes=10)
"""Pause before the backlog's first retry. The queue's own retries take eight minutes."""

LONGEST_PAUSE = timedelta(minutes=30)
LONGEST_PAUSE_AFTER_FAULT = timedelta(days=1)
"""Maximum pause after an unexpected error. Waiting does not fix a bug in our code, but the next version may handle the
message.
"""

HOLDS_OTHERS_FOR = timedelta(days=4)
"""How long a waiting message may postpone the decline of later messages. This is longer than outages last, but limited,
because Exchange may never deliver the message.
"""


@dataclass(frozen=True)
class WaitingMessage:
    """A waiting message: when it started waiting, when it will next be retried, and how often and why it has failed.
    `is_fault` means that it failed with an unexpected error rather than because something was unavailable. `cause` may
    be shown to admins.
    """

    correlation_id: str
    message: str
    since: datetime
    next_look: datetime
    looks: int
    cause: str
    is_fault: bool

    def failed(self, cause: str, now: datetime, *, is_fault: bool) -> Self:
        """A copy of this message after another failed attempt."""
        longest = LONGEST_PAUSE_AFTER_FAULT if is_fault else LONGEST_PAUSE
        pause = jittered(min(FIRST_PAUSE * 2 ** min(self.looks, 20), longest), self.correlation_id)
        return replace(self, looks=self.looks + 1, next_look=now + pause, cause=cause, is_fault=is_fault)

    def values(self) -> Values:
        """The columns of the row."""
        return {
            "message": self.message,
            "since": self.since.isoformat(),
            "next_look": self.next_look.isoformat(),
            "looks": self.looks,
            "cause": self.cause,
            "is_fault": self.is_fault,
        }

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """The message that a row contains."""
        values = row.values
        return cls(
            RowKind.WAITING.name_in(row.key),
            str(values["message"]),
            datetime.fromisoformat(str(values["since"])),
            datetime.fromisoformat(str(values["next_look"])),
            int(values["looks"]),
            str(values["cause"]),
            bool(values["is_fault"]),
        )


@dataclass(frozen=True)
class WaitingMessages:
    """One integration's waiting messages."""

    table: Table
    integration: str

    async def add(self, correlation_id: str, message: str, cause: str, now: datetime, *, is_fault: bool) -> None:
        """Record that a message is waiting; does nothing if this is already recorded."""
        new = WaitingMessage(correlation_id, message, now, now + FIRST_PAUSE, 0, cause, is_fault)
        with suppress(RowExists):
            await self.table.commit(self.integration, Insert(RowKind.WAITING.key(correlation_id), new.values()))

    async def all(self) -> list[WaitingMessage]:
        """All waiting messages, oldest first."""
        found = [WaitingMessage.from_row(row) async for row in self._rows()]
        return sorted(found, key=lambda waiting: (waiting.since, waiting.correlation_id))

    def _rows(self) -> AsyncIterator[Row]:
        return self.table.rows(self.integration, RowKind.WAITING.prefix)

    async def update(self, waiting: WaitingMessage) -> None:
        """Record an attempt; does nothing if the message has been handled in the meantime."""
        key = RowKind.WAITING.key(waiting.correlation_id)
        row = await self.table.get(self.integration, key)
        with suppress(RowChanged):
            if row:
                await self.table.commit(self.integration, Replace(row, waiting.values()))

    async def remove(self, correlation_id: str) -> None:
        """Remove a message that has been handled."""
        row = await self.table.get(self.integration, RowKind.WAITING.key(correlation_id))
        with suppress(RowChanged):
            if row:
                await self.table.commit(self.integration, Delete(row))

    async def has_earlier(self, correlation_id: str, now: datetime) -> bool:
        """Whether messages that arrived up to HOLDS_OTHERS_FOR before this one are waiting because something is
        unavailable.
        """
        for waiting in await self.all():
            if waiting.correlation_id == correlation_id:
                return False
            if not waiting.is_fault and now < waiting.since + HOLDS_OTHERS_FOR:
                return True
        return False
