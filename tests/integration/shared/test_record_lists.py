"""Record lists return the same pages on Azure Tables (Azurite) as on in-memory storage, with the same number of
requests.
"""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from bench.meter import counted_requests
from shared.azure_storage import AzureStorage
from shared.bookings.operation import DecisionKind, Operation
from shared.record_lists.entries import DECISIONS
from shared.record_lists.journal import Journal, Record
from shared.settings import StorageAccount
from shared.storage import Insert
from tests.fakes.clock import FakeClock
from tests.support.record_lists import lists_of

MANY = 240


@pytest.fixture
async def storage(azurite: str) -> AsyncIterator[AzureStorage]:
    azure = AzureStorage(StorageAccount(azurite))
    await azure.create()
    yield azure
    await azure.close()


def operation(number: int) -> Operation:
    created = f"2026-11-23T{number // 60:02}:{number % 60:02}:00+00:00"
    error = "refused" if number % 3 else ""
    return Operation(str(uuid4()), "m", created, "", "r", DecisionKind.ACCEPT, "new", done=created, error=error)


async def test_pages_are_correct_and_take_three_requests(storage: AzureStorage) -> None:
    """The table is shared with other tests, so only one integration's own list is requested."""
    uuid, clock, table = str(uuid4()), FakeClock(), storage.table("meetings")
    lists = lists_of(storage, clock, uuid)
    made = list(map(operation, range(MANY)))
    for start in range(0, MANY, 60):
        await table.commit(uuid, *(Insert(each.key, each.values()) for each in made[start : start + 60]))
    await Journal(table).note([Record.operation(uuid, each.correlation_id) for each in made], clock.now())
    while not await lists.is_good():
        pass
    with counted_requests() as seen:
        page = await lists.page(f"{DECISIONS}@{uuid}", 100, 50, backwards=True)
    assert page
    newest = [each.correlation_id for each in made[::-1]]
    assert [row.values["correlation"] for row in page.rows] == newest[100:150]
    assert (page.total, len(seen)) == (MANY, 3)
