"""Which proof of identity an integration's users present, and whether it is valid (A2, X5)."""

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
"""Client ids of Office that Microsoft's documentation has admins pre-authorize for single sign-on. Not confirmed
without a live tenant: which of them is in `azp` on which client.
"""


_EXCHANGE_ONLINE = "outlook.office365.com"
"""Signs for every tenant alike, so in addition to Entra tokens, which name the tenant, its tokens would prove too
little.
"""


@dataclass(frozen=True)
class AddInUsers:
    """Authenticates add-in users: by a session of ours, after a sign-in in the dialog; otherwise by the method that the
    integration has chosen. No other token is accepted.

    With Entra tokens, users of Exchange on-premises (hybrid deployments) still present their Exchange's, if the
    settings name its metadata domain: their Outlook does not support nested app authentication.
    """

    exchange_tokens: ProxyRoutes[ExchangeTokens]
    entra_tokens: ProxyRoutes[EntraTokens]
    sessions: Sessions
    addresses: Addresses

    async def identify(self, integration: Integration, token: str) -> Caller:
        """The caller of a token. Raises NotAuthenticated, Unavailable."""
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
    """What an access token must contain for an integration that signs in with Entra tokens."""
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
    """The tenants in the settings; without one, a metadata document for all tenants lets nobody in."""
    named = [integration.graph_tenant_id or "", *urlsplit(integration.addin_authority_url).path.split("/")]
    return [tenant for tenant in named if is_guid(tenant)]
