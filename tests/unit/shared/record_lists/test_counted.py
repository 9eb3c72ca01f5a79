"""A counted list behaves like an ordered in-memory list, whatever is inserted, removed and requested."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.harness.storage import MemoryStorage
from shared.record_lists.counted import CountedLists
from shared.record_lists.steps import MAX_CHANGES, Change, entry_key
from shared.storage import RowChanged, RowExists, Tables, Values

LIST, OTHER = "starts", "starts-held"
# With so few days and hours, entries share sections, and some are in the same hour as a bound, before or after it.
PLACES = st.builds("202611{:02}{:02}{:02}30:{:010}".format, st.integers(1, 3), st.integers(8, 10), st.integers(0, 59), st.integers(1, 9))  # fmt: skip  # noqa: E501
BOUNDS = st.sampled_from(["", "2026110109", "20261102", "2026110209", "20261102091500", "20261102093000", "2026110310"])


async def put(tables: Tables, name: str, places: set[str], list_: str = LIST) -> None:
    """Replace a record's places."""
    lists = CountedLists(tables)
    while not await lists.commit(
        [await change(lists, name, {entry_key(list_, each): {"by": name} for each in places})]
    ):
        pass


async def change(lists: CountedLists, name: str, rows: Mapping[str, Values]) -> Change:
    return Change(name, await lists.entered(name), rows)


@given(
    records=st.lists(st.tuples(st.sampled_from("abcd"), st.sets(PLACES, max_size=6)), max_size=8),
    offset=st.integers(0, 12),
    limit=st.integers(0, 6),
    first=BOUNDS,
    end=BOUNDS,
    backwards=st.booleans(),
)
async def test_a_page_equals_that_of_an_ordered_list(
    records: list[tuple[str, set[str]]], offset: int, limit: int, first: str, end: str, *, backwards: bool
) -> None:
    tables, standing = MemoryStorage(), dict[str, set[str]]()
    for name, places in records:
        mine = {f"{each}{name}" for each in places}  # no two records have the same place
        await put(tables, name, mine)
        standing[name] = mine
    await put(tables, "another list's", {"2026110209000:1"}, OTHER)
    wanted = sorted(each for places in standing.values() for each in places if each > first and (each < end or not end))
    ordered = wanted[::-1] if backwards else wanted
    page = await CountedLists(tables).page(LIST, offset, limit, first, end, backwards=backwards)
    assert page.total == len(wanted)
    assert [row.key for row in page.rows] == [entry_key(LIST, each) for each in ordered[offset : offset + limit]]


async def test_a_record_with_more_entries_than_a_transaction_allows_is_added_in_parts() -> None:
    tables, places = MemoryStorage(), {f"20261101{n // 60:02}{n % 60:02}00:1" for n in range(5 * MAX_CHANGES)}
    await put(tables, "a", places)
    await put(tables, "b", {"20261101100000:2"})
    page = await CountedLists(tables).page(LIST, 0, 1000)
    assert page.total == len(page.rows) == len(places) + 1
    await put(tables, "a", {"20261102100000:1"})
    assert (await CountedLists(tables).page(LIST, 0, 1000)).total == 2


async def test_a_change_is_refused_if_the_record_was_changed_concurrently() -> None:
    tables = MemoryStorage()
    lists = CountedLists(tables)
    mine = await change(lists, "a", {entry_key(LIST, "20261101100000:1"): {}})
    await put(tables, "a", {"20261101110000:1"})
    with pytest.raises((RowExists, RowChanged)):
        await lists.commit([mine])
    assert (await lists.page(LIST, 0, 9)).total == 1


async def test_unchanged_entries_are_not_written_again() -> None:
    tables = MemoryStorage()
    await put(tables, "a", {"20261101100000:1"})
    before = tables.round_trips
    await put(tables, "a", {"20261101100000:1"})
    assert tables.round_trips - before == 1


async def test_removed_records_leave_no_entries() -> None:
    tables = MemoryStorage()
    await put(tables, "a", {"20261101100000:1", "20261101110000:1"})
    await CountedLists(tables).take_out(["a", "nobody"])
    rows = [row async for row in tables.table("meetings").everything()]
    assert {row.key.partition(":")[0] for row in rows} == {"counts"}
    assert (await CountedLists(tables).page(LIST, 0, 9)).total == 0
