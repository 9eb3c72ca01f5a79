"""Settings that name an object of the VMR platform: by its name, or by its resource URI as the original's clients do.

Conferencing nodes' policy requests are answered by name: a node refuses an answer with a URI in it as a whole. So a URI
is taken only where a Management Node can say which name it stands for, and is refused otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.integrations.integration import Integration

REFERENCES = {"ivr_theme": "ivr_theme", "host_identity_provider_group": "identity_provider_group"}
"""Settings by field name, with the resource of the original API that they refer to."""

_PATH = re.compile(r"(?:https?://[^/?#]+)?(/api/admin/configuration/v1/([a-z_]+)/[0-9]{1,9}/?)")


def is_uri(text: str | None) -> bool:
    """Whether a setting holds a URI rather than a name."""
    return bool(text) and (text or "").startswith(("/", "http://", "https://"))


def path_in(reference: str, resource: str = "") -> str:
    """The path of the object that a URI of the original's means, "" for anything else, or when of another resource."""
    found = _PATH.fullmatch(reference)
    return f"{found[1].rstrip('/')}/" if found and resource in ("", found[2]) else ""


def path_of(field: str, text: str) -> str:
    """The path of the object that a field's URI means, "" when it is none of the field's resource."""
    return path_in(text, REFERENCES[field])


def name_in(integration: Integration, field: str) -> str:
    """The name that a setting stands for; "" when it is empty, or a URI that nobody has resolved."""
    value = getattr(integration, field) or ""
    return str(getattr(integration, f"{field}_name") if is_uri(value) else value)


def is_unresolved(integration: Integration, field: str) -> bool:
    """Whether a setting holds a URI of which no name is known."""
    return bool(getattr(integration, field)) and not name_in(integration, field)
