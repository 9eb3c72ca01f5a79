"""Personal VMRs' claims on aliases and names (C5), which are unique among all VMRs and meetings in the deployment.

Table `aliases` is the registry of aliases and names (shared/bookings/alias_rows.py). A scheduled room's digits are
reserved in every domain, because some endpoints dial without a domain.

    take the new claims ─▶ write the VMR ─▶ release the claims that it no longer has

An interruption may leave behind a claim that its VMR does not need. Such a claim becomes invalid after GRACE.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.aliases.digits import vacate
from shared.bookings.alias_rows import ALIAS_KEY, NAME_KEY, alias_place, aliases_table, name_partition
from shared.bookings.booking import State
from shared.bookings.rows import meetings_table
from shared.bookings.stored import stored_booking
from shared.clock import Clock
from shared.conferences.policy_request import split_alias
from shared.conferences.vmr_rows import Told, held_by, holders_in, telling, told_of
from shared.errors import Conflict
from shared.personal.fields import normal
from shared.personal.vmr import PersonalVmr
from shared.storage import Delete, Insert, Replace, Row, RowChanged, RowExists, Tables

GRACE = timedelta(minutes=10)
"""How long a claim is valid without its VMR. This is longer than a function may run (functionTimeout in host.json)."""

_ATTEMPTS = 16


@dataclass(frozen=True)
class Claim:
    """A name or an alias, normalized for comparison. `field` is the VMR's field that it comes from."""

    field: str
    text: str

    @property
    def partition(self) -> str:
        """The partition of the claim's row in table `aliases`."""
        return name_partition(self.text) if self.field == "name" else alias_place(*split_alias(self.text))[0]

    @property
    def key(self) -> str:
        """The row's key."""
        return NAME_KEY if self.field == "name" else ALIAS_KEY

    @property
    def slot(self) -> str:
        """The claim's place in the row: the alias's domain, or "" for a name."""
        return "" if self.field == "name" else alias_place(*split_alias(self.text))[1]


def claims_of(vmr: PersonalVmr) -> frozenset[Claim]:
    """Everything that a VMR claims exclusively."""
    return frozenset(
        {Claim("name", normal(vmr.name)), *(Claim("aliases", normal(entry.alias)) for entry in vmr.aliases)}
    )


_Read = Callable[[int], Awaitable[PersonalVmr | None]]


