"""Limits how many aliases a caller may request: enough for everyone's meetings, too few to exhaust the number space.

Each account is a token bucket in one row: `quota:<digest of the account>`, in the integration's partition of table
`meetings`. The row is read while digits are claimed, and written with the reservation. If the bucket is full, the row
is redundant and is deleted at night.

Aliases that are not requested by a click are counted, too: the alias for a promise counts against the user to whom it
was made, and the alias for a copied invitation against the meeting's organizer. Anybody who has seen an invitation can
send copies of it that name any organizer. Therefore, all copied invitations of an integration also share one account.
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
"""The number of aliases that a user may request in one burst; even an assistant who plans a whole year needs fewer."""

REFILL = timedelta(minutes=5)
"""Time after which another alias is allowed: 288 a day."""

COPIES_BURST = 3000
COPIES_REFILL = timedelta(seconds=30)
"""The combined limit for all of an integration's copied invitations."""

REMEMBERED_ACCOUNTS = 1000
"""How many exhausted accounts a process remembers."""


@dataclass(frozen=True)
class Limit:
    """The limit of an account: the account's stable, opaque key, and its description for admins."""

    key: str
    whose: str
    burst: int = BURST
    refill: timedelta = REFILL


def of_user(caller: Caller) -> tuple[Limit, ...]:
    """The limits for an alias that a user requests or has been promised."""
    return (Limit(caller.key, "a user"),)


def of_copy(organizer: str) -> tuple[Limit, ...]:
    """The limits for the alias of a copied invitation; `organizer` is an address, or "" if there is none."""
    with suppress(ValueError):
        organizer = folded_address(organizer)
    everybody = Limit("copies", "all organizers together, through copies of invitations,", COPIES_BURST, COPIES_REFILL)
    return Limit(f"organizer:{organizer}", "an organizer, through copies of invitations,"), everybody


@dataclass(frozen=True)
class Account:
    """The state of an account. `full_at` is when the whole burst is available again."""

    limit: Limit
    key: str
    full_at: datetime
    row: Row | None = None

    def wait(self, now: datetime) -> timedelta:
        """How long until one alias is available; zero if one is available now."""
        return max(self.full_at - now - (self.limit.burst - 1) * self.limit.refill, timedelta(0))

    def spend(self, now: datetime) -> Write:
        """The write that takes one alias from the account, unless the account has changed since it was read."""
        values = {"full_at": (max(self.full_at, now) + self.limit.refill).isoformat()}
        return Replace(self.row, values) if self.row else Insert(self.key, values)


@dataclass(frozen=True)
class Accounts:
    """All accounts that an alias counts against."""

    accounts: tuple[Account, ...] = ()

    def exhausted(self, now: datetime) -> Account | None:
        """The exhausted account with the longest wait; None if no account is exhausted."""
        longest = max(self.accounts, key=lambda account: account.wait(now), default=None)
        return longest if longest and longest.wait(now) else None

    def spend(self, now: datetime) -> list[Write]:
        """The writes that take one alias from each account."""
        return [account.spend(now) for account in self.accounts]


class ExhaustedAccounts:
    """The accounts that this process has recently found exhausted.

    Later requests never make an account recover sooner. So until it recovers, requests against it can be refused
    without reading it again.
    """

    def __init__(self) -> None:
        self._accounts: dict[tuple[str, str], Account] = {}

    def remember(self, integration: str, account: Account) -> None:
        """Remember an exhausted account; if there are too many, forget the oldest one."""
        self._accounts[integration, account.limit.key] = account
        if len(self._accounts) > REMEMBERED_ACCOUNTS:
            del self._accounts[next(iter(self._accounts))]

    def among(self, integration: str, limits: Sequence[Limit], now: datetime) -> Account | None:
        """Of the accounts with these limits that are known to be exhausted, the one with the longest wait. None if no
        account is known to be exhausted.
        """
        known = [self._accounts.get((integration, limit.key)) for limit in limits]
        return Accounts(tuple(filter(None, known))).exhausted(now)


async def accounts_of(table: Table, integration: str, limits: Sequence[Limit], now: datetime) -> Accounts:
    """The accounts with these limits; one round trip to storage each."""
    return Accounts(tuple([await _account_of(table, integration, limit, now) for limit in limits]))


async def _account_of(table: Table, integration: str, limit: Limit, now: datetime) -> Account:
    key = RowKind.QUOTA.key(sha256(limit.key.encode(errors="replace")).hexdigest()[:40])
    row = await table.get(integration, key)
    return Account(limit, key, datetime.fromisoformat(str(row.values["full_at"])) if row else now, row)


async def forget_full(table: Table, integration: str, now: datetime) -> None:
    """Delete the rows of accounts that are full again."""
    async for row in table.rows(integration, RowKind.QUOTA.prefix):
        if datetime.fromisoformat(str(row.values["full_at"])) <= now:
            with suppress(RowChanged):  # somebody has just requested an alias
                await table.commit(integration, Delete(row))
