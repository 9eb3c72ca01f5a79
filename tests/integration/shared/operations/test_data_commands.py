"""The commands `data export`, `data import` and `data erase`, on Azurite."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from typer.testing import CliRunner, Result

from shared.azure_storage import AzureStorage
from shared.cli.__main__ import app
from shared.cli.outcome import Exit
from shared.personal.end_user import UserRecord
from shared.personal.fields import validated
from shared.personal.users import UserStore
from shared.settings import StorageAccount
from shared.storage import TABLES, Delete, Storage
from tests.support.backup_contract import ROWS, fill

Answer = TypeVar("Answer")
With = Callable[[Callable[[Storage], Awaitable[Answer]]], Answer]


@pytest.fixture
def storage(own_azurite: str) -> Iterator[With]:  # type: ignore[type-arg]  # each call returns its own type
    """Run a function on the storage, as a separate process would. The tables are emptied before and after."""

    def run(work: Callable[[Storage], Awaitable[Answer]]) -> Answer:
        async def connected() -> Answer:
            azure = AzureStorage(StorageAccount(own_azurite))
            await azure.create()
            try:
                return await work(azure)
            finally:
                await azure.close()

        return asyncio.run(connected())

    async def empty(storage: Storage) -> None:
        for table in map(storage.table, TABLES):
            async for row in table.everything():
                await table.commit(row.partition, Delete(row))

    run(empty)
    yield run
    run(empty)


def cli(*arguments: str, stdin: str = "") -> Result:
    result = CliRunner().invoke(app, ["data", *arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_data_is_exported_and_imported(storage: With, own_azurite: str, tmp_path: Path) -> None:  # type: ignore[type-arg]
    storage(lambda azure: fill(azure, ROWS))
    file = str(tmp_path / "export.jsonl")
    assert cli("export", file, "--tables", own_azurite).stdout == f"{len(ROWS)} rows were written to {file}.\n"
    told = f"0 rows were written; {len(ROWS)} already existed and were left unchanged.\n"
    assert cli("import", file, "--tables", own_azurite).stdout == told


def test_a_damaged_file_is_refused(own_azurite: str, tmp_path: Path) -> None:
    (tmp_path / "export.jsonl").write_text("hello\n")
    result = cli("import", str(tmp_path / "export.jsonl"), "--tables", own_azurite)
    assert (result.exit_code, result.stderr) == (
        Exit.REFUSED,
        "Line 1 is not JSON: Expecting value: line 1 column 1 (char 0)\n",
    )
    missing = cli("import", str(tmp_path / "nothing"), "--tables", own_azurite)
    assert missing.exit_code == Exit.REFUSED


@pytest.mark.parametrize("where", ["account", "http://account.table.core.windows.net"])
def test_an_invalid_storage_address_is_refused(where: str, tmp_path: Path) -> None:
    result = cli("export", str(tmp_path / "export.jsonl"), "--tables", where)
    assert result.exit_code == Exit.REFUSED
    assert "An address like https" in result.stderr


def test_unreachable_storage_is_reported(tmp_path: Path) -> None:
    nowhere = (
        "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;TableEndpoint=http://127.0.0.1:1/a;RetryTotal=0"
    )
    result = cli("erase", "alice@example.com", "--tables", nowhere)
    assert result.exit_code == Exit.UNAVAILABLE
    assert "az login" in result.stderr


def test_a_person_is_erased_after_confirmation(storage: With, own_azurite: str) -> None:  # type: ignore[type-arg]
    values = {"id": 1, "uuid": "user-1", "primary_email_address": "alice@example.com"}
    storage(lambda azure: UserStore(azure).create(validated(UserRecord, values)))
    command = ("erase", "ALICE@example.com", "--tables", own_azurite)
    unsure = cli(*command, stdin="n\n")
    assert unsure.exit_code == 1
    assert "user record" in unsure.stdout
    assert "alice@example.com" in unsure.stdout
    assert len(storage(lambda azure: UserStore(azure).all())) == 1
    assert cli(*command, stdin="y\n").stdout.endswith("Removed.\n")
    assert storage(lambda azure: UserStore(azure).all()) == []
    assert cli(*command, "--yes").stdout == "Nothing is stored about this person.\n"


def test_a_search_word_that_is_too_short_is_refused(own_azurite: str) -> None:
    result = cli("erase", "alice@example.com", "--word", "a", "--tables", own_azurite)
    assert result.exit_code == Exit.USAGE
