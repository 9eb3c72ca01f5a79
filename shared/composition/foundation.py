"""The parts that all others depend on: settings, storage, secrets, time, and the integrations' records."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import cached_property
from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.identity.documents import JsonDocuments

if TYPE_CHECKING:
    from shared.alarms import Alarms
    from shared.aliases.allocation import Allocator
    from shared.aliases.promises import Promises
    from shared.integrations import IntegrationStore
    from shared.secrets import SecretStore
    from shared.settings import Settings
    from shared.statistics.counters import Counters
    from shared.storage import Storage
    from shared.web.addresses import Addresses


class Foundation:
    """The parts that all others depend on. `storage` and `secrets` replace those in the settings."""

    def __init__(self, settings: Settings, storage: Storage | None, secrets: SecretStore | None, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.documents = JsonDocuments()
        self.direct_documents = JsonDocuments(use_proxy=False)
        self.connections = AsyncExitStack()
        """Registers the `close` of a part that has connections."""
        for part in (self.direct_documents, self.documents):
            self.connections.push_async_callback(part.close)
        if storage:
            self.storage = storage
            self.connections.push_async_callback(storage.close)
        if secrets:
            self.secrets = secrets
            self.connections.push_async_callback(secrets.close)

    async def close(self) -> None:
        """Close all connections, in reverse order of creation."""
        await self.connections.aclose()

    @cached_property
    def storage(self) -> Storage:
        """Tables and queues, created on first use. The webhook, which must respond during a cold start, needs none."""
        from shared.azure_storage import AzureStorage

        storage = AzureStorage(self.settings.storage)
        self.connections.push_async_callback(storage.close)
        return storage

    @cached_property
    def secrets(self) -> SecretStore:
        """Passwords and client secrets of integrations."""
        secrets = _secret_store(self.settings)
        self.connections.push_async_callback(secrets.close)
        return secrets

    @cached_property
    def alarms(self) -> Alarms:
        """Problems that admins have to fix."""
        from shared.alarms import Alarms

        return Alarms(self.storage, self.clock)

    @cached_property
    def counters(self) -> Counters:
        """This process's counts for the overview."""
        from shared.statistics.counters import Counters

        return Counters(self.storage, self.clock)

    @cached_property
    def integrations(self) -> IntegrationStore:
        """The settings of all integrations."""
        from shared.integrations import IntegrationStore

        return IntegrationStore(self.storage, self.secrets, self.clock, local=self.settings.is_local)

    @cached_property
    def addresses(self) -> Addresses:
        """The address at which the add-in is served."""
        from shared.web.addresses import Addresses

        return Addresses(self.settings.public_base_url)

    @cached_property
    def allocator(self) -> Allocator:
        """Allocates aliases."""
        from shared.aliases.allocation import Allocator

        return Allocator(self.storage, self.clock, self.settings.tag_signing_key)

    @cached_property
    def promises(self) -> Promises:
        """TOK tags: aliases that are promised but not yet allocated."""
        from shared.aliases.promises import Promises

        return Promises(self.settings.tag_signing_key, self.clock)


def _secret_store(settings: Settings) -> SecretStore:
    if settings.secrets_vault_uri:
        from shared.secrets.vault import KeyVaultSecrets

        return KeyVaultSecrets(settings.secrets_vault_uri, settings.azure_client_id)
    from pathlib import Path

    from shared.secrets.file import FileSecrets

    return FileSecrets(Path(settings.secrets_file))
