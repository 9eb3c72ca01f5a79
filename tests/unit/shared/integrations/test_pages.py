"""S1: the cost of a page of integrations depends only on the page's length, not on how many integrations exist."""

import pytest

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.integrations import Integration, IntegrationStore
from shared.integrations.rows import PARTITION, SEQUENCE_KEY
from shared.integrations.table import count_again
from shared.storage import Replace
from tests.fakes.clock import FakeClock
from tests.support.integrations import graph_fields


class PagesWorld:
    """A store whose storage counts round trips."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.store = IntegrationStore(self.storage, MemorySecrets(), FakeClock())
        self.added = 0

    async def add(self, count: int) -> list[Integration]:
        first, self.added = self.added, self.added + count
        return [
            await self.store.create(graph_fields(name=f"n{n}", room_mailbox_email_address=f"n{n}@example.com"))
            for n in range(first, first + count)
        ]

    async def trips(self, offset: int = 0, limit: int = 10) -> int:
        before = self.storage.round_trips
        await self.store.page(offset, limit)
        return self.storage.round_trips - before

    async def ids(self, offset: int = 0, limit: int = 1000) -> list[int]:
        return [each.id for each in (await self.store.page(offset, limit))[0]]


@pytest.fixture
def world() -> PagesWorld:
    return PagesWorld()


async def test_the_round_trips_for_a_page_do_not_depend_on_the_number_of_integrations(world: PagesWorld) -> None:
    await world.add(10)
    few = await world.trips()
    await world.add(190)
    assert [await world.trips(offset) for offset in (0, 95, 190)] == [few] * 3


async def test_the_storage_trips_for_adding_one_integration_do_not_depend_on_their_number(world: PagesWorld) -> None:
    counts = []
    for number in (0, 9, 150):
        await world.add(number)
        before = world.storage.round_trips
        await world.add(1)
        counts.append(world.storage.round_trips - before)
    assert len(set(counts)) == 1


async def test_pages_are_ordered_by_id_and_skip_deleted_integrations(world: PagesWorld) -> None:
    added = await world.add(12)
    for place in (0, 3, 4, 11):
        await world.store.delete(added[place].uuid)
    left = [each.id for place, each in enumerate(added) if place not in (0, 3, 4, 11)]
    assert await world.ids() == left
    assert await world.ids(2, 3) == left[2:5]
    assert (await world.store.page(0, 1))[1] == len(left)
    [new] = await world.add(1)
    assert await world.ids() == [*left, new.id]


async def test_integrations_from_an_earlier_version_are_counted_once(world: PagesWorld) -> None:
    added = await world.add(5)
    table = world.storage.table("integrations")
    row = await table.get(PARTITION, SEQUENCE_KEY)
    assert row
    await table.commit(PARTITION, Replace(row, {"integration": 5, "domain": row.values["domain"]}))
    await world.store.delete(added[1].uuid)
    assert await world.ids() == [1, 3, 4, 5]
    assert await world.trips(limit=2) == 1 + 2, "one round trip for the sequence, and one for each integration"


async def test_integrations_restored_by_an_import_are_listed(world: PagesWorld) -> None:
    added = await world.add(3)
    table = world.storage.table("integrations")
    before = [row async for row in table.rows(PARTITION)]
    await world.store.delete(added[1].uuid)
    for row in before:
        table._rows.setdefault((PARTITION, row.key), row)
    await count_again(world.storage)
    assert await world.ids() == [1, 2, 3]


async def test_hundreds_of_gaps_in_the_ids_are_remembered(world: PagesWorld) -> None:
    added = await world.add(60)
    for each in added[::2]:
        await world.store.delete(each.uuid)
    assert await world.ids() == [each.id for each in added[1::2]]
