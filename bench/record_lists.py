"""The storage requests and the time taken for pages of meetings and operations, among few records and among many.

Measured on Azurite, over HTTP. The lists are filled with the entries that the indexer would create, without the records
that they refer to. Unlike Azure, Azurite scans a whole partition for each request, so a page is compared with an equal
number of bare requests among the same rows.
"""

import json
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from bench.meter import counted_requests
from bench.result import Result
from dev.azurite import Azurite
from dev.harness.storage import MemoryStorage
from shared.azure_storage import AzureStorage
from shared.bookings.booking import Booking, State
from shared.bookings.numbers import Numbers
from shared.bookings.operation import DecisionKind, Operation
from shared.bookings.rows import LISTS_PARTITION, meetings_table
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.record_lists.counted import CountedLists
from shared.record_lists.entries import ALIASES, CURRENT, DECISIONS, booking_entries, operation_entries, operation_id
from shared.record_lists.journal import BUILDING_KEY
from shared.record_lists.lists import RecordLists
from shared.record_lists.steps import Change, Entered
from shared.settings import StorageAccount
from shared.storage import Put, Row, Storage, Values, first_rows

FEW, SOME, MANY = 1_000, 5_000, 50_000
"""The number of meetings, and of operations. With MANY, the lists have 150,000 entries."""

ROWS = 50
REQUESTS, SHARE = 3, 1.5
ROUNDS = 9
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
INTEGRATION = "11111111-1111-4111-8111-111111111111"
LISTS = (CURRENT, ALIASES, DECISIONS)
_AT_ONCE = 400


@dataclass(frozen=True)
class Page:
    """A page's requests, its time, and that time as a multiple of what the same number of bare requests takes."""

    requests: int
    seconds: float
    share: float


class _Clock:
    def now(self) -> datetime:
        return NOW


async def measure(size: int) -> list[Result]:
    """Measure each page among FEW records, and among `size` records."""
    few, many = await _among(FEW), await _among(size)
    return [result for what in few for result in _results(what, size, few[what], many[what])]


def _results(what: str, size: int, few: Page, many: Page) -> list[Result]:
    note = f"{few.share:.2f} times among {FEW:,}; {many.seconds * 1000:.0f} ms"
    return [
        Result(f"{what} among {size:,}: storage requests", many.requests, "requests", REQUESTS),
        Result(f"{what}: time relative to bare requests", many.share, "times", SHARE, note=note),
    ]


async def _among(size: int) -> dict[str, Page]:
    memory = MemoryStorage()
    await _fill(memory, size)
    with TemporaryDirectory() as folder:
        await _pour(memory, Path(folder))
        azurite = Azurite(Path(folder))
        storage = AzureStorage(StorageAccount(azurite.connection_string))
        try:
            lists = RecordLists(storage, _Clock(), _uuid_after, _id_of)
            assert await lists.is_good()
            return await _pages(storage, lists, size)
        finally:
            await storage.close()
            azurite.stop()


async def _pour(memory: MemoryStorage, folder: Path) -> None:
    """Load rows built in memory into Azurite. Writing them with requests would take hours."""
    azurite = Azurite(folder)
    storage = AzureStorage(StorageAccount(azurite.connection_string))
    await storage.create()
    await storage.table("meetings").commit("a", Put("b", {}))
    await storage.close()
    azurite.stop()
    file = folder / "__azurite_db_table__.json"
    database = json.loads(file.read_text())
    [table] = [each for each in database["collections"] if each["name"].endswith("$meetings")]
    [model] = table["data"]
    rows = [row async for row in memory.table("meetings").everything()]
    table["data"] = [_as_azurites(model, number, row) for number, row in enumerate(rows, 1)]
    table["maxId"], table["binaryIndices"] = len(rows), {}
    file.write_text(json.dumps(database))


def _as_azurites(model: dict[str, Any], number: int, row: Row) -> dict[str, Any]:
    keys = {"PartitionKey": row.partition, "RowKey": row.key}
    return {**model, **keys, "properties": {**model["properties"], **keys, **row.values}, "$loki": number}


