"""`ms_exchange_connector`: integrations, as admins' tools know them (I7)."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl

from shared.api_paths import CONFIGURATION, CONNECTOR, id_in, uri
from shared.clock import Clock
from shared.errors import SettingsInvalid
from shared.integrations import ExchangeDomain, Integration, IntegrationStore, StaleSettings
from shared.integrations.checks import check
from shared.integrations.draft import Draft, draft
from shared.integrations.integration import READ_ONLY_FIELDS, SECRET_FIELDS, TEMPLATE_FIELDS, settings
from shared.integrations.references import REFERENCES, is_uri
from shared.integrations.setting import is_nullable
from shared.management.call import Answer, Call, json_object
from shared.management.connector_schema import DOMAIN, connector_extras, connector_schema
from shared.management.connector_usage import usage_of
from shared.management.conversion import converted
from shared.management.lifecycle import Lifecycle
from shared.management.resource import Action, Object, Schema, Shown, time_text
from shared.storage import Storage

if TYPE_CHECKING:
    from shared.identity.service_account import Link
    from shared.operations.doctor import Examination

Examine: TypeAlias = "Callable[[Integration, Collection[str]], Awaitable[Examination]]"
"""Examines an integration from end to end; Doctor.examine."""

StartSignIn: TypeAlias = "Callable[[str], Awaitable[Link]]"
"""Creates a link for signing in the service account of an integration (uuid); ServiceAccounts.start."""

Names: TypeAlias = "Callable[[Draft, Integration | None], Awaitable[Mapping[str, str]]]"
"""Names of what a checked draft refers to by URI, before it is saved; Bridges.names."""

_OWN_NULLABLE = frozenset({"graph_tenant_id", "graph_client_id"})
"""Nullable settings that the original does not have: its clients never send them, and must not clear them."""

EMPTIED_BY_PUT: Object = {
    **{
        name: None
        for name, field, setting in settings()
        if is_nullable(field) and not setting.secret and name not in READ_ONLY_FIELDS | _OWN_NULLABLE
    },
    "domains": [],
}
"""The values of nullable settings and references that a PUT leaves out. Secrets stay: nobody can read and resend
them.
"""

_ETAG = re.compile(r'"([0-9]{1,18})"')


def connector_uri(integration: Integration) -> str:
    """The integration's URI."""
    return uri(CONFIGURATION, CONNECTOR, integration.id)


def domain_object(integration: Integration, entry: ExchangeDomain) -> Object:
    """An entry of an integration's `domains` in the form of `exchange_domain`."""
    return {
        "id": entry.id,
        "domain": entry.domain,
        "exchange_connector": connector_uri(integration),
        "creation_time": time_text(entry.creation_time),
        "resource_uri": uri(CONFIGURATION, DOMAIN, entry.id),
    }


_PREVIEW: Schema = {
    "type": "object",
    "properties": {
        "template": {"type": "string", "enum": sorted(TEMPLATE_FIELDS), "description": "The settings field."},
        "text": {"type": "string", "description": "A text to preview instead of the saved one."},
        "values": {
            "type": "object",
            "description": "Values of variables that the template accepts. For the others, values from the settings "
            "(aliases in its form, its add-in server) and samples are used. Times are ISO 8601 with an "
            "offset, and are printed as in a real answer.",
        },
    },
    "required": ["template"],
}

_INSTALLED: Schema = {
    "type": "object",
    "properties": {"manifest_revision": {"type": "integer"}},
    "required": ["manifest_revision"],
}


