"""The store satisfies the same contract on Azurite as on in-memory storage."""

from collections.abc import AsyncIterator, Iterator

import pytest

from dev.azurite import running_azurite
from shared.azure_storage import AzureStorage
from shared.settings import StorageAccount
from shared.storage import Delete
from tests.support.integration_store_contract import IntegrationStoreContract


@pytest.fixture(scope="module")
def connection_string() -> Iterator[str]:
    with running_azurite() as address:
        yield address


@pytest.fixture
async def storage(connection_string: str) -> AsyncIterator[AzureStorage]:
    storage = AzureStorage(StorageAccount(connection_string))
    await storage.create()
    table = storage.table("integrations")
    yield storage
    async for row in table.everything():
        await table.commit(row.partition, Delete(row))
    await storage.close()


class TestOnAzurite(IntegrationStoreContract):
    pass