async def _pages(storage: AzureStorage, lists: RecordLists, size: int) -> dict[str, Page]:
    booking, operation = _booking(size // 2), _operation(size // 2)
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        f"the next {ROWS} meetings": lambda: lists.page(CURRENT, 0, ROWS),
        f"{ROWS} meetings of one day": lambda: lists.page(CURRENT, 0, ROWS, "20261125", "20261126"),
        f"{ROWS} aliases by offset, from the middle": lambda: lists.page(ALIASES, size // 2 + 7, ROWS),
        f"the latest {ROWS} operations": lambda: lists.page(DECISIONS, 0, ROWS, backwards=True),
        "an operation by its id": lambda: lists.at(DECISIONS, f"{operation_id(operation):016}:"),
        "an operation by its correlation id": lambda: lists.of([f"operation:{operation.correlation_id}"], DECISIONS),
        "an alias by its tag": lambda: lists.of([f"booking:{booking.tag}"], ALIASES),
    }
    return {what: await _measured(storage, act) for what, act in acts.items()}


async def _measured(storage: AzureStorage, act: Callable[[], Awaitable[object]]) -> Page:
    """Time a page and, alternately, the same number of requests for fifty rows from the beginning of the same
    partition.
    """
    with counted_requests() as seen:
        found = await act()
    assert found
    bare, pages = list[float](), list[float]()
    for _ in range(ROUNDS):
        for times, work in ((bare, lambda: _bare(storage, len(seen))), (pages, act)):
            start = time.perf_counter()
            await work()
            times.append(time.perf_counter() - start)
    return Page(len(seen), statistics.median(pages), statistics.median(pages) / statistics.median(bare))


async def _bare(storage: AzureStorage, requests: int) -> None:
    for _ in range(requests):
        rows = meetings_table(storage).rows(LISTS_PARTITION, f"{ALIASES}:", page=ROWS)
        assert len(await first_rows(rows, ROWS)) == ROWS


async def _fill(storage: Storage, size: int) -> None:
    """Add `size` meetings and operations to the lists, in the largest transactions allowed."""
    lists, changes = CountedLists(storage), list[Change]()
    for number in range(1, size + 1):
        changes += [Change(name, Entered(), rows) for name, rows in _entries(number).items()]
        if len(changes) >= _AT_ONCE or number == size:
            await lists.commit(changes)
            changes.clear()
    await meetings_table(storage).commit(
        LISTS_PARTITION, Put(BUILDING_KEY, {"integration": "", "after": "", "done": True})
    )


def _entries(number: int) -> dict[str, Mapping[str, Values]]:
    """The list entries for a meeting and its operation."""
    booking, operation = _booking(number), _operation(number)
    made = {
        f"booking:{booking.tag}": booking_entries(booking, 1, [operation.correlation_id], NOW),
        f"operation:{operation.correlation_id}": operation_entries(INTEGRATION, 1, operation),
    }
    return {
        name: {key: values for key, values in each.rows.items() if key.partition(":")[0] in LISTS}
        for name, each in made.items()
    }


def _booking(number: int) -> Booking:
    """A one-hour meeting within the next ninety days, one of a few hundred that start at the same time."""
    start = NOW + timedelta(days=number % 90, hours=number // 90 % 8)
    calendar = Calendar((Occurrence(start, start + timedelta(hours=1)),))
    conference = Conference(
        f"Planning {number} (Alice)", "Scheduled by alice@example.com", f"Planning {number}",
        f"meet{number}@example.com", f"meet{number}", "", "", "", "disallow_all", 30, 60, calendar,
    )  # fmt: skip
    numbers = Numbers(number, ((int(start.timestamp()), number),))
    return Booking(
        INTEGRATION, str(UUID(int=number)), f"meet{number}@example.com", "", NOW, NOW, State.SCHEDULED,
        f"{number:040x}", f"item-{number}", conference, numbers=numbers,
    )  # fmt: skip


def _operation(number: int) -> Operation:
    """The operation with this number. A hundred of them are created per hour."""
    created = (NOW - timedelta(seconds=36 * number)).isoformat()
    return Operation(
        str(UUID(int=2**64 + number)), f"message-{number}", created, created, "new request single",
        DecisionKind.ACCEPT, "accept_new_single_meeting_template", meeting=f"{number:040x}", done=created,
    )  # fmt: skip


async def _uuid_after(uuid: str) -> str | None:
    return INTEGRATION if uuid < INTEGRATION else None


async def _id_of(uuid: str) -> int:
    return 1
