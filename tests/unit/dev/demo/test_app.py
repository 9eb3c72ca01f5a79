"""The demo page's server: its files, the requests that it forwards, and its handling of the stack's responses."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request

from dev.demo.app import FILES, FOLDER, Demo
from dev.environment import DEMO, ON_PREMISES, ONLINE
from dev.seed import Places
from shared.calendar.request import meeting_key

CONNECTOR = "/api/admin/configuration/v1/ms_exchange_connector/4/"
ALIAS = "/api/admin/configuration/v1/scheduled_alias/7/"
CONFERENCE = "/api/admin/configuration/v1/conference/7/"
ROOM: dict[str, list[dict[str, Any]]] = {
    "ms_exchange_connector": [
        {
            "resource_uri": CONNECTOR,
            "room_mailbox_email_address": DEMO.mailbox,
            "meeting_buffer_before": 30,
            "meeting_buffer_after": 60,
        }
    ],
    "scheduled_alias": [{"resource_uri": ALIAS, "alias": "88123456@example.com", "exchange_connector": CONNECTOR}],
    "scheduled_conference": [
        {
            "scheduled_alias": ALIAS,
            "conference": CONFERENCE,
            "ews_item_uid": meeting_key("u"),
            "start_time": "2026-12-01T10:00:00",
            "end_time": "2026-12-01T11:00:00",
        }
    ],
    "conference": [
        {"resource_uri": CONFERENCE, "name": "Budget", "is_open": True, "scheduled_conferences_count": 1},
        {
            "resource_uri": "…/1/",
            "name": "Alice's room",
            "scheduled_conferences_count": 0,
            "aliases": [{"alias": "5550101"}],
        },
    ],
}
MEETING: dict[str, Any] = {
    "uid": "u", "attendees": ["bob@example.com", DEMO.mailbox], "responses": {}, "location": "", "body": "",
}  # fmt: skip


def _room(name: str, alias: str, created: str) -> dict[str, Any]:
    return {"name": name, "aliases": [alias], "creation_time": created, "on_conferencing_nodes": True, "tag": ""}


class Stack:
    """The functions and the simulated Exchange, with the requests that they received."""

    def __init__(self, meeting: dict[str, Any] | None = None, **records: list[dict[str, Any]]) -> None:
        self.asked: list[str] = []
        self.is_away = False
        self.policy: tuple[int, dict[str, Any]] = (200, {"action": "continue", "result": {"name": "Budget"}})
        self.meeting = MEETING | (meeting or {})
        self.records = ROOM | records
        self.over = 0
        self.rooms = [_room("Early", "771", "2026-12-01T09:25:00.00"), _room("Late", "772", "2026-12-01T10:29:30.5")]
        self.rooms[1]["on_conferencing_nodes"] = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url}")
        path = request.url.path
        if request.url.host == "down":
            raise httpx.ConnectError("refused")
        if request.url.host == "functions":
            return self._product(path, request)
        if request.url.host == "node":
            return self._node(path, request)
        known = {"/dev/clock": {"now": "2026-12-01T10:30:00+00:00"}, "/dev/meetings": {"meetings": [self.meeting]}}
        if path.endswith("/messages"):
            return httpx.Response(200, json={"messages": []})
        return httpx.Response(200, json=known[path]) if path in known else httpx.Response(404, json={"error": "no"})

    def _node(self, path: str, request: httpx.Request) -> httpx.Response:
        if path == "/dev/rooms":
            return httpx.Response(200, json={"rooms": self.rooms})
        room = next((one for one in self.rooms if request.url.params["alias"] in one["aliases"]), None)
        known = room and room["on_conferencing_nodes"]
        return httpx.Response(200, json={"room": room}) if known else httpx.Response(404, json={"room": None})

    def _product(self, path: str, request: httpx.Request) -> httpx.Response:
        if path.startswith("/dev/"):
            return httpx.Response(200, json={"away": b"true" in request.content})
        assert request.headers["Authorization"].startswith("Basic ")
        if self.is_away:
            return httpx.Response(503)
        if path.startswith("/policy/"):
            return httpx.Response(self.policy[0], json=self.policy[1])
        return httpx.Response(200, json={"objects": self.records[path.rstrip("/").rpartition("/")[2]]})

    def come_to_an_end(self) -> None:
        self.over += 1


async def ask(
    method: str,
    path: str,
    stack: Stack | None = None,
    exchange: str = "http://exchange",
    body: bytes = b"",
    node: str = "",
) -> tuple[int, str]:
    stack = stack or Stack()
    async with httpx.AsyncClient(transport=httpx.MockTransport(stack.answer)) as client:
        demo = Demo(Places(exchange, "http://functions", node), client, (ONLINE, ON_PREMISES), stack.come_to_an_end)
        loop = asyncio.get_running_loop()
        payload = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
        payload.feed_data(body)
        payload.feed_eof()
        answer = await demo.handle(make_mocked_request(method, path, payload=payload))
    return answer.status, answer.text or ""


async def look(stack: Stack) -> dict[str, Any]:
    status, text = await ask("GET", "/demo/overview?user=alice@example.com", stack)
    assert status == 200
    seen: dict[str, Any] = json.loads(text)
    return seen


@pytest.mark.parametrize("path", ["/demo", "/demo/", *(f"/demo/{name}" for name in FILES)])
async def test_the_page_and_its_files_are_served(path: str) -> None:
    status, text = await ask("GET", path)
    assert status == 200
    assert text == (FOLDER / (path.removeprefix("/demo").strip("/") or "index.html")).read_text()


@pytest.mark.parametrize("path", ["/demo/app.py", "/demo/%2e%2e/app.py", "/demo/jsconfig.json", "/demo/x/demo.js"])
async def test_nothing_else_is_served(path: str) -> None:
    status, text = await ask("GET", path)
    assert status == 404
    assert "/demo" in json.loads(text)["error"]


async def test_each_selectable_exchange_has_a_pane_for_its_integration() -> None:
    exchanges = json.loads((await ask("GET", "/demo/exchanges"))[1])
    assert [(one["name"], one["polled"]) for one in exchanges] == [
        ("Exchange Online (Graph)", False),
        ("Exchange on-premises (EWS)", True),
    ]
    assert exchanges[0]["audience"] == f"http://functions/addin/{DEMO.uuid}/pane"


async def test_the_page_shows_the_recorded_room_rather_than_one_in_the_meetings_text() -> None:
    [meeting] = (await look(Stack({"responses": {DEMO.mailbox: "accepted"}})))["meetings"]
    assert (meeting["state"], meeting["answer"], meeting["window"]) == ("open", "accepted", [30, 60])
    [room] = meeting["rooms"]
    assert (room["alias"], room["opens"]) == ("88123456@example.com", "2026-12-01T09:30:00+00:00")


@pytest.mark.parametrize(
    ("meeting", "state"),
    [
        ({"body": "88123456@example.com"}, "waiting"),
        ({"responses": {DEMO.mailbox: "declined"}}, "declined"),
        ({"responses": {DEMO.mailbox: "accepted"}}, "gone"),
        ({"attendees": [], "body": "Call 5550101"}, "personal"),
        ({"attendees": [], "body": "88123456@example.com"}, "none"),
    ],
)
async def test_a_meeting_without_a_record_has_no_room(meeting: dict[str, Any], state: str) -> None:
    [seen] = (await look(Stack(meeting, scheduled_conference=[])))["meetings"]
    assert (seen["state"], seen["rooms"], seen["window"]) == (state, [], None)


async def test_a_meeting_accepted_while_the_page_loads_is_shown_with_its_room() -> None:
    """The room is recorded before the answer is sent, so the page reads the answers first."""
    stack = Stack({"responses": {DEMO.mailbox: "accepted"}})
    await look(stack)
    asked = [httpx.URL(each.split()[1]).path for each in stack.asked]
    records = min(place for place, path in enumerate(asked) if path.startswith("/api/admin/"))
    assert asked.index("/dev/clock") < asked.index("/dev/meetings") < records


async def test_a_series_shows_the_room_of_its_current_or_next_date() -> None:
    [first] = ROOM["scheduled_conference"]
    dates = [
        first | {"start_time": f"2026-{day}T10:00:00", "end_time": f"2026-{day}T11:00:00"}
        for day in ("12-15", "11-24", "12-08")
    ]
    [meeting] = (await look(Stack(scheduled_conference=dates)))["meetings"]
    assert [room["opens"] for room in meeting["rooms"]] == ["2026-12-08T09:30:00+00:00"]


async def test_the_state_of_rooms_is_unknown_while_the_back_end_is_down() -> None:
    stack = Stack()
    stack.is_away = True
    seen = await look(stack)
    assert seen["away"]
    assert [meeting["state"] for meeting in seen["meetings"]] == ["unknown"]


async def test_an_overview_requires_a_user() -> None:
    assert (await ask("GET", "/demo/overview"))[0] == 400


@pytest.mark.parametrize(
    ("code", "body", "alias", "verdict"),
    [
        (200, {"action": "continue", "result": {"name": "Budget"}}, "88123456", "open"),
        (200, {"action": "reject", "result": {}}, "88123456", "closed"),
        (404, {"action": "continue", "result": {}}, "5550101", "personal"),
        (404, {"action": "continue", "result": {}}, "99", "unknown"),
        (503, {}, "88123456", "away"),
    ],
)
async def test_a_participant_sees_how_a_conferencing_node_would_react(
    code: int, body: dict[str, Any], alias: str, verdict: str
) -> None:
    stack = Stack()
    stack.policy = (code, body)
    told = json.loads((await ask("GET", f"/demo/join?alias={alias}", stack))[1])
    assert (told["verdict"], told["status"], told["answer"]) == (verdict, code, body)
    assert f"local_alias={alias}&protocol=" in told["question"]


async def test_rooms_on_a_node_are_shown_as_stored_there() -> None:
    path = "/demo/overview?user=alice@example.com"
    assert json.loads((await ask("GET", path))[1])["node"] is None
    seen = json.loads((await ask("GET", path, node="http://node"))[1])["node"]
    assert seen["away"] is False
    assert [(one["name"], one["since"], one["reached"]) for one in seen["rooms"]] == [
        ("Late", "2026-12-01T10:29:30.5+00:00", False),
        ("Early", "2026-12-01T09:25:00.00+00:00", True),
    ]


async def test_a_node_that_is_down_shows_no_rooms() -> None:
    status, text = await ask("GET", "/demo/overview?user=alice@example.com", node="http://down")
    assert (status, json.loads(text)["node"]) == (200, {"away": True, "rooms": []})


@pytest.mark.parametrize(
    ("code", "alias", "node", "verdict", "name"),
    [
        (404, "771", "http://node", "node", "Early"),
        (404, "772", "http://node", "unknown", ""),
        (404, "771", "http://down", "unknown", ""),
        (503, "771", "http://node", "node", "Early"),
        (503, "772", "http://node", "away", ""),
    ],
)
async def test_a_participant_can_join_a_room_that_exists_on_a_conferencing_node(
    code: int, alias: str, node: str, verdict: str, name: str
) -> None:
    """Joining also works while the product is down, because the rooms are on the node itself."""
    stack = Stack()
    stack.policy = (code, {})
    told = json.loads((await ask("GET", f"/demo/join?alias={alias}", stack, node=node))[1])
    assert (told["verdict"], told["name"], told["asks_itself"]) == (verdict, name, True)


async def test_the_mailboxes_are_swept_when_the_back_end_is_available_again() -> None:
    stack = Stack()
    assert json.loads((await ask("POST", "/demo/away", stack, body=b'{"away": true}'))[1]) == {"away": True}
    assert stack.asked == ["POST http://functions/dev/away"]
    await ask("POST", "/demo/away", stack, body=b'{"away": false}')
    assert stack.asked[-1] == "POST http://functions/dev/run/sweep"


async def test_a_reset_is_delegated_to_the_process_that_runs_the_stack() -> None:
    stack = Stack()
    assert (await ask("POST", "/demo/reset", stack))[0] == 200
    assert (stack.over, stack.asked) == (1, [])


async def test_responses_from_the_simulated_exchange_are_passed_on() -> None:
    stack = Stack()
    status, text = await ask("DELETE", "/demo/exchange/meetings/1?occurrence=2026-12-01", stack)
    assert (status, json.loads(text)) == (404, {"error": "no"})
    assert stack.asked == ["DELETE http://exchange/dev/meetings/1?occurrence=2026-12-01"]


@pytest.mark.parametrize("path", ["/demo/exchange/../v1.0/users", "/demo/exchange/%2e%2e/v1.0/users"])
async def test_only_control_routes_are_forwarded(path: str) -> None:
    stack = Stack()
    assert (await ask("GET", path, stack))[0] == 404
    assert stack.asked == []


async def test_an_unresponsive_part_of_the_stack_is_named() -> None:
    status, text = await ask("GET", "/demo/exchange/clock", exchange="http://down")
    assert status == 502
    assert "is not responding" in text
