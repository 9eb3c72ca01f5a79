"""Crashes at any external call: storage, a mailbox and a queue that end the process before or after the nth call."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.mailboxes.mailbox import Mailbox
from shared.storage import Queue, Row, Storage, Table, Write


class Crash(BaseException):
    """A process crash. It is not an Exception, so no code catches it and cleans up."""


@dataclass
class Fuse:
    """Blows at external call number `at` (starting from 1; 0 means never), before or after the call takes effect.

    With an `error` other than Crash, only that call fails, and the process survives.
    """

    at: int
    after: bool = False
    calls: int = 0
    error: Callable[[], BaseException] = Crash

    def before(self) -> bool:
        """Count a call, fail if it is the chosen one, and return whether it must fail after taking effect."""
        self.calls += 1
        is_dead = self.at and self.error is Crash and self.calls > self.at
        if is_dead or (self.calls == self.at and not self.after):
            raise self.error()
        return self.calls == self.at

    async def guard(self, call: Any) -> Any:
        """Make one external call."""
        try:
            burns = self.before()
        except BaseException:
            call.close()
            raise
        try:
            return await call
        finally:
            if burns:
                raise self.error()


@dataclass
class CrashingTable:
    """A `Table` that fails when its fuse blows."""

    table: Table
    fuse: Fuse

    async def get(self, partition: str, key: str) -> Row | None:
        found: Row | None = await self.fuse.guard(self.table.get(partition, key))
        return found

    async def commit(self, partition: str, *operations: Write) -> Sequence[str]:
        etags: Sequence[str] = await self.fuse.guard(self.table.commit(partition, *operations))
        return etags

    async def rows(self, partition: str, prefix: str = "", after: str = "", **range_: Any) -> AsyncIterator[Row]:
        self.fuse.before()
        async for row in self.table.rows(partition, prefix, after, **range_):
            yield row

    async def everything(self) -> AsyncIterator[Row]:
        self.fuse.before()
        async for row in self.table.everything():
            yield row


@dataclass
class CrashingQueue:
    """A `Queue` that fails when its fuse blows."""

    queue: Queue
    fuse: Fuse

    async def send(self, text: str, delay: timedelta = timedelta(0)) -> None:
        await self.fuse.guard(self.queue.send(text, delay))


@dataclass
class CrashingStorage:
    """A `Storage` that fails when its fuse blows."""

    storage: Storage
    fuse: Fuse

    def table(self, name: str) -> CrashingTable:
        return CrashingTable(self.storage.table(name), self.fuse)

    def queue(self, name: str) -> CrashingQueue:
        return CrashingQueue(self.storage.queue(name), self.fuse)

    async def close(self) -> None:
        pass


class CrashingMailbox:
    """A `Mailbox` that fails when its fuse blows."""

    def __init__(self, mailbox: Mailbox, fuse: Fuse) -> None:
        self._mailbox = mailbox
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._mailbox, name)

        async def guarded(*args: Any, **named: Any) -> Any:
            return await self._fuse.guard(method(*args, **named))

        return guarded
