"""The app's own identity in Azure, which is used for storage, Key Vault and Graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


def managed_identity(client_id: str) -> AsyncTokenCredential:
    """The user-assigned identity with this client id, or the system-assigned one if it is "".

    azure-identity reads AZURE_CLIENT_ID only for DefaultAzureCredential, so the client id is passed here. The library
    adds a tenth of a second to a cold start, so it is imported on first use.
    """
    from azure.identity.aio import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()
