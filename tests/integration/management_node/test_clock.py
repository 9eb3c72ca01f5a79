"""The simulated Management Node's clock, which other parts of the local stack can move forward."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from dev.management_node.app import running_node
from dev.management_node.node import Node
from dev.movable_clock import MovableClock


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def http(clock: MovableClock) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running_node(Node(clock)) as running,
        httpx.AsyncClient(base_url=running.base_url, trust_env=False) as http,
    ):
        yield http


@pytest.mark.parametrize(("by", "moved"), [(timedelta(days=1), True), (timedelta(days=-1), False)])
async def test_the_node_follows_another_clock_forward_only(
    http: httpx.AsyncClient, clock: MovableClock, by: timedelta, *, moved: bool
) -> None:
    before = clock.now()
    answer = await http.post("/dev/clock", json={"now": (before + by).isoformat()})
    assert answer.status_code == 200
    assert (clock.now() >= before + timedelta(days=1)) is moved


@pytest.mark.parametrize("given", [{}, {"now": "tomorrow"}, {"now": "2035-01-01T00:00:00"}, {"now": 5}, []])
async def test_text_that_is_not_a_time_is_rejected(http: httpx.AsyncClient, given: Any) -> None:
    assert (await http.post("/dev/clock", json=given)).status_code == 400
