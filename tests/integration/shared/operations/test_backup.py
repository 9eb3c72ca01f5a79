"""Backups satisfy the same contract on Azurite as on in-memory storage."""

from collections.abc import AsyncIterator

import pytest

from dev.harness.storage import MemoryStorage
from shared.azure_storage import AzureStorage
from shared.settings import StorageAccount
from shared.storage import TABLES, Delete, Storage
from tests.support.backup_contract import BackupContract


@pytest.fixture
async def azure(own_azurite: str) -> AsyncIterator[AzureStorage]:
    storage = AzureStorage(StorageAccount(own_azurite))
    await storage.create()
    yield storage
    for table in map(storage.table, TABLES):
        async for row in table.everything():
            await table.commit(row.partition, Delete(row))
    await storage.close()


class TestFromAzuriteToMemory(BackupContract):
    @pytest.fixture
    def storages(self, azure: AzureStorage) -> tuple[Storage, Storage]:
        return azure, MemoryStorage()


class TestFromMemoryToAzurite(BackupContract):
    @pytest.fixture
    def storages(self, azure: AzureStorage) -> tuple[Storage, Storage]:
        return MemoryStorage(), azure
