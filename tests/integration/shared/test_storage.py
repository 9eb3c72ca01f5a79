"""The contract of every `Storage`: Azure Tables (Azurite), and the in-memory storage that other tests use."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from azure.data.tables.aio import TableClient
from azure.storage.queue.aio import QueueClient, QueueServiceClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dev.harness.storage import MemoryStorage
from shared.azure_storage import AzureQueue, AzureStorage, AzureTable
from shared.errors import Unavailable
from shared.queues import QUEUES
from shared.settings import StorageAccount
from shared.storage import (
    MAX_PAGE,
    MAX_TEXT,
    Delete,
    Insert,
    Put,
    Replace,
    Row,
    RowChanged,
    RowExists,
    Storage,
    Table,
    Value,
    Write,
    first_rows,
)
from tests.integration.shared.network import environment, running_proxy

PLAIN_ODD_KEYS = ["tag:1", "it's", "()", "a'('b", "a+b", "100%", "a&b=c", ".", "..", "~x", "A", "a", "sp ace"]
ODD_KEYS = [*PLAIN_ODD_KEYS, "ünï", "日本", "😀"]


@pytest.fixture(params=["memory", "azurite"])
async def storage(request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    if request.param == "memory":
        yield MemoryStorage()
        return
    azure = AzureStorage(StorageAccount(request.getfixturevalue("azurite")))
    await azure.create()
    yield azure
    await azure.close()


@pytest.fixture
def table(storage: Storage) -> Table:
    return storage.table("meetings")


@pytest.fixture
def partition() -> str:
    return uuid4().hex


async def insert(table: Table, partition: str, key: str = "key", /, **values: Value) -> Row:
    """Insert a row, and return it as read from the table."""
    await table.commit(partition, Insert(key, values))
    return await read(table, partition, key)


async def read(table: Table, partition: str, key: str = "key") -> Row:
    row = await table.get(partition, key)
    assert row is not None
    return row


async def keys(table: Table, partition: str, prefix: str = "", after: str = "") -> list[str]:
    return [row.key async for row in table.rows(partition, prefix, after)]


async def test_a_row_is_read_back_as_written(table: Table, partition: str) -> None:
    values: dict[str, Value] = {
        "text": "Größe 会議 😀\r\n\t<>&'\"",
        "empty": "",
        "number": -3,
        "yes": True,
        "no": False,
    }
    row = await insert(table, partition, **values)
    assert (row.partition, row.key, dict(row.values)) == (partition, "key", values)
    assert [type(row.values[name]) for name in ("number", "yes")] == [int, bool]


@pytest.mark.parametrize("number", [0, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63)])
async def test_numbers_of_64_bits_are_preserved(table: Table, partition: str, number: int) -> None:
    assert (await insert(table, partition, number=number)).values["number"] == number


async def test_a_column_accepts_its_longest_string_and_refuses_a_longer_one(table: Table, partition: str) -> None:
    longest = "😀" * (MAX_TEXT // 2)
    assert (await insert(table, partition, text=longest)).values["text"] == longest
    with pytest.raises(ValueError, match="longer"):
        await table.commit(partition, Put("key", {"text": longest + "x"}))


async def test_a_missing_row_is_none(table: Table, partition: str) -> None:
    assert await table.get(partition, "key") is None


@pytest.mark.parametrize("key", ["", "a/b", "a\\b", "a#b", "a?b", "a\nb", "a\x00b", "\x85", "\ud800", "x" * 513])
async def test_an_invalid_key_can_be_looked_up_but_never_written(table: Table, partition: str, key: str) -> None:
    """Keys may come from input, such as an integration's uuid in a URL or a dialled alias."""
    assert await table.get(partition, key) is None
    assert await table.get(key, "key") is None
    with pytest.raises(ValueError, match="key"):
        await table.commit(partition, Put(key, {}))
    with pytest.raises(ValueError, match="key"):
        await table.commit(key, Put("key", {}), Put("other", {}))


@pytest.mark.parametrize("key", ODD_KEYS)
async def test_rows_with_odd_keys_are_kept_apart(table: Table, partition: str, key: str) -> None:
    await insert(table, f"{partition}{key}", key, said=key)
    await insert(table, f"{partition}{key}", key + "'", said="another")
    assert (await read(table, f"{partition}{key}", key)).values == {"said": key}


async def test_insert_never_overwrites(table: Table, partition: str) -> None:
    await insert(table, partition, number=1)
    with pytest.raises(RowExists):
        await table.commit(partition, Insert("key", {"number": 2}))
    assert (await read(table, partition)).values == {"number": 1}


async def test_replace_removes_columns_that_are_not_in_the_new_row(table: Table, partition: str) -> None:
    row = await insert(table, partition, old=1, kept=1)
    await table.commit(partition, Replace(row, {"kept": 2}))
    assert (await read(table, partition)).values == {"kept": 2}


async def test_put_overwrites_an_existing_row(table: Table, partition: str) -> None:
    await table.commit(partition, Put("key", {"old": 1}))
    await table.commit(partition, Put("key", {"new": 2}))
    assert (await read(table, partition)).values == {"new": 2}


