"""A click on the single-use button: how much longer it takes than the storage requests that it needs."""

import secrets

from azure.data.tables import TransactionOperation
from azure.data.tables.aio import TableClient, TableServiceClient

from bench.meter import Meter, MeteredStorage, counted_requests
from bench.result import Result
from bench.timing import ratio
from bench.world import BenchWorld, azurite_storage, product
from dev.harness.storage import MemoryStorage

TIMES = 150
LATENCY = 0.003  # seconds; longer than the computation between requests, so sequential ones never seem concurrent
CLICKS = 100


async def measure() -> list[Result]:
    """Compare a click with the raw calls on Azurite, and count its round trips and reads of settings with in-memory
    storage.
    """
    async with azurite_storage() as (storage, connection_string), product(storage) as world:
        async with TableServiceClient.from_connection_string(connection_string) as raw:
            slower = await ratio(world.click, Raw(raw).allocate, TIMES)
        with counted_requests() as wire:
            await world.click()
    meter = Meter(LATENCY)
    async with product(MeteredStorage(MemoryStorage(), meter)) as world:
        sequential, settings_reads = await _round_trips(world, meter)
    return [
        Result("alias allocation, click to response", slower, "× raw calls", 1.5),
        Result("alias allocation, requests on the wire", len(wire), "requests", 4),
        Result("alias allocation, sequential storage trips", sequential, "trips", 2),
        Result(f"reads of settings during {CLICKS} clicks", settings_reads, "trips", 0),
    ]


async def _round_trips(world: BenchWorld, meter: Meter) -> tuple[int, int]:
    """The sequential storage requests of one click, and the reads of settings during many clicks."""
    await world.click()  # fills the settings cache
    meter.reset()
    await world.click()
    sequential = meter.sequential
    for _ in range(CLICKS):
        await world.click()
    return sequential, meter.calls["integrations"]


class Raw:
    """The two requests of a click, made with the bare library: an insert, and a transaction of two inserts."""

    def __init__(self, service: TableServiceClient) -> None:
        self._aliases: TableClient = service.get_table_client("aliases")
        self._meetings: TableClient = service.get_table_client("meetings")

    async def allocate(self) -> None:
        """Write rows of the size and shape that an allocation writes."""
        digits, tag = f"raw{secrets.randbelow(10**12)}", secrets.token_hex(18)
        row = {"tag": tag, "state": "reserved", "expires": "2026-12-23T09:00:00+00:00", "domain": "example.com"}
        await self._aliases.create_entity({"PartitionKey": digits, "RowKey": "alias", **row})
        rows = ({"PartitionKey": "raw", "RowKey": f"{kind}:{tag}", **row} for kind in ("tag", "due"))
        await self._meetings.submit_transaction([(TransactionOperation.CREATE, entity) for entity in rows])
