"""Access tokens for Graph: the app's managed identity, or an app registration of the customer's tenant (E1)."""

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from shared.errors import Unavailable
from shared.mailboxes.graph.client import Tokens

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

_MARGIN = 300


class LocalTokens:
    """For the local stack: the simulated Exchange takes any bearer token."""

    async def token(self) -> str:
        """See Tokens.token."""
        return "local"

    async def close(self) -> None:
        """See Tokens.close."""


class AzureTokens:
    """Tokens of an azure-identity credential; the token in hand is used until five minutes before it expires."""

    def __init__(self, make: "Callable[[], Awaitable[AsyncTokenCredential]]", scope: str) -> None:
        self._make = make
        self._scope = scope
        self._credential: AsyncTokenCredential | None = None
        self._token = ""
        self._expires = 0.0

    async def token(self) -> str:
        """See Tokens.token. The `roles` claim is never looked at: RBAC for Applications leaves it empty (facts §6)."""
        if self._expires - _MARGIN <= time.time():
            from azure.core.exceptions import ClientAuthenticationError

            self._credential = self._credential or await self._make()
            try:
                got = await self._credential.get_token(self._scope)
            except ClientAuthenticationError as error:
                # The library's message names tenant, client and secret id: it goes no further than the chained cause.
                raise Unavailable("No access token for Graph: the credentials were refused.") from error
            self._token, self._expires = got.token, got.expires_on
        return self._token

    async def close(self) -> None:
        """See Tokens.close."""
        if self._credential:
            await self._credential.close()


def graph_tokens(base_url: str, tenant_id: str, client_id: str, secret: Callable[[], Awaitable[str]]) -> Tokens:
    """Tokens of the app registration where tenant and client are set, else of the app's own managed identity."""
    host = base_url.split("/")[2]

    async def make() -> "AsyncTokenCredential":
        if tenant_id and client_id:
            from azure.identity.aio import ClientSecretCredential

            return ClientSecretCredential(tenant_id, client_id, await secret())
        from azure.identity.aio import ManagedIdentityCredential

        return ManagedIdentityCredential()

    return AzureTokens(make, f"https://{host}/.default")
