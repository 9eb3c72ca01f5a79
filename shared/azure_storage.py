"""Implements the protocols of shared/storage.py with Azure Storage (or Azurite)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import EdmType, EntityProperty, TableErrorCode, TransactionOperation, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from shared.errors import Unavailable
from shared.managed_identity import managed_identity
from shared.queues import QUEUES
from shared.settings import StorageAccount
from shared.storage import (
    TABLES,
    Delete,
    Insert,
    Put,
    Queue,
    Replace,
    Row,
    RowChanged,
    RowExists,
    Table,
    Value,
    Values,
    Write,
    check_message,
    check_transaction,
    is_key,
)

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.queue.aio import QueueServiceClient

_INT32 = 2**31


class AzureTable:
    """A Table backed by Azure Tables or Azurite."""

    def __init__(self, client: TableClient) -> None:
        self._client = client

    async def get(self, partition: str, key: str) -> Row | None:
        """See Table.get; one round trip."""
        if not (is_key(partition) and is_key(key)):
            return None
        with _failures():
            try:
                return _row(await self._client.get_entity(partition, key))
            except ResourceNotFoundError as error:
                if _is_table_missing(error):
                    raise
                return None

    async def commit(self, partition: str, *operations: Write) -> Sequence[str]:
        """See Table.commit. A single operation is sent as a plain request, which is fastest."""
        check_transaction(partition, operations)
        with _failures():
            if len(operations) == 1 and not isinstance(operations[0], Delete):
                return [await self._single(partition, operations[0])]
            # A plain delete would not report that the row is gone: the SDK swallows a 404.
            results = await self._client.submit_transaction([_transaction(partition, op) for op in operations])
            return [result.get("etag") or "" for result in results]

    async def _single(self, partition: str, operation: Insert | Put | Replace) -> str:
        match operation:
            case Insert(key, values):
                done = await self._client.create_entity(_entity(partition, key, values))
            case Put(key, values):
                done = await self._client.upsert_entity(_entity(partition, key, values), mode=UpdateMode.REPLACE)
            case Replace(row, values):
                done = await self._client.update_entity(
                    _entity(partition, row.key, values), mode=UpdateMode.REPLACE, **_unmodified(row)
                )
        return str(done["etag"])

    async def rows(
        self,
        partition: str,
        prefix: str = "",
        after: str = "",
        *,
        until: str = "",
        columns: Sequence[str] = (),
        page: int = 0,
    ) -> AsyncIterator[Row]:
        """See Table.rows; a range of row keys, paged by 1,000 unless fewer are requested."""
        where, range_ = "PartitionKey eq @p and RowKey gt @after", {"p": partition, "after": after}
        if prefix:
            where += " and RowKey ge @low and RowKey lt @high"
            range_ |= {"low": prefix, "high": prefix[:-1] + chr(ord(prefix[-1]) + 1)}
        if until:
            where += " and RowKey le @until"
            range_["until"] = until
        chosen = ["PartitionKey", "RowKey", *columns] if columns else None
        with _failures():
            async for entity in self._client.query_entities(
                where, parameters=range_, select=chosen, results_per_page=page or None
            ):
                yield _row(entity)

    async def everything(self) -> AsyncIterator[Row]:
        """See Table.everything; paged by 1,000."""
        with _failures():
            async for entity in self._client.list_entities():
                yield _row(entity)


class AzureQueue:
    """A Queue backed by Azure Storage or Azurite."""

    def __init__(self, service: QueueServiceClient, name: str) -> None:
        from azure.storage.queue import TextBase64EncodePolicy

        self._client = service.get_queue_client(name, message_encode_policy=TextBase64EncodePolicy())

    async def send(self, text: str, delay: timedelta = timedelta(0)) -> None:
        """See Queue.send. The text is sent in base64, as host.json's messageEncoding requires."""
        check_message(text, delay)
        with _failures():
            await self._client.send_message(text, visibility_timeout=int(delay.total_seconds()) or None)


