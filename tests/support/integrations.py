"""Valid sets of integration fields."""

from typing import Any

from shared.integrations import Integration, validate

GUID = "0c5e5b4f-2f0e-4a57-9d0c-7f1f0f5f2f7c"


def graph_fields(**changes: Any) -> dict[str, Any]:
    """The minimum set of fields for an integration using Graph with single-use VMRs."""
    return {
        "name": "Example Corp",
        "addin_server_domain": "addin.example.com",
        "authentication_method": "GRAPH",
        "room_mailbox_name": "VMR",
        "room_mailbox_email_address": "vmr@example.com",
        "scheduled_alias_prefix": "meet",
        "scheduled_alias_domain": "example.com",
        "domains": [{"domain": "outlook.office365.com"}],
        **changes,
    }


def full_fields(method: str = "BASIC", /, **changes: Any) -> dict[str, Any]:
    """The fields of an integration using EWS that allow every switch to be on and every method to be chosen."""
    azure = changes.get("auth_provider") == "AZURE"
    users = "https://login.microsoftonline.com/common/oauth2/v2.0" if azure else "https://fs.example.com/adfs/oauth2"
    exchange = "outlook.office365.com" if method in {"OAUTH", "APP_PERM"} else "mail.example.com"
    tenant = "contoso.onmicrosoft.com" if method == "APP_PERM" else "common"
    fields = graph_fields(
        authentication_method=method,
        enable_personal_vmrs=True,
        url=f"https://{exchange}/EWS/Exchange.asmx",
        username="svc@example.com",
        password="correct horse",
        oauth_client_id=GUID,
        oauth_client_secret="battery staple",
        oauth_redirect_uri="https://addin.example.com/service-account/oauth_redirect",
        oauth_auth_endpoint="https://login.microsoftonline.com/common/oauth2/authorize",
        oauth_token_endpoint=f"https://login.microsoftonline.com/{tenant}/oauth2/token",
        graph_tenant_id=GUID,
        graph_client_id=GUID,
        kerberos_realm="EXAMPLE.COM",
        kerberos_kdc="kdc.example.com",
        kerberos_exchange_spn="HTTP/mail.example.com",
        kerberos_kdc_https_proxy="https://kdc.example.com/KdcProxy",
        personal_vmr_oauth_auth_endpoint=f"{users}/authorize",
        personal_vmr_oauth_token_endpoint=f"{users}/token",
        personal_vmr_adfs_relying_party_trust_identifier="https://addin.example.com/",
        personal_vmr_oauth_client_secret="staple battery",
        addin_application_id=GUID,
        addin_authority_url="https://login.microsoftonline.com/common",
        addin_oidc_metadata_url="https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
        addin_naa_web_api_application_id=GUID,
        bridge_url="https://manager.example.com",
        bridge_username="api",
        bridge_password="correct staple",
        bridge_client_id="client",
        bridge_private_key="a key in PEM format",
    )
    return fields | changes


def an_integration(**changes: Any) -> Integration:
    """A valid integration that has not been stored."""
    return validate(graph_fields(**changes))
