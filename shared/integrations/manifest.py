"""When the add-in's manifest must be installed again (I6)."""

from __future__ import annotations

from shared.integrations.integration import MANIFEST_FIELDS, Integration


def shown(integration: Integration) -> tuple[object, ...]:
    """Everything in the integration that the manifest contains.

    In addition to the fields marked `*`: identity, icon, and whether the add-in signs in by SSO, since the manifest
    names the app registration only then (pexip.md §4; switching between NAA and Exchange tokens changes nothing).
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
