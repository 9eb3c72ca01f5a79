"""M2: a bridge treats two conferences with the same name as one room, so names are unique."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.harness.storage import MemoryStorage
from shared.conferences.names import ConferenceNames, is_name_of
from shared.storage import Insert
from tests.support.conferences import INTEGRATION, OTHER_TAG, TAG


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def names(storage: MemoryStorage) -> ConferenceNames:
    return ConferenceNames(storage)


async def test_a_free_name_is_claimed_unchanged_in_one_round_trip(
    names: ConferenceNames, storage: MemoryStorage
) -> None:
    assert await names.claim("Budget", INTEGRATION, TAG) == "Budget"
    assert storage.round_trips == 1


async def test_a_name_stays_with_its_tag(names: ConferenceNames) -> None:
    assert [await names.claim("Budget", INTEGRATION, TAG) for _ in range(3)] == ["Budget"] * 3


@pytest.mark.parametrize("other", ["Budget", "BUDGET", "budget"])
async def test_a_name_in_use_gets_a_random_number(names: ConferenceNames, other: str) -> None:
    await names.claim("Budget", INTEGRATION, TAG)
    claimed = await names.claim(other, INTEGRATION, OTHER_TAG)
    assert re.fullmatch(other + r" \d{8}", claimed)
    assert is_name_of(other, claimed)


async def test_concurrent_claims_on_one_name_get_different_names(names: ConferenceNames) -> None:
    claimed = await asyncio.gather(*(names.claim("Budget", INTEGRATION, f"tag-{n}") for n in range(200)))
    assert len(set(claimed)) == 200
    assert "Budget" in claimed


async def test_a_released_name_is_free(names: ConferenceNames) -> None:
    await names.claim("Budget", INTEGRATION, TAG)
    await names.release("Budget", OTHER_TAG)
    assert await names.claim("Budget", INTEGRATION, OTHER_TAG) != "Budget", "a different tag cannot release it"
    await names.release("Budget", TAG)
    await names.release("Budget", TAG)
    assert await names.claim("Budget", INTEGRATION, OTHER_TAG) == "Budget"


async def test_names_and_aliases_never_collide(names: ConferenceNames, storage: MemoryStorage) -> None:
    """Names and aliases share a table, but a meeting named after an alias does not claim that alias."""
    await storage.table("aliases").commit("meet123456", Insert("alias", {"tag": OTHER_TAG}))
    assert await names.claim("meet123456", INTEGRATION, TAG) == "meet123456"


async def test_the_tag_makes_the_name_unique_when_every_number_is_taken(names: ConferenceNames) -> None:
    class Taken(ConferenceNames):
        async def _take(self, name: str, integration: str, tag: str) -> bool:
            return False

    assert await Taken(MemoryStorage()).claim("Budget", INTEGRATION, TAG) == f"Budget {TAG}"


@given(st.text(st.characters(codec="utf-8"), max_size=300))
async def test_any_name_can_be_claimed_twice_and_stays_within_a_nodes_limits(name: str) -> None:
    names = ConferenceNames(MemoryStorage())
    first, second = await names.claim(name, INTEGRATION, TAG), await names.claim(name, INTEGRATION, OTHER_TAG)
    assert first == name[:250]
    assert first.casefold() != second.casefold()
    assert max(len(first), len(second)) <= 250
    assert is_name_of(name, first)
    assert is_name_of(name, second)


@pytest.mark.parametrize("name", ["Budget 2", "Budgets", "A Budget", "Budget 123456789", "Budget 1234567", "budget"])
def test_other_names_are_not_recognized_as_variants(name: str) -> None:
    assert not is_name_of("Budget", name)
