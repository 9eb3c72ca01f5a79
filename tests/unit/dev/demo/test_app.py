"""The demo page's server: its files, the pane with another Office.js, and what it passes on."""

import json
from typing import Any

import httpx
import pytest
from aiohttp.test_utils import make_mocked_request

from dev.demo.app import FILES, FOLDER, Demo
from dev.environment import ON_PREMISES, ONLINE

PANE = '<script defer src="https://appsforoffice.microsoft.com/lib/1/hosted/office.js"></script><script>x</script>'


class Stack:
    """The functions and the simulated Exchange, and what they were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pane = PANE
        self.policy: tuple[int, dict[str, Any]] = (200, {"action": "continue", "result": {"name": "Budget"}})

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url}")
        if request.url.path.endswith("/pane"):
            return httpx.Response(200, text=self.pane, headers={"Content-Security-Policy": "default-src 'none'"})
        if request.url.path.startswith("/policy/"):
            assert request.headers["Authorization"].startswith("Basic ")
            return httpx.Response(self.policy[0], json=self.policy[1])
        if request.url.host == "down":
            raise httpx.ConnectError("refused")
        return httpx.Response(404, json={"error": "no such meeting"})


async def ask(method: str, path: str, stack: Stack | None = None, exchange: str = "http://exchange") -> tuple[int, str]:
    transport = httpx.MockTransport((stack or Stack()).answer)
    async with httpx.AsyncClient(transport=transport) as client:
        demo = Demo("http://functions", exchange, client, (ONLINE, ON_PREMISES))
        answer = await demo.handle(make_mocked_request(method, path))
    return answer.status, answer.text or ""


@pytest.mark.parametrize("path", ["/demo", "/demo/", *(f"/demo/{name}" for name in FILES)])
async def test_the_page_and_its_files(path: str) -> None:
    status, text = await ask("GET", path)
    assert status == 200
    assert text == (FOLDER / (path.removeprefix("/demo").strip("/") or "index.html")).read_text()


def test_every_file_of_the_folder_is_served() -> None:
    """Or the page would break, one file after the other."""
    assert set(FILES) - {""} == {path.name for path in FOLDER.iterdir() if path.suffix in {".js", ".css"}}


@pytest.mark.parametrize("path", ["/demo/app.py", "/demo/%2e%2e/app.py", "/demo/jsconfig.json", "/demo/x/demo.js"])
async def test_nothing_else_is_served(path: str) -> None:
    status, text = await ask("GET", path)
    assert status == 404
    assert "/demo" in json.loads(text)["error"]


async def test_the_pane_gets_the_stand_in_and_nothing_else_changes() -> None:
    status, text = await ask("GET", f"/demo/pane/{ONLINE.uuid}")
    assert status == 200
    assert text == '<script defer src="/demo/office.js"></script><script>x</script>'


async def test_each_exchange_has_the_pane_of_its_integration() -> None:
    stack = Stack()
    exchanges = json.loads((await ask("GET", "/demo/exchanges"))[1])
    assert [one["name"] for one in exchanges] == ["Exchange Online (Graph)", "Exchange on-premises (EWS)"]
    for exchange in exchanges:
        await ask("GET", f"/demo/pane/{exchange['integration']}", stack)
    assert stack.asked == [f"GET {exchange['audience']}" for exchange in exchanges]


async def test_other_integrations_have_none_here() -> None:
    stack = Stack()
    assert (await ask("GET", "/demo/pane/33333333-3333-4333-8333-333333333333", stack))[0] == 404
    assert stack.asked == []


async def test_a_pane_without_office_js_is_a_fault() -> None:
    stack = Stack()
    stack.pane = "<p>nothing</p>"
    status, text = await ask("GET", f"/demo/pane/{ONLINE.uuid}", stack)
    assert status == 502
    assert "0 script tags" in text


@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        (200, {"action": "continue", "result": {"name": "Budget"}}, {"known": True, "open": True, "name": "Budget"}),
        (200, {"action": "reject", "result": {}}, {"known": True, "open": False, "name": ""}),
        (404, {"action": "continue", "result": {}}, {"known": False, "open": False, "name": ""}),
    ],
)
async def test_a_room_is_what_a_node_would_hear(code: int, body: dict[str, Any], expected: dict[str, Any]) -> None:
    stack = Stack()
    stack.policy = (code, body)
    assert json.loads((await ask("GET", "/demo/room?alias=meet1@example.com", stack))[1]) == expected
    assert "local_alias=meet1%40example.com" in stack.asked[0]


async def test_the_exchanges_answers_come_through() -> None:
    stack = Stack()
    status, text = await ask("DELETE", "/demo/exchange/meetings/1?occurrence=2026-12-01", stack)
    assert (status, json.loads(text)) == (404, {"error": "no such meeting"})
    assert stack.asked == ["DELETE http://exchange/dev/meetings/1?occurrence=2026-12-01"]


@pytest.mark.parametrize("path", ["/demo/exchange/../v1.0/users", "/demo/exchange/%2e%2e/v1.0/users"])
async def test_only_control_routes_are_passed_on(path: str) -> None:
    stack = Stack()
    assert (await ask("GET", path, stack))[0] == 404
    assert stack.asked == []


async def test_a_part_that_does_not_answer_is_named() -> None:
    status, text = await ask("GET", "/demo/exchange/clock", exchange="http://down")
    assert status == 502
    assert "does not answer" in text
