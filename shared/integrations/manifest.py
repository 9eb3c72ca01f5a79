"""When the add-in's manifest must be installed again (I6)."""

from __future__ import annotations

from shared.integrations.integration import MANIFEST_FIELDS, Integration


def shown(integration: Integration) -> tuple[object, ...]:
    """All that the manifest shows of an integration.

    Besides the fields marked `*`: identity, icon, and whether the add-in signs in by SSO, because only then the
    manifest names the app registration (pexip.md §4; a change between NAA and Exchange tokens does not show).
    """
    by_sso = integration.addin_authentication_method == "SSO_TOKEN"
    sso = integration.addin_application_id if by_sso else None
    fields = (getattr(integration, name) for name in sorted(MANIFEST_FIELDS))
    return integration.uuid, integration.icon, by_sso, sso, *fields


def revised(before: Integration, after: Integration) -> Integration:
    """`after`, with its manifest's revision raised when the manifest shows a change since `before`."""
    if shown(before) == shown(after):
        return after
    return after.model_copy(
        update={"manifest_revision": before.manifest_revision + 1, "manifest_reinstall_needed": True}
    )
