"""The unified manifest for Microsoft 365: JSON that follows Microsoft's schema 1.22.

Outlook for Mac, Outlook on phones and Exchange on-premises accept only the add-in-only manifest
(docs/facts/outlook-addin.md), so this one is for tenants that manage all their apps with unified manifests. The two
icons are files in the package that an admin creates from it: `color.png` (192 × 192) and `outline.png` (32 × 32, white
on transparent).
"""

from __future__ import annotations

from typing import Any

from shared.addin.manifest.commands import ADD_VMR, ON_NEW_MEETING, PHONE_BUTTON
from shared.addin.manifest.contents import Contents, Permission, fitted, phone_icons

SCHEMA_VERSION = "1.22"
_SCHEMA = f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA_VERSION}/MicrosoftTeams.schema.json"
_PERMISSIONS = {Permission.ITEM: "MailboxItem.ReadWrite.User", Permission.MAILBOX: "Mailbox.ReadWrite.User"}
_LABEL, _PHONE_LABEL = 64, 32


def unified_manifest(contents: Contents) -> dict[str, Any]:
    """The manifest as a JSON object."""
    permissions = [_PERMISSIONS[contents.permission], "Mailbox.SharedFolder"]
    manifest: dict[str, Any] = {
        "$schema": _SCHEMA,
        "manifestVersion": SCHEMA_VERSION,
        "id": str(contents.id),
        "version": contents.version,
        "name": {"short": fitted(contents.name, 30), "full": fitted(contents.name, 100)},
        "description": {"short": fitted(contents.description, 80), "full": contents.description},
        "developer": {
            "name": fitted(contents.provider, 32),
            **dict.fromkeys(("websiteUrl", "privacyUrl", "termsOfUseUrl"), contents.origin),
        },
        "localizationInfo": {"defaultLanguageTag": "en-us", "additionalLanguages": []},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#ffffff",
        "validDomains": [domain.partition("://")[2] for domain in contents.app_domains],
        "authorization": {
            "permissions": {"resourceSpecific": [{"name": name, "type": "Delegated"} for name in permissions]}
        },
        "extensions": [_extension(contents)],
    }
    if contents.single_sign_on:
        registration = contents.single_sign_on
        manifest["webApplicationInfo"] = {"id": registration.client_id, "resource": registration.resource}
    return manifest


def _extension(contents: Contents) -> dict[str, Any]:
    pane = {"id": "openPane", "type": "openPage", "view": "pane", "pinnable": False}
    extension: dict[str, Any] = {
        "requirements": {"scopes": ["mail"], "capabilities": [{"name": "Mailbox", "minVersion": "1.5"}]},
        "runtimes": [
            {
                "id": "pane",
                "type": "general",
                "code": {"page": contents.pane},
                "lifetime": "short",
                "actions": [pane],
            }
        ],
        "ribbons": [
            {
                "contexts": ["meetingDetailsOrganizer"],
                "tabs": [{"builtInTabId": "TabDefault", "groups": [_group(contents)]}],
            }
        ],
        "audienceClaimUrl": contents.pane,
    }
    if contents.mobile or contents.auto_open:
        extension["runtimes"].append(_command_runtime(contents))
    if contents.mobile:
        extension["ribbons"].append(_phones(contents))
    if contents.auto_open:
        # Events were added in 1.10; an older Outlook shows the rest of the add-in.
        needed = {"scopes": ["mail"], "capabilities": [{"name": "Mailbox", "minVersion": "1.10"}]}
        event = {"type": "newAppointmentOrganizerCreated", "actionId": ON_NEW_MEETING}
        extension["autoRunEvents"] = [{"requirements": needed, "events": [event]}]
    return extension


def _command_runtime(contents: Contents) -> dict[str, Any]:
    wanted = [*([ADD_VMR] if contents.mobile else []), *([ON_NEW_MEETING] if contents.auto_open else [])]
    return {
        "id": "commands",
        "type": "general",
        "code": {"page": contents.commands, **({"script": contents.launch} if contents.auto_open else {})},
        "lifetime": "short",
        "actions": [{"id": name, "type": "executeFunction"} for name in wanted],
    }


def _phones(contents: Contents) -> dict[str, Any]:
    """The switch on phones. Phones do not accept this manifest yet (docs/facts/outlook-addin.md)."""
    icons = [{"size": size, "scale": scale, "url": contents.grey_icons[px]} for size, scale, px in phone_icons()]
    label = fitted(contents.button, _PHONE_LABEL)
    button = {"id": PHONE_BUTTON, "type": "mobileButton", "label": label, "icons": icons, "actionId": ADD_VMR}
    group = {"id": "vmrPhoneGroup", "label": fitted(contents.group, _PHONE_LABEL), "controls": [button]}
    return {
        "requirements": {"scopes": ["mail"], "formFactors": ["mobile"]},
        "contexts": ["onlineMeetingDetailsOrganizer"],
        "tabs": [{"builtInTabId": "TabDefault", "customMobileRibbonGroups": [group]}],
    }


def _group(contents: Contents) -> dict[str, Any]:
    icons = [{"size": size, "url": contents.icons[size]} for size in (16, 32, 80)]
    button = {
        "id": "vmrButton",
        "type": "button",
        "label": fitted(contents.button, _LABEL),
        "icons": icons,
        "supertip": {
            "title": fitted(contents.supertip_title, _LABEL),
            "description": fitted(contents.supertip_text, 250),
        },
        "actionId": "openPane",
    }
    return {"id": "vmrGroup", "label": fitted(contents.group, _LABEL), "icons": icons, "controls": [button]}
