"""Which proof of identity an integration's users bring, and whether it holds (A2, X5)."""

from dataclasses import dataclass

from shared.errors import NotAuthenticated
from shared.identity.caller import Caller
from shared.identity.exchange_token import ExchangeTokens
from shared.integrations import Integration
from shared.settings import Settings, is_loopback


@dataclass(frozen=True)
class AddInUsers:
    """Proves users of the add-in."""

    exchange_tokens: ExchangeTokens
    settings: Settings

    async def identify(self, integration: Integration, token: str) -> Caller:
        """The caller whose token this is. Raises NotAuthenticated, Unavailable."""
        if not token:
            raise NotAuthenticated("An identity token is needed, in the header `token` or `Authorization: Bearer`.")
        return await self.exchange_tokens.verify(token, integration.metadata_urls, self.pane_url(integration))

    def pane_url(self, integration: Integration) -> str:
        """The pane's address as the manifest names it: the audience of Exchange identity tokens."""
        base = self.settings.public_base_url
        if not is_loopback(base):
            base = f"https://{integration.addin_server_domain}"
        return f"{base}/addin/{integration.uuid}/pane"
