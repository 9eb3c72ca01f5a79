"""Simulated outages of in-memory storage and queues, and of other services that the product uses."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from dev.harness.storage import MemoryQueue, MemoryStorage, MemoryTable
from shared.errors import Unavailable
from shared.storage import Row, Write


class Away(StrEnum):
    """The services that can be unavailable."""

    EXCHANGE = "Exchange"
    TOKENS = "token endpoint"
    STORAGE = "storage"
    QUEUE = "queue"


@dataclass
class Outages:
    """In-memory storage that can be unavailable, and the set of currently unavailable services."""

    memory: MemoryStorage
    away: set[Away] = field(default_factory=set)

    def table(self, name: str) -> "ReachableTable":
        return ReachableTable(self.memory.table(name), self)

    def queue(self, name: str) -> "ReachableQueue":
        return ReachableQueue(self.memory.queue(name), self)

    async def close(self) -> None:
        pass

    def check(self, what: Away) -> None:
        """Raise Unavailable if the service is unavailable now."""
        if what in self.away:
            raise Unavailable(f"The {what} cannot be used at the moment (ServiceRequestError).")


@dataclass
class ReachableTable:
    """A Table that can be unavailable."""

    table: MemoryTable
    outages: Outages

    async def get(self, partition: str, key: str) -> Row | None:
        self.outages.check(Away.STORAGE)
        return await self.table.get(partition, key)

    async def commit(self, partition: str, *operations: Write) -> Sequence[str]:
        self.outages.check(Away.STORAGE)
        return await self.table.commit(partition, *operations)

    async def rows(self, partition: str, prefix: str = "", after: str = "", **range_: Any) -> AsyncIterator[Row]:
        self.outages.check(Away.STORAGE)
        async for row in self.table.rows(partition, prefix, after, **range_):
            yield row

    async def everything(self) -> AsyncIterator[Row]:
        self.outages.check(Away.STORAGE)
        async for row in self.table.everything():
            yield row


@dataclass
class ReachableQueue:
    """A Queue that can be unavailable."""

    queue: MemoryQueue
    outages: Outages

    async def send(self, text: str, delay: timedelta = timedelta(0)) -> None:
        self.outages.check(Away.QUEUE)
        await self.queue.send(text, delay)
