"""Keeps the stored policy responses for VMRs up to date. A response is stored with each of a VMR's aliases and, for
calls made by the VMR itself, with its name.

    changed:<id>:<revision>    gone: the claims that the change gave up, as JSON

This row is written to partition `vmrs` in the transaction that changes the VMR. It is deleted once the claims are
released and the new response is stored. An interruption therefore leaves a note for the nightly cleanup.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeAlias

from shared.conferences.vmr_rows import Told
from shared.personal.claims import Claim, Claims, claims_of
from shared.personal.service import service_of
from shared.personal.vmr import PersonalVmr
from shared.storage import Delete, Put, Row, RowChanged, Table, Write

_CHANGED = "changed:"

IsServed: TypeAlias = Callable[[str], Awaitable[bool]]
"""Returns whether nodes get policy responses for an integration's VMRs (uuid; "" for VMRs that belong to all
integrations). If not, another server has the VMRs.
"""


async def always(_: str) -> bool:
    """An IsServed for deployments where nodes get policy responses for all VMRs."""
    return True


class Telling:
    """Writes policy responses for VMRs. `table` and `partition` specify where the VMRs are stored."""

    def __init__(self, table: Table, partition: str, claims: Claims, is_served: IsServed) -> None:
        self._table = table
        self._partition = partition
        self._claims = claims
        self._is_served = is_served

    async def tell(self, vmr: PersonalVmr) -> None:
        """Write the policy response for a VMR, unless a newer revision is stored."""
        service = service_of(vmr) if await self._is_served(vmr.integration) else None
        await self._claims.tell(vmr.id, claims_of(vmr), Told(vmr.revision, service))
        row = await self._table.get(self._partition, _key(vmr))
        if row:
            await self._forget(row)

    async def finish(self, read: Callable[[int], Awaitable[PersonalVmr | None]], now: datetime) -> None:
        """Finish interrupted changes. `read` returns the VMR with the given id."""
        async for row in self._table.rows(self._partition, _CHANGED):
            id_ = int(row.key.split(":")[1])
            vmr = await read(id_)
            kept = claims_of(vmr) if vmr else frozenset[Claim]()
            gone = {Claim(*each) for each in json.loads(str(row.values["gone"]))}
            await self._claims.release(id_, gone - kept, now)
            if vmr:
                await self.tell(vmr)
            await self._forget(row)

    async def _forget(self, row: Row) -> None:
        with suppress(RowChanged):  # a concurrent run was faster
            await self._table.commit(self._partition, Delete(row))


def to_tell(vmr: PersonalVmr, gone: frozenset[Claim] = frozenset()) -> list[Write]:
    """The note that a VMR has changed and given up claims, so its policy response must be updated."""
    given_up = sorted((claim.field, claim.text) for claim in gone)
    return [Put(_key(vmr), {"gone": json.dumps(given_up, ensure_ascii=False)})]


def _key(vmr: PersonalVmr) -> str:
    return f"{_CHANGED}{vmr.id:018}:{vmr.revision}"
