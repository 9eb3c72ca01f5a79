"""The product on Azurite with a simulated Exchange, for measuring what a user waits for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from dev.azurite import running_azurite
from dev.environment import INTEGRATION
from dev.exchange.app import running_exchange
from dev.exchange.state import Settings as ExchangeSettings
from dev.harness.secrets import MemorySecrets
from dev.seed import Places, seed
from shared.azure_storage import AzureStorage
from shared.clock import SystemClock
from shared.composition import Services
from shared.settings import Settings, StorageAccount
from shared.storage import Storage

KEY = b"k" * 32
PUBLIC = "http://127.0.0.1:7071"
"""The product's public address, which is never called here."""


@dataclass(frozen=True)
class BenchWorld:
    """A running product that users can call. `token` is a user's proof of identity."""

    services: Services
    storage: Storage
    token: str

    async def click(self) -> None:
        """The request sent by the add-in's single-use button, from the token to the rendered instructions."""
        answer = await self.services.addin.meeting_details.allocate(INTEGRATION, self.token)
        assert answer["alias_id"].startswith("PXPS:-")


@asynccontextmanager
async def product(storage: Storage) -> AsyncIterator[BenchWorld]:
    """Run the product on the given storage."""
    async with running_exchange(ExchangeSettings(PUBLIC)) as exchange:
        account = StorageAccount("unused")
        settings = Settings(account, PUBLIC, KEY, graph_base_url=exchange.graph_url, secrets_file="unused")
        services = Services(settings, storage, MemorySecrets(), SystemClock())
        try:
            await seed(services.foundation.integrations, Places(exchange.base_url, PUBLIC))
            async with httpx.AsyncClient() as http:
                answer = await http.post(f"{exchange.base_url}/dev/identity-token", json={"user": "alice@example.com"})
            yield BenchWorld(services, storage, answer.raise_for_status().json()["token"])
        finally:
            await services.close()


@asynccontextmanager
async def azurite_storage() -> AsyncIterator[tuple[AzureStorage, str]]:
    """Start a separate Azurite. Returns its storage with the product's tables and queues, and its connection string."""
    with running_azurite() as connection_string:
        storage = AzureStorage(StorageAccount(connection_string))
        await storage.create()
        try:
            yield storage, connection_string
        finally:
            await storage.close()
