"""Allocates an unused alias and a tag, unique across the deployment however many calls run at once (A1, A2, A3, A7).

    aliases/<digits>/alias              insert   ← conflict if the digits are taken: try others
    meetings/<integration>/tag:<uuid>   insert   ← conflict only if an idempotency key is reused

This takes two sequential round trips if nothing collides (a user's quota is read alongside the first), and needs
neither a counter nor a scan. Because of this order, every known tag owns its digits. A crash between the two inserts
leaves digits that nobody has seen. They are reused once they have expired.
"""

import asyncio
import hmac
import logging
import secrets
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.aliases.digits import has_expired, vacate
from shared.aliases.people import People
from shared.aliases.quota import Account, Accounts, ExhaustedAccounts, Limit, accounts_of
from shared.aliases.tags import new_tag
from shared.bookings.alias_rows import ALIAS_KEY, aliases_table
from shared.bookings.booking import Booking, State
from shared.bookings.due_tasks import due_of
from shared.bookings.removal_steps import removing
from shared.bookings.rows import meetings_table
from shared.bookings.stored import stored_booking
from shared.clock import Clock
from shared.errors import NumberSpaceFull, RateLimited, Unavailable
from shared.identity.caller import Caller
from shared.integrations import Integration
from shared.record_lists.journal import Journal, Record
from shared.storage import Delete, Insert, Replace, Row, RowChanged, RowExists, Storage, Write

ATTEMPTS = 40
"""How many random numbers are tried.

With 80% of the numbers in use, one allocation in 7,500 finds all of them taken.
"""

MANY = 9
"""Number of failed attempts after which even a success raises the alarm.

That many failures are rare while fewer than 60% of the numbers are in use, and common above 90%.
"""

NEARLY_FULL = 0.8
"""Share of numbers in use at which longer aliases are recommended: this leaves time to change the setting."""