class AzureStorage:
    """One account's tables and queues, with one client per process.

    The queue library is slow to import, so it is loaded on first use. The webhook, which must respond during a cold
    start, uses an output binding instead.
    """

    def __init__(self, account: StorageAccount) -> None:
        self._account = account
        self._credential: AsyncTokenCredential | None = None
        self._tables = self._table_service()
        self._clients: dict[str, AzureTable] = {}
        self._queues: QueueServiceClient | None = None

    def table(self, name: str) -> Table:
        """See Storage.table. Creating a client costs half as much as a request, so clients are cached."""
        if name not in self._clients:
            self._clients[name] = AzureTable(self._tables.get_table_client(name))
        return self._clients[name]

    def queue(self, name: str) -> Queue:
        """See Storage.queue."""
        return AzureQueue(self._queue_service(), name)

    async def create(self) -> None:
        """Create missing TABLES and QUEUES, for the local stack and tests; in Azure, infra/ creates them."""
        for table in TABLES:
            await self._tables.create_table_if_not_exists(table)
        for queue in QUEUES:
            client = self._queue_service().get_queue_client(queue)
            try:
                await client.create_queue()
            except ResourceExistsError:
                continue

    async def close(self) -> None:
        """See Storage.close."""
        await self._tables.close()
        if self._queues:
            await self._queues.close()
        if self._credential:
            await self._credential.close()

    def _table_service(self) -> TableServiceClient:
        from shared.azure_transport import AzureTransport

        way = {"transport": AzureTransport()}
        if self._account.connection_string:
            return TableServiceClient.from_connection_string(self._account.connection_string, **way)
        return TableServiceClient(self._account.table_uri, credential=self._identity(), **way)

    def _queue_service(self) -> QueueServiceClient:
        if self._queues is None:
            from azure.storage.queue.aio import QueueServiceClient

            from shared.azure_transport import AzureTransport

            way = {"transport": AzureTransport()}
            if self._account.connection_string:
                self._queues = QueueServiceClient.from_connection_string(self._account.connection_string, **way)
            else:
                self._queues = QueueServiceClient(self._account.queue_uri, credential=self._identity(), **way)
        return self._queues

    def _identity(self) -> AsyncTokenCredential:
        if self._credential is None:
            self._credential = managed_identity(self._account.client_id)
        return self._credential


def _entity(partition: str, key: str, values: Values) -> dict[str, Any]:
    wide = {k: EntityProperty(v, EdmType.INT64) for k, v in values.items() if _is_wide(v)}
    return {**values, **wide, "PartitionKey": partition, "RowKey": key}


def _is_wide(value: Value) -> bool:
    return isinstance(value, int) and not -_INT32 <= value < _INT32


def _row(entity: Any) -> Row:
    # A selected column that the row does not have is returned as null.
    values = {k: v.value if isinstance(v, EntityProperty) else v for k, v in entity.items() if v is not None}
    partition, key = values.pop("PartitionKey"), values.pop("RowKey")
    return Row(partition, key, values, entity.metadata["etag"])


def _unmodified(row: Row) -> dict[str, Any]:
    return {"etag": row.etag, "match_condition": MatchConditions.IfNotModified}


def _transaction(partition: str, operation: Write) -> tuple[TransactionOperation, dict[str, Any], dict[str, Any]]:
    match operation:
        case Insert(key, values):
            return TransactionOperation.CREATE, _entity(partition, key, values), {}
        case Put(key, values):
            return TransactionOperation.UPSERT, _entity(partition, key, values), {"mode": UpdateMode.REPLACE}
        case Replace(row, values):
            options = {"mode": UpdateMode.REPLACE, **_unmodified(row)}
            return TransactionOperation.UPDATE, _entity(partition, row.key, values), options
        case Delete(row):
            return TransactionOperation.DELETE, {"PartitionKey": partition, "RowKey": row.key}, _unmodified(row)


@contextmanager
def _failures() -> Iterator[None]:
    """Map exceptions from Azure's clients to those that Table and Queue are documented to raise."""
    try:
        yield
    except AzureError as error:
        status = error.status_code if isinstance(error, HttpResponseError) else None
        if status in (400, 413):
            raise  # our own bug, which a retry would not fix
        if status == 409:
            raise RowExists("a row with this key already exists") from error
        if status in (404, 412) and not _is_table_missing(error):
            raise RowChanged("the row has changed since it was read") from error
        raise Unavailable(f"The storage account cannot be used at the moment ({type(error).__name__}).") from error


def _is_table_missing(error: AzureError) -> bool:
    return getattr(error, "error_code", None) == TableErrorCode.TABLE_NOT_FOUND
