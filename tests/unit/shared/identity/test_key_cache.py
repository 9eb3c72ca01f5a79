"""Known keys are returned from the cache, even while other keys are being fetched."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import pytest

from shared.errors import Unavailable
from shared.identity.key_cache import FRESH, REFETCH_AFTER, KeyCache
from tests.fakes.clock import FakeClock

URL = "https://login.example.com/keys"


class Publisher:
    """A key publisher that only responds when a test lets it."""

    def __init__(self) -> None:
        self.keys: Mapping[str, str] = {"known": "key"}
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.is_asked = asyncio.Event()
        self.is_down = False

    async def fetch(self, url: str) -> Mapping[str, str]:
        self.is_asked.set()
        await self.may_answer.wait()
        if self.is_down:
            raise Unavailable("down")
        return self.keys

    def hold(self) -> None:
        self.is_asked.clear()
        self.may_answer.clear()


@pytest.mark.parametrize("age", [REFETCH_AFTER, FRESH, 2 * FRESH])
async def test_known_keys_do_not_wait_while_an_unknown_one_is_fetched(age: timedelta) -> None:
    publisher, clock = Publisher(), FakeClock()
    cache = KeyCache(publisher.fetch, clock)
    assert await cache.key(URL, "known") == "key"
    clock.move(age)
    publisher.hold()
    stranger = asyncio.create_task(cache.key(URL, "unknown"))
    await publisher.is_asked.wait()
    for _ in range(128):
        task = asyncio.create_task(cache.key(URL, "known"))
        await asyncio.sleep(0)
        assert task.done(), "a known key is returned without waiting"
        assert await task == "key"
    publisher.may_answer.set()
    assert await stranger is None


async def test_a_withdrawn_key_is_rejected_once_the_fetch_is_over() -> None:
    publisher, clock = Publisher(), FakeClock()
    cache = KeyCache(publisher.fetch, clock)
    await cache.key(URL, "known")
    clock.move(FRESH)
    publisher.keys = {"next": "key"}
    assert await cache.key(URL, "known") is None


async def test_an_unknown_key_waits_for_the_fetch_that_may_contain_it() -> None:
    publisher, clock = Publisher(), FakeClock()
    cache = KeyCache(publisher.fetch, clock)
    await cache.key(URL, "known")
    clock.move(REFETCH_AFTER)
    publisher.hold()
    publisher.keys = {"known": "key", "next": "new key"}
    waiting = [asyncio.create_task(cache.key(URL, "next")) for _ in range(10)]
    await publisher.is_asked.wait()
    publisher.may_answer.set()
    assert await asyncio.gather(*waiting) == ["new key"] * 10
