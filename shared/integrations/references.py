"""Settings that refer to an object on the VMR platform, by name or (like the original's clients) by resource URI.

Policy responses to conferencing nodes use names: a node rejects a whole response if it contains a URI. A URI is
therefore accepted only if a Management Node can resolve it to a name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.integrations.integration import Integration

REFERENCES = {"ivr_theme": "ivr_theme", "host_identity_provider_group": "identity_provider_group"}
"""The resource of the original API that each setting refers to, keyed by field name."""

_PATH = re.compile(r"(?:https?://[^/?#]+)?(/api/admin/configuration/v1/([a-z_]+)/[0-9]{1,9}/?)")


def is_uri(text: str | None) -> bool:
    """Whether a setting contains a URI rather than a name."""
    return bool(text) and (text or "").startswith(("/", "http://", "https://"))


def path_in(reference: str, resource: str = "") -> str:
    """The path of the object in a URI of the original API; "" for anything else, or for another resource."""
    found = _PATH.fullmatch(reference)
    return f"{found[1].rstrip('/')}/" if found and resource in ("", found[2]) else ""


def path_of(field: str, text: str) -> str:
    """The path of the object in a field's URI; "" if the URI is invalid, or belongs to another resource than the
    field's.
    """
    return path_in(text, REFERENCES[field])


def name_in(integration: Integration, field: str) -> str:
    """The name in a setting; "" if it is empty, or an unresolved URI."""
    value = getattr(integration, field) or ""
    return str(getattr(integration, f"{field}_name") if is_uri(value) else value)


def is_unresolved(integration: Integration, field: str) -> bool:
    """Whether a setting contains an unresolved URI."""
    return bool(getattr(integration, field)) and not name_in(integration, field)
