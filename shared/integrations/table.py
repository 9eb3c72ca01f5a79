"""The transactions on the integrations' table. Values that change together are written together (see rows.py)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from shared.clock import Clock
from shared.errors import NotFound
from shared.integrations import rows
from shared.integrations.domains import UNNUMBERED
from shared.integrations.integration import Integration
from shared.integrations.rows import PARTITION, Stored
from shared.integrations.syntax import is_guid
from shared.storage import Delete, Insert, Put, Replace, RowChanged, Storage, Tables, Write, before

SIGN_IN_STATE = frozenset({"oauth_state", "oauth_refresh_token"})
"""Settings that change with every sign-in or token renewal of the service account. Admins are not told about these
changes.
"""


class IntegrationTable:
    """Reads and writes whole integrations."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._table = storage.table("integrations")
        self._clock = clock

    async def load(self, uuid: str) -> Stored:
        """Read an integration, in one round trip to storage. Raises NotFound."""
        row = await self._table.get(PARTITION, rows.settings_key(uuid.lower())) if is_guid(uuid) else None
        if row is None:
            raise NotFound("There is no such integration.")
        return rows.stored(row)

    async def ids(self) -> list[int]:
        """The ids of all integrations, in ascending order. Takes one round trip to storage, except the first time after
        an import or upgrade.
        """
        sequence = rows.sequence_of(await self._table.get(PARTITION, rows.SEQUENCE_KEY))
        gaps = sequence.gaps
        if gaps is None:
            found = [row async for row in self._table.rows(PARTITION, rows.ID_PREFIX, columns=("uuid",))]
            present = {int(row.key.removeprefix(rows.ID_PREFIX)) for row in found}
            gaps = frozenset(range(1, sequence.integration + 1)) - present
            with suppress(RowChanged):  # integrations have been added or deleted; the next call tries again
                await self._table.commit(PARTITION, sequence.with_gaps(gaps))
        return [id_ for id_ in range(1, sequence.integration + 1) if id_ not in gaps]

    async def exists(self, uuid: str) -> bool:
        """Whether an integration with this UUID exists. Takes one round trip to storage."""
        return await self._table.get(PARTITION, rows.settings_key(uuid.lower())) is not None

    async def uuid_of(self, id_: int) -> str:
        """The UUID of the integration with the given id, in one round trip to storage. Raises NotFound."""
        row = await self._table.get(PARTITION, rows.id_key(id_))
        if row is None:
            raise NotFound(f"There is no integration with id {id_}.")
        return str(row.values["uuid"])

    async def all(self) -> list[Integration]:
        """Every integration, in ascending order of id."""
        return sorted([each async for each in self.between()], key=lambda integration: integration.id)

    async def between(
        self, after: str = "", until: str = "", columns: Sequence[str] = (), page: int = 0
    ) -> AsyncIterator[Integration]:  # fmt: skip
        """The integrations after `after` and up to `until` (uuids), in ascending order of uuid. If `columns` is given,
        all other settings have their defaults. Takes one round trip to storage per `page`, or per thousand
        integrations.
        """
        first = rows.settings_key(after) if after else ""
        last = rows.settings_key(until) if until else ""
        found = self._table.rows(PARTITION, rows.SETTINGS_PREFIX, first, until=last, columns=columns, page=page)
        async for row in found:
            yield rows.stored(row).integration

    async def outline(self, uuid: str, columns: Sequence[str]) -> Integration | None:
        """One integration as returned by `between`, in one round trip to storage."""
        return next(iter([each async for each in self.between(before(uuid), uuid, columns)]), None)

    async def owner_of(self, mailbox: str) -> str | None:
        """The UUID of the integration that has claimed an equipment mailbox."""
        row = await self._table.get(PARTITION, rows.mailbox_key(mailbox))
        return str(row.values["uuid"]) if row else None

    async def icon(self, uuid: str) -> bytes | None:
        """The uploaded icon, if there is one."""
        row = await self._table.get(PARTITION, rows.icon_key(uuid.lower()))
        return rows.icon_of(row) if row else None

    async def create(self, integration: Integration) -> Integration:
        """Write a new integration and assign its id. Raises RowExists (UUID or mailbox taken), RowChanged (changed
        concurrently).
        """
        numbered, numbering = await self._numbered(integration)
        operations = [
            Insert(rows.settings_key(numbered.uuid), rows.settings_values(numbered, {})),
            Insert(rows.id_key(numbered.id), {"uuid": numbered.uuid}),
            *numbering,
            *await self._claims(None, numbered),
        ]
        await self._table.commit(PARTITION, *operations)
        return numbered

    async def replace(self, before: Stored, after: Integration, icon: bytes | None = None) -> Integration:
        """Write a changed integration, and a new icon. Raises RowExists (mailbox taken), RowChanged (changed
        concurrently).
        """
        numbered, numbering = await self._numbered(after)
        revised, changes = _revised(before, numbered)
        operations = [
            Replace(before.row, rows.settings_values(revised, changes)),
            *numbering,
            *await self._claims(before.integration, revised),
            *([Put(rows.icon_key(revised.uuid), rows.icon_values(icon))] if icon else []),
        ]
        await self._table.commit(PARTITION, *operations)
        return revised

    async def remove(self, stored: Stored) -> None:
        """Delete an integration and everything that belongs to it. Raises RowChanged (changed concurrently)."""
        old = stored.integration
        keys = [rows.icon_key(old.uuid), rows.id_key(old.id), *_claim_keys(old)]
        found = [row for key in keys if (row := await self._table.get(PARTITION, key))]
        sequence = rows.sequence_of(await self._table.get(PARTITION, rows.SEQUENCE_KEY))
        gaps = sequence.gaps
        noted = [] if gaps is None or sequence.row is None else [sequence.with_gaps(gaps | {old.id})]
        await self._table.commit(PARTITION, Delete(stored.row), *(Delete(row) for row in found), *noted)

    async def _claims(self, before: Integration | None, after: Integration) -> list[Write]:
        """The writes that move the claim from one equipment mailbox to another."""
        if before and before.mailbox == after.mailbox:
            return []
        old = [await self._table.get(PARTITION, key) for key in _claim_keys(before)] if before else []
        released: list[Write] = [Delete(row) for row in old if row]
        return released + [Insert(key, {"uuid": after.uuid}) for key in _claim_keys(after)]

    async def _numbered(self, integration: Integration) -> tuple[Integration, list[Write]]:
        """The integration with any missing ids assigned, and the write that records the assignment."""
        unnumbered = [entry for entry in integration.domains if entry.id == UNNUMBERED]
        if integration.id and not unnumbered:
            return integration, []
        sequence = rows.sequence_of(await self._table.get(PARTITION, rows.SEQUENCE_KEY))
        id_ = integration.id or sequence.integration + 1
        new = {"creation_time": self._clock.now()}
        ids = iter(range(sequence.domain + 1, sequence.domain + 1 + len(unnumbered)))
        domains = tuple(
            entry if entry.id != UNNUMBERED else entry.model_copy(update={"id": next(ids), **new})
            for entry in integration.domains
        )
        recorded = sequence.write(max(id_, sequence.integration), sequence.domain + len(unnumbered))
        return integration.model_copy(update={"id": id_, "domains": domains}), [recorded]


async def count_again(tables: Tables) -> None:
    """Determine the unused ids again after integrations have been restored from an export. Raises Unavailable."""
    table = tables.table("integrations")
    sequence = rows.sequence_of(await table.get(PARTITION, rows.SEQUENCE_KEY))
    if sequence.row and sequence.gaps is not None:
        values = {"integration": sequence.integration, "domain": sequence.domain}
        await table.commit(PARTITION, Replace(sequence.row, values))


def _claim_keys(integration: Integration) -> list[str]:
    return [rows.mailbox_key(integration.mailbox)] if integration.mailbox else []


def _revised(before: Stored, after: Integration) -> tuple[Integration, dict[str, int]]:
    """`after` with its new revision, and the revision that last changed each setting."""
    changed = {name for name, value in after if value != getattr(before.integration, name)}
    if changed <= SIGN_IN_STATE:
        return after, dict(before.changes)
    revision = before.integration.revision + 1
    return after.model_copy(update={"revision": revision}), {**before.changes, **dict.fromkeys(changed, revision)}
