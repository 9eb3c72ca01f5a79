"""Our own VMRs: partition `vmrs` of table `personal`.

    owner:<digest of the owner's address>:<id>      vmr: the VMR as JSON
    id:<id>, name:<integration>:<digest>, alias:<integration>:<digest>      claims, see indexed.py
    deleted:<id>                                    vmr: a deleted VMR whose claims have yet to be released
    told                                            a marker: all VMRs are in the registry (claims.py)

An owner's VMRs are thus one range of keys, read with one query. Names and aliases are unique across the whole
deployment (claims.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from shared.clock import Clock, SystemClock
from shared.errors import Conflict, NotFound, SettingsInvalid
from shared.mail_addresses import same_address
from shared.personal.claims import Claim, Claims, claims_of
from shared.personal.fields import digest
from shared.personal.indexed import Entry, IndexedTable, Kind, unchecked
from shared.personal.rendering import Vmr
from shared.personal.telling import IsServed, Telling, always, to_tell
from shared.personal.vmr import PersonalVmr
from shared.storage import Delete, Put, Row, RowChanged, Tables, Values, Write

_VMRS = "vmrs"
_REGISTERED = "told"
"""Row key of the marker that is set once all VMRs, with their policy responses, have been added to the registry."""

TELL_CONCURRENCY = 16
"""How many policy responses are updated concurrently."""

_DELETED = "deleted:"
"""Row key prefix of deleted VMRs whose claims have yet to be released."""

_ATTEMPTS = 8
_IN_USE = {
    "name": "Conference with this name already exists (a VMR, or the room of a meeting): {}.",
    "aliases": "Conference alias with this alias already exists (a VMR's, or a meeting's): {}.",
}


class VmrStore:
    """VMRs: found by id for admins, and by owner for the add-in. Every call may raise Unavailable; writes may also
    raise Conflict.
    """

    def __init__(self, storage: Tables, clock: Clock | None = None, is_served: IsServed = always) -> None:
        self._vmrs = IndexedTable(storage, Kind(_VMRS, "conference", _entry, _vmr))
        self._table = storage.table("personal")
        self._clock = clock or SystemClock()
        self._claims = Claims(storage, self._clock, lambda id_: self._vmrs.find(f"id:{id_}"))
        self._telling = Telling(self._table, _VMRS, self._claims, is_served)

    async def of_owner(self, integration: str, email: str) -> list[Vmr]:
        """The VMRs of an owner that an integration (uuid) may show; none if `email` is "". Makes one round trip to
        storage.
        """
        if not same_address(email, email):  # no address, or one that would case-fold to another person's
            return []
        found = self._vmrs.records(f"owner:{digest(email)}:")
        theirs = [vmr async for vmr in found if same_address(vmr.primary_owner_email_address, email)]
        return [shown(vmr) for vmr in theirs if vmr.integration in ("", integration)]

    async def of_integration(self, integration: str) -> list[PersonalVmr]:
        """The VMRs that belong to this integration (uuid) alone. Only for admins and cleanup, because it reads all
        VMRs.
        """
        return [vmr for vmr in await self.all() if vmr.integration == integration]

    async def all(self) -> list[PersonalVmr]:
        """Every VMR, in ascending order of id."""
        return sorted([vmr async for vmr in self._vmrs.records("owner:")], key=lambda vmr: vmr.id)

    async def get(self, id_: int) -> PersonalVmr:
        """The VMR with the given id; two round trips to storage. Raises NotFound."""
        return await self._vmrs.get(f"id:{id_}")

    async def numbers(self, count: int) -> range:
        """Ids for new VMRs; two round trips to storage for any number of ids."""
        return await self._vmrs.numbers(count)

    async def create(self, vmr: PersonalVmr) -> None:
        """Write a new VMR and its policy response. Raises SettingsInvalid for a name or alias that is already in
        use.
        """
        claims, now = claims_of(vmr), self._clock.now()
        await self._take(vmr.id, claims, now)
        try:
            await self._vmrs.create(vmr, to_tell)
        except (SettingsInvalid, Conflict):
            await self._claims.release(vmr.id, claims, now)
            raise
        await self._telling.tell(vmr)

    async def change(self, id_: int, change: Callable[[PersonalVmr], PersonalVmr]) -> PersonalVmr:
        """Change a VMR, despite concurrent changes. Raises NotFound, and any errors from `change` and `create`."""
        for _ in range(_ATTEMPTS):
            before, now = await self.get(id_), self._clock.now()
            added = claims_of(change(before)) - claims_of(before)
            await self._take(id_, added, now)
            attempt = _Attempt(change, added)
            try:
                changed = await self._vmrs.change(f"id:{id_}", attempt, attempt.note)
            except _Overtaken:
                await self._claims.release(id_, added, now)
            except (SettingsInvalid, Conflict, NotFound):
                await self._claims.release(id_, added, now)
                raise
            else:
                await self._claims.release(id_, attempt.gone | (added - claims_of(changed)), now)
                await self._telling.tell(changed)
                return changed
        raise Conflict("Somebody else keeps changing this conference. Nothing was saved. Please try again.")

    async def delete(self, id_: int, check: Callable[[PersonalVmr], None] = unchecked) -> None:
        """Remove a VMR. Raises NotFound, and whatever `check` raises for it."""
        gone = await self._vmrs.delete(f"id:{id_}", lambda vmr: [Put(f"{_DELETED}{vmr.id:018}", _values(vmr))], check)
        await self._forget(gone)

    async def finish_deletions(self) -> None:
        """Release the claims of VMRs whose deletion was interrupted."""
        async for row in self._table.rows(_VMRS, _DELETED):
            await self._forget(_vmr(row))

    async def finish_changes(self) -> None:
        """Finish interrupted changes: release claims that VMRs no longer need, and update policy responses."""
        await self._telling.finish(lambda id_: self._vmrs.find(f"id:{id_}"), self._clock.now())

    async def tell_of_integration(self, integration: str) -> None:
        """Update the policy responses for an integration's VMRs (by uuid), which may now be on another server."""
        turns = asyncio.Semaphore(TELL_CONCURRENCY)

        async def tell(vmr: PersonalVmr) -> None:
            async with turns:
                await self._telling.tell(vmr)

        await asyncio.gather(*map(tell, await self.of_integration(integration)))

    async def _forget(self, vmr: PersonalVmr) -> None:
        await self._claims.release(vmr.id, claims_of(vmr), self._clock.now())
        row = await self._table.get(_VMRS, f"{_DELETED}{vmr.id:018}")
        if row:
            with suppress(RowChanged):  # a concurrent run has already deleted it
                await self._table.commit(_VMRS, Delete(row))

    async def is_registered(self) -> bool:
        """Whether `register` has completed. It is needed only once."""
        return await self._table.get(_VMRS, _REGISTERED) is not None

    async def register(self) -> Mapping[int, list[str]]:
        """Add the VMRs stored by older versions to the registry, with their policy responses. Returns the names and
        aliases that are already in use elsewhere, keyed by VMR.
        """
        refused = dict[int, frozenset[Claim]]()
        for vmr in await self.all():
            refused[vmr.id] = await self._claims.adopt(vmr.id, claims_of(vmr))
            await self._telling.tell(vmr)
        return {id_: sorted(claim.text for claim in claims) for id_, claims in refused.items() if claims}

    async def mark_registered(self) -> None:
        """Record that all VMRs have been added, with unique names and aliases."""
        await self._table.commit(_VMRS, Put(_REGISTERED, {}))

    async def _take(self, id_: int, claims: frozenset[Claim], now: datetime) -> None:
        refused = await self._claims.take(id_, claims, now)
        if refused:
            await self._claims.release(id_, claims - refused, now)
            faults: dict[str, list[str]] = {}
            for claim in sorted(refused, key=lambda each: each.text):
                faults.setdefault(claim.field, []).append(_IN_USE[claim.field].format(claim.text))
            raise SettingsInvalid(faults)