async def test_a_write_returns_the_etag_that_the_next_one_needs(table: Table, partition: str) -> None:
    [first] = await table.commit(partition, Insert("key", {"n": 1}))
    [second] = await table.commit(partition, Replace(Row(partition, "key", {}, first), {"n": 2}))
    [third] = await table.commit(partition, Put("key", {"n": 3}))
    assert len({first, second, third}) == 3
    assert (await read(table, partition)).etag == third
    [gone] = await table.commit(partition, Delete(Row(partition, "key", {}, third)))
    assert gone == ""
    assert await table.get(partition, "key") is None


@pytest.mark.parametrize("accompanied", [False, True], ids=["alone", "in a transaction"])
@pytest.mark.parametrize("change", [Delete, lambda row: Replace(row, {"n": 9})], ids=["delete", "replace"])
async def test_changing_or_deleting_an_outdated_row_is_refused(
    table: Table, partition: str, change: type[Delete], accompanied: bool
) -> None:
    outdated = await insert(table, partition, n=1)
    await table.commit(partition, Put("key", {"n": 2}))
    others: list[Write] = [Put("other", {})] if accompanied else []
    with pytest.raises(RowChanged):
        await table.commit(partition, change(outdated), *others)
    assert (await read(table, partition)).values == {"n": 2}

    await table.commit(partition, Delete(await read(table, partition)))
    with pytest.raises(RowChanged):
        await table.commit(partition, change(outdated), *others)
    assert await table.get(partition, "other") is None


async def test_a_transaction_returns_its_etags_in_order(table: Table, partition: str) -> None:
    old, gone = await insert(table, partition, "old"), await insert(table, partition, "gone")
    etags = await table.commit(partition, Insert("new", {}), Delete(gone), Replace(old, {"n": 1}), Put("put", {}))
    assert etags == [
        (await read(table, partition, "new")).etag,
        "",
        (await read(table, partition, "old")).etag,
        (await read(table, partition, "put")).etag,
    ]


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_transaction_is_all_or_nothing(table: Table, partition: str, place: int) -> None:
    """A decision must be recorded completely or not at all (rule 2)."""
    row = await insert(table, partition, n=1)
    operations: list[Write] = [Put("a", {}), Put("b", {})]
    operations.insert(place, Insert("key", {}))
    with pytest.raises(RowExists):
        await table.commit(partition, *operations)
    assert await keys(table, partition) == ["key"]
    assert await read(table, partition) == row


@pytest.mark.parametrize(
    "operations",
    [[], [Put(str(n), {}) for n in range(101)], [Put("same", {}), Put("same", {})]],
    ids=["none", "too many", "a row twice"],
)
async def test_a_transaction_with_no_or_too_many_operations_is_refused(
    table: Table, partition: str, operations: Sequence[Write]
) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        await table.commit(partition, *operations)


async def test_one_of_many_concurrent_writes_succeeds(table: Table, partition: str) -> None:
    row = await insert(table, partition, n=0)
    results = await asyncio.gather(
        *(table.commit(partition, Replace(row, {"n": n})) for n in range(1, 9)), return_exceptions=True
    )
    won = [n for n, result in enumerate(results, 1) if not isinstance(result, BaseException)]
    assert len(won) == 1
    assert all(isinstance(result, RowChanged) for result in results if isinstance(result, BaseException))
    assert (await read(table, partition)).values == {"n": won[0]}


async def test_ranges_of_rows_are_read_in_order(table: Table, partition: str) -> None:
    names = ["alarm:a", "alarm:b", "alarm;", "alarm", "tag:1", "tag:~", "tag:ü", "tah", "😀"]
    await table.commit(partition, *(Put(name, {}) for name in names))
    await table.commit(partition + "x", Put("tag:other", {}))
    assert await keys(table, partition) == sorted(names)
    assert await keys(table, partition, "alarm:") == ["alarm:a", "alarm:b"]
    assert await keys(table, partition, "tag:") == ["tag:1", "tag:~", "tag:ü"]
    assert await keys(table, partition, "tag:", after="tag:1") == ["tag:~", "tag:ü"]
    assert await keys(table, partition, after="tag:~") == ["tag:ü", "tah", "😀"]
    assert await keys(table, partition, "nothing") == []


@pytest.fixture
async def letters(table: Table) -> str:
    """A partition with short keys, for random ranges."""
    partition = f"letters-{uuid4().hex}"
    await table.commit(partition, *(Put(a + b, {}) for a in ["", *"aAb:~ü"] for b in "aAb:~ü0"))
    return partition


_KEYS = st.text("aAb:~ü0", max_size=3)


