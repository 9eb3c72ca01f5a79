"""The names of objects on a Management Node, kept in memory."""

from collections.abc import Mapping

from shared.errors import SettingsInvalid
from shared.integrations import Integration
from shared.integrations.draft import Draft
from shared.integrations.references import REFERENCES, is_uri

KNOWN = {
    "/api/admin/configuration/v1/ivr_theme/3/": "Blue",
    "/api/admin/configuration/v1/identity_provider_group/1/": "Staff",
}


async def known_names(proposed: Draft, before: Integration | None) -> Mapping[str, str]:
    """Return the names at the URIs in the settings, as `Bridges.names` does."""
    values = {field: str(getattr(proposed.integration, field)) for field in REFERENCES}
    uris = {field: value for field, value in values.items() if is_uri(value)}
    unknown = {field: ["There is no such object."] for field, uri in uris.items() if uri not in KNOWN}
    if unknown:
        raise SettingsInvalid(unknown)
    return {field: KNOWN[uri] for field, uri in uris.items()}


async def name_at(integration: Integration, path: str) -> str | None:
    """Return the name of the object at a URI, as `Bridges.name_at` does."""
    return KNOWN.get(path)
