"""Determines when the add-in's manifest must be installed again, and records that this was done (I6)."""

from __future__ import annotations

from shared.errors import Conflict
from shared.integrations.integration import MANIFEST_FIELDS, Integration


def shown(integration: Integration) -> tuple[object, ...]:
    """Everything in the integration that affects the manifest: the fields marked `*`, the identity, the icon, and
    whether the add-in signs in through SSO. The manifest names the app registration only for SSO, so switching between
    NAA and Exchange tokens changes nothing (pexip.md §4).
    """
    by_sso = integration.addin_authentication_method == "SSO_TOKEN"
    sso = integration.addin_application_id if by_sso else None
    fields = (getattr(integration, name) for name in sorted(MANIFEST_FIELDS))
    return integration.uuid, integration.icon, by_sso, sso, *fields


def revised(before: Integration, after: Integration) -> Integration:
    """`after`, with its manifest revision incremented if the manifest has changed since `before`."""
    if shown(before) == shown(after):
        return after
    return after.model_copy(
        update={"manifest_revision": before.manifest_revision + 1, "manifest_reinstall_needed": True}
    )


def installed(integration: Integration, manifest_revision: int) -> Integration:
    """`integration`, after an admin has installed this revision of the manifest. Raises Conflict for an outdated
    revision.
    """
    if integration.manifest_revision != manifest_revision:
        raise Conflict(f"The manifest is now at revision {integration.manifest_revision}: install that one.")
    return integration.model_copy(
        update={"manifest_reinstall_needed": False, "manifest_installed_revision": manifest_revision}
    )
