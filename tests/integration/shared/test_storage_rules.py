"""In tests, every request that Azure Storage would refuse is refused, even if Azurite or in-memory storage would accept
it.
"""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from azure.core import MatchConditions
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from dev.harness import azure_storage_rules as azure
from dev.harness.storage import MemoryStorage
from shared.azure_storage import AzureStorage
from shared.queues import QUEUES
from shared.storage import MAX_TEXT, Insert, Put, Storage, is_key

KEYS = {"PartitionKey": "p", "RowKey": "r"}
WEEK = 7 * 24 * 3600
MiB = 1024**2


@pytest.fixture(autouse=True)
def looked_for(storage_witness: list[str]) -> Iterator[None]:
    """Clear the witness's list of violations, because these tests cause them on purpose."""
    yield
    storage_witness.clear()


@pytest_asyncio.fixture
async def table(azurite: str, azure_storage: AzureStorage) -> AsyncIterator[TableClient]:
    async with TableClient.from_connection_string(azurite, "meetings", retry_total=0) as client:
        yield client


@pytest_asyncio.fixture
async def queue(azurite: str, azure_storage: AzureStorage) -> AsyncIterator[QueueClient]:
    encode = TextBase64EncodePolicy()
    client = QueueClient.from_connection_string(azurite, QUEUES[1], retry_total=0, message_encode_policy=encode)
    async with client:
        yield client


@pytest.mark.parametrize("key", ["a/b", "a\\b", "a#b", "a?b", "a\tb", "a\x7fb", "\x85", "x" * 513, "😀" * 257])
async def test_keys_that_azure_forbids_are_refused(table: TableClient, key: str) -> None:
    for keys in ({"RowKey": key}, {"PartitionKey": key}):
        with pytest.raises(azure.Refused, match="key"):
            await table.upsert_entity({**KEYS, **keys})
    with pytest.raises(azure.Refused, match="key"):
        await table.get_entity("p", key)
    assert not is_key(key), "the product must not send an invalid key to Azure"


def test_the_longest_key_is_accepted() -> None:
    azure.check_key("😀" * 256)
    assert is_key("😀" * 256)


COLUMNS = [
    ({"text": "x" * 32_769}, "longer than 64 KiB"),
    ({"text": "😀" * 16_385}, "longer than 64 KiB"),
    ({f"c{number}": "x" * 32_000 for number in range(17)}, "more than 1 MiB"),
    ({f"c{number}": 1 for number in range(253)}, "252 columns"),
    ({"a-b": 1}, "not a valid column name"),
    ({"1a": 1}, "not a valid column name"),
    ({"a b": 1}, "not a valid column name"),
    ({"x" * 256: 1}, "not a valid column name"),
]


@pytest.mark.parametrize(("columns", "why"), COLUMNS, ids=[why for _, why in COLUMNS])
async def test_columns_that_azure_forbids_are_refused(table: TableClient, columns: dict[str, Any], why: str) -> None:
    with pytest.raises(azure.Refused, match=why):
        await table.upsert_entity({**KEYS, **columns}, mode=UpdateMode.REPLACE)
    with pytest.raises(azure.Refused, match=why):
        await table.submit_transaction([("create", {**KEYS, **columns})])


async def test_transactions_that_azure_forbids_are_refused(table: TableClient) -> None:
    def creating(*rows: dict[str, Any]) -> list[Any]:
        return [("create", {**KEYS, **row}) for row in rows]

    with pytest.raises(azure.Refused, match="101 operations"):
        await table.submit_transaction(creating(*({"RowKey": str(number)} for number in range(101))))
    long = {f"c{number}": "x" * 30_000 for number in range(16)}
    with pytest.raises(azure.Refused, match="4 MiB"):
        await table.submit_transaction(creating(*({"RowKey": str(number), **long} for number in range(9))))
    with pytest.raises(azure.Refused, match="same row twice"):
        await table.submit_transaction(creating({}, {}))


def test_a_transaction_across_two_partitions_is_refused() -> None:
    """The SDK itself refuses such a transaction."""
    with pytest.raises(azure.Refused, match="partition"):
        azure.check_transaction([("p", "r"), ("q", "r")], 1)


async def test_a_malformed_etag_is_refused(table: TableClient) -> None:
    await table.upsert_entity(KEYS)
    with pytest.raises(azure.Refused, match="If-Match"):
        await table.update_entity(KEYS, etag='W/"1"', match_condition=MatchConditions.IfNotModified)


@pytest.mark.parametrize("text", ["RowKey eq 'it's'", "RowKey like 'a'", "RowKey eq", "; drop"])
async def test_filters_that_azure_cannot_read_are_refused(table: TableClient, text: str) -> None:
    with pytest.raises(azure.Refused, match="cannot be parsed"):
        [each async for each in table.query_entities(text)]


