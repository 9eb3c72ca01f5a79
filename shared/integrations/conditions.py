"""When settings are required together (I3). A setting names its condition; `checks.py` asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.integrations.setting import When

if TYPE_CHECKING:
    from shared.integrations.integration import Integration


def _by_ews(integration: Integration) -> bool:
    return integration.enable_dynamic_vmrs and integration.authentication_method != "GRAPH"


def _method(*methods: str) -> When:
    def holds(integration: Integration) -> bool:
        return integration.enable_dynamic_vmrs and integration.authentication_method in methods

    return When(f"single-use VMRs are enabled and the authentication method is {' or '.join(methods)}", holds)


def _is_exchange_token(integration: Integration) -> bool:
    return integration.addin_authentication_method == "EXCHANGE_USER_ID_TOKEN"


def _on_bridge(integration: Integration) -> bool:
    return integration.conference_platform == "management_api"


def _any_vmr(integration: Integration) -> bool:
    return integration.enable_dynamic_vmrs or integration.enable_personal_vmrs


ALWAYS = When("always", lambda _: True)
SINGLE_USE = When("single-use VMRs are enabled", lambda i: i.enable_dynamic_vmrs)
PERSONAL = When("personal VMRs are enabled", lambda i: i.enable_personal_vmrs)
PERSONAL_ADFS = When(
    "personal VMRs are enabled and users sign in by AD FS",
    lambda i: i.enable_personal_vmrs and i.auth_provider == "ADFS",
)
PERSONAL_AZURE = When(
    "personal VMRs are enabled and users sign in by Azure",
    lambda i: i.enable_personal_vmrs and i.auth_provider == "AZURE",
)
EWS = When("single-use VMRs are enabled and Exchange is reached by EWS", _by_ews)
EWS_ACCOUNT = _method("BASIC", "NTLM", "KERBEROS", "OAUTH")
EWS_PASSWORD = _method("BASIC", "NTLM", "KERBEROS")
OAUTH = _method("OAUTH")
OAUTH_OR_APP = _method("OAUTH", "APP_PERM")
APP_PERMISSION = _method("APP_PERM")
NTLM = _method("NTLM")
KERBEROS = _method("KERBEROS")
KERBEROS_TLS = When(
    "Kerberos is used with TLS",
    lambda i: KERBEROS.holds(i) and i.kerberos_enable_tls,
)
GRAPH_APP = When(
    "Graph is used and the other of graph_tenant_id and graph_client_id is given",
    lambda i: i.authentication_method == "GRAPH" and bool(i.graph_tenant_id or i.graph_client_id),
)
POLICY = When(
    "single-use VMRs are enabled and the conference platform is policy",
    lambda i: i.enable_dynamic_vmrs and not _on_bridge(i),
)
MANAGEMENT_API = When("the conference platform is management_api", _on_bridge)
MANAGEMENT_API_USER = When(
    "the conference platform is management_api and no client ID is given",
    lambda i: _on_bridge(i) and not i.bridge_client_id,
)
MANAGEMENT_API_BASIC = When(
    "the conference platform is management_api and a user name is used",
    lambda i: _on_bridge(i) and bool(i.bridge_username) and not i.bridge_client_id,
)
MANAGEMENT_API_OAUTH = When(
    "the conference platform is management_api and a client ID is given",
    lambda i: _on_bridge(i) and bool(i.bridge_client_id),
)
CUSTOM_SOURCES = When("custom add-in sources are used", lambda i: i.use_custom_add_in_sources)
EXCHANGE_TOKEN = When(
    "VMRs are enabled and the add-in signs in with Exchange identity tokens",
    lambda i: _any_vmr(i) and _is_exchange_token(i),
)
ENTRA_TOKEN = When(
    "VMRs are enabled and the add-in signs in with Entra tokens (SSO_TOKEN or NAA_TOKEN)",
    lambda i: _any_vmr(i) and not _is_exchange_token(i),
)
NAA_TOKEN = When(
    "VMRs are enabled and the add-in signs in with NAA_TOKEN",
    lambda i: _any_vmr(i) and i.addin_authentication_method == "NAA_TOKEN",
)