class _Overtaken(Exception):  # not named an error, because the change is retried
    """Another change came first, so this change now needs claims on other names or aliases."""


class _Attempt:
    """A change that may add only these claims. `gone` contains the claims that it gives up."""

    def __init__(self, change: Callable[[PersonalVmr], PersonalVmr], added: frozenset[Claim]) -> None:
        self._change = change
        self._added = added
        self.gone: frozenset[Claim] = frozenset()

    def __call__(self, before: PersonalVmr) -> PersonalVmr:
        after = self._change(before)
        if after != before:
            after = after.model_copy(update={"revision": before.revision + 1})
        self.gone = claims_of(before) - claims_of(after)
        if claims_of(after) - claims_of(before) - self._added:
            raise _Overtaken
        return after

    def note(self, after: PersonalVmr) -> list[Write]:
        """A Note for the change."""
        return to_tell(after, self.gone)


def shown(vmr: PersonalVmr) -> Vmr:
    """One of our VMRs as templates see it."""
    aliases = tuple(entry.alias for entry in vmr.aliases)
    return Vmr(
        vmr.name, vmr.description, vmr.service_type, aliases, vmr.pin, vmr.guest_pin, vmr.allow_guests,
        vmr.primary_owner_email_address,
    )  # fmt: skip


def _vmr(row: Row) -> PersonalVmr:
    return PersonalVmr.model_validate_json(str(row.values["vmr"]))


def _entry(vmr: PersonalVmr) -> Entry:
    claims = {f"id:{vmr.id}": "id", f"name:{vmr.integration}:{digest(vmr.name)}": "name"}
    for entry in vmr.aliases:
        claim = f"alias:{vmr.integration}:{digest(entry.alias)}"
        if claim in claims:
            raise SettingsInvalid({"aliases": ["Conference alias with this alias already exists: it is duplicated."]})
        claims[claim] = "aliases"
    key = f"owner:{digest(vmr.primary_owner_email_address)}:{vmr.id:018}"
    return Entry(key, _values(vmr), claims)


def _values(vmr: PersonalVmr) -> Values:
    return {"vmr": vmr.model_dump_json()}
