"""The calls to Exchange for one meeting message, through Graph or EWS, and the storage requests that wait for one
another.

They are counted against a simulated Exchange over real HTTP, with caches as warm as in a worker that has been running
for a while.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

from bench.meter import Meter, MeteredStorage
from bench.result import Result
from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import By
from dev.harness.times import hour_from, tomorrow, weekly

LATENCY = 0.02  # seconds; several times the computation between two requests
CALLS, STORAGE_TRIPS = 3, 4

Act = Callable[[], Awaitable[Any]]


async def measure() -> list[Result]:
    """Measure a new meeting, the same meeting moved and cancelled, a series, and a meeting whose name is already in
    use.
    """
    return [result for by in By for result in await _measured(by)]


async def _measured(by: By) -> list[Result]:
    meter = Meter(LATENCY)
    async with deployed(by) as world:
        await world.host.restart(MeteredStorage(world.memory, meter))
        await _meeting(world)  # the first meeting fills the caches
        return [result async for kind in _kinds(world) for result in await _counted(world, by, meter, *kind)]


async def _kinds(world: Deployment) -> AsyncIterator[tuple[str, Act, float | None]]:
    """User actions, with their budgets for storage requests. Each action takes place after the previous one has been
    handled.
    """
    rooms = [await world.click() for _ in range(3)]
    uids: list[str] = []

    async def invite(subject: str, **more: Any) -> None:
        uids.append(await _invite(world, rooms.pop(), subject=subject, **more))

    moved = hour_from(tomorrow(world) + timedelta(hours=2))
    yield "new meeting", lambda: invite("First"), STORAGE_TRIPS
    yield "moved meeting", lambda: world.change(uids[0], **moved), STORAGE_TRIPS
    yield "new series", lambda: invite("Second", recurrence=weekly(tomorrow(world))), STORAGE_TRIPS
    yield "new meeting with a name in use", lambda: invite("First"), None
    yield "cancelled meeting", lambda: world.cancel(uids[0]), None


async def _counted(world: Deployment, by: By, meter: Meter, kind: str, act: Act, trips: float | None) -> list[Result]:
    await act()
    await world.notified()
    meter.reset()
    world.exchange.exchange.traffic.reset()
    await world.handle()
    calls = Result(f"{kind}: {by} calls", world.calls(), "calls", CALLS)
    if by is By.EWS:
        return [calls]  # the storage requests are the same, apart from those of the surrounding polls
    note = f"{meter.total} in all"
    return [calls, Result(f"{kind}: sequential storage trips", meter.sequential, "trips", trips, note=note)]


async def _meeting(world: Deployment) -> None:
    await _invite(world, await world.click())
    await world.drain()
    [answer] = await world.answers()
    assert answer["kind"] == "accepted"


async def _invite(world: Deployment, room: dict[str, Any], **more: Any) -> str:
    return await world.invite(tomorrow(world), room["instructions"], **more)
