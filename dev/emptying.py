"""Empties a storage account: the first step of the demo page's reset."""

from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueServiceClient


async def empty(connection_string: str) -> None:
    """Delete all tables and queues in the account."""
    async with TableServiceClient.from_connection_string(connection_string) as tables:
        for table in [each.name async for each in tables.list_tables()]:
            await tables.delete_table(table)
    async with QueueServiceClient.from_connection_string(connection_string) as queues:
        for queue in [each.name async for each in queues.list_queues()]:
            await queues.delete_queue(queue)
