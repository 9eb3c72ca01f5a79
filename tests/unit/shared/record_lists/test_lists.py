"""The journal, and building the lists: crashes, concurrency, unreadable rows, and announced records."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.bookings.booking import Booking
from shared.bookings.operation import DecisionKind, Operation
from shared.bookings.rows import LISTS_PARTITION
from shared.calendar.conference import Calendar
from shared.integrations import IntegrationStore
from shared.record_lists.entries import ALIASES, DECISIONS, OCCURRENCES
from shared.record_lists.journal import UNWRITTEN_FOR, Journal, Record
from shared.record_lists.lists import RecordLists
from shared.storage import Insert, Put, Tables
from tests.fakes.clock import FakeClock
from tests.support.crashes import Crash, CrashingStorage, Fuse
from tests.support.integration_store_contract import fields_for
from tests.support.meetings import at, scheduled
from tests.support.meetings import booking as reserved
from tests.support.record_lists import check_lists, lists_of

UUID = reserved().integration
NOW = FakeClock().now()


def tag(number: int) -> str:
    return f"{number:08}-aaaa-4aaa-8aaa-aaaaaaaaaaaa"


def meeting(number: int) -> Booking:
    return replace(scheduled(Calendar((at(number),)), f"uid-{number}"), tag=tag(number))


def operation(number: int, done: str = "2026-11-23T08:00:01+00:00") -> Operation:
    return Operation(f"c{number}", "m", "2026-11-23T08:00:00+00:00", "", "r", DecisionKind.ACCEPT, "new", done=done)


async def stored(tables: Tables, *records: Booking | Operation) -> None:
    for each in records:
        await tables.table("meetings").commit(UUID, Put(each.key, each.values()))


async def noted(tables: Tables, *records: Record, when: datetime = NOW) -> None:
    await Journal(tables.table("meetings")).note(records, when)


async def total(tables: Tables, clock: FakeClock, name: str) -> int | None:
    page = await lists_of(tables, clock, UUID).page(name, 0, 10)
    return page.total if page else None


async def journal(tables: Tables) -> list[str]:
    return [row.key async for row in tables.table("meetings").rows(LISTS_PARTITION, "journal:")]


@pytest.mark.long
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_the_next_process_adds_records_after_a_crash(*, after: bool) -> None:
    for at_call in range(1, 200):
        tables, clock = MemoryStorage(), FakeClock()
        assert await lists_of(tables, clock, UUID).is_good()
        await stored(tables, *map(meeting, range(1, 4)), *map(operation, range(3)))
        await noted(tables, *(Record.booking(UUID, tag(n)) for n in range(1, 4)))
        await noted(tables, *(Record.operation(UUID, f"c{n}") for n in range(3)))
        fuse = Fuse(at_call, after=after)
        with suppress(Crash):
            await lists_of(CrashingStorage(tables, fuse), clock, UUID).is_good()
        await check_lists(tables, clock.now(), UUID)
        if fuse.calls < at_call:
            break
    assert at_call > 10


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_an_interrupted_build_is_resumed(*, after: bool) -> None:
    for at_call in range(1, 300, 7):
        tables, clock = MemoryStorage(), FakeClock()
        await stored(tables, *map(meeting, range(1, 4)), *map(operation, range(3)))
        fuse = Fuse(at_call, after=after)
        with suppress(Crash):
            await lists_of(CrashingStorage(tables, fuse), clock, UUID).keep()
        await check_lists(tables, clock.now(), UUID)
        if fuse.calls < at_call:
            break


@pytest.mark.long
async def test_long_lists_are_built_by_several_sweeps() -> None:
    tables, clock = MemoryStorage(), FakeClock()
    await stored(tables, *map(operation, range(1200)))
    lists = lists_of(tables, clock, UUID)
    assert await lists.page(DECISIONS, 0, 10) is None, "records are read one by one until the list is complete"
    for _ in range(3):
        await lists.keep()
    assert await total(tables, clock, DECISIONS) == 1200


async def test_building_reads_each_of_many_integrations_only_once() -> None:
    tables, clock = MemoryStorage(), FakeClock()
    store = IntegrationStore(tables, MemorySecrets(), clock)
    for number in range(40):
        await store.create(fields_for(number))
    tables.table("integrations").rows_sent = 0
    await RecordLists(tables, clock, store.uuid_after, store.id_of).keep()
    assert await RecordLists(tables, clock, store.uuid_after, store.id_of).is_good()
    assert tables.table("integrations").rows_sent <= 40


async def test_records_handled_by_many_processes_are_added_once() -> None:
    tables, clock = MemoryStorage(), FakeClock()
    assert await lists_of(tables, clock, UUID).is_good()
    await stored(tables, *map(meeting, range(1, 6)))
    await noted(tables, *(Record.booking(UUID, tag(n)) for n in range(1, 6)))
    found = await asyncio.gather(*(total(tables, clock, ALIASES) for _ in range(6)))
    assert max(each or 0 for each in found) == 5
    await check_lists(tables, clock.now(), UUID)


async def test_an_announced_record_is_awaited_for_a_limited_time() -> None:
    tables, clock = MemoryStorage(), FakeClock()
    await noted(tables, Record.booking(UUID, tag(1)), Record.booking(UUID, tag(2)))
    assert await total(tables, clock, ALIASES) == 0
    await stored(tables, meeting(1))
    clock.move(timedelta(seconds=2))
    assert await total(tables, clock, ALIASES) == 1
    for _ in range(40):
        clock.move(UNWRITTEN_FOR / 20)
        await total(tables, clock, ALIASES)
    assert [key for key in await journal(tables) if tag(2) in key] == []


async def test_an_unfinished_operation_is_checked_less_and_less_often_until_it_is_done() -> None:
    tables, clock = MemoryStorage(), FakeClock()
    assert await lists_of(tables, clock, UUID).is_good()
    await stored(tables, operation(1, done=""))
    await noted(tables, Record.operation(UUID, "c1"))
    looks = 0
    for _ in range(24 * 60):
        before = tables.round_trips
        assert await total(tables, clock, f"{DECISIONS}-pending") == 1
        looks += tables.round_trips - before > 3
        clock.move(timedelta(minutes=1))
    assert looks < 24 * 60 / 5
    await stored(tables, operation(1))
    clock.move(timedelta(minutes=10))
    assert await total(tables, clock, f"{DECISIONS}-pending") == 0
    assert await total(tables, clock, f"{DECISIONS}-done") == 1
    assert await journal(tables) == []


async def test_an_unreadable_row_does_not_affect_other_records_in_the_lists() -> None:
    tables, clock = MemoryStorage(), FakeClock()
    assert await lists_of(tables, clock, UUID).is_good()
    await stored(tables, meeting(1))
    await tables.table("meetings").commit(UUID, Insert(meeting(2).key, {"alias": "of a later version"}))
    await noted(tables, Record.booking(UUID, tag(2)), Record.booking(UUID, tag(1)))
    assert await total(tables, clock, ALIASES) == 1


async def test_past_occurrences_leave_their_list_a_day_after_their_end() -> None:
    tables, clock = MemoryStorage(), FakeClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    series = scheduled(Calendar((at(1), at(25), at(49))))
    await stored(tables, series)
    for hours, left in ((0, 3), (26, 2), (50, 1), (74, 0)):
        clock.set(NOW + timedelta(hours=hours + 1))
        assert (hours, await total(tables, clock, OCCURRENCES)) == (hours, left)
        await check_lists(tables, clock.now(), series.integration)
