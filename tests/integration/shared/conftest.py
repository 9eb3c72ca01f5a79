"""Storage on Azurite, with the product's tables and queues. Each test uses a separate partition."""

from collections.abc import AsyncIterator

import pytest

from shared.azure_storage import AzureStorage
from shared.settings import StorageAccount


@pytest.fixture
async def azure_storage(azurite: str) -> AsyncIterator[AzureStorage]:
    storage = AzureStorage(StorageAccount(azurite))
    await storage.create()
    yield storage
    await storage.close()
