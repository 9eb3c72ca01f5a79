"""Settings cached in memory are fresh enough and limited in number."""

from datetime import timedelta

from shared.integrations.cache import CACHE_MAX_AGE, CACHE_MAX_ENTRIES, KNOWN_IDS_MAX_ENTRIES, IntegrationCache
from tests.fakes.clock import FakeClock
from tests.support.integrations import an_integration

SAMPLE = an_integration()


def test_a_cache_entry_lives_for_thirty_seconds() -> None:
    clock = FakeClock()
    cache = IntegrationCache(clock)
    cache.put(SAMPLE, clock.now())
    clock.move(timedelta(seconds=29))
    assert cache.get(SAMPLE.uuid) is SAMPLE
    clock.move(timedelta(seconds=1))
    assert cache.get(SAMPLE.uuid) is None
    assert timedelta(seconds=30) == CACHE_MAX_AGE


def test_the_duration_of_a_slow_read_counts_towards_the_entrys_age() -> None:
    clock = FakeClock()
    cache = IntegrationCache(clock)
    read_at = cache.now()
    clock.move(timedelta(seconds=20))
    cache.put(SAMPLE, read_at)
    clock.move(timedelta(seconds=10))
    assert cache.get(SAMPLE.uuid) is None


def test_a_read_that_began_before_a_save_does_not_overwrite_it() -> None:
    cache = IntegrationCache(FakeClock())
    saved = SAMPLE.model_copy(update={"revision": 2})
    cache.put(saved, cache.now())
    cache.put(SAMPLE, cache.now())
    assert cache.get(SAMPLE.uuid) is saved


def test_a_recreated_integration_is_cached_once_the_old_one_was_forgotten() -> None:
    cache = IntegrationCache(FakeClock())
    cache.put(SAMPLE.model_copy(update={"revision": 9}), cache.now())
    cache.forget(SAMPLE.uuid)
    cache.put(SAMPLE, cache.now())
    assert cache.get(SAMPLE.uuid) is SAMPLE


def test_the_least_recently_used_entry_is_removed_first() -> None:
    cache = IntegrationCache(FakeClock())
    for number in range(CACHE_MAX_ENTRIES):
        cache.put(SAMPLE.model_copy(update={"uuid": str(number)}), cache.now())
    assert cache.get("0")
    cache.put(SAMPLE.model_copy(update={"uuid": "one more"}), cache.now())
    assert cache.get("0")
    assert cache.get("1") is None
    assert cache.get("one more")


def test_more_ids_than_settings_are_cached_up_to_a_limit() -> None:
    cache = IntegrationCache(FakeClock())
    for number in range(KNOWN_IDS_MAX_ENTRIES + 1):
        cache.put(SAMPLE.model_copy(update={"id": number, "uuid": str(number)}), cache.now())
    assert cache.uuid_of(0) is None
    assert cache.uuid_of(1) == "1"
    cache.forget(str(KNOWN_IDS_MAX_ENTRIES))
    assert cache.uuid_of(KNOWN_IDS_MAX_ENTRIES) is None
