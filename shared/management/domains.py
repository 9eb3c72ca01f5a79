"""`exchange_domain`: the individual entries in integrations' `domains`."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from shared.api_paths import CONFIGURATION, CONNECTOR, id_in
from shared.errors import NotFound, SettingsInvalid, StaleObject
from shared.integrations import ExchangeDomain, Integration, IntegrationStore
from shared.management.connector_objects import domain_object
from shared.management.connector_schema import DOMAIN, DOMAIN_SCHEMA
from shared.management.lifecycle import Lifecycle
from shared.management.resource import Action, Object, Shown

_ATTEMPTS = 8


class Domains:
    """A WritableResource. A change to an entry is a change to its integration."""

    area = CONFIGURATION
    name = DOMAIN
    about = "FQDNs and URLs of Exchange's metadata documents. They are also shown in their integration."
    schema = DOMAIN_SCHEMA
    actions: Mapping[str, Action] = {}
    has_etags = False
    emptied_by_put: Mapping[str, Any] = {}

    def __init__(self, integrations: IntegrationStore, lifecycle: Lifecycle) -> None:
        self._integrations = integrations
        self._lifecycle = lifecycle

    async def all(self) -> Sequence[Object]:
        """All entries of all integrations."""
        found = [domain_object(i, entry) async for i in self._with_domains() for entry in i.domains]
        return sorted(found, key=lambda shown: int(shown["id"]))

    async def one(self, id_: int) -> Shown:
        """The entry with the given id. Raises NotFound."""
        return Shown(domain_object(*await self._find(id_)))

    async def create(self, fields: Object) -> Shown:
        """Add an entry to an `exchange_connector`. Raises SettingsInvalid."""
        domain, integration = self._domain(fields), await self._integration(fields)
        saved = await self._change(integration.uuid, lambda now: [*_entries(now), {"domain": domain}])
        return Shown(domain_object(saved, saved.domains[-1]))

    async def update(self, id_: int, fields: Object, if_match: str | None) -> Shown:
        """Rename an entry. It cannot be moved to a different integration. Raises NotFound, SettingsInvalid."""
        integration, entry = await self._find(id_)
        if fields.get("exchange_connector") is not None and (await self._integration(fields)).id != integration.id:
            raise SettingsInvalid(
                {"exchange_connector": ["Cannot be changed. Delete this entry and create a new one."]}
            )
        domain = self._domain({"domain": entry.domain, **fields})
        saved = await self._change(
            integration.uuid,
            lambda now: [each | ({"domain": domain} if each["id"] == id_ else {}) for each in _entries(now)],
        )
        return Shown(domain_object(saved, next(each for each in saved.domains if each.id == id_)))

    async def delete(self, id_: int, if_match: str | None, *, force: bool) -> None:
        """Remove an entry. Raises NotFound."""
        integration, _ = await self._find(id_)
        await self._change(integration.uuid, lambda now: [each for each in _entries(now) if each["id"] != id_])

    def _with_domains(self) -> AsyncIterator[Integration]:
        return self._integrations.outlines(columns=("id", "uuid", "domains"))

    async def _find(self, id_: int) -> tuple[Integration, ExchangeDomain]:
        async for integration in self._with_domains():
            for entry in integration.domains:
                if entry.id == id_:
                    return integration, entry
        raise NotFound(f"There is no {DOMAIN} with id {id_}.")

    async def _integration(self, fields: Object) -> Integration:
        id_ = id_in(fields.get("exchange_connector"), CONFIGURATION, CONNECTOR)
        try:
            return await self._integrations.by_id(-1 if id_ is None else id_)
        except NotFound:
            raise SettingsInvalid({"exchange_connector": ["Must be the URI of an ms_exchange_connector."]}) from None

    @staticmethod
    def _domain(fields: Object) -> str:
        unknown = {name: ["There is no such field."] for name in fields.keys() - DOMAIN_SCHEMA["properties"].keys()}
        domain = fields.get("domain")
        if not isinstance(domain, str) or not domain:
            unknown["domain"] = ["This field is required."]
        if unknown:
            raise SettingsInvalid(unknown)
        return str(domain)

    async def _change(self, uuid: str, change: Callable[[Integration], list[dict[str, Any]]]) -> Integration:
        """Change an integration's entries. Tries again if another admin has changed the integration in the meantime."""
        saved = await self._saved(uuid, change)
        await self._lifecycle.saved(uuid, frozenset({"domains"}))
        return saved

    async def _saved(self, uuid: str, change: Callable[[Integration], list[dict[str, Any]]]) -> Integration:
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._change_once(uuid, change)
            except StaleObject:
                continue
        return await self._change_once(uuid, change)

    async def _change_once(self, uuid: str, change: Callable[[Integration], list[dict[str, Any]]]) -> Integration:
        now = await self._integrations.get(uuid)
        try:
            return await self._integrations.update(uuid, {"domains": change(now)}, now.revision)
        except SettingsInvalid as refused:
            faults = dict(refused.faults)
            raise SettingsInvalid({"domain": faults.pop("domains", []), **faults}) from None


def _entries(integration: Integration) -> list[dict[str, Any]]:
    return [{"id": entry.id} for entry in integration.domains]
