"""The cost of a meeting in Azure, calculated from the executions and requests for a click, an invitation, an update,
and the policy requests when participants join.

Prices are 2025 list prices in dollars; docs/operations.md contains the same figures, and a test checks that the two
agree.
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
"""If the browser has cached the page and its files, opening the pane and clicking takes two requests: one for the
configuration, and one for the click."""

QUESTIONS_PER_MEETING = 20
"""The number of policy requests from conferencing nodes: one or two for each participant."""

QUEUE_REQUESTS_PER_MESSAGE = 3
"""A queue message is written by the product, and fetched and deleted by the host."""


@dataclass(frozen=True)
class Counts:
    """The numbers of executions, and of requests to tables and queues."""

    executions: int
    tables: int
    queues: int


def dollars(executions: float) -> float:
    """The cost of executions, each counted as a whole second of an instance. This is an upper limit, because
    simultaneous executions share an instance.
    """
    return executions * (PRICE_PER_EXECUTION + INSTANCE_GIGABYTES * PRICE_PER_GIGABYTE_SECOND)


def always_ready_dollars() -> float:
    """The cost of one always-ready instance for an idle month."""
    return MONTH_SECONDS * INSTANCE_GIGABYTES * PRICE_PER_ALWAYS_READY_GIGABYTE_SECOND


async def measure() -> list[Result]:
    """Measure the counts for one meeting, and calculate the cost of a thousand."""
    one = await of_a_meeting()
    note = f"one click, one invitation, one update, {QUESTIONS_PER_MEETING} policy requests"
    return [
        Result("a meeting: executions", one.executions, "", note=note),
        Result("a meeting: table requests", one.tables, "requests"),
        Result("a meeting: queue requests", one.queues, "requests"),
        Result(
            "1,000 meetings: cost of executions", dollars(1000 * one.executions), "$", note="one second at 2 GB each"
        ),
        Result("a month of an always-ready instance", always_ready_dollars(), "$"),
    ]


async def of_a_meeting() -> Counts:
    """The counts for one meeting, in a process that has already handled another."""
    meter = Meter()
    async with deployed() as world:
        await world.host.restart(MeteredStorage(world.memory, meter))
        await _meeting(world, "First")
        meter.reset()
        messages = await _meeting(world, "Second")
        tables = sum(count for name, count in meter.calls.items() if "-" not in name)
    # Each message also arrives with its own notification, which is one more execution.
    executions = REQUESTS_PER_PANE_OPENED + 2 * messages + QUESTIONS_PER_MEETING
    return Counts(executions, tables, QUEUE_REQUESTS_PER_MESSAGE * messages)


async def _meeting(world: Deployment, subject: str) -> int:
    """Take one meeting from the click to the last policy request. Returns the number of queue messages needed."""
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
        await world.host.deliver(await world.take())
        await world.exchange.exchange.notifier.idle()
        count += 1
    return count
