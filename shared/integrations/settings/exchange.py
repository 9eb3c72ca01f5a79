"""Access to Exchange: the authentication method, the identity, and the integration's equipment mailbox."""

from typing import Annotated, Literal

from pydantic import Field

from shared.integrations import conditions as when
from shared.integrations.setting import (
    Format,
    Line,
    NullableGuid,
    Secret100,
    Secret4096,
    Section,
    ServerUrl,
    Setting,
    Text255,
    Url,
)
from shared.secrets import SecretReference


class Exchange(Section):
    """The Exchange deployment and the service account or app with access to it."""

    title = "Exchange server information"
    about = "Used when single-use VMRs are enabled."
    in_use = when.SINGLE_USE

    authentication_method: Annotated[
        Literal["BASIC", "NTLM", "KERBEROS", "OAUTH", "APP_PERM", "GRAPH"],
        Setting(
            "Authentication method",
            "How this service authenticates to Exchange. BASIC and NTLM use the service account's password (Exchange "
            "on-premises only). KERBEROS is accepted for existing clients but cannot be used, because Azure Functions "
            "has no GSSAPI. OAUTH is for Exchange Online. The service account signs in once, in a browser. APP_PERM "
            "authenticates as an application with a client secret. It uses Microsoft Graph if the EWS URL is empty or "
            "that of Exchange Online, and EWS otherwise. GRAPH uses Microsoft Graph (Exchange Online only), "
            "optionally with the deployment's own identity, and needs neither an EWS URL nor a service account. OAUTH "
            "and NTLM replace the original product's switches *Enable OAuth* and *Enable NTLM authentication*.",
            sign_in=True,
            choices={
                "BASIC": "Basic (Exchange on-premises)",
                "NTLM": "NTLM (Exchange on-premises)",
                "KERBEROS": "Kerberos (not available here)",
                "OAUTH": "OAuth, as the service account (Exchange Online)",
                "APP_PERM": "OAuth, as an application with a client secret",
                "GRAPH": "Microsoft Graph (Exchange Online)",
            },
        ),
    ] = "BASIC"
    url: Annotated[
        ServerUrl,
        Setting(
            "EWS URL",
            "The URL of Exchange Web Services: https://outlook.office365.com/EWS/Exchange.asmx for Office 365, "
            "usually https://<server or load balancer>/EWS/Exchange.asmx on-premises. With APP_PERM, leave it empty "
            "to access Exchange Online through Graph.",
            required=when.EWS,
        ),
    ] = ""
    username: Annotated[
        str,
        Field(max_length=100),
        Format.LINE,
        Setting(
            "Service account username",
            r"name@domain (the only form that NTLM and Office 365 accept) or domain\name. "
            "One account may serve several integrations.",
            required=when.EWS_ACCOUNT,
            sign_in=True,
        ),
    ] = ""
    password: Annotated[
        Secret100,
        Setting(
            "Service account password",
            "Not needed with OAUTH, APP_PERM or GRAPH.",
            required=when.EWS_PASSWORD,
            secret=True,
        ),
    ] = SecretReference("")
    ews_access: Annotated[
        Literal["impersonation", "delegate"],
        Setting(
            "EWS access",
            "How the service account accesses the equipment mailbox. impersonation: with the "
            "ApplicationImpersonation role. delegate: with full access to the mailbox. With delegate, joining "
            "instructions that are sent later come from the equipment mailbox, not from the organizer. APP_PERM always "
            "uses impersonation.",
            choices={"impersonation": "Impersonation", "delegate": "Delegate access"},
        ),
    ] = "impersonation"
    oauth_client_id: Annotated[
        NullableGuid,
        Setting(
            "OAuth client ID",
            "Application (client) ID of the app registration that the service account signs in to or, with APP_PERM, "
            "that this service uses directly.",
            required=when.OAUTH_OR_APP,
            sign_in=True,
        ),
    ] = None
    oauth_client_secret: Annotated[
        Secret4096,
        Setting(
            "OAuth client secret",
            "The app registration's client secret. With GRAPH, it belongs to graph_client_id and may be empty to use "
            "the deployment's own identity.",
            required=when.APP_PERMISSION,
            secret=True,
        ),
    ] = SecretReference("")
    oauth_redirect_uri: Annotated[
        Url,
        Setting(
            "OAuth redirect URI",
            "The page of this service that the admin returns to after signing in the service account: https://<this "
            "service>/service-account/oauth_redirect, exactly as in the app registration. Only the admin's browser "
            "needs to reach it.",
            required=when.OAUTH,
        ),
    ] = ""
    oauth_auth_endpoint: Annotated[
        Url,
        Setting(
            "OAuth authorization endpoint",
            "The v1 endpoint, not v2, from the app registration's list of endpoints.",
            required=when.OAUTH,
        ),
    ] = ""
    oauth_token_endpoint: Annotated[
        ServerUrl,
        Setting(
            "OAuth token endpoint",
            "The v1 endpoint from the app registration's list of endpoints. APP_PERM also accepts the v2 endpoint. "
            "It requires the tenant in the URL, not common or organizations.",
            required=when.OAUTH_OR_APP,
            sign_in=True,
        ),
    ] = ""
    oauth_refresh_token: Annotated[
        Secret4096,
        Setting("OAuth refresh token", "Obtained when the service account signs in. Renewed when used.", secret=True),
    ] = SecretReference("")
    oauth_state: Annotated[
        NullableGuid,
        Setting("OAuth state", "Links a sign-in in progress to this integration.", read_only=True),
    ] = None
    graph_tenant_id: Annotated[
        NullableGuid,
        Setting(
            "Graph tenant ID",
            "The Entra tenant of the Exchange organization. If empty, the deployment's own tenant and managed identity "
            "are used.",
            required=when.GRAPH_CLIENT,
        ),
    ] = None
    graph_client_id: Annotated[
        NullableGuid,
        Setting(
            "Graph client ID",
            "The app registration to use in that tenant. If empty, the deployment's managed identity is used.",
            required=when.GRAPH_TENANT,
        ),
    ] = None
    room_mailbox_name: Annotated[
        Line,
        Setting(
            "Mailbox name",
            "Display name of the equipment mailbox. The add-in also uses it as the location of meetings.",
            required=when.SINGLE_USE,
        ),
    ] = ""
    room_mailbox_email_address: Annotated[
        str | None,
        Field(max_length=100),
        Format.EMAIL,
        Setting(
            "Mailbox email address",
            "Address of the equipment mailbox. No other integration may use it.",
            required=when.SINGLE_USE,
        ),
    ] = None
    kerberos_realm: Annotated[
        Line,
        Setting("Kerberos realm", "Usually the domain in capital letters.", required=when.KERBEROS),
    ] = ""
    kerberos_kdc: Annotated[
        Text255,
        Setting("Kerberos KDC", "Address of the key distribution center.", required=when.KERBEROS),
    ] = ""
    kerberos_exchange_spn: Annotated[
        Text255,
        Setting("Exchange SPN", "Exchange's service principal name.", required=when.KERBEROS),
    ] = ""
    kerberos_auth_every_request: Annotated[
        bool,
        Setting(
            "Authenticate every request", "Send Kerberos credentials with each request instead of once per connection."
        ),
    ] = False
    kerberos_enable_tls: Annotated[
        bool,
        Setting("Kerberos over TLS", "Connect to the KDC through an HTTPS proxy (MS-KKDCP)."),
    ] = True
    kerberos_kdc_https_proxy: Annotated[
        ServerUrl,
        Setting("KDC HTTPS proxy", "The URL of the HTTPS proxy for the KDC.", required=when.KERBEROS_TLS),
    ] = ""
    kerberos_verify_tls_using_custom_ca: Annotated[
        bool,
        Setting("KDC proxy with custom CA", "Trust the deployment's own certificate authorities for the KDC proxy."),
    ] = False
