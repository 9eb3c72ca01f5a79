"""Backups on Azurite: the same contract as on storage in memory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.azure_storage import AzureStorage
from shared.operations.__main__ import run
from shared.settings import StorageAccount
from shared.storage import TABLES, Delete, Storage
from tests.fakes.storage import MemoryStorage
from tests.unit.shared.operations.backup_contract import ROWS, BackupContract, fill


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


async def test_the_command_line(azure: AzureStorage, own_azurite: str, tmp_path: Path) -> None:
    await fill(azure, ROWS)
    path = tmp_path / "export.jsonl"
    assert await run("export", path, own_azurite) == f"{len(ROWS)} rows are in {path}."
    assert (
        await run("import", path, own_azurite)
        == f"0 rows were written; {len(ROWS)} were there already and stayed as they are."
    )
