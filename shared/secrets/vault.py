"""Secrets in Azure Key Vault, accessed with the app's managed identity."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from pydantic import SecretStr

from shared.errors import Unavailable
from shared.managed_identity import managed_identity
from shared.secrets import SecretReference, missing, new_reference

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.exceptions import AzureError
    from azure.keyvault.secrets.aio import SecretClient

T = TypeVar("T")

VAULT_TIMEOUT = 30.0
"""Maximum time in seconds for a whole response. The SDK's own retries would go on for minutes while somebody is
waiting.
"""


class KeyVaultSecrets:
    """A SecretStore. Needs the role Key Vault Secrets Officer on the vault. The SDK is loaded on first use. With soft
    delete, the name of a deleted secret stays taken, but references are never reused anyway.
    """

    def __init__(self, vault_uri: str, client_id: str = "", client: SecretClient | None = None) -> None:
        self._vault_uri = vault_uri
        self._client_id = client_id
        self._client = client
        self._credential: AsyncTokenCredential | None = None

    async def set(self, integration: str, field: str, value: SecretStr) -> SecretReference:
        """See SecretStore.set."""
        reference = new_reference(integration, field)
        await self._ask(self._secrets().set_secret(reference, value.get_secret_value()))
        return reference

    async def get(self, reference: SecretReference) -> SecretStr:
        """See SecretStore.get."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            found = await self._ask(self._secrets().get_secret(reference))
        except ResourceNotFoundError:
            raise missing(reference) from None
        return SecretStr(found.value or "")

    async def delete(self, reference: SecretReference) -> None:
        """See SecretStore.delete. The vault keeps deleted values for its retention period."""
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        # The SDK's delete_secret polls every two seconds until the vault has finished. An admin's save need not wait
        # for that.
        response = await self._ask(self._secrets().send_request(HttpRequest("DELETE", f"secrets/{reference}")))
        if response.status_code not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            raise self._unavailable(HttpResponseError(response=response))

    async def close(self) -> None:
        """See SecretStore.close."""
        if self._client:
            await self._client.close()
        if self._credential:
            await self._credential.close()

    def _secrets(self) -> SecretClient:
        if self._client is None:
            from azure.keyvault.secrets.aio import SecretClient

            self._credential = managed_identity(self._client_id)
            self._client = SecretClient(self._vault_uri, self._credential)
        return self._client

    async def _ask(self, request: Awaitable[T]) -> T:
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            async with asyncio.timeout(VAULT_TIMEOUT):
                return await request
        except ResourceNotFoundError:
            raise
        except TimeoutError as error:
            message = f"Key Vault {self._vault_uri} did not respond within {VAULT_TIMEOUT:g} seconds."
            raise Unavailable(message) from error
        except AzureError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: AzureError) -> Unavailable:
        # The SDK's message may quote the request. The error's class and status are enough to act on.
        status = getattr(error, "status_code", None)
        return Unavailable(
            f"Key Vault {self._vault_uri} cannot be used at the moment ({type(error).__name__}, status {status}). "
            "Check the vault's network rules and the app's role Key Vault Secrets Officer."
        )
