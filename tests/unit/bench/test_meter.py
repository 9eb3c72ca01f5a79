import asyncio
from datetime import timedelta

from bench.meter import Meter, MeteredStorage
from dev.harness.storage import MemoryStorage
from shared.storage import Insert, Table


async def read(table: Table, times: int = 1) -> None:
    for _ in range(times):
        await table.get("p", "k")


def metered() -> tuple[MeteredStorage, MemoryStorage, Meter]:
    memory, meter = MemoryStorage(), Meter(latency=0.001)
    return MeteredStorage(memory, meter), memory, meter


async def test_sequential_and_concurrent_storage_trips_are_counted_separately() -> None:
    storage, memory, meter = metered()
    table = storage.table("meetings")
    await read(table, 2)
    await asyncio.gather(read(table), read(table), read(table))
    assert meter.calls == {"meetings": 5}
    assert meter.total == memory.round_trips == 5
    assert meter.sequential == 3


async def test_the_meter_does_not_change_calls_or_results() -> None:
    storage, memory, meter = metered()
    await storage.table("meetings").commit("p", Insert("k", {"v": 1}), Insert("l", {"v": 2}))
    await storage.queue("meeting-requests").send("text", timedelta(seconds=3))
    row = await storage.table("meetings").get("p", "k")
    assert row is not None
    assert row.values == {"v": 1}
    assert [row.key async for row in storage.table("meetings").rows("p", after="k")] == ["l"]
    assert [row.key async for row in storage.table("meetings").everything()] == ["k", "l"]
    assert memory.queue("meeting-requests").sent == [("text", timedelta(seconds=3))]
    assert meter.calls == {"meetings": 4, "meeting-requests": 1}


async def test_a_failed_request_is_counted_too() -> None:
    storage, _, meter = metered()
    table = storage.table("meetings")
    results = await asyncio.gather(*(table.commit("p", Insert("k", {})) for _ in range(2)), return_exceptions=True)
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert meter.total == 2


def test_counting_can_be_restarted() -> None:
    meter = Meter()
    with meter.span("x"):
        pass
    meter.reset()
    assert (meter.total, meter.sequential) == (0, 0)


async def test_each_page_read_is_a_request() -> None:
    storage, memory, meter = metered()
    await memory.table("meetings").commit("p", *(Insert(f"k{n}", {}) for n in range(7)))
    memory.table("meetings").round_trips = 0
    async for row in storage.table("meetings").rows("p", page=3):
        if row.key == "k4":
            break
    assert meter.total == memory.round_trips == 2
    assert meter.rows["meetings", "p"] == 6
