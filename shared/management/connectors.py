"""`ms_exchange_connector`: integrations, in the format that admins' existing tools use (I7)."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

from shared.api_paths import CONFIGURATION, CONNECTOR
from shared.clock import Clock
from shared.errors import StaleObject
from shared.integrations import Integration, IntegrationStore
from shared.integrations.checks import check
from shared.integrations.draft import Draft, draft
from shared.integrations.integration import READ_ONLY_FIELDS, settings
from shared.integrations.references import REFERENCES, is_uri
from shared.integrations.setting import is_nullable
from shared.management.connector_objects import fields_to_store, shown_connector
from shared.management.connector_schema import connector_extras, connector_schema
from shared.management.connector_usage import usage_of
from shared.management.lifecycle import Lifecycle
from shared.management.resource import Action, Object, Schema, Shown
from shared.storage import Storage

Names: TypeAlias = "Callable[[Draft, Integration | None], Awaitable[Mapping[str, str]]]"
"""Looks up the names of the objects to which a checked draft refers by URI, before it is saved; see Bridges.names."""

_OWN_NULLABLE = frozenset({"graph_tenant_id", "graph_client_id"})
"""Nullable settings that the original does not have. The original's clients never send them, and must not clear them by
omission.
"""

EMPTIED_BY_PUT: Object = {
    **{
        name: None
        for name, field, setting in settings()
        if is_nullable(field) and not setting.secret and name not in READ_ONLY_FIELDS | _OWN_NULLABLE
    },
    "domains": [],
}
"""The values of nullable settings and references that are missing from a PUT. Secrets are kept, because nobody can read
them to send them back.
"""

_ETAG = re.compile(r'"([0-9]{1,18})"')


class Connectors:
    """A WritableResource of integrations."""

    area = CONFIGURATION
    name = CONNECTOR
    has_etags = True
    emptied_by_put = EMPTIED_BY_PUT
    about = "Integrations, each of which connects a VMR platform to an Exchange deployment."

    def __init__(
        self,
        integrations: IntegrationStore,
        storage: Storage,
        clock: Clock,
        lifecycle: Lifecycle,
        names: Names,
        actions: Mapping[str, Action],
        *,
        local: bool,
    ) -> None:
        self.actions = actions
        self._integrations = integrations
        self._storage = storage
        self._clock = clock
        self._lifecycle = lifecycle
        self._names = names
        self._local = local

    @cached_property
    def schema(self) -> Schema:
        """The JSON schema from the model of the settings, including labels and help."""
        return connector_schema()

    @cached_property
    def extras(self) -> Object:
        """Additional properties for forms; see connector_extras."""
        return connector_extras()

    async def all(self) -> Sequence[Object]:
        """Every integration."""
        return [shown_connector(integration).fields for integration in await self._integrations.list()]

    async def part(self, offset: int, limit: int) -> tuple[Sequence[Object], int]:
        """See PagedResource.part."""
        found, total = await self._integrations.page(offset, limit)
        return [shown_connector(integration).fields for integration in found], total

    async def sketches(self, fields: Collection[str]) -> Sequence[Object]:
        """See PagedResource.sketches."""
        columns = ("id", "uuid", *(Integration.model_fields.keys() & fields))
        found = [shown_connector(each).fields async for each in self._integrations.outlines(columns=columns)]
        return sorted(found, key=lambda fields: int(fields["id"]))

    async def full(self, ids: Sequence[int]) -> Sequence[Object]:
        """See PagedResource.full."""
        return [shown_connector(integration).fields for integration in await self._integrations.by_ids(ids)]

    async def one(self, id_: int) -> Shown:
        """The integration with the given id. Raises NotFound."""
        return shown_connector(await self._integrations.by_id(id_))

    async def create(self, fields: Object) -> Shown:
        """Create an integration. Raises SettingsInvalid, and Conflict if an integration with that uuid is still being
        removed.
        """
        given = fields_to_store(fields)
        if isinstance(given.get("uuid"), str) and given["uuid"]:
            await self._lifecycle.creating(given["uuid"].lower())
        created = await self._integrations.create(given, await self._resolved(given, None))
        await self._lifecycle.saved(created.uuid, frozenset())
        return shown_connector(created)

    async def update(self, id_: int, fields: Object, if_match: str | None) -> Shown:
        """Change an integration. Raises NotFound, SettingsInvalid, StaleObject."""
        integration = await self._integrations.by_id(id_)
        given = fields_to_store(fields)
        names = await self._resolved(given, integration)
        updated = await self._integrations.update(integration.uuid, given, _revision(if_match), names)
        changed = frozenset(name for name, value in updated if value != getattr(integration, name))
        await self._lifecycle.saved(updated.uuid, changed)
        return shown_connector(updated)

    async def _resolved(self, fields: Mapping[str, Any], before: Integration | None) -> Mapping[str, str]:
        """The names of the objects given by URI. The draft is checked before any host specified in it is called."""
        proposed = draft(fields, before)
        if not any(is_uri(getattr(proposed.integration, field)) for field in REFERENCES.keys() & proposed.given):
            return {}
        check(proposed, before, local=self._local)
        return await self._names(proposed, before)

    async def delete(self, id_: int, if_match: str | None, *, force: bool) -> None:
        """Delete the integration and everything it owns.

        Raises NotFound, StaleObject, and Conflict if it still has future meetings or personal VMRs of its own.
        """
        integration = await self._integrations.by_id(id_)
        revision = _revision(if_match)
        if not force:
            (await usage_of(integration, self._storage, self._clock)).check(integration)
        await self._lifecycle.deleting(integration.uuid)
        await self._integrations.delete(integration.uuid, revision)
        await self._lifecycle.deleted(integration.uuid)


def _revision(if_match: str | None) -> int | None:
    """The revision in an If-Match header. Raises StaleObject for a revision that never existed."""
    if if_match is None:
        return None
    named = _ETAG.fullmatch(if_match.strip())
    if named is None:
        raise StaleObject("integration")
    return int(named[1])
