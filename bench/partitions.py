"""The rows that all integrations read and write in shared partitions, and the rate at which a partition reaches its
limit.

Azure serves PARTITION_ROWS_PER_SECOND rows per partition. docs/operations.md contains the same table, and a test checks
that the two agree.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bench.burst import instructions
from bench.meter import Meter, MeteredStorage
from bench.result import Result
from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION
from dev.harness.times import tomorrow
from shared.alarm_kinds import AlarmKind
from shared.bookings.rows import ALARMS_PARTITION, SHARDS, TURNS_PARTITION
from shared.storage import MEETINGS, STATISTICS

PARTITION_ROWS_PER_SECOND = 2000
"""The number of rows of up to a kilobyte that a partition can serve (Azure's scalability targets for table storage)."""

SWEEP_SECONDS = 300
"""The interval between two sweeps, in seconds."""

SPREAD = {TURNS_PARTITION, ALARMS_PARTITION}
"""Groups of rows that are spread over SHARDS partitions, according to the integration's uuid."""

Event = Callable[[], Awaitable[object]]


async def measure() -> list[Result]:
    """Count the rows in each shared partition, for each event that any integration can cause."""
    return [
        Result(
            f"{event}: rows of partition {partition}", rows, "", note=f"full at {most(partition, rows):,.0f} a second"
        )
        for event, partitions in (await counted()).items()
        for partition, rows in sorted(partitions.items())
    ]


def most(partition: str, rows: int) -> float:
    """The number of these events per second that exhausts the limit of the partition, or of all partitions over which
    the rows are spread.
    """
    return PARTITION_ROWS_PER_SECOND / rows * (len(SHARDS) if partition in SPREAD else 1)


async def counted() -> dict[str, Counter[str]]:
    """The rows keyed by event and shared partition, in a process with warm caches."""
    return {**await _counted(_everywhere), **await _counted(_on_node, on_node=True)}


async def _counted(
    events: Callable[[Deployment], dict[str, Event]], *, on_node: bool = False
) -> dict[str, Counter[str]]:
    meter, found = Meter(), dict[str, Counter[str]]()
    async with deployed(on_node=on_node) as world:
        await world.host.restart(MeteredStorage(world.memory, meter))
        await _meeting(world, "First", timedelta(days=7))
        await world.services.scheduling.timers.sweep()
        for event, happen in events(world).items():
            meter.reset()
            await happen()
            shared = Counter[str]()
            for (table, partition), rows in meter.rows.items():
                if name := _shared(table, partition):
                    shared[name] += rows
            found[event] = shared
    return found


def _everywhere(world: Deployment) -> dict[str, Event]:
    return {
        "a click and its meeting": lambda: _meeting(world, "Second"),
        "entering a meeting into the lists": world.services.scheduling.lists.keep,
        "an idle turn of a sweep": world.services.scheduling.timers.sweep,
        "an alarm": lambda: world.services.foundation.alarms.raise_(INTEGRATION, AlarmKind.CONNECTION, "Away."),
    }


def _on_node(world: Deployment) -> dict[str, Event]:
    async def until_over() -> None:
        await _meeting(world, "Second")
        for moment in (tomorrow(world), tomorrow(world) + timedelta(hours=2)):
            await world.move_to(moment)
            await world.services.conferences.room_timer.run()

    return {"a meeting on a Management Node": until_over}


async def _meeting(world: Deployment, subject: str, later: timedelta = timedelta()) -> None:
    settings = await world.services.foundation.integrations.cached(INTEGRATION)  # as on a click
    await world.invite(tomorrow(world) + later, await instructions(world, settings), subject=subject)
    await world.exchange.exchange.notifier.idle()
    await world.handle()


def _shared(table: str, partition: str) -> str:
    """The name of a partition that integrations share; "" for a partition of one meeting, alias or integration."""
    if table == MEETINGS and partition != INTEGRATION:
        name, _, place = partition.rpartition("-")
        return name if name in SPREAD and place in SHARDS else partition
    if table == STATISTICS and partition != INTEGRATION:
        return f"{table} {partition}"
    return partition if table in ("integrations", "personal") else ""