@given(prefix=_KEYS, after=_KEYS, until=_KEYS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_range_contains_exactly_the_keys_within_it(
    table: Table, letters: str, prefix: str, after: str, until: str
) -> None:
    everything = await keys(table, letters)
    wanted = [k for k in everything if k.startswith(prefix) and k > after and (k <= until or not until)]
    assert [row.key async for row in table.rows(letters, prefix, after, until=until)] == wanted


async def test_only_the_requested_columns_are_read(table: Table, partition: str) -> None:
    await insert(table, partition, text="a", number=1, wide=2**40, unwanted="b")
    [row] = [row async for row in table.rows(partition, columns=("text", "number", "wide", "missing"))]
    assert row.values == {"text": "a", "number": 1, "wide": 2**40}
    await table.commit(partition, Replace(row, {"text": "c"}))


@pytest.mark.parametrize("page", [1, 3, 100])
async def test_smaller_pages_return_the_same_rows(table: Table, partition: str, page: int) -> None:
    await table.commit(partition, *(Put(f"row:{n}", {"n": n}) for n in range(7)))
    read = [row.values["n"] async for row in table.rows(partition, "row:", "row:1", until="row:5", page=page)]
    assert read == [2, 3, 4, 5]


async def test_more_rows_than_fit_on_a_page_are_read(table: Table, partition: str) -> None:
    names = [f"row:{n:04}" for n in range(1100)]
    for start in range(0, len(names), 100):
        await table.commit(partition, *(Put(name, {}) for name in names[start : start + 100]))
    assert await keys(table, partition, "row:") == names
    everything = [row.key async for row in table.everything() if row.partition == partition]
    assert everything == names
    for limit in (0, 1, 50, 1050):
        rows = table.rows(partition, "row:", page=min(limit, MAX_PAGE))
        assert [row.key for row in await first_rows(rows, limit)] == names[:limit]


async def test_unreachable_storage_is_unavailable(unused_tcp_port: int) -> None:
    """Storage is at fault, not the meeting being processed, which must be retried rather than declined."""
    address = f"http://127.0.0.1:{unused_tcp_port}/account"
    account = f"AccountName=account;AccountKey=a2V5;TableEndpoint={address};QueueEndpoint={address}"
    async with TableClient.from_connection_string(account, "meetings", retry_total=0) as client:
        table = AzureTable(client)
        with pytest.raises(Unavailable):
            await table.get("partition", "key")
        with pytest.raises(Unavailable):
            await table.commit("partition", Put("key", {}))
        with pytest.raises(Unavailable):
            await keys(table, "partition")
    async with QueueServiceClient.from_connection_string(account, retry_total=0) as service:
        with pytest.raises(Unavailable):
            await AzureQueue(service, QUEUES[0]).send("text")


async def test_credentials_stored_on_the_machine_for_other_programs_are_not_used(
    azurite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an earlier version, every request read `.netrc`, and a default entry in it broke them all."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    storage, threads = AzureStorage(StorageAccount(azurite)), CountingExecutor()
    await storage.create()
    asyncio.get_running_loop().set_default_executor(threads)
    assert await storage.table("meetings").get("nobody", "nothing") is None
    await storage.queue(QUEUES[-1]).send("text", timedelta(hours=1))
    await storage.close()
    assert threads.tasks == 0


class CountingExecutor(ThreadPoolExecutor):
    """An executor that counts the calls run in its threads."""

    tasks = 0

    def submit(self, *call: Any, **options: Any) -> Any:
        self.tasks += 1
        return super().submit(*call, **options)


@pytest.mark.usefixtures("azure_storage")  # creates the tables
async def test_storage_is_reached_through_the_web_proxy(azurite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only hosts in `noProxy` are reached directly (E5, docs/deploy.md)."""
    place = re.search(r"TableEndpoint=http://127.0.0.1:(\d+)/", azurite)
    assert place
    async with running_proxy({"storage.example.com": int(place[1])}) as proxy:
        environment(monkeypatch, HTTP_PROXY=proxy.url, NO_PROXY="127.0.0.1")
        storage = AzureStorage(StorageAccount(azurite.replace(f"127.0.0.1:{place[1]}", "storage.example.com")))
        for _ in range(2):
            assert await storage.table("meetings").get("nobody", "nothing") is None
        await storage.close()
        direct = AzureStorage(StorageAccount(azurite))
        assert await direct.table("meetings").get("nobody", "nothing") is None
        await direct.close()
    assert set(proxy.asked) == {"storage.example.com"}


async def test_a_missing_table_is_reported_instead_of_seeming_empty(azure_storage: AzureStorage) -> None:
    missing = azure_storage.table("missing")
    with pytest.raises(Unavailable):
        await missing.get("partition", "key")
    with pytest.raises(Unavailable):
        await missing.commit("partition", Put("key", {}))
    with pytest.raises(Unavailable):
        await keys(missing, "partition")


async def test_queue_messages_have_the_form_that_the_functions_host_expects(
    azurite: str, azure_storage: AzureStorage
) -> None:
    """Messages are encoded in Base64, as required by host.json, and a delayed message is hidden until it is due."""
    await azure_storage.queue(QUEUES[0]).send("[déjà vu]", timedelta(hours=1))
    await azure_storage.queue(QUEUES[0]).send("[now]")
    async with QueueClient.from_connection_string(azurite, QUEUES[0]) as client:
        seen = [message async for message in client.receive_messages()]
        waiting = (await client.get_queue_properties()).approximate_message_count
        await client.clear_messages()
    assert [base64.b64decode(message.content).decode() for message in seen] == ["[now]"]
    assert waiting == 2
