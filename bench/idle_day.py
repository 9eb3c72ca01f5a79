"""The executions and storage requests on a day without meetings, and their cost, with one integration on Graph.

Flex Consumption's free grant is per month and subscription (docs/facts/azure-functions.md). Each execution is counted
as one second of a whole instance, although simultaneous executions share an instance.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bench.meter import Meter, MeteredStorage
from bench.result import Result
from dev.harness.deployment import Deployment, deployed
from shared.queues import ROUNDS

DAYS = 30
FREE_EXECUTIONS = 250_000
FREE_GIGABYTE_SECONDS = 100_000
INSTANCE_GIGABYTES = 2
QUEUE_REQUESTS_PER_MESSAGE = 2
"""The host's two requests for each queue message: one fetches it, the other deletes it."""

MINUTES = 5


async def measure() -> list[Result]:
    """Run all timers on their schedules for a day (functions/timers.py)."""
    meter = Meter()
    async with deployed() as world:
        await world.host.restart(MeteredStorage(world.memory, meter))
        await world.services.scheduling.timers.sweep()  # leaves out the work of a process's first round
        meter.reset()
        timers = await _day(world)
    messages = meter.calls[ROUNDS]
    executions = DAYS * (timers + messages)
    requests = meter.total + QUEUE_REQUESTS_PER_MESSAGE * messages
    return [
        Result(
            "an idle day: executions", timers + messages, "", note=f"{timers} timers, {messages} messages from them"
        ),
        Result("an idle day: storage requests", requests, "requests"),
        Result("an idle month: executions", executions, "", FREE_EXECUTIONS),
        Result("an idle month: running time", executions * INSTANCE_GIGABYTES, "GB-s", FREE_GIGABYTE_SECONDS),
    ]


async def _day(world: Deployment) -> int:
    """Let a day pass. Returns how many timers ran."""
    timers, ran = world.services.scheduling.timers, 0

    async def run(timer: Callable[[], Awaitable[None]]) -> None:
        nonlocal ran
        ran += 1
        await timer()

    for minute in range(0, 24 * 60, 5):
        await world.move_to(world.now + timedelta(minutes=5))
        await run(timers.sweep)
        await run(lambda: timers.poll(MINUTES))
        await run(lambda: timers.rooms(MINUTES))
        if minute % 60 == 20:
            await run(timers.agenda)
        if minute % 360 == 0:
            await run(lambda: timers.renew(by_hand=False))
        if minute == 130:
            await run(timers.compare)
        if minute == 220:
            await run(timers.cleanup)
    return ran
