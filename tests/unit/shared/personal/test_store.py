"""VMRs are found by owner in one round trip, have unique names and aliases, and are changed atomically."""

import asyncio

import pytest

from dev.harness.storage import MemoryStorage
from shared.errors import NotFound, SettingsInvalid
from shared.personal.store import VmrStore
from tests.support.personal_vmrs import CORP, OTHER, kept


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def store(storage: MemoryStorage) -> VmrStore:
    return VmrStore(storage)


async def names(store: VmrStore, email: str, integration: str = CORP) -> list[str]:
    return [vmr.name for vmr in await store.of_owner(integration, email)]


async def test_an_owners_vmrs_are_found_in_one_storage_trip_regardless_of_case(
    storage: MemoryStorage, store: VmrStore
) -> None:
    for number in range(1, 301):
        await store.create(kept(number, f"a{number}", primary_owner_email_address="Alice@Example.com"))
    await store.create(kept(301, "b", primary_owner_email_address="bob@example.com"))
    before = storage.round_trips
    assert len(await names(store, "aLICE@example.COM")) == 300
    assert storage.round_trips - before == 1


@pytest.mark.parametrize("email", ["", "  ", "alice@example.co", "alice@example.comm", "%", "*", "bob@example.com"])
async def test_no_user_gets_another_users_vmrs(store: VmrStore, email: str) -> None:
    await store.create(kept(1, "a"))
    await store.create(kept(2, "b", primary_owner_email_address=""))
    assert await names(store, email) == []


async def test_a_vmr_of_one_integration_is_invisible_to_others(store: VmrStore) -> None:
    await store.create(kept(1, "a", integration=CORP))
    await store.create(kept(2, "b", integration=OTHER))
    await store.create(kept(3, "c"))
    assert await names(store, "alice@example.com") == ["Room 1", "Room 3"]
    assert await names(store, "alice@example.com", OTHER) == ["Room 2", "Room 3"]


@pytest.mark.parametrize("integration", [CORP, OTHER, ""])
async def test_names_and_aliases_are_unique_in_the_whole_deployment(store: VmrStore, integration: str) -> None:
    """Conferencing nodes do not distinguish between integrations, so names must be unique across all of them."""
    await store.create(kept(1, "alice", integration=CORP))
    with pytest.raises(SettingsInvalid) as name:
        await store.create(kept(2, "x", name="ROOM 1", integration=integration))
    assert list(name.value.faults) == ["name"]
    assert "already exists" in str(name.value)
    with pytest.raises(SettingsInvalid) as alias:
        await store.create(kept(2, "y", "Alice", integration=integration))
    assert list(alias.value.faults) == ["aliases"]
    assert "already exists (a VMR's, or a meeting's): alice." in str(alias.value)
    with pytest.raises(SettingsInvalid, match="duplicated"):
        await store.create(kept(2, "x", "X", integration=CORP))
    await store.create(kept(2, "x", "y", "alice@example.com"))
    assert [vmr.id for vmr in await store.all()] == [1, 2]


async def test_a_vmr_whose_owner_changes_keeps_its_names_and_aliases(store: VmrStore) -> None:
    await store.create(kept(1, "a", "b"))
    await store.change(1, lambda now: now.model_copy(update={"primary_owner_email_address": "bob@example.com"}))
    assert (await names(store, "alice@example.com"), await names(store, "bob@example.com")) == ([], ["Room 1"])
    assert (await store.get(1)).primary_owner_email_address == "bob@example.com"
    with pytest.raises(SettingsInvalid):
        await store.create(kept(2, "a"))
    await store.change(1, lambda now: now.model_copy(update={"aliases": now.aliases[1:]}))
    await store.create(kept(2, "a"))


async def test_a_refused_change_changes_nothing(store: VmrStore) -> None:
    await store.create(kept(1, "a"))
    await store.create(kept(2, "b"))
    with pytest.raises(SettingsInvalid):
        await store.change(2, lambda now: now.model_copy(update={"name": "room 1", "description": "new"}))
    assert (await store.get(2)).description == ""


async def test_a_deleted_vmr_leaves_nothing_behind(storage: MemoryStorage, store: VmrStore) -> None:
    await store.create(kept(1, "a", "b"))
    await store.delete(1)
    assert [row async for row in storage.table("personal").everything()] == []
    for call in (store.get(1), store.delete(1), store.change(1, lambda now: now)):
        with pytest.raises(NotFound):
            await call


async def test_concurrent_changes_are_all_made(store: VmrStore) -> None:
    await store.create(kept(1, "a"))
    await asyncio.gather(
        *(store.change(1, lambda now: now.model_copy(update={"tag": now.tag + "x"})) for _ in range(10))
    )
    assert (await store.get(1)).tag == "x" * 10


async def test_only_one_of_two_concurrent_requests_gets_a_name(store: VmrStore) -> None:
    done = await asyncio.gather(*(store.create(kept(n, "same")) for n in range(1, 9)), return_exceptions=True)
    assert len([each for each in done if each is None]) == 1
    assert len(await store.all()) == 1


async def test_ids_are_never_assigned_twice(store: VmrStore) -> None:
    taken = await asyncio.gather(*(store.numbers(n) for n in (1, 5, 1000, 1, 1)))
    assert len({number for block in taken for number in block}) == 1008


@pytest.mark.parametrize("odd", ["boß@example.com", "boſs@example.com"])
async def test_an_address_that_only_case_folds_to_an_owners_address_owns_nothing(odd: str) -> None:
    store = VmrStore(MemoryStorage())
    await store.create(kept(1, primary_owner_email_address="boss@example.com"))
    assert await store.of_owner(CORP, odd) == []
    assert len(await store.of_owner(CORP, "BOSS@example.com")) == 1
