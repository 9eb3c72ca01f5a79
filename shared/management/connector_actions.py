"""The actions on an integration: previews, checks, the doctor, its icon, its sign-in, its secrets and its usage."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl

from shared.clock import Clock
from shared.errors import SettingsInvalid
from shared.integrations import Integration, IntegrationStore
from shared.integrations.integration import SECRET_FIELDS, TEMPLATE_FIELDS
from shared.management.call import Answer, Call, json_object
from shared.management.connector_objects import fields_to_store, shown_connector
from shared.management.connector_schema import connector_schema
from shared.management.connector_usage import usage_of
from shared.management.conversion import converted
from shared.management.resource import Action, Schema, time_text
from shared.storage import Storage

if TYPE_CHECKING:
    from shared.identity.service_account import Link
    from shared.operations.doctor import Examination

Examine: TypeAlias = "Callable[[Integration, Collection[str]], Awaitable[Examination]]"
"""Checks an integration from end to end; see Doctor.examine."""

StartSignIn: TypeAlias = "Callable[[str], Awaitable[Link]]"
"""Creates a link for signing in the service account of an integration, given by its uuid; see ServiceAccounts.start."""

_PREVIEW: Schema = {
    "type": "object",
    "properties": {
        "template": {"type": "string", "enum": sorted(TEMPLATE_FIELDS), "description": "The settings field."},
        "text": {"type": "string", "description": "Text to preview instead of the saved text."},
        "values": {
            "type": "object",
            "description": "Values for the template's variables. Omitted variables get values based on the "
            "settings (for aliases and the add-in server) or sample values. Times are ISO 8601 with an offset, and are "
            "formatted as in a real answer.",
        },
    },
    "required": ["template"],
}

_INSTALLED: Schema = {
    "type": "object",
    "properties": {"manifest_revision": {"type": "integer"}},
    "required": ["manifest_revision"],
}


@dataclass(frozen=True)
class ConnectorActions:
    """What `…/ms_exchange_connector/{id}/{action}/` does."""

    integrations: IntegrationStore
    storage: Storage
    clock: Clock
    examine: Examine
    start_sign_in: StartSignIn

    def by_name(self) -> Mapping[str, Action]:
        """The actions, keyed by the last part of their path."""
        return {
            "preview": Action(
                "POST",
                "What a template would produce. The template does not have to be saved first.",
                self._preview,
                _PREVIEW,
                is_recorded=False,
            ),
            "check": Action(
                "POST",
                "Whether these changes could be saved. Nothing is saved.",
                self._check,
                {"type": "object"},
                is_recorded=False,
            ),
            "doctor": Action(
                "GET",
                "Checks the integration from end to end, and returns problems with the commands to fix them. "
                "?check=lag runs only the check `lag`.",
                self._doctor,
            ),
            "icon": Action(
                "PUT", "The add-in's icon: a PNG of 80 x 80 pixels.", self._put_icon, media_type="image/png"
            ),
            "sign_in": Action("POST", "A link for signing in the service account (OAUTH).", self._sign_in),
            "secrets": Action("GET", "Which secrets are set. Their values are never shown.", self._secrets),
            "usage": Action("GET", "What would be lost if the integration were deleted.", self._usage),
            "manifest_installed": Action(
                "POST", "Records that this revision of the manifest has been installed.", self._installed, _INSTALLED
            ),
        }

    async def _preview(self, id_: int, call: Call) -> Answer:
        from shared.management.previews import preview_for, values_shown  # needs jinja2
        from shared.templates import FIELDS

        integration, sent = await self.integrations.by_id(id_), json_object(call)
        name, values = sent.get("template"), sent.get("values") or {}
        if not isinstance(name, str) or name not in FIELDS:
            raise SettingsInvalid({"template": [f"Must be one of: {', '.join(FIELDS)}."]})
        text = sent.get("text", getattr(integration, name))
        if not isinstance(text, str):
            raise SettingsInvalid({"text": ["Must be a string."]})
        if not isinstance(values, dict):
            raise SettingsInvalid({"values": ["Must be an object with values keyed by variable."]})
        made = preview_for(integration, name, text, values, self.clock)
        return Answer(200, {"template": name, **vars(made), "values": values_shown(integration, name)})

    async def _check(self, id_: int, call: Call) -> Answer:
        integration = await self.integrations.by_id(id_)
        fields = fields_to_store(converted(json_object(call), connector_schema()))
        proposed = await self.integrations.would_save(integration, fields)
        changed = [name for name, value in proposed if value != getattr(integration, name)]
        return Answer(200, {"changes": sorted(changed)})

    async def _doctor(self, id_: int, call: Call) -> Answer:
        integration = await self.integrations.by_id(id_)
        only = [value for name, value in parse_qsl(call.query) if name == "check"]
        examination = await self.examine(integration, only)
        healthy = all(finding.ok for finding in examination.findings)
        listed = [asdict(finding) for finding in examination.findings]
        told = {"healthy": healthy, "findings": listed, "checks": list(examination.checks)}
        return Answer(200, {"integration": integration.uuid, **told})

    async def _put_icon(self, id_: int, call: Call) -> Answer:
        integration = await self.integrations.by_id(id_)
        saved = shown_connector(await self.integrations.put_icon(integration.uuid, call.body))
        return Answer(202, saved.fields, {"ETag": saved.etag})

    async def _sign_in(self, id_: int, call: Call) -> Answer:
        link = await self.start_sign_in((await self.integrations.by_id(id_)).uuid)
        shown = {"sign_in_link": link.url, "expires": time_text(link.expires), "redirect_uri": link.redirect_uri}
        return Answer(200, shown)

    async def _secrets(self, id_: int, call: Call) -> Answer:
        integration = await self.integrations.by_id(id_)
        return Answer(200, {name: bool(getattr(integration, name)) for name in sorted(SECRET_FIELDS)})

    async def _usage(self, id_: int, call: Call) -> Answer:
        integration = await self.integrations.by_id(id_)
        return Answer(200, (await usage_of(integration, self.storage, self.clock)).shown())

    async def _installed(self, id_: int, call: Call) -> Answer:
        integration, revision = await self.integrations.by_id(id_), json_object(call).get("manifest_revision")
        if type(revision) is not int:
            raise SettingsInvalid({"manifest_revision": ["Must be a whole number."]})
        saved = shown_connector(await self.integrations.acknowledge_manifest(integration.uuid, revision))
        return Answer(202, saved.fields, {"ETag": saved.etag})