@dataclass(frozen=True)
class Claims:
    """Makes and releases VMRs' claims. `read` returns the VMR with the given id. Every call may raise Unavailable and
    Conflict.
    """

    storage: Tables
    clock: Clock
    read: _Read

    async def take(self, vmr: int, claims: Collection[Claim], now: datetime) -> frozenset[Claim]:
        """Make new claims for a VMR; returns the claims that another VMR or a meeting already has. If there are any,
        the caller releases the rest.
        """
        return await self._each(claims, lambda claim: self._take(vmr, claim, now))

    async def adopt(self, vmr: int, claims: Collection[Claim]) -> frozenset[Claim]:
        """Make the claims for a VMR that is older than the registry; returns the claims that another VMR or a meeting
        already has. An alias that is reserved for a meeting but not used yet goes to the VMR. The meeting's invitation
        will then be declined as a conflict.
        """
        return await self._each(claims, lambda claim: self._take(vmr, claim, self.clock.now(), adopting=True))

    async def release(self, vmr: int, claims: Collection[Claim], until: datetime) -> None:
        """Release the claims that a VMR made up to `until`."""
        await self._each(claims, lambda claim: self._release(vmr, claim, until))

    async def tell(self, vmr: int, claims: Collection[Claim], told: Told) -> None:
        """Store a VMR's policy response in all rows that it has claimed, unless they contain a newer revision."""
        await self._each(claims, lambda claim: self._tell(vmr, claim, told))

    async def _each(self, claims: Collection[Claim], work: Callable[[Claim], Awaitable[bool]]) -> frozenset[Claim]:
        """Do the work for each claim, one by one if they share a row. Returns the claims for which it failed."""
        rows: defaultdict[str, list[Claim]] = defaultdict(list)
        for claim in claims:
            rows[claim.partition].append(claim)

        async def one_by_one(together: list[Claim]) -> list[Claim]:
            return [claim for claim in together if not await work(claim)]

        return frozenset(claim for failed in await asyncio.gather(*map(one_by_one, rows.values())) for claim in failed)

    async def _take(self, vmr: int, claim: Claim, now: datetime, *, adopting: bool = False) -> bool:
        table, mine = aliases_table(self.storage), {claim.slot: (vmr, now.isoformat())}
        for _ in range(_ATTEMPTS):
            try:
                row = await table.get(claim.partition, claim.key)
                if row is None:
                    await table.commit(claim.partition, Insert(claim.key, held_by(mine)))
                    return True
                holders = holders_in(row)
                if claim.slot in holders:
                    holder, since = holders[claim.slot]
                    if holder == vmr and adopting:
                        return True
                    if not await self._is_idle(vmr, claim, holder, now - datetime.fromisoformat(since)):
                        return False
                elif not holders and not await self._vacate(vmr, row, adopting=adopting):
                    return False
                await table.commit(claim.partition, Replace(row, held_by({**holders, **mine}, row)))
            except (RowExists, RowChanged):
                continue
            return True
        raise _busy()

    async def _is_idle(self, vmr: int, claim: Claim, holder: int, age: timedelta) -> bool:
        """Whether a VMR's claim was left behind by an interruption."""
        if holder == vmr and age < GRACE:
            raise _busy()
        held = await self.read(holder) if holder != vmr else None
        return (held is None or claim not in claims_of(held)) and age >= GRACE

    async def _vacate(self, vmr: int, row: Row, *, adopting: bool) -> bool:
        """Release this alias or name if possible. Returns whether it is no longer in use by a meeting."""
        bookings = meetings_table(self.storage)
        if "state" in row.values:
            if await vacate(bookings, row, self.clock.now()):
                return True
            return adopting and await self._give_up_reservation(vmr, row)
        owner, tag = row.values.get("integration"), row.values["tag"]  # older claims on names have no integration
        return owner is not None and await stored_booking(bookings, str(owner), str(tag)) is None

    async def _give_up_reservation(self, vmr: int, row: Row) -> bool:
        bookings = meetings_table(self.storage)
        booking = await stored_booking(bookings, str(row.values["integration"]), str(row.values["tag"]))
        if booking is None or booking.state is not State.RESERVED:
            return False
        # From now on the tag belongs to another owner, as with a copied invitation (A4).
        given_up = replace(booking, meeting=f"vmr:{vmr}")
        await bookings.commit(booking.integration, Replace(booking.row, given_up.values()))
        return True

    async def _tell(self, vmr: int, claim: Claim, told: Told) -> bool:
        table = aliases_table(self.storage)
        for _ in range(_ATTEMPTS):
            row = await table.get(claim.partition, claim.key)
            if row is None or all(id_ != vmr for id_, _ in holders_in(row).values()):
                return True
            before = told_of(row, vmr)
            if before and (before.revision > told.revision or before == told):
                return True
            try:
                await table.commit(claim.partition, Replace(row, telling(row, vmr, told)))
            except RowChanged:
                continue
            return True
        raise _busy()

    async def _release(self, vmr: int, claim: Claim, until: datetime) -> bool:
        table = aliases_table(self.storage)
        for _ in range(_ATTEMPTS):
            row = await table.get(claim.partition, claim.key)
            holder, since = holders_in(row).get(claim.slot, (0, "")) if row else (0, "")
            if row is None or holder != vmr or datetime.fromisoformat(since) > until:
                return True
            left = {slot: held for slot, held in holders_in(row).items() if slot != claim.slot}
            try:
                await table.commit(claim.partition, Replace(row, held_by(left, row)) if left else Delete(row))
            except RowChanged:
                continue
            return True
        raise _busy()


def _busy() -> Conflict:
    return Conflict("Somebody else is changing the same record right now. Nothing was saved. Please try again.")
