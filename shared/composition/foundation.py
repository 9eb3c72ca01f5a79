"""What everything stands on: settings, storage, secrets, time, and the records of integrations."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import cached_property
from typing import TYPE_CHECKING

from shared.alarms import Alarms
from shared.clock import Clock
from shared.identity.documents import JsonDocuments
from shared.settings import Settings
from shared.storage import Storage

if TYPE_CHECKING:
    from shared.addin.addresses import Addresses
    from shared.aliases.allocation import Allocator
    from shared.aliases.promises import Promises
    from shared.integrations import IntegrationStore
    from shared.secrets import SecretStore


class Foundation:
    """What everything else stands on."""

    def __init__(self, settings: Settings, storage: Storage, secrets: SecretStore, clock: Clock) -> None:
        self.settings = settings
        self.storage = storage
        self.secrets = secrets
        self.clock = clock
        self.alarms = Alarms(storage, clock)
        self.documents = JsonDocuments()
        self.direct_documents = JsonDocuments(use_proxy=False)
        self.connections = AsyncExitStack()
        """Whoever makes a part that holds connections leaves its `close` here."""
        for part in (storage, secrets, self.direct_documents, self.documents):
            self.connections.push_async_callback(part.close)

    async def close(self) -> None:
        """Let go of all connections, the newest first."""
        await self.connections.aclose()

    @cached_property
    def integrations(self) -> IntegrationStore:
        """The settings of all integrations."""
        from shared.integrations import IntegrationStore

        return IntegrationStore(self.storage, self.secrets, self.clock, local=self.settings.is_local)

    @cached_property
    def addresses(self) -> Addresses:
        """Where the add-in is served."""
        from shared.addin.addresses import Addresses

        return Addresses(self.settings.public_base_url)

    @cached_property
    def allocator(self) -> Allocator:
        """Hands out aliases."""
        from shared.aliases.allocation import Allocator

        return Allocator(self.storage, self.clock, self.settings.tag_signing_key)

    @cached_property
    def promises(self) -> Promises:
        """TOK tags: aliases that are promised and not yet allocated."""
        from shared.aliases.promises import Promises

        return Promises(self.settings.tag_signing_key, self.clock)