async def test_a_filter_with_too_many_comparisons_is_refused(table: TableClient) -> None:
    with pytest.raises(azure.Refused, match="15 comparisons"):
        [each async for each in table.query_entities(" or ".join(["RowKey eq 'a eq b'"] * 16))]


@pytest.mark.parametrize("text", ["PartitionKey eq 'it''s eq' and RowKey gt ''", "(a eq true) and not (b lt 3L)"])
def test_filters_that_azure_can_read_are_accepted(text: str) -> None:
    azure.check_filter(text)


async def test_messages_that_azure_forbids_are_refused(queue: QueueClient) -> None:
    await queue.clear_messages()
    with pytest.raises(azure.Refused, match="longer than 64 KiB"):
        await queue.send_message("x" * (48 * 1024 + 1))
    with pytest.raises(azure.Refused, match="hidden for longer than seven days"):
        await queue.send_message("x", visibility_timeout=WEEK + 1, time_to_live=-1)
    with pytest.raises(azure.Refused, match="longer than its time to live"):
        await queue.send_message("x", visibility_timeout=WEEK)
    with pytest.raises(azure.Refused, match="longer than its time to live"):
        await queue.send_message("x", visibility_timeout=60, time_to_live=30)
    await queue.send_message("x" * 48 * 1024)
    await queue.send_message("x", visibility_timeout=WEEK - 1)
    await queue.clear_messages()


async def test_names_that_azure_forbids_are_refused(azurite: str) -> None:
    async with QueueServiceClient.from_connection_string(azurite, retry_total=0) as queues:
        with pytest.raises(azure.Refused, match="queue name"):
            await queues.create_queue("two--dashes")
    async with TableServiceClient.from_connection_string(azurite, retry_total=0) as tables:
        with pytest.raises((azure.Refused, ValueError), match="name"):
            await tables.create_table("a-b")


@pytest.fixture(params=["memory", "azure"])
def storage(request: pytest.FixtureRequest, azure_storage: AzureStorage) -> Storage:
    return MemoryStorage() if request.param == "memory" else azure_storage


ROWS = [
    {f"c{number}": "x" * MAX_TEXT for number in range(17)},
    {f"c{number}": 1 for number in range(253)},
    {"a-b": 1},
]


@pytest.mark.parametrize("values", ROWS, ids=["1 MiB", "columns", "name"])
async def test_both_storages_refuse_a_row_that_azure_would_refuse(storage: Storage, values: dict[str, Any]) -> None:
    """Such a row means a bug in the product, so an error with a message is raised before anything is sent."""
    with pytest.raises(ValueError, match=r"row|column"):
        await storage.table("meetings").commit("p", Insert("r", values))


async def test_both_storages_refuse_a_transaction_that_azure_would_refuse(storage: Storage) -> None:
    values = {f"c{number}": "x" * 30_000 for number in range(16)}
    with pytest.raises(ValueError, match="transaction"):
        await storage.table("meetings").commit("p", *(Put(str(number), values) for number in range(9)))


async def test_both_storages_refuse_a_message_that_azure_would_refuse(storage: Storage) -> None:
    queue = storage.queue(QUEUES[1])
    with pytest.raises(ValueError, match="message"):
        await queue.send("x" * (48 * 1024 + 1))
    with pytest.raises(ValueError, match="seven days"):
        await queue.send("x", timedelta(days=7))


def test_a_64_bit_number_must_be_marked_as_such() -> None:
    """The SDK marks such numbers automatically."""
    body = json.dumps({**KEYS, "wide": 2**31}).encode()
    with pytest.raises(azure.Refused, match=r"is not Edm\.Int64"):
        azure.check_request("POST", "http://h/devstoreaccount1/meetings", {"DataServiceVersion": "3.0"}, body)


def test_every_request_in_a_batch_is_checked() -> None:
    """Strings in rows may look like parts of a request."""
    row = json.dumps({**KEYS, "text": "\r\n--changeset_x\r\nPOST http://x/ HTTP/1.1"})
    inner = f"POST http://h/devstoreaccount1/meetings HTTP/1.1\r\nAccept: application/json\r\n\r\n{row}"
    part = f"\r\n--changeset_1\r\nContent-Type: application/http\r\n\r\n{inner}"
    body = (
        f"--batch_1\r\nContent-Type: multipart/mixed; boundary=changeset_1\r\n\r\n{part}{part}\r\n--changeset_1--\r\n"
    )
    with pytest.raises(azure.Refused, match="same row twice"):
        azure.check_request("POST", "http://h/devstoreaccount1/$batch", {}, body.encode())


def test_a_violation_is_noticed_even_if_the_error_is_swallowed(storage_witness: list[str]) -> None:
    with pytest.raises(azure.Refused):
        azure.check_message(base64.b64encode(b"x" * MiB).decode())
    assert storage_witness == ["a message is longer than 64 KiB"]
