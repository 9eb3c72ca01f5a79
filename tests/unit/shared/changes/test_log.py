"""The change log, with in-memory storage."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dev.harness.storage import MemoryStorage
from shared.changes import CHANGES_LIFETIME, Change, ChangeLog, ChangeState, Entry, Search
from shared.changes.change import id_at, moment_of
from tests.fakes.clock import FakeClock
from tests.support.examples import examples

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
FIELDS = st.none() | st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), TEXTS | st.integers(), max_size=4)


def change(**given: Any) -> Change:
    return Change(0, "alice", "change", "/api/admin/configuration/v1/conference/1/", **given)


async def written(log: ChangeLog, **given: Any) -> Change:
    entry = await log.begin(change(**given))
    return await log.settle(entry, entry.change)


@given(st.integers(0, 10**16))
def test_a_changes_id_is_the_moment_it_was_made(id_: int) -> None:
    assert id_at(moment_of(id_)) == id_


@settings(max_examples=examples(40))
@given(before=FIELDS, after=FIELDS, size=st.sampled_from([1, 2_000, 700_000]))
async def test_a_change_of_any_size_is_read_back(before: Any, after: Any, size: int) -> None:
    log = ChangeLog(MemoryStorage(), FakeClock())
    before = before and {name: value * size if isinstance(value, str) else value for name, value in before.items()}
    done = await written(log, before=before, after=after)
    assert await log.one(done.id) == done
    [listed] = (await log.page(Search(), 10)).changes
    assert (listed.fields, listed.state) == (done.fields, ChangeState.DONE)


async def test_two_instances_writing_at_the_same_time_record_two_changes() -> None:
    storage, clock = MemoryStorage(), FakeClock()
    ids = {(await written(ChangeLog(storage, clock))).id for _ in range(20)}
    assert len(ids) == 20


async def test_a_refused_change_leaves_no_rows() -> None:
    storage = MemoryStorage()
    log = ChangeLog(storage, FakeClock())
    long = "".join(map(chr, range(0x4E00, 0x9000)))
    await log.drop(await log.begin(change(before={"a": long}, after={"a": "b"})))
    assert [row async for row in storage.table("changes").everything()] == []


async def test_a_change_whose_target_is_replaced_is_found_only_under_the_new_target() -> None:
    storage = MemoryStorage()
    log = ChangeLog(storage, FakeClock())
    entry: Entry = await log.begin(change(after={"long": "x" * 20_000}))
    new = Change(0, "alice", "create", "/api/admin/configuration/v1/conference/7/", after={"short": "x"})
    await log.settle(entry, new)
    assert (await log.page(Search(target=entry.change.target), 10)).changes == []
    assert len((await log.page(Search(target=new.target), 10)).changes) == 1
    assert len([row async for row in storage.table("changes").everything()]) == 3


async def test_changes_are_deleted_after_a_year_with_all_their_rows() -> None:
    storage, clock = MemoryStorage(), FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
    log = ChangeLog(storage, clock)
    await written(log, connector="/api/admin/configuration/v1/ms_exchange_connector/1/", after={"long": "x" * 20_000})
    clock.move(CHANGES_LIFETIME - timedelta(minutes=1))
    kept = await written(log)
    await log.tidy()
    assert len((await log.page(Search(), 10)).changes) == 2
    clock.move(timedelta(minutes=2))
    await log.tidy()
    assert [each.id for each in (await log.page(Search(), 10)).changes] == [kept.id]
    assert len([row async for row in storage.table("changes").everything()]) == 3
