"""Lists of integrations and alarms. They must take the same number of storage requests with ten integrations as with
ten thousand (S1). The lists of meetings and operations are measured too (record_lists.py).
"""

from collections.abc import Awaitable, Callable

from bench import record_lists
from bench.many import FIELDS, fill
from bench.meter import Meter, MeteredStorage
from bench.result import Result
from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.clock import SystemClock
from shared.integrations import IntegrationStore

FEW, MANY = 10, 10_000
PAGE = 10


async def measure() -> list[Result]:
    """Measure all lists, with a few thousand entries in the lists of records."""
    return [*await _of_integrations(), *await record_lists.measure(record_lists.SOME)]


async def measure_long() -> list[Result]:
    """Measure all lists, with more than a hundred thousand entries in the lists of records."""
    return [*await _of_integrations(), *await record_lists.measure(record_lists.MANY)]


async def _of_integrations() -> list[Result]:
    """Measure each list with few integrations, and count the additional requests that it takes with many."""
    few, many = await _counted(FEW), await _counted(MANY)
    return [
        Result(f"{what}: extra storage requests, {MANY:,} against {FEW}", many[what] - few[what], "requests", 0,
               note=f"{few[what]} among {FEW}")
        for what in few
    ]  # fmt: skip


async def _counted(size: int) -> dict[str, int]:
    meter, memory = Meter(), MemoryStorage()
    await fill(IntegrationStore(memory, MemorySecrets(), SystemClock()), memory, size)
    storage = MeteredStorage(memory, meter)
    alarms = Alarms(storage, SystemClock())

    def store() -> IntegrationStore:
        """Return a store that has read nothing yet. Otherwise, a larger share of the few integrations
        would be cached than of the many.
        """
        return IntegrationStore(storage, MemorySecrets(), SystemClock())

    page, _ = await store().page(0, PAGE)
    await alarms.raise_(page[0].uuid, AlarmKind.CONNECTION, "Graph returned 403.")
    counted = dict[str, int]()
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "a page of integrations": lambda: store().page(size - PAGE, PAGE),
        "one integration by its id": lambda: store().by_id(size // 2),
        "adding one integration": lambda: store().create({**FIELDS, "room_mailbox_email_address": "more@example.com"}),
        "all alarms": alarms.between,
    }
    for what, act in acts.items():
        meter.reset()
        await act()
        counted[what] = meter.total
    return counted
