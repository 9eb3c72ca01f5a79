"""The functions host runs an app written to test it: real worker runtime, real Azurite, real HTTP."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueClient

from dev.host.config import HostError
from dev.host.host import FunctionsHost, running_host
from dev.movable_clock import MovableClock
from tests.support import eventually

APP = Path(__file__).parent / "fixture_app"
ID = "11111111-1111-4111-8111-111111111111"
KEY = "the function key"


@pytest.fixture(scope="module")
async def host(azurite: str) -> AsyncIterator[FunctionsHost]:
    settings = {"SchedulingStorage": azurite, "FIXTURE_QUEUE": "fixture"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON_SCRIPT_FILE_NAME", "fixture_app.py")
        async with running_host(APP, settings, MovableClock(), key=KEY, held="/api/held") as host:
            yield host


@pytest.fixture
async def client(host: FunctionsHost) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=host.url, trust_env=False) as client:
        yield client


@pytest.fixture
async def queue(azurite: str, host: FunctionsHost) -> AsyncIterator[QueueClient]:
    encode = TextBase64EncodePolicy()
    async with QueueClient.from_connection_string(azurite, "fixture", message_encode_policy=encode) as queue:
        yield queue
        for opened in sys.modules["fixture_app"].waiting:
            opened.set()  # otherwise a call left waiting by a failed test would never end
        await host.settle()
        await queue.clear_messages()


@pytest.fixture
async def poison(azurite: str, host: FunctionsHost) -> AsyncIterator[QueueClient]:
    async with QueueClient.from_connection_string(azurite, "fixture-poison") as poison:
        await poison.clear_messages()
        yield poison


@pytest.fixture
async def app(host: FunctionsHost) -> Any:
    await host.settle()  # an earlier test's timers may have queued work
    app = sys.modules["fixture_app"]
    app.received.clear()
    app.ticks.clear()
    return app


class TestHttp:
    async def test_a_request_arrives_complete(self, host: FunctionsHost, client: httpx.AsyncClient) -> None:
        url = f"/API/echo/{ID}/a%20b?x=1&y=%C3%BC&X=2&empty=&y=3"
        answer = await client.request("PATCH", url, headers=[("A", "1"), ("a", "2")], content=b"\x00\xff")
        assert answer.status_code == 201
        assert answer.headers["content-type"] == "application/json"
        seen = answer.json()
        assert seen["method"] == "PATCH"
        assert seen["url"] == f"{host.url}{url}"
        assert seen["route"] == {"id": ID, "name": "a b"}
        assert seen["query"] == {"x": "1,2", "y": "ü,3"}  # a parameter without a value is left out, as in Azure
        assert seen["headers"]["a"] == "1,2"
        assert seen["body"] == "00ff"

    async def test_bytes_headers_and_cookies_are_returned(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/api/bytes", content=bytes(range(256)))
        assert answer.content == bytes(range(255, -1, -1))
        assert answer.headers["x-seen"] == "yes"
        cookie = answer.headers["set-cookie"]
        assert set(cookie.split("; ")) == {
            "session=abc", "Path=/addin", "HttpOnly", "Secure", "SameSite=None", "Max-Age=60"
        }  # fmt: skip

    async def test_a_large_body_is_accepted(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/api/bytes", content=b"x" * 5_000_000)
        assert len(answer.content) == 5_000_000

    @pytest.mark.parametrize(("path", "text"), [("/api/sync", "nothing"), ("/api/sync/a/b", "a/b")])
    async def test_synchronous_functions_run_as_well(self, client: httpx.AsyncClient, path: str, text: str) -> None:
        assert (await client.get(path)).text == text

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/api/nowhere", 404),
            ("GET", "/sync", 404),
            ("GET", "/api/bytes", 404),
            ("GET", "/api/echo/7", 404),
            ("GET", "/api/fails", 500),
            ("GET", "/api/nothing", 304),
        ],
    )
    async def test_status_codes_are_passed_on(
        self, client: httpx.AsyncClient, method: str, path: str, status: int
    ) -> None:
        answer = await client.request(method, path)
        assert (answer.status_code, answer.content) == (status, b"")

    async def test_a_functions_exceptions_are_logged_and_not_sent_to_the_client(
        self, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        await client.get("/api/fails")
        assert "RuntimeError: on purpose" in caplog.text
        assert "fixture_fails" in caplog.text

    @pytest.mark.parametrize(
        ("headers", "query", "status"),
        [
            ({}, {}, 401),
            ({"x-functions-key": "wrong"}, {}, 401),
            ({"x-functions-key": KEY}, {}, 200),
            ({}, {"code": KEY}, 200),
        ],
    )
    async def test_a_function_that_is_not_anonymous_needs_the_key(
        self, client: httpx.AsyncClient, headers: dict[str, str], query: dict[str, str], status: int
    ) -> None:
        assert (await client.get("/api/locked", headers=headers, params=query)).status_code == status

    async def test_a_path_that_is_held_back_gets_503_until_the_host_is_ready(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/api/held")).status_code == 503
        assert (await client.post("/dev/ready")).status_code == 200
        assert (await client.get("/api/held")).status_code == 200

    async def test_head_has_no_body(self, client: httpx.AsyncClient) -> None:
        answer = await client.head(f"/api/echo/{ID}")
        assert (answer.status_code, answer.content) == (201, b"")


class TestQueues:
    async def test_an_output_list_reaches_triggers_as_one_message_per_element(
        self, host: FunctionsHost, client: httpx.AsyncClient, app: Any, queue: QueueClient
    ) -> None:
        assert (await client.post("/api/send", json=["a", "ü"])).status_code == 202
        await host.settle()
        assert sorted(app.received) == [("a", 1), ("ü", 1)]
        assert not [message async for message in queue.receive_messages()]

    async def test_a_call_fails_if_its_output_cannot_be_written(
        self, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert (await client.post("/api/lost")).status_code == 500
        assert "the output out cannot be written" in caplog.text

    async def test_a_failed_message_is_delivered_again(self, host: FunctionsHost, app: Any, queue: QueueClient) -> None:
        await queue.send_message("flaky")
        await host.settle()
        assert app.received == [("flaky", 1), ("flaky", 2)]

    async def test_the_last_failure_moves_a_message_to_the_poison_queue(
        self, host: FunctionsHost, app: Any, queue: QueueClient, poison: QueueClient
    ) -> None:
        await queue.send_message("bad")
        await host.settle()
        assert app.received == [("bad", 1), ("bad", 2), ("bad", 3)]
        assert [message.content async for message in poison.receive_messages()] == ["YmFk"]

    async def test_a_message_that_cannot_be_decoded_goes_straight_to_the_poison_queue(
        self, host: FunctionsHost, app: Any, queue: QueueClient, poison: QueueClient, azurite: str
    ) -> None:
        async with QueueClient.from_connection_string(azurite, "fixture") as plain:
            await plain.send_message("not base64!")
        await host.settle()
        assert app.received == []
        assert len([message async for message in poison.receive_messages()]) == 1

    async def test_a_delayed_message_waits(self, host: FunctionsHost, app: Any, queue: QueueClient) -> None:
        await queue.send_message("later", visibility_timeout=3600)
        await host.settle()
        assert app.received == []

    async def test_at_most_a_batch_plus_the_threshold_run_at_a_time(
        self, host: FunctionsHost, app: Any, queue: QueueClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # A poll in the middle of sending would fetch a smaller batch first.
        [listener] = [each for each in host._listeners if each.queue_name == "fixture"]
        idle, sent, poll = asyncio.Event(), asyncio.Event(), listener._poll

        async def poll_later() -> bool:
            idle.set()
            await sent.wait()
            return await poll()

        monkeypatch.setattr(listener, "_poll", poll_later)
        listener.wake()
        await idle.wait()
        for number in range(20):
            await queue.send_message(f"gate {number}")
        sent.set()
        await eventually(lambda: len(app.waiting) == 8, "a batch of 8 is running")
        for opened in app.waiting[:4]:
            opened.set()
        await eventually(lambda: len(app.waiting) == 16, "once half of it is done, another batch is fetched")
        while len(app.waiting) < 20 or not all(opened.is_set() for opened in app.waiting):
            assert sum(not opened.is_set() for opened in app.waiting) <= 12
            for opened in app.waiting:
                opened.set()
            await asyncio.sleep(0)
        await host.settle()
        assert len(app.received) == 20
        app.waiting.clear()


class TestTimers:
    async def test_moving_the_clock_runs_each_due_timer_once_and_the_work_that_it_queued(
        self, client: httpx.AsyncClient, app: Any, queue: QueueClient
    ) -> None:
        start = (await client.get("/dev/clock")).json()["now"]
        year = int(start[:4]) + 1
        answer = await client.post("/dev/clock", json={"now": f"{year}-01-01T00:00:10Z"})
        assert answer.status_code == 200
        assert answer.json()["now"].startswith(f"{year}-01-01T00:00:1")
        assert app.ticks == {("fixture_timer", True): 1, ("fixture_yearly", True): 1}
        assert app.received == [("happy new year", 1)]

    async def test_a_timer_that_has_just_become_due_is_not_late(self, client: httpx.AsyncClient, app: Any) -> None:
        year = int((await client.get("/dev/clock")).json()["now"][:4]) + 1
        await client.post("/dev/clock", json={"now": f"{year}-01-01T00:00:00Z"})
        assert app.ticks["fixture_yearly", False] == 1

    @pytest.mark.parametrize(
        "body", [{"now": "2020-01-01T00:00:00Z"}, {"now": "2999-01-01T00:00:00"}, {"now": 7}, {}, [], "x"]
    )
    async def test_an_invalid_time_for_the_clock_is_refused(
        self, client: httpx.AsyncClient, app: Any, body: object
    ) -> None:
        answer = await client.post("/dev/clock", json=body)
        assert answer.status_code == 400
        assert "now" in answer.json()["error"]
        assert app.ticks == {}

    async def test_a_timer_runs_on_demand_whatever_the_case_of_its_name(
        self, client: httpx.AsyncClient, app: Any
    ) -> None:
        answer = await client.post("/dev/run/Fixture_Timer")
        assert (answer.status_code, answer.json()) == (200, {"ran": "fixture_timer"})
        assert app.ticks == {("fixture_timer", False): 1}

    async def test_the_response_for_an_unknown_timer_lists_the_existing_timers(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/dev/run/nope")
        assert answer.status_code == 404
        assert "fixture_yearly" in answer.json()["error"]

    async def test_a_failing_timer_is_reported(self, client: httpx.AsyncClient, app: Any) -> None:
        answer = await client.post("/dev/run/fixture_broken")
        assert answer.status_code == 500
        assert "on purpose" in answer.json()["error"]
        leap = int((await client.get("/dev/clock")).json()["now"][:4]) // 4 * 4 + 4
        answer = await client.post("/dev/clock", json={"now": f"{leap}-03-01T00:00:00Z"})
        assert (answer.status_code, answer.json()["failed"]) == (200, ["fixture_broken"])

    async def test_while_the_app_is_away_requests_fail_and_timers_wait_until_it_is_back(
        self, client: httpx.AsyncClient, app: Any
    ) -> None:
        assert (await client.post("/dev/away", json={"away": True})).json() == {"away": True}
        assert (await client.get("/sync/x")).status_code == 503
        year = int((await client.get("/dev/clock")).json()["now"][:4]) + 1
        await client.post("/dev/clock", json={"now": f"{year}-01-01T00:00:10Z"})
        assert app.ticks == {}
        assert (await client.post("/dev/away", json={"away": False})).json() == {"away": False}
        await eventually(lambda: app.ticks.get(("fixture_timer", True)) == 1, "one run makes up for all missed runs")
        assert (await client.get("/sync/x")).status_code != 503

    @pytest.mark.parametrize("body", [{}, [], None])
    async def test_an_incomplete_away_request_is_refused_with_an_explanation(
        self, client: httpx.AsyncClient, body: object
    ) -> None:
        answer = await client.post("/dev/away", json=body)
        assert (answer.status_code, "away" in answer.json()["error"]) == (400, True)

    async def test_other_dev_paths_are_not_found(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/dev/else")).status_code == 404


async def test_an_app_without_functions_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_SCRIPT_FILE_NAME", "not_there.py")
    (tmp_path / "host.json").write_text("{}")
    with pytest.raises(HostError, match="no functions"):
        async with running_host(tmp_path, {}, MovableClock()):
            pytest.fail("it started")


async def test_an_import_error_in_an_app_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_SCRIPT_FILE_NAME", "broken_app.py")
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / "broken_app.py").write_text("raise RuntimeError('a fault in the app')")
    with pytest.raises(HostError, match="a fault in the app"):
        async with running_host(tmp_path, {}, MovableClock()):
            pytest.fail("it started")


async def test_a_host_uses_the_clock_that_it_was_given(host: FunctionsHost, client: httpx.AsyncClient) -> None:
    before = host.clock.now()
    await client.post("/dev/clock", json={"now": (before + timedelta(minutes=1)).isoformat()})
    assert host.clock.now() >= before + timedelta(minutes=1)