SAMPLE = 200
_PROBE_CONCURRENCY = 16
_MINUTE = timedelta(minutes=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AliasFormat:
    """The form of an integration's aliases: `<prefix><suffix_length random digits>@<domain>`."""

    prefix: str
    suffix_length: int
    domain: str

    def may_be(self, alias: str) -> bool:
        """Whether an alias, with or without a domain, has this form."""
        name, at, domain = alias.lower().partition("@")
        digits = name.removeprefix(self.prefix.lower())
        is_ours = name.startswith(self.prefix.lower()) and len(digits) == self.suffix_length and digits.isdecimal()
        return is_ours and (not at or domain == self.domain.lower())

    def random(self) -> str:
        """A random alias of this form, in lower case. The digits come from the system's secure random source."""
        digits = secrets.randbelow(10**self.suffix_length)
        return f"{self.prefix}{digits:0{self.suffix_length}}@{self.domain}".lower()


def alias_format(integration: Integration) -> AliasFormat:
    """The form of the integration's aliases (A1)."""
    return AliasFormat(
        integration.scheduled_alias_prefix or "",
        integration.scheduled_alias_suffix_length,
        integration.scheduled_alias_domain,
    )


class Allocator:
    """Allocates aliases. `signing_key` derives tags from idempotency keys, so that nobody can guess them."""

    def __init__(self, storage: Storage, clock: Clock, signing_key: bytes) -> None:
        self._bookings = meetings_table(storage)
        self._aliases = aliases_table(storage)
        self._clock = clock
        self._signing_key = signing_key
        self._people = People(signing_key)
        self._alarms = Alarms(storage, clock)
        self._exhausted = ExhaustedAccounts()

    async def allocate(
        self,
        integration: str,
        form: AliasFormat,
        caller: Caller,
        lifetime: timedelta,
        idempotency_key: str = "",
        *,
        limits: Sequence[Limit] = (),
    ) -> Booking:
        """Reserve a booking. A caller who repeats a (non-empty) idempotency key gets the same booking (A2).

        The booking counts against the `limits` (quota.py). Raises NumberSpaceFull (A7), RateLimited if a limit is
        reached, Unavailable.
        """
        now = self._clock.now()
        tag = self._tag(integration, caller, idempotency_key)
        people = tuple(mark.hex() for mark in self._people.marks(integration, caller.mailboxes))
        booking = Booking(integration, tag, form.random(), caller.key, now, now + lifetime, people=people)
        if known := self._exhausted.among(integration, limits, now):
            return _repeated(await self._stored(booking), known, now)
        claimed, accounts, _ = await asyncio.gather(
            self._claim(booking, now),
            accounts_of(self._bookings, integration, limits, now),
            Journal(self._bookings).note([Record.booking(integration, tag)], now),
        )
        for attempt in range(ATTEMPTS):
            if claimed:
                if exhausted := accounts.exhausted(now):
                    return await self._refuse(booking, exhausted)
                if attempt >= MANY:
                    await self._warn(
                        integration, f"An unused alias was only found on attempt {attempt + 1} of {ATTEMPTS}."
                    )
                return await self._book(booking, accounts)
            if attempt < ATTEMPTS - 1:
                booking = replace(booking, alias=form.random())
                claimed = await self._claim(booking, now)
        before = await self._stored(booking)
        if before and before.is_usable(now):
            return before
        await self._warn(integration, f"No unused alias was found in {ATTEMPTS} attempts.")
        raise NumberSpaceFull(
            f"No unused alias was found in {ATTEMPTS} attempts. Ask your administrator for longer aliases."
        )

    async def _warn(self, integration: str, cause: str, kind: AlarmKind = AlarmKind.NUMBER_SPACE) -> None:
        """Raise the alarm (A7). If that is impossible, the allocation continues."""
        try:
            await self._alarms.raise_(integration, kind, cause)
        except Unavailable:
            log.warning("integration %s: %s; the alarm could not be raised", integration, kind)

    async def share_in_use(self, form: AliasFormat, sample: int = SAMPLE) -> float:
        """The share (0 to 1) of aliases of this form that cannot be allocated now, estimated from a sample of random
        reads.

        A closed alias in the sample is released if its booking is gone. This takes one more read for each closed alias.
        """
        now, slots = self._clock.now(), asyncio.Semaphore(_PROBE_CONCURRENCY)

        async def is_taken() -> bool:
            async with slots:
                digits = form.random().partition("@")[0]
                row = await self._aliases.get(digits, ALIAS_KEY)
                if row is None or has_expired(row, now):
                    return False
                return row.values.get("state") != State.CLOSED or not await self._free_if_leaked(row, now)

        taken = await asyncio.gather(*(is_taken() for _ in range(sample)))
        return sum(taken) / sample

    def _tag(self, integration: str, caller: Caller, idempotency_key: str) -> str:
        if not idempotency_key:
            return new_tag()
        origin = "\n".join((integration, caller.key, idempotency_key))
        return str(uuid.UUID(bytes=hmac.digest(self._signing_key, origin.encode(), "sha256")[:16], version=4))

    async def _claim(self, booking: Booking, now: datetime) -> bool:
        """Claim the booking's digits. Returns whether this call now owns them. Calls with the same idempotency key
        share a tag.
        """
        digits = booking.numeric_alias
        try:
            await self._aliases.commit(digits, Insert(ALIAS_KEY, booking.claim()))
        except RowExists:
            row = await self._aliases.get(digits, ALIAS_KEY)
            return row is not None and await self._take_over(row, booking, now)
        return True

    async def _take_over(self, row: Row, booking: Booking, now: datetime) -> bool:
        """Give `booking` the digits of a reservation that expired unused, or of a deleted booking (A3).

        The old tag is removed first: after that no invitation can be accepted with it, so the digits are certainly
        unused.
        """
        try:
            if not await vacate(self._bookings, row, now):
                return False
            await self._aliases.commit(row.partition, Replace(row, booking.claim()))
        except RowChanged:
            return False
        return True

    async def _free_if_leaked(self, row: Row, now: datetime) -> bool:
        try:
            if await vacate(self._bookings, row, now):
                await self._aliases.commit(row.partition, Delete(row))
                return True
        except RowChanged:
            log.info("an alias has just been used")
        return False

    async def _refuse(self, booking: Booking, exhausted: Account) -> Booking:
        """Release the digits that the booking has claimed. Return the booking from an earlier, identical request if
        there is one; otherwise, remember the refusal and raise RateLimited.
        """
        before, now = await self._stored(booking), booking.created
        if before is None or before.alias != booking.alias:
            await self._release(booking)
        if before is None or not before.is_usable(now):
            self._exhausted.remember(booking.integration, exhausted)
            whose, burst = exhausted.limit.whose, exhausted.limit.burst
            cause = f"On {now:%Y-%m-%d}, {whose} requested more than {burst} aliases in a short time."
            await self._warn(booking.integration, cause, AlarmKind.QUOTA)
        return _repeated(before, exhausted, now)

    async def _book(self, booking: Booking, accounts: Accounts) -> Booking:
        """Store the booking.

        If an earlier call with the same idempotency key got a booking that is still valid, return that booking instead.
        """
        new: list[Write] = [Insert(booking.key, booking.values()), due_of(booking, booking.created).put()]
        for _ in range(ATTEMPTS):
            try:
                spent = accounts.spend(booking.created)
                etag, *_ = await self._bookings.commit(booking.integration, *new, *spent)
                return replace(booking, etag=etag)
            except (RowExists, RowChanged):
                before = await self._stored(booking)
            if before is None:  # another alias has just been counted against the same account
                limits = [account.limit for account in accounts.accounts]
                accounts = await accounts_of(self._bookings, booking.integration, limits, booking.created)
                if exhausted := accounts.exhausted(booking.created):
                    return await self._refuse(booking, exhausted)
            if before and before.is_usable(booking.created):
                if before.alias != booking.alias:
                    await self._release(booking)
                return before
            if before:
                with suppress(RowChanged):  # a concurrent call with the same key has removed it
                    await self._bookings.commit(booking.integration, *removing(before))
        raise Unavailable("The reservation keeps changing. Please try again.")

    async def _stored(self, booking: Booking) -> Booking | None:
        return await stored_booking(self._bookings, booking.integration, booking.tag)

    async def _release(self, booking: Booking) -> None:
        row = await self._aliases.get(booking.numeric_alias, ALIAS_KEY)
        if row and row.values["tag"] == booking.tag:
            with suppress(RowChanged):
                await self._aliases.commit(row.partition, Delete(row))


def _repeated(before: Booking | None, exhausted: Account, now: datetime) -> Booking:
    """The booking from an earlier, identical request, to which the quota does not apply.

    Raises RateLimited if there is none that is still usable.
    """
    if before and before.is_usable(now):
        return before
    wait = exhausted.wait(now)
    raise RateLimited(
        f"You have requested too many VMRs in a short time. Please try again in {wait // _MINUTE + 1} minutes.",
        wait.total_seconds(),
    )
