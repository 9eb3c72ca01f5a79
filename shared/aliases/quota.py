"""How many aliases anybody may have: enough for everyone's meetings, too few to use up the number space.

A token bucket in one row each, `quota:<digest of whose it is>` in the integration's partition of table `meetings`, read
while digits are claimed and written with the reservation. A row that is full again says nothing, and goes at night.

Aliases that nobody clicks for are counted, too: a promise's against the user to whom it was made, that of a copied
invitation against the meeting's organizer. Anybody who has seen an invitation may send copies of it, and write whatever
organizer into them, so that all copies of an integration have an account together.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from shared.bookings.rows import RowKind
from shared.identity.caller import Caller
from shared.mail_addresses import folded_address
from shared.storage import Delete, Insert, Replace, Row, RowChanged, Table, Write

BURST = 300
"""Aliases that a user may ask for at once; an assistant who plans a year stays below it."""

REFILL = timedelta(minutes=5)
"""Time after which there is one more: 288 a day."""

COPIES_BURST = 3000
COPIES_REFILL = timedelta(seconds=30)
"""The same for the copied invitations of all organizers of an integration."""


@dataclass(frozen=True)
class Limit:
    """Whose aliases are counted: a key that is stable and says nothing, and what an admin is told of them."""

    key: str
    whose: str
    burst: int = BURST
    refill: timedelta = REFILL


def of_user(caller: Caller) -> tuple[Limit, ...]:
    """What counts for an alias that a user asks for, or was promised."""
    return (Limit(caller.key, "a user"),)


def of_copy(organizer: str) -> tuple[Limit, ...]:
    """What counts for the alias of a copied invitation; `organizer` is an address, or "" where that has none."""
    with suppress(ValueError):
        organizer = folded_address(organizer)
    everybody = Limit("copies", "all organizers together, by copies of invitations,", COPIES_BURST, COPIES_REFILL)
    return Limit(f"organizer:{organizer}", "an organizer, by copies of invitations,"), everybody


@dataclass(frozen=True)
class Account:
    """What somebody has left. `full_at` is when that is the whole burst again."""

    limit: Limit
    key: str
    full_at: datetime
    row: Row | None = None

    def wait(self, now: datetime) -> timedelta:
        """How long until there is one alias left; nothing when there is."""
        return max(self.full_at - now - (self.limit.burst - 1) * self.limit.refill, timedelta(0))

    def spend(self, now: datetime) -> Write:
        """The write that takes one, on condition that nobody else has since it was read."""
        values = {"full_at": (max(self.full_at, now) + self.limit.refill).isoformat()}
        return Replace(self.row, values) if self.row else Insert(self.key, values)


@dataclass(frozen=True)
class Accounts:
    """All accounts that one alias counts against."""

    accounts: tuple[Account, ...] = ()

    def exhausted(self, now: datetime) -> Account | None:
        """The one that has nothing left for the longest; None when each has."""
        longest = max(self.accounts, key=lambda account: account.wait(now), default=None)
        return longest if longest and longest.wait(now) else None

    def spend(self, now: datetime) -> list[Write]:
        """The writes that take one of each."""
        return [account.spend(now) for account in self.accounts]


async def accounts_of(table: Table, integration: str, limits: Sequence[Limit], now: datetime) -> Accounts:
    """The accounts of these limits; one storage trip each."""
    return Accounts(tuple([await _account_of(table, integration, limit, now) for limit in limits]))


async def _account_of(table: Table, integration: str, limit: Limit, now: datetime) -> Account:
    key = RowKind.QUOTA.key(sha256(limit.key.encode(errors="replace")).hexdigest()[:40])
    row = await table.get(integration, key)
    return Account(limit, key, datetime.fromisoformat(str(row.values["full_at"])) if row else now, row)


async def forget_full(table: Table, integration: str, now: datetime) -> None:
    """Let the rows of accounts go that are full again."""
    async for row in table.rows(integration, RowKind.QUOTA.prefix):
        if datetime.fromisoformat(str(row.values["full_at"])) <= now:
            with suppress(RowChanged):  # somebody asks for one this moment
                await table.commit(integration, Delete(row))
