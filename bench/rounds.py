"""A sweep of a thousand and of ten thousand integrations whose mailboxes are idle (S1).

Storage is Azurite, Graph takes 100 ms per response, and one process handles the messages, as many at a time as
host.json allows. Only this process's time and memory are measured; Azurite and Graph are separate processes.

Azurite searches a whole table for each range of rows, and competes for the processor. With 50,000 additional rows, a
sweep of the same 1,000 integrations took 2.7 times as long and 1.7 times the processor time. The number of storage
requests shows whether the product's own work grows.
"""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bench.cold_import import ROOT
from bench.host import memory_of
from bench.many import fill
from bench.meter import Meter, MeteredStorage
from bench.result import Result
from bench.world import KEY, PUBLIC, azurite_storage
from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryQueue
from dev.host.config import messages_at_once
from dev.processes import free_port
from shared.azure_storage import AzureStorage
from shared.bookings.rows import SHARDS, TURNS_PARTITION
from shared.clock import SystemClock
from shared.composition import Services
from shared.integrations import IntegrationStore
from shared.queues import ROUNDS
from shared.record_lists.lists import RecordLists
from shared.settings import Settings, StorageAccount
from shared.storage import Queue, Table

SIZES = (1000, 10_000)
GRAPH_LATENCY = 0.1  # seconds
PERIOD = 300
"""The seconds between the starts of two sweeps."""

MOST_MEMORY = 200  # MiB
MOST_PROCESSOR_TIME = 5  # milliseconds for one idle integration


async def measure() -> list[Result]:
    """Measure the second sweep, because the first one subscribes to every mailbox."""
    small, large = [await _measured(size) for size in SIZES]
    growth = large[-1].figure / small[-1].figure
    return [*small, *large, Result("storage requests per idle integration, with ten times as many", growth, "×", 1.05)]


async def _measured(size: int) -> list[Result]:
    async with azurite_storage() as (storage, connection), _graph() as url:
        store = IntegrationStore(storage, MemorySecrets(), SystemClock())
        # Every deployment's first sweep finds nothing to add to the lists of records. Only an upgrade does.
        await RecordLists(storage, SystemClock(), store.uuid_after, store.id_of).keep()
        await fill(store, storage, size)
        command = [sys.executable, "-m", "bench.rounds", connection, url]
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
        output, _ = await process.communicate()
        assert process.returncode == 0
    seconds, processor, mebibytes, turns, requests = json.loads(output)
    what = f"a sweep of {size:,} idle integrations"
    return [
        Result(f"{what} by one process", seconds, "s", PERIOD),
        Result(f"{what}: processor time", 1000 * processor / size, "ms each", MOST_PROCESSOR_TIME),
        Result(f"{what}: memory", mebibytes, "MiB", MOST_MEMORY),
        Result(f"{what}: integrations without a turn", size - turns, "", 0),
        Result(f"{what}: storage requests", requests / size, "each"),
    ]


@asynccontextmanager
async def _graph() -> AsyncIterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "bench.graph_stub", str(port), str(GRAPH_LATENCY)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    assert process.stdout
    await process.stdout.readline()
    try:
        yield f"http://127.0.0.1:{port}/v1.0"
    finally:
        process.terminate()
        await process.wait()


class _Storage:
    """Tables on Azurite, and in-memory queues, because in Azure the host fetches the messages."""

    def __init__(self, tables: AzureStorage) -> None:
        self.meter = Meter()
        self._tables = MeteredStorage(tables, self.meter)
        self.queues: dict[str, MemoryQueue] = {}

    def table(self, name: str) -> Table:
        """See Storage.table."""
        return self._tables.table(name)

    def queue(self, name: str) -> Queue:
        """See Storage.queue."""
        return self.queues.setdefault(name, MemoryQueue())

    async def close(self) -> None:
        """See Storage.close."""
        await self._tables.close()


async def _worker(connection: str, url: str) -> None:
    """Run two sweeps, and print the figures for the second."""
    storage = _Storage(AzureStorage(StorageAccount(connection)))
    settings = Settings(StorageAccount("unused"), PUBLIC, KEY, graph_base_url=url, secrets_file="unused")
    services = Services(settings, storage, MemorySecrets(), SystemClock())
    await _sweep(services, storage)
    storage.meter.reset()
    start, processor = time.perf_counter(), time.process_time()
    await _sweep(services, storage)
    took, used, requests = time.perf_counter() - start, time.process_time() - processor, storage.meter.total
    turns = len([key async for key in _turns(storage)])
    print(json.dumps([took, used, memory_of("self", "VmHWM"), turns, requests]))
    await services.close()


async def _sweep(services: Services, storage: _Storage) -> None:
    """Start a sweep and handle its messages."""
    await services.scheduling.timers.sweep()
    slots, sent = asyncio.Semaphore(messages_at_once()), storage.queues[ROUNDS].sent

    async def handle(body: str, delay: timedelta) -> None:
        await asyncio.sleep(delay.total_seconds())
        async with slots:
            await services.scheduling.rounds.handle(body)

    while sent:  # on a slow machine, some turns come too late and are repeated
        waiting = list(sent)
        sent.clear()
        await asyncio.gather(*(handle(*each) for each in waiting))


async def _turns(storage: _Storage) -> AsyncIterator[str]:
    for digit in SHARDS:
        async for row in storage.table("meetings").rows(f"{TURNS_PARTITION}-{digit}", columns=("until",)):
            yield row.key


if __name__ == "__main__":
    asyncio.run(_worker(sys.argv[1], sys.argv[2]))
