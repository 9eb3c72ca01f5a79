"""What a meeting costs in Azure, from counts: a click, an invitation, an update, and the questions of participants.

Prices are list prices in dollars as they were in 2025; docs/operations.md says the same, and a test holds it to this.
"""

from dataclasses import dataclass

from bench.meter import Meter, MeteredStorage
from bench.result import Result
from dev.harness.deployment import Deployment, deployed
from dev.harness.times import hour_from, tomorrow

PRICE_PER_EXECUTION = 0.40 / 1_000_000
PRICE_PER_GIGABYTE_SECOND = 0.000026
PRICE_PER_ALWAYS_READY_GIGABYTE_SECOND = 0.000004
INSTANCE_GIGABYTES = 2
MONTH_SECONDS = 30 * 24 * 3600

REQUESTS_PER_PANE_OPENED = 2
"""Its page and files are in the browser's cache: the configuration, and the click itself."""

QUESTIONS_PER_MEETING = 20
"""Policy questions of conferencing nodes: a participant asks one or two."""

QUEUE_REQUESTS_PER_MESSAGE = 3
"""It is written, taken out and deleted, by the host."""


@dataclass(frozen=True)
class Counts:
    """Executions, and requests to tables and queues."""

    executions: int
    tables: int
    queues: int


def dollars(executions: float) -> float:
    """What executions cost, each a whole second of an instance: the most, as those at the same time share theirs."""
    return executions * (PRICE_PER_EXECUTION + INSTANCE_GIGABYTES * PRICE_PER_GIGABYTE_SECOND)


def always_ready_dollars() -> float:
    """What an instance costs in a month that waits and does nothing."""
    return MONTH_SECONDS * INSTANCE_GIGABYTES * PRICE_PER_ALWAYS_READY_GIGABYTE_SECOND


async def measure() -> list[Result]:
    """Of one meeting, and a thousand times as much."""
    one = await of_a_meeting()
    note = f"one click, one invitation, one update, {QUESTIONS_PER_MEETING} questions"
    return [
        Result("a meeting: executions", one.executions, "", note=note),
        Result("the same: table requests", one.tables, "requests"),
        Result("the same: queue requests", one.queues, "requests"),
        Result("1,000 meetings: executions cost", dollars(1000 * one.executions), "$", note="one second of 2 GB each"),
        Result("a month of an always-ready instance", always_ready_dollars(), "$"),
    ]


async def of_a_meeting() -> Counts:
    """The counts of one meeting, in a process that has had one before."""
    meter = Meter()
    async with deployed() as world:
        await world.restart(MeteredStorage(world.memory, meter))
        await _meeting(world, "First")
        meter.reset()
        messages = await _meeting(world, "Second")
        tables = sum(count for name, count in meter.calls.items() if "-" not in name)
    # Each message arrives with a notification of its own, which is an execution, too.
    executions = REQUESTS_PER_PANE_OPENED + 2 * messages + QUESTIONS_PER_MEETING
    return Counts(executions, tables, QUEUE_REQUESTS_PER_MESSAGE * messages)


async def _meeting(world: Deployment, subject: str) -> int:
    """One meeting from the click to the last question; how many queue messages it took."""
    room, start = await world.click(), tomorrow(world)
    uid = await world.invite(start, room["instructions"], subject=subject)
    messages = await _handled(world)
    await world.change(uid, **hour_from(start.replace(hour=start.hour + 2)))
    messages += await _handled(world)
    for _ in range(QUESTIONS_PER_MEETING):
        assert await world.is_open(room["alias"]) is False
    return messages


async def _handled(world: Deployment) -> int:
    await world.exchange.exchange.notifier.idle()
    count, queue = 0, world.memory.queue("meeting-requests")
    while queue.sent:
        await world.hand_out(await world.take())
        await world.exchange.exchange.notifier.idle()
        count += 1
    return count
