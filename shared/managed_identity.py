"""The app's own identity in Azure: what storage, Key Vault and Graph are reached with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


def managed_identity(client_id: str) -> AsyncTokenCredential:
    """The user-assigned identity of this client id, or the system-assigned one when it is "".

    azure-identity reads AZURE_CLIENT_ID for DefaultAzureCredential alone, so it is named here. Imported on first use:
    the library costs a cold start a tenth of a second.
    """
    from azure.identity.aio import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()
