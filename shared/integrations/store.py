"""Integrations in storage. Each is created, changed or deleted as a whole or not at all. A save that loses a race is
repeated with the new state. A save of an outdated revision is rejected with a list of what has changed. Secrets are
stored under new references before the transaction, and deleted again if it is rejected. A process that dies in between
leaves an unreferenced value behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, TypeAlias
from uuid import uuid4

from pydantic import SecretStr

from shared.clock import Clock
from shared.errors import Conflict, NotFound, SettingsInvalid, StaleObject
from shared.integrations import manifest
from shared.integrations.cache import IntegrationCache
from shared.integrations.checks import check
from shared.integrations.draft import Draft, draft
from shared.integrations.icon import icon_faults
from shared.integrations.integration import SECRET_FIELDS, Integration
from shared.integrations.pending_secrets import PendingSecrets, drop
from shared.integrations.rows import OUTLINE, Stored
from shared.integrations.stale_sign_in import without_stale_sign_in
from shared.integrations.table import IntegrationTable
from shared.secrets import SecretMissing, SecretReference, SecretStore
from shared.storage import RowChanged, RowExists, Storage

MAILBOX_TAKEN = "An integration with this equipment mailbox already exists."

_ATTEMPTS = 32
"""Maximum number of attempts to save a change. Concurrent saves have one winner per attempt, so this many can succeed.
"""

READS_CONCURRENCY = 32
"""How many integrations on a page are read concurrently."""

MAX_READ_SINGLY = 40
"""Up to this many integrations are read individually. If there are more, all integrations are listed."""

Change: TypeAlias = Callable[[Integration, PendingSecrets], Awaitable[Integration]]
"""Turns an integration into the one to save. PendingSecrets stores its new secrets."""


class IntegrationStore:
    """All integrations in the deployment. `local` means a local stack, where loopback hosts may be configured."""

    def __init__(self, storage: Storage, secrets: SecretStore, clock: Clock, *, local: bool = False) -> None:
        self._table = IntegrationTable(storage, clock)
        self._secrets = secrets
        self._cache = IntegrationCache(clock)
        self._local = local

    async def get(self, uuid: str) -> Integration:
        """The current integration, in one round trip to storage. Raises NotFound."""
        read_at = self._cache.now()
        found = (await self._table.load(uuid)).integration
        self._cache.put(found, read_at)
        return found

    async def cached(self, uuid: str) -> Integration:
        """The integration, from a cache that is at most 30 s old. Raises NotFound."""
        return self._cache.get(uuid.lower()) or await self.get(uuid)

    async def by_id(self, id_: int) -> Integration:
        """The current integration with the given management API id. This takes two round trips to storage, or one if
        this instance knows its uuid. Raises NotFound.
        """
        if known := self._cache.uuid_of(id_):
            with suppress(NotFound):
                found = await self.get(known)
                if found.id == id_:  # otherwise the uuid of a deleted integration has been given to a later one
                    return found
        return await self.get(await self._table.uuid_of(id_))

    async def uuid_of(self, id_: int) -> str | None:
        """The uuid of the integration with the given management API id, or None. The result may be as outdated as that
        of `cached`.
        """
        known = self._cache.uuid_of(id_)
        found = self._cache.get(known) if known else None
        if found and found.id == id_:
            return found.uuid
        with suppress(NotFound):
            return (await self.by_id(id_)).uuid
        return None

    async def list(self) -> list[Integration]:
        """All integrations, in ascending order of id."""
        return await self._table.all()

    async def page(self, offset: int, limit: int) -> tuple[Sequence[Integration], int]:
        """A page of integrations in ascending order of id, and the total number. Takes one round trip to storage, plus
        those of `by_id` for each integration on the page.
        """
        ids = await self._table.ids()
        return await self.by_ids(ids[offset : offset + limit]), len(ids)

    async def by_ids(self, ids: Sequence[int]) -> Sequence[Integration]:
        """The integrations with these ids, in this order, each as returned by `by_id`. Missing ones are left out."""
        slots = asyncio.Semaphore(READS_CONCURRENCY)

        async def one(id_: int) -> Integration | None:
            async with slots:
                try:
                    return await self.by_id(id_)
                except NotFound:
                    return None

        return [each for each in await asyncio.gather(*map(one, ids)) if each]

    def outlines(
        self, after: str = "", until: str = "", columns: Sequence[str] = OUTLINE
    ) -> AsyncIterator[Integration]:  # fmt: skip
        """The integrations after `after` and up to `until` (uuids), in ascending order of uuid. Only the columns in
        OUTLINE are read, and all other settings have their defaults. This is enough for rounds and lists, but never for
        a meeting. Takes one round trip to storage per thousand integrations.
        """
        return self._table.between(after, until, columns)

    async def uuid_after(self, uuid: str) -> str | None:
        """The uuid of the integration after this one, or None. Takes one round trip to storage."""
        async for each in self._table.between(uuid, columns=("uuid",), page=1):
            return each.uuid
        return None

    async def id_of(self, uuid: str) -> int:
        """The id of an integration; see `cached`. Raises NotFound."""
        return (await self.cached(uuid)).id

    async def some(self, uuids: Collection[str], columns: Sequence[str] = OUTLINE) -> dict[str, Integration]:
        """The outlines of the given integrations, keyed by uuid. Missing ones are left out. A few are read
        individually.
        """
        if len(uuids) <= MAX_READ_SINGLY:
            found = await asyncio.gather(*(self._table.outline(uuid, columns) for uuid in uuids))
            return {each.uuid: each for each in found if each}
        return {each.uuid: each async for each in self.outlines(columns=columns) if each.uuid in uuids}

    async def secret(self, uuid: str, field: str) -> SecretStr | None:
        """The value of a secret setting such as `password`; None if it is not set. Raises NotFound, Unavailable."""
        try:
            return await self._secret(await self.cached(uuid), field)
        except SecretMissing:  # replaced by another instance since the settings were cached
            return await self._secret(await self.get(uuid), field)

    async def create(self, fields: Mapping[str, Any], names: Mapping[str, str] | None = None) -> Integration:
        """Create an integration from the management API's fields. `names` are the names that its references stand for,
        keyed by field (references.py). Raises SettingsInvalid.
        """
        proposed = draft(fields)
        uuid = (proposed.integration.uuid or str(uuid4())).lower()
        async with PendingSecrets(self._secrets, uuid) as keep:
            for _ in range(_ATTEMPTS):
                await self._check(proposed, None)
                references = await keep(proposed.secrets)
                named = _name_fields(names)
                chosen = proposed.integration.model_copy(update={"uuid": uuid, **references, **named})
                try:
                    return self._remember(await self._table.create(chosen))
                except (RowExists, RowChanged):
                    if not proposed.integration.uuid and await self._table.exists(uuid):
                        return await self.get(uuid)  # our own write, retried by the SDK after a lost response
            raise _busy()

    async def update(
        self,
        uuid: str,
        fields: Mapping[str, Any],
        revision: int | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Integration:
        """Change the given settings, and no others. If `revision` is given, this is done only if nothing has changed
        since that revision. `names` are the names that references stand for, keyed by field (references.py). Raises
        NotFound, SettingsInvalid or StaleObject, without changing anything.
        """

        async def change(now: Integration, keep: PendingSecrets) -> Integration:
            proposed = draft(fields, now)
            await self._check(proposed, now)
            update = {**await keep(proposed.secrets), **_name_fields(names)}
            return without_stale_sign_in(now, proposed.integration.model_copy(update=update))

        return await self.change(uuid, change, revision=revision)

    async def would_save(self, integration: Integration, fields: Mapping[str, Any]) -> Integration:
        """The integration as `update` would save it. Nothing is saved. Raises SettingsInvalid."""
        proposed = draft(fields, integration)
        await self._check(proposed, integration)
        return proposed.integration

    async def delete(self, uuid: str, revision: int | None = None) -> None:
        """Delete the integration, its icon and its secrets. Its ids are never assigned again. If `revision` is given,
        this is done only if nothing has changed since that revision. Raises NotFound, StaleObject.
        """
        for _ in range(_ATTEMPTS):
            stored = await self._table.load(uuid)
            if revision is not None and revision != stored.integration.revision:
                raise StaleObject("integration", stored.changed_since(revision))
            try:
                await self._table.remove(stored)
            except RowChanged:
                continue
            self._cache.forget(stored.integration.uuid)
            return await drop(self._secrets, _references(stored.integration).values())
        raise _busy()

    async def icon(self, uuid: str) -> bytes | None:
        """The uploaded icon, an 80 × 80 PNG, or None if the default icon is in use. Takes one round trip to storage."""
        return await self._table.icon(uuid)

    async def put_icon(self, uuid: str, png: bytes) -> Integration:
        """Replace the icon. Raises NotFound, SettingsInvalid."""
        faults = icon_faults(png)
        if faults:
            raise SettingsInvalid({"icon": faults})

        async def change(now: Integration, _: PendingSecrets) -> Integration:
            return now.model_copy(update={"icon": sha256(png).hexdigest()})

        return await self.change(uuid, change, icon=png)

    async def acknowledge_manifest(self, uuid: str, manifest_revision: int) -> Integration:
        """Record that an admin has installed this revision of the manifest. Raises NotFound, Conflict."""

        async def change(now: Integration, _: PendingSecrets) -> Integration:
            return manifest.installed(now, manifest_revision)

        return await self.change(uuid, change)

    async def change(
        self, uuid: str, change: Change, *, revision: int | None = None, icon: bytes | None = None
    ) -> Integration:
        """Apply `change` to the latest state, and save the result and the icon. This is repeated if another save
        interferes. Nothing is checked, so use `update` for settings entered by an admin. If `revision` is given, this
        is done only if nothing has changed since that revision. Raises NotFound, StaleObject and whatever `change`
        raises, without saving anything.
        """
        async with PendingSecrets(self._secrets, uuid.lower()) as keep:
            for _ in range(_ATTEMPTS):
                before = await self._table.load(uuid)
                if revision is not None and revision != before.integration.revision:
                    raise StaleObject("integration", before.changed_since(revision))
                after = manifest.revised(before.integration, await change(before.integration, keep))
                if after == before.integration:
                    return self._remember(after)
                try:
                    saved = self._remember(await self._table.replace(before, after, icon))
                except (RowExists, RowChanged):
                    continue
                await drop(self._secrets, _replaced(before, saved))
                return saved
            raise _busy()

    async def _check(self, proposed: Draft, before: Integration | None) -> None:
        taken: dict[str, list[str]] = {}
        wanted = proposed.integration
        if "room_mailbox_email_address" in proposed.given and wanted.mailbox:
            owner = await self._table.owner_of(wanted.mailbox)
            if owner and owner != (before.uuid if before else None):
                taken["room_mailbox_email_address"] = [MAILBOX_TAKEN]
        if before is None and wanted.uuid and await self._table.exists(wanted.uuid):
            taken["uuid"] = ["An integration with this UUID already exists."]
        check(proposed, before, local=self._local, taken=taken)

    async def _secret(self, integration: Integration, field: str) -> SecretStr | None:
        reference = _references(integration)[field]
        return await self._secrets.get(reference) if reference else None

    def _remember(self, saved: Integration) -> Integration:
        self._cache.put(saved, self._cache.now())
        return saved


def _name_fields(names: Mapping[str, str] | None) -> dict[str, str]:
    return {f"{field}_name": name for field, name in (names or {}).items()}


def _references(integration: Integration) -> dict[str, SecretReference]:
    return {name: getattr(integration, name) for name in SECRET_FIELDS}


def _replaced(before: Stored, after: Integration) -> list[SecretReference]:
    now = _references(after)
    return [old for name, old in _references(before.integration).items() if old != now[name]]


def _busy() -> Conflict:
    return Conflict("Too many other changes are being saved right now. Nothing was saved. Please try again.")
