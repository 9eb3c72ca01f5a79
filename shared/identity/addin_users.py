"""Authenticates an integration's users by the kind of token that the integration has chosen (A2, X5)."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.errors import NotAuthenticated
from shared.identity.caller import Caller
from shared.identity.entra import EntraRules, EntraTokens
from shared.identity.exchange_token import ExchangeTokens, is_exchange_token
from shared.identity.proxy_routes import ProxyRoutes
from shared.identity.sign_in.sessions import Sessions
from shared.integrations import Integration
from shared.integrations.syntax import is_guid
from shared.web.addresses import Addresses

SCOPE = "access_as_user"
"""The delegated scope of our API's app registration, named as in Microsoft's documentation."""

OFFICE = (
    "d3590ed6-52b3-4102-aeff-aad2292ab01c",
    "ea5a67f6-b6f3-4338-b240-c655ddc3cc8e",
    "57fb890c-0dab-4253-a5e0-7188c88b2bb4",
    "08e18876-6177-487e-b8b5-cf950c1e598c",
    "bc59ab01-8403-45c6-8796-ac3ef710b3e3",
)
"""Client ids of Office that admins pre-authorize for single sign-on, according to Microsoft's documentation. It is not
confirmed against a live tenant which of these ids each client has in `azp`.
"""


_EXCHANGE_ONLINE = "outlook.office365.com"
"""Exchange Online. Its identity tokens are not accepted in addition to Entra tokens, because it signs for all tenants
in the same way, whereas Entra tokens name the tenant.
"""


@dataclass(frozen=True)
class AddInUsers:
    """Authenticates add-in users. After a sign-in in the dialog, users present our own session token. Otherwise, they
    present the kind of token that the integration has chosen. No other tokens are accepted.

    In a hybrid deployment with Entra tokens, users of Exchange on-premises still present tokens from their Exchange,
    because their Outlook does not support nested app authentication. Their tokens are only accepted if the settings
    include the metadata domain of that Exchange.
    """

    exchange_tokens: ProxyRoutes[ExchangeTokens]
    entra_tokens: ProxyRoutes[EntraTokens]
    sessions: Sessions
    addresses: Addresses

    async def identify(self, integration: Integration, token: str) -> Caller:
        """The caller that a token identifies. Raises NotAuthenticated, Unavailable."""
        if not token:
            raise NotAuthenticated("An identity token is required, in the header `token` or `Authorization: Bearer`.")
        if self.sessions.is_one(token):
            return await self.sessions.verify(integration, token)
        by_entra = integration.addin_authentication_method != "EXCHANGE_USER_ID_TOKEN"
        if by_entra and not is_exchange_token(token):
            return await self.entra_tokens.of(integration).verify(token, entra_rules(integration))
        urls = integration.metadata_urls
        if by_entra:
            urls = tuple(url for url in urls if urlsplit(url).hostname != _EXCHANGE_ONLINE)
        return await self.exchange_tokens.of(integration).verify(token, urls, self.addresses.pane(integration))


def entra_rules(integration: Integration) -> EntraRules:
    """The required contents of an access token, for an integration that uses Entra tokens."""
    add_in = integration.addin_application_id or ""
    by_naa = integration.addin_authentication_method == "NAA_TOKEN"
    return EntraRules(
        metadata_url=integration.addin_oidc_metadata_url,
        audience=(integration.addin_naa_web_api_application_id or "") if by_naa else add_in,
        clients=[add_in] if by_naa else OFFICE,
        scope=SCOPE,
        tenants=_tenants(integration),
    )


def _tenants(integration: Integration) -> list[str]:
    """The tenants named in the settings. If there are none, a metadata document for all tenants admits no user."""
    named = [integration.graph_tenant_id or "", *urlsplit(integration.addin_authority_url).path.split("/")]
    return [tenant for tenant in named if is_guid(tenant)]
