"""Azure Storage (or Azurite) behind the protocols of shared/storage.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import EdmType, EntityProperty, TableTransactionError, TransactionOperation, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from shared.settings import StorageAccount
from shared.storage import (
    QUEUES,
    TABLES,
    Delete,
    Insert,
    Operation,
    Put,
    Queue,
    Replace,
    Row,
    RowChanged,
    RowExists,
    Table,
    Value,
    Values,
)

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.queue.aio import QueueServiceClient

_INT32 = 2**31


class AzureTable:
    """A Table in Azure Tables or Azurite."""

    def __init__(self, client: TableClient) -> None:
        self._client = client

    async def get(self, partition: str, key: str) -> Row | None:
        """See Table.get; one round trip."""
        try:
            return _row(await self._client.get_entity(partition, key))
        except ResourceNotFoundError:
            return None

    async def commit(self, partition: str, *operations: Operation) -> Sequence[str]:
        """See Table.commit; a single operation goes as a plain request, which is what Azure answers fastest."""
        try:
            if len(operations) == 1:
                return [await self._single(partition, operations[0])]
            results = await self._client.submit_transaction([_transaction(partition, op) for op in operations])
            return [result.get("etag") or "" for result in results]
        except ResourceExistsError as error:
            raise RowExists("a row with this key exists already") from error
        except (ResourceModifiedError, ResourceNotFoundError) as error:
            raise RowChanged("the row has changed since it was read") from error
        except TableTransactionError as error:
            raise _transaction_error(error) from error

    async def _single(self, partition: str, operation: Operation) -> str:
        match operation:
            case Insert(key, values):
                done = await self._client.create_entity(_entity(partition, key, values))
            case Put(key, values):
                done = await self._client.upsert_entity(_entity(partition, key, values), mode=UpdateMode.REPLACE)
            case Replace(row, values):
                done = await self._client.update_entity(
                    _entity(partition, row.key, values), mode=UpdateMode.REPLACE, **_unmodified(row)
                )
            case Delete(row):
                await self._client.delete_entity(partition, row.key, **_unmodified(row))
                return ""
        return str(done["etag"])

    async def rows(self, partition: str, prefix: str = "", after: str = "") -> AsyncIterator[Row]:
        """See Table.rows; a range of row keys, paged by 1,000."""
        # "~" is above every character that our keys use.
        where = "PartitionKey eq @p and RowKey gt @after and RowKey ge @low and RowKey lt @high"
        range_ = {"p": partition, "after": after, "low": prefix, "high": prefix + "~"}
        async for entity in self._client.query_entities(where, parameters=range_):
            yield _row(entity)

    async def everything(self) -> AsyncIterator[Row]:
        """See Table.everything; paged by 1,000."""
        async for entity in self._client.list_entities():
            yield _row(entity)


class AzureQueue:
    """A Queue in Azure Storage queues or Azurite."""

    def __init__(self, service: QueueServiceClient, name: str) -> None:
        from azure.storage.queue import TextBase64EncodePolicy

        self._client = service.get_queue_client(name, message_encode_policy=TextBase64EncodePolicy())

    async def send(self, text: str, delay: timedelta = timedelta(0)) -> None:
        """See Queue.send. The text goes in base64, as host.json's messageEncoding says."""
        await self._client.send_message(text, visibility_timeout=int(delay.total_seconds()) or None)


class AzureStorage:
    """One account's tables and queues; one client per process. The queue library is loaded on first use: it is
    slow to import, and the webhook, which must answer cold, leaves its message to an output binding.
    """

    def __init__(self, account: StorageAccount) -> None:
        self._account = account
        self._credential: AsyncTokenCredential | None = None
        self._tables = self._table_service()
        self._queues: QueueServiceClient | None = None

    def table(self, name: str) -> Table:
        """See Storage.table."""
        return AzureTable(self._tables.get_table_client(name))

    def queue(self, name: str) -> Queue:
        """See Storage.queue."""
        return AzureQueue(self._queue_service(), name)

    async def create(self) -> None:
        """Create what is missing of TABLES and QUEUES: for the local stack and tests; infra/ does it in Azure."""
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
        if self._account.connection_string:
            return TableServiceClient.from_connection_string(self._account.connection_string)
        return TableServiceClient(self._account.table_uri, credential=self._identity())

    def _queue_service(self) -> QueueServiceClient:
        if self._queues is None:
            from azure.storage.queue.aio import QueueServiceClient

            if self._account.connection_string:
                self._queues = QueueServiceClient.from_connection_string(self._account.connection_string)
            else:
                self._queues = QueueServiceClient(self._account.queue_uri, credential=self._identity())
        return self._queues

    def _identity(self) -> AsyncTokenCredential:
        if self._credential is None:
            from azure.identity.aio import ManagedIdentityCredential

            self._credential = ManagedIdentityCredential()
        return self._credential


def _entity(partition: str, key: str, values: Values) -> dict[str, Any]:
    wide = {k: EntityProperty(v, EdmType.INT64) for k, v in values.items() if _is_wide(v)}
    return {**values, **wide, "PartitionKey": partition, "RowKey": key}


def _is_wide(value: Value) -> bool:
    return isinstance(value, int) and not -_INT32 <= value < _INT32


def _row(entity: Any) -> Row:
    values = {k: v.value if isinstance(v, EntityProperty) else v for k, v in entity.items()}
    partition, key = values.pop("PartitionKey"), values.pop("RowKey")
    return Row(partition, key, values, entity.metadata["etag"])


def _unmodified(row: Row) -> dict[str, Any]:
    return {"etag": row.etag, "match_condition": MatchConditions.IfNotModified}


def _transaction(partition: str, operation: Operation) -> tuple[TransactionOperation, dict[str, Any], dict[str, Any]]:
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


def _transaction_error(error: TableTransactionError) -> Exception:
    match error.status_code:
        case 409:
            return RowExists("a row with this key exists already")
        case 404 | 412:
            return RowChanged("a row has changed since it was read")
    return error
