"""W5: processes count independently, past days are merged into one row, and no count is lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from dev.harness.storage import MemoryStorage
from shared.errors import Unavailable
from shared.statistics.counters import Counters
from shared.statistics.counts import ALIASES_USED
from shared.statistics.reading import STATISTICS_LIFETIME, days_since, forget_statistics, tidy
from shared.statistics.rows import DEPLOYMENT, statistics_table
from shared.storage import Table
from tests.fakes.clock import FakeClock

ONE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
DAY = timedelta(days=1)


class CountersWorld:
    def __init__(self) -> None:
        self.clock = FakeClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
        self.storage = MemoryStorage()

    @property
    def table(self) -> Table:
        return statistics_table(self.storage)

    async def count(self, counters: Counters, integration: str = ONE) -> None:
        counters.count(integration, [ALIASES_USED])
        await counters.write()

    async def aliases(self, partition: str) -> list[int]:
        days = await days_since(self.storage, partition, self.clock.now().date() - 30 * DAY)
        return [counts[ALIASES_USED] for counts in days.values()]

    async def rows(self, partition: str) -> int:
        return len([row async for row in self.table.rows(partition)])


@pytest.fixture
def world() -> CountersWorld:
    return CountersWorld()


async def test_counts_from_integrations_processes_and_days_add_up(world: CountersWorld) -> None:
    first, second = Counters(world.storage, world.clock), Counters(world.storage, world.clock)
    await world.count(first)
    await world.count(first)
    await world.count(second, OTHER)
    world.clock.move(DAY)
    await world.count(first)
    assert await world.aliases(ONE) == [2, 1]
    assert await world.aliases(OTHER) == [1]
    assert await world.aliases(DEPLOYMENT) == [3, 1]


async def test_counting_takes_two_requests_and_no_reads(world: CountersWorld) -> None:
    counters = Counters(world.storage, world.clock)
    await world.count(counters)
    assert world.storage.round_trips == 2
    await counters.write()
    assert world.storage.round_trips == 2


async def test_counts_that_storage_refuses_are_written_with_the_next_ones(
    world: CountersWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = Counters(world.storage, world.clock)

    async def away(*_: object) -> list[str]:
        raise Unavailable("Storage is down.")

    with monkeypatch.context() as patched:
        patched.setattr(world.table, "commit", away)
        await world.count(counters)
    world.clock.move(DAY)
    await world.count(counters)
    assert await world.aliases(ONE) == [1, 1]
    assert await world.aliases(DEPLOYMENT) == [1, 1]


async def test_concurrent_counts_are_written_together_and_none_is_lost(world: CountersWorld) -> None:
    counters = Counters(world.storage, world.clock)
    await asyncio.gather(*(world.count(counters) for _ in range(50)))
    assert await world.aliases(ONE) == [50]
    assert world.storage.round_trips <= 2 * 2 + 1  # two for the first count, two for the others, and one to read them


async def test_past_days_are_merged_into_one_row_with_the_same_sums(world: CountersWorld) -> None:
    for _ in range(130):  # more than one transaction allows
        await world.count(Counters(world.storage, world.clock))
    world.clock.move(2 * DAY)
    for _ in range(2):
        await tidy(world.storage, DEPLOYMENT, world.clock.now())
        assert await world.rows(DEPLOYMENT) == 1
        assert await world.aliases(DEPLOYMENT) == [130]


async def test_yesterdays_rows_are_not_merged_because_a_process_may_still_write_to_them(world: CountersWorld) -> None:
    for _ in range(2):
        await world.count(Counters(world.storage, world.clock))
    world.clock.move(DAY)
    await tidy(world.storage, DEPLOYMENT, world.clock.now())
    assert await world.rows(DEPLOYMENT) == 2


async def test_old_days_are_deleted(world: CountersWorld) -> None:
    await world.count(Counters(world.storage, world.clock))
    world.clock.move(STATISTICS_LIFETIME + 2 * DAY)
    await tidy(world.storage, ONE, world.clock.now())
    assert await world.rows(ONE) == 0


async def test_a_deleted_integration_remains_only_in_the_totals(world: CountersWorld) -> None:
    await world.count(Counters(world.storage, world.clock))
    await forget_statistics(world.storage, ONE)
    assert await world.rows(ONE) == 0
    assert await world.aliases(DEPLOYMENT) == [1]
