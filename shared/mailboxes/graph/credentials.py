"""Access tokens for Graph: the app's managed identity, or an app registration in the customer's tenant (E1)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from shared.errors import Unavailable
from shared.mailboxes.graph.client import Tokens
from shared.managed_identity import managed_identity

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

_TOKEN_RENEWAL_MARGIN_SECONDS = 300

Secret = Callable[[], Awaitable[str]]
"""Fetches the client secret."""


class LocalTokens:
    """Tokens for the local stack. Its simulated Exchange accepts any bearer token."""

    async def token(self) -> str:
        """See Tokens.token."""
        return "local"

    async def close(self) -> None:
        """See Tokens.close."""


class AzureTokens:
    """Tokens from an azure-identity credential. Each token is used until five minutes before it expires."""

    def __init__(self, make: Callable[[], Awaitable[AsyncTokenCredential]], scope: str) -> None:
        self._make = make
        self._scope = scope
        self._credential: AsyncTokenCredential | None = None
        self._token = ""
        self._expires = 0.0

    async def token(self) -> str:
        """See Tokens.token. The `roles` claim is never checked, because RBAC for Applications empties it (exchange.md
        §6).
        """
        if self._expires - _TOKEN_RENEWAL_MARGIN_SECONDS <= time.time():
            from azure.core.exceptions import AzureError

            try:
                self._credential = self._credential or await self._make()
                got = await self._credential.get_token(self._scope)
            except (AzureError, ValueError) as error:
                # The library's message contains the tenant, client and secret id, so it only appears in the chained
                # cause.
                raise Unavailable("No access token for Graph: the credentials were refused or are unusable.") from error
            self._token, self._expires = got.token, got.expires_on
        return self._token

    async def close(self) -> None:
        """See Tokens.close."""
        if self._credential:
            await self._credential.close()


def graph_tokens(base_url: str, tenant_id: str, client_id: str, secret: Secret | None, identity: str) -> Tokens:
    """Tokens for one integration (E1); `identity` is the client id of the app's managed identity.

    no tenant, no client      the app's own managed identity, in its own tenant
    both, and a secret        an app registration with a client secret
    both, and a PEM           an app registration with a certificate: the secret contains certificate and private key
    both, without a secret    an app registration that trusts the app's managed identity (federated credential): it
                              needs no renewal, and works in customers' tenants
    """

    async def make() -> AsyncTokenCredential:
        if not (tenant_id and client_id):
            return managed_identity(identity)
        if secret is None:
            return _federated(tenant_id, client_id, identity)
        value = await secret()
        if value.lstrip().startswith("-----BEGIN"):
            from azure.identity.aio import CertificateCredential

            return CertificateCredential(tenant_id, client_id, certificate_data=value.encode())
        from azure.identity.aio import ClientSecretCredential

        return ClientSecretCredential(tenant_id, client_id, value)

    return AzureTokens(make, f"https://{base_url.split('/')[2]}/.default")


def _federated(tenant_id: str, client_id: str, identity: str) -> AsyncTokenCredential:
    """A credential for an app registration in a customer's tenant that trusts our managed identity (exchange.md §6)."""
    from azure.identity import ManagedIdentityCredential
    from azure.identity.aio import ClientAssertionCredential

    ours = ManagedIdentityCredential(client_id=identity) if identity else ManagedIdentityCredential()

    def assertion() -> str:
        # The library requires a synchronous function here. It is called once an hour, and the identity endpoint is
        # local.
        token: str = ours.get_token("api://AzureADTokenExchange/.default").token
        return token

    return ClientAssertionCredential(tenant_id, client_id, func=assertion)
