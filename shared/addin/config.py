"""The task pane's configuration: texts, modes, how to authenticate the user, and which URLs to call."""

from __future__ import annotations

from typing import Any

from shared.addin.manifest.contents import fitted
from shared.identity.addin_users import SCOPE
from shared.integrations import Integration
from shared.templates import html_to_text, sanitise
from shared.web import sources

_NOTICE, _NOTICE_ACTION = 150, 30
"""Maximum lengths in characters of a notification and its button, according to the Office.js documentation of
NotificationMessageDetails.
"""

_TEXTS = {
    "pane_title": "addin_pane_title",
    "pane_description": "addin_pane_description",
    "single_use_button": "addin_pane_button_title",
    "success_heading": "addin_pane_success_heading",
    "already_heading": "addin_pane_already_video_meeting_heading",
    "unable_heading": "addin_pane_management_node_down_heading",
    "error_heading": "addin_pane_general_error_heading",
    "success_message": "addin_pane_success_message",
    "already_message": "addin_pane_already_video_meeting_message",
    "unable_message": "addin_pane_management_node_down_message",
    "error_message": "addin_pane_general_error_message",
    "personal_button": "addin_pane_personal_vmr_add_button",
    "sign_in_button": "addin_pane_personal_vmr_sign_in_button",
    "select_message": "addin_pane_personal_vmr_select_message",
    "none_message": "addin_pane_personal_vmr_none_message",
    "error_getting_message": "addin_pane_personal_vmr_error_getting_message",
    "error_signing_in_message": "addin_pane_personal_vmr_error_signing_in_message",
    "error_inserting_personal_message": "addin_pane_personal_vmr_error_inserting_meeting_message",
}
"""The names of texts in the task pane and the settings that they come from."""


def config(integration: Integration, version: str, addresses: tuple[str, ...] = ()) -> dict[str, Any]:
    """The configuration that is the same for every user of an integration. Texts are sanitized HTML.

    `version`, shown in the debug log, identifies the code running in the task pane. `addresses` are a mailbox's known
    addresses, the configured one first. They are ignored if the integration now has another mailbox.
    """
    return {
        "uuid": integration.uuid,
        "version": version,
        "modes": {"single_use": integration.enable_dynamic_vmrs, "personal": integration.enable_personal_vmrs},
        "texts": {name: sanitise(getattr(integration, setting)) for name, setting in _TEXTS.items()},
        "identity": identity(integration),
        "room_name": integration.room_mailbox_name,
        "room_email": integration.room_mailbox_email_address or "",
        "room_addresses": _mailbox_addresses(integration, addresses),
        "api": _api(integration.uuid),
        "debug": integration.enable_addin_debug_logs,
        "stylesheets": sources.stylesheets(integration),
    }


def _mailbox_addresses(integration: Integration, learnt: tuple[str, ...]) -> list[str]:
    """The addresses under which Outlook may list the equipment mailbox, in lower case, beginning with the configured
    address.
    """
    own = integration.mailbox
    return list(learnt) if own and learnt[:1] == (own,) else [own] if own else []


def offer(integration: Integration) -> dict[str, str]:
    """The notification above a new meeting: its text and the button that opens the task pane.

    Both are plain text within Office's limits.
    """
    said = html_to_text(sanitise(integration.addin_pane_description))
    return {
        "message": fitted(" ".join(said.split()) or integration.addin_description, _NOTICE),
        "action": fitted(integration.addin_button_label, _NOTICE_ACTION),
    }


def identity(integration: Integration) -> dict[str, str]:
    """How the task pane gets the user's token. If there is a sign-in service, a dialog is the fallback (X5)."""
    signs_in = integration.personal_vmr_oauth_auth_endpoint and integration.personal_vmr_oauth_token_endpoint
    dialog = {"dialog_url": f"/addin/{integration.uuid}/sign-in"} if signs_in else {}
    match integration.addin_authentication_method:
        case "NAA_TOKEN":
            return {
                "method": "nested_app",
                "client_id": integration.addin_application_id or "",
                "authority": integration.addin_authority_url,
                "scope": f"api://{integration.addin_naa_web_api_application_id}/{SCOPE}",
                **dialog,
            }
        case "SSO_TOKEN":
            return {"method": "office_sso", **dialog}
        case "EXCHANGE_USER_ID_TOKEN":
            return {"method": "exchange_token", **dialog}


def identity_origins(integration: Integration) -> list[str]:
    """Origins other than our own from which the task pane requests a token."""
    by_naa = integration.addin_authentication_method == "NAA_TOKEN"
    return sources.origins([integration.addin_authority_url]) if by_naa else []


def _api(uuid: str) -> dict[str, str]:
    client = f"/api/client/v2/msexchange_schedulers/{uuid}"
    return {
        "meeting_details": f"{client}/meeting_details",
        "personal_vmrs": f"{client}/personal_vmrs",
        "tag_state": f"{client}/tag_state",
        "config": f"/addin/{uuid}/config",
        "sign_in": f"/addin/{uuid}/sign-in",
        "redeem": f"/addin/{uuid}/sign-in/redeem",
        "sign_out": f"/addin/{uuid}/sign-out",
    }
