"""How many aliases one user may ask for: enough for anybody's meetings, too few to use up the number space.

A token bucket in one row of each user, `quota:<digest of the caller's key>` in the integration's partition of table
`meetings`, read while digits are claimed and written with the reservation. A row that is full again says nothing, and
goes at night.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from shared.bookings.rows import RowKind
from shared.identity.caller import Caller
from shared.storage import Delete, Insert, Operation, Replace, Row, RowChanged, Table

BURST = 300
"""Aliases that a user may ask for at once; an assistant who plans a year stays below it."""

REFILL = timedelta(minutes=5)
"""Time after which there is one more: 288 a day."""


@dataclass(frozen=True)
class Account:
    """What a user has left. `full_at` is when it is BURST again."""

    key: str
    full_at: datetime
    row: Row | None = None

    def wait(self, now: datetime) -> timedelta:
        """How long until there is one alias left; nothing when there is."""
        return max(self.full_at - now - (BURST - 1) * REFILL, timedelta(0))

    def spend(self, now: datetime) -> Operation:
        """The write that takes one, on condition that nobody else has since it was read."""
        values = {"full_at": (max(self.full_at, now) + REFILL).isoformat()}
        return Replace(self.row, values) if self.row else Insert(self.key, values)


async def account_of(table: Table, integration: str, caller: Caller, now: datetime) -> Account:
    """A user's account; one storage trip."""
    key = RowKind.QUOTA.key(sha256(caller.key.encode()).hexdigest()[:40])
    row = await table.get(integration, key)
    return Account(key, datetime.fromisoformat(str(row.values["full_at"])) if row else now, row)


async def forget_full(table: Table, integration: str, now: datetime) -> None:
    """Let the rows of accounts go that are full again."""
    async for row in table.rows(integration, RowKind.QUOTA.prefix):
        if datetime.fromisoformat(str(row.values["full_at"])) <= now:
            with suppress(RowChanged):  # the user asks for one this moment
                await table.commit(integration, Delete(row))
