"""Our own VMRs: partition `vmrs` of table `personal`.

    owner:<digest of the owner's address>:<id>      vmr: the VMR as JSON
    id:<id>, name:<integration>:<digest>, alias:<integration>:<digest>      claims, see indexed.py

So the VMRs of an owner are one range of keys, and an answer of the table. Names and aliases are unique within an
integration, and among the VMRs that belong to all of them.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.errors import SettingsInvalid
from shared.personal.fields import digest
from shared.personal.indexed import Entry, IndexedTable, Kind
from shared.personal.rendering import Vmr
from shared.personal.vmr import PersonalVmr
from shared.storage import Row, Tables


class VmrStore:
    """VMRs, for admins by id, for the add-in by owner. Every call may raise Unavailable, those that write Conflict."""

    def __init__(self, storage: Tables) -> None:
        self._vmrs = IndexedTable(storage, Kind("vmrs", "conference", _entry, _vmr))

    async def of_owner(self, integration: str, email: str) -> list[Vmr]:
        """The VMRs of an owner that an integration (uuid) may show; one storage trip. Nobody's when `email` is ""."""
        if not email.strip():
            return []
        found = self._vmrs.records(f"owner:{digest(email)}:")
        return [shown(vmr) async for vmr in found if vmr.integration in ("", integration)]

    async def of_integration(self, integration: str) -> list[PersonalVmr]:
        """The VMRs that belong to this integration (uuid) alone. Reads all: for admins, and for clearing up."""
        return [vmr for vmr in await self.all() if vmr.integration == integration]

    async def all(self) -> list[PersonalVmr]:
        """Every VMR, by rising id."""
        return sorted([vmr async for vmr in self._vmrs.records("owner:")], key=lambda vmr: vmr.id)

    async def get(self, id_: int) -> PersonalVmr:
        """The VMR of an id; two storage trips. Raises NotFound."""
        return await self._vmrs.get(f"id:{id_}")

    async def numbers(self, count: int) -> range:
        """Ids for new VMRs; two storage trips, however many they are."""
        return await self._vmrs.numbers(count)

    async def create(self, vmr: PersonalVmr) -> None:
        """Write a new VMR; one storage trip. Raises SettingsInvalid for a name or an alias that is in use."""
        await self._vmrs.create(vmr)

    async def change(self, id_: int, change: Callable[[PersonalVmr], PersonalVmr]) -> PersonalVmr:
        """Change a VMR, whoever else does at the same time. Raises NotFound, and what `change` and `create` raise."""
        return await self._vmrs.change(f"id:{id_}", change)

    async def delete(self, id_: int) -> None:
        """Remove a VMR. Raises NotFound."""
        await self._vmrs.delete(f"id:{id_}")


def shown(vmr: PersonalVmr) -> Vmr:
    """A VMR of ours as templates know it."""
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
            raise SettingsInvalid({"aliases": ["The same alias is there twice."]})
        claims[claim] = "aliases"
    key = f"owner:{digest(vmr.primary_owner_email_address)}:{vmr.id:018}"
    return Entry(key, {"vmr": vmr.model_dump_json()}, claims)