class Connectors:
    """A WritableResource over the integrations."""

    area = CONFIGURATION
    name = CONNECTOR
    has_etags = True
    emptied_by_put = EMPTIED_BY_PUT
    about = "Integrations: each connects a VMR platform with an Exchange deployment."

    def __init__(
        self,
        integrations: IntegrationStore,
        storage: Storage,
        clock: Clock,
        lifecycle: Lifecycle,
        examine: Examine,
        start_sign_in: StartSignIn,
        names: Names,
        *,
        local: bool,
    ) -> None:
        self._names = names
        self._integrations = integrations
        self._lifecycle = lifecycle
        self._local = local
        self._storage = storage
        self._clock = clock
        self._examine = examine
        self._start_sign_in = start_sign_in

    @cached_property
    def schema(self) -> Schema:
        """From the model of the settings, with their labels and help."""
        return connector_schema()

    @cached_property
    def extras(self) -> Object:
        """For forms, see connector_extras."""
        return connector_extras()

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        """Previewing templates, checking changes, the doctor, the icon, secrets, deletion, the manifest."""
        return {
            "preview": Action(
                "POST", "What a template would produce, saved or not.", self._preview, _PREVIEW, is_recorded=False
            ),
            "check": Action(
                "POST",
                "Whether these changes could be saved; nothing is saved.",
                self._check,
                {"type": "object"},
                is_recorded=False,
            ),
            "doctor": Action(
                "GET",
                "What is wrong, from end to end, and the commands to fix it; ?check=lag runs that check alone.",
                self._doctor,
            ),
            "icon": Action(
                "PUT", "The add-in's icon: a PNG of 80 x 80 pixels.", self._put_icon, media_type="image/png"
            ),
            "sign_in": Action("POST", "A link for signing in the service account (OAUTH).", self._sign_in),
            "secrets": Action("GET", "Which secrets are set; their values are never shown.", self._secrets),
            "usage": Action("GET", "What would be lost if it were deleted.", self._usage),
            "manifest_installed": Action(
                "POST", "Records that this revision of the manifest is installed.", self._installed, _INSTALLED
            ),
        }

    async def all(self) -> Sequence[Object]:
        """Every integration."""
        return [shown(integration).fields for integration in await self._integrations.list()]

    async def part(self, offset: int, limit: int) -> tuple[Sequence[Object], int]:
        """See PagedResource.part."""
        found, total = await self._integrations.page(offset, limit)
        return [shown(integration).fields for integration in found], total

    async def sketches(self, fields: Collection[str]) -> Sequence[Object]:
        """See PagedResource.sketches."""
        columns = ("id", "uuid", *(Integration.model_fields.keys() & fields))
        found = [shown(each).fields async for each in self._integrations.outlines(columns=columns)]
        return sorted(found, key=lambda fields: int(fields["id"]))

    async def full(self, ids: Sequence[int]) -> Sequence[Object]:
        """See PagedResource.full."""
        return [shown(integration).fields for integration in await self._integrations.by_ids(ids)]

    async def one(self, id_: int) -> Shown:
        """The integration with an id. Raises NotFound."""
        return shown(await self._integrations.by_id(id_))

    async def create(self, fields: Object) -> Shown:
        """A new integration. Raises SettingsInvalid, and Conflict while an earlier one of the same uuid is removed."""
        understood = _understood(fields)
        if isinstance(understood.get("uuid"), str) and understood["uuid"]:
            await self._lifecycle.creating(understood["uuid"].lower())
        created = await self._integrations.create(understood, await self._resolved(understood, None))
        await self._lifecycle.saved(created.uuid, frozenset())
        return shown(created)

    async def update(self, id_: int, fields: Object, if_match: str | None) -> Shown:
        """The changed integration. Raises NotFound, SettingsInvalid, StaleSettings."""
        integration = await self._integrations.by_id(id_)
        understood = _understood(fields)
        names = await self._resolved(understood, integration)
        updated = await self._integrations.update(integration.uuid, understood, _revision(if_match), names)
        changed = frozenset(name for name, value in updated if value != getattr(integration, name))
        await self._lifecycle.saved(updated.uuid, changed)
        return shown(updated)

    async def _resolved(self, fields: Mapping[str, Any], before: Integration | None) -> Mapping[str, str]:
        """Names of what is given by URI. The draft is checked before any host in it is called."""
        proposed = draft(fields, before)
        if not any(is_uri(getattr(proposed.integration, field)) for field in REFERENCES.keys() & proposed.given):
            return {}
        check(proposed, before, local=self._local)
        return await self._names(proposed, before)

    async def delete(self, id_: int, if_match: str | None, *, force: bool) -> None:
        """Delete the integration with everything it owns. Raises NotFound, StaleSettings, and Conflict.

        Conflict if it still has future meetings, or personal VMRs of its own.
        """
        integration = await self._integrations.by_id(id_)
        revision = _revision(if_match)
        if not force:
            (await usage_of(integration, self._storage, self._clock)).check(integration)
        await self._lifecycle.deleting(integration.uuid)
        await self._integrations.delete(integration.uuid, revision)
        await self._lifecycle.deleted(integration.uuid)

    async def _preview(self, id_: int, call: Call) -> Answer:
        from shared.management.previews import preview_for, values_shown  # jinja2, which other calls do not need
        from shared.templates import FIELDS

        integration, sent = await self._integrations.by_id(id_), json_object(call)
        name, values = sent.get("template"), sent.get("values") or {}
        if not isinstance(name, str) or name not in FIELDS:
            raise SettingsInvalid({"template": [f"Must be one of: {', '.join(FIELDS)}."]})
        text = sent.get("text", getattr(integration, name))
        if not isinstance(text, str):
            raise SettingsInvalid({"text": ["Must be a string."]})
        if not isinstance(values, dict):
            raise SettingsInvalid({"values": ["Must be an object of values by variable."]})
        made = preview_for(integration, name, text, values, self._clock)
        return Answer(200, {"template": name, **vars(made), "values": values_shown(integration, name)})

    async def _check(self, id_: int, call: Call) -> Answer:
        integration = await self._integrations.by_id(id_)
        fields = _understood(converted(json_object(call), self.schema))
        proposed = await self._integrations.would_save(integration, fields)
        changed = [name for name, value in proposed if value != getattr(integration, name)]
        return Answer(200, {"changes": sorted(changed)})

    async def _doctor(self, id_: int, call: Call) -> Answer:
        integration = await self._integrations.by_id(id_)
        only = [value for name, value in parse_qsl(call.query) if name == "check"]
        examination = await self._examine(integration, only)
        healthy = all(finding.ok for finding in examination.findings)
        listed = [asdict(finding) for finding in examination.findings]
        told = {"healthy": healthy, "findings": listed, "checks": list(examination.checks)}
        return Answer(200, {"integration": integration.uuid, **told})

    async def _put_icon(self, id_: int, call: Call) -> Answer:
        integration = await self._integrations.by_id(id_)
        saved = shown(await self._integrations.put_icon(integration.uuid, call.body))
        return Answer(202, saved.fields, {"ETag": saved.etag})

    async def _sign_in(self, id_: int, call: Call) -> Answer:
        link = await self._start_sign_in((await self._integrations.by_id(id_)).uuid)
        shown = {"sign_in_link": link.url, "expires": time_text(link.expires), "redirect_uri": link.redirect_uri}
        return Answer(200, shown)

    async def _secrets(self, id_: int, call: Call) -> Answer:
        integration = await self._integrations.by_id(id_)
        return Answer(200, {name: bool(getattr(integration, name)) for name in sorted(SECRET_FIELDS)})

    async def _usage(self, id_: int, call: Call) -> Answer:
        integration = await self._integrations.by_id(id_)
        return Answer(200, (await usage_of(integration, self._storage, self._clock)).shown())

    async def _installed(self, id_: int, call: Call) -> Answer:
        integration, revision = await self._integrations.by_id(id_), json_object(call).get("manifest_revision")
        if type(revision) is not int:
            raise SettingsInvalid({"manifest_revision": ["Must be a whole number."]})
        saved = shown(await self._integrations.acknowledge_manifest(integration.uuid, revision))
        return Answer(202, saved.fields, {"ETag": saved.etag})


def shown(integration: Integration) -> Shown:
    """An integration as the resource shows it."""
    domains = [domain_object(integration, entry) for entry in integration.domains]
    secrets = {name: reference for name in SECRET_FIELDS if (reference := getattr(integration, name))}
    return Shown(integration.resource() | {"domains": domains}, f'"{integration.revision}"', secrets)


def _understood(fields: Object) -> dict[str, Any]:
    """Received fields with `domains` as the store expects them: existing records come as URIs as well as objects."""
    domains = fields.get("domains")
    if not isinstance(domains, list):
        return dict(fields)
    ids = [id_in(entry, CONFIGURATION, DOMAIN) for entry in domains]
    return {
        **fields,
        "domains": [entry if id_ is None else {"id": id_} for entry, id_ in zip(domains, ids, strict=True)],
    }


def _revision(if_match: str | None) -> int | None:
    """The revision in an If-Match header. Raises StaleSettings for one that never existed."""
    if if_match is None or if_match.strip() == "*":
        return None
    named = _ETAG.fullmatch(if_match.strip())
    if named is None:
        raise StaleSettings(())
    return int(named[1])
