"""The simulated clock, in Exchange and in the functions host."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from aiohttp import web

from dev.exchange.app import running_exchange
from dev.exchange.state import Settings
from dev.movable_clock import ClockError, MovableClock
from tests.support.exchange_world import ExchangeWorld


@asynccontextmanager
async def functions_host(status: int, heard: list[object]) -> AsyncIterator[str]:
    async def clock(request: web.Request) -> web.Response:
        heard.append(await request.json())
        return web.Response(status=status, text="a timer failed")

    app = web.Application()
    app.router.add_post("/dev/clock", clock)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(("status", "expected"), [(200, 200), (204, 200), (500, 502)])
async def test_the_functions_host_is_notified_before_the_response_is_sent(status: int, expected: int) -> None:
    heard: list[object] = []
    async with (
        functions_host(status, heard) as url,
        running_exchange(Settings(functions_url=url)) as running,
        httpx.AsyncClient(base_url=running.base_url) as http,
    ):
        answer = await http.post("/dev/clock", json={"now": "2035-01-01T00:00:00+01:00"})
    assert answer.status_code == expected
    assert heard == [{"now": "2035-01-01T00:00:00+01:00"}]
    if expected == 502:
        assert "a timer failed" in answer.json()["error"]


async def test_without_a_functions_host_only_the_clock_of_exchange_moves() -> None:
    async with (
        running_exchange(Settings(functions_url="http://127.0.0.1:9")) as running,
        httpx.AsyncClient(base_url=running.base_url) as http,
    ):
        answer = await http.post("/dev/clock", json={"now": "2035-01-01T00:00:00Z"})
        now = datetime.fromisoformat((await http.get("/dev/clock")).json()["now"])
    assert (answer.status_code, answer.json()["functions"]) == (200, "not reachable")
    assert timedelta() <= now - datetime(2035, 1, 1, tzinfo=UTC) < timedelta(minutes=1)


@pytest.mark.parametrize("now", ["2001-01-01T00:00:00+00:00", "2035-01-01T00:00:00", "tomorrow", None, 5])
async def test_moving_backwards_and_invalid_times_are_refused(world: ExchangeWorld, now: object) -> None:
    assert (await world.http.post("/dev/clock", json={"now": now})).status_code == 400


def test_time_continues_after_a_jump() -> None:
    real = datetime(2026, 1, 1, tzinfo=UTC)
    clock = MovableClock(lambda: real)
    assert clock.now() == real
    clock.move_to(datetime(2026, 6, 1, 2, tzinfo=UTC))
    real += timedelta(seconds=10)
    assert clock.now() == datetime(2026, 6, 1, 2, 0, 10, tzinfo=UTC)
    with pytest.raises(ClockError, match="forward"):
        clock.move_to(datetime(2026, 6, 1, 2, tzinfo=UTC))
