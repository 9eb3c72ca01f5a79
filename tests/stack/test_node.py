"""With NODE=1, an integration has its rooms on the simulated Management Node, from the click to the end of the room."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.environment import NODE_ACCOUNT, ON_NODE, Addresses
from dev.node_outage import transcript
from dev.processes import free_port
from tests.stack.client import LocalStack, wait_for

MINUTE = timedelta(minutes=1)
CONFERENCES = "/api/admin/configuration/v1/conference/"


class NodeStack(LocalStack):
    """The stack and its node, as seen by an admin of the node."""

    @property
    def node(self) -> httpx.Client:
        return httpx.Client(base_url=self.at.node, auth=NODE_ACCOUNT, trust_env=False, timeout=30)

    def has_room(self, alias: str) -> bool:
        with self.node as node:
            found: list[dict[str, Any]] = node.get(CONFERENCES, params={"limit": 1000}).json()["objects"]
        return alias in [each["alias"] for room in found for each in room["aliases"]]

    def meeting(self, hours: int) -> tuple[str, datetime]:
        """Book a meeting that begins in `hours` hours, and check that it is accepted. Returns its alias and start."""
        room = self.allocate()
        start = (self.now() + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
        answer = self.wait_for_answer(self.invite(start, f"<p>Hello</p>{room['instructions']}"))
        assert answer["kind"] == "accepted"
        return room["alias"], start

    def room_is(self, alias: str, *, there: bool) -> None:
        wait_for(lambda: self.has_room(alias) is there or None, f"the room of {alias}: {there}")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeStack]:
    node = free_port()
    at = Addresses(free_port(), free_port(), node)
    stack = NodeStack(tmp_path_factory.mktemp("stack"), at, ON_NODE, NODE="1", NODE_PORT=str(node))
    try:
        stack.wait_until_up()
        yield stack
    finally:
        stack.stop()


def test_the_start_prints_a_room_on_the_node(stack: NodeStack) -> None:
    for text in ("leads to /api/admin/configuration/v1/conference/", stack.at.node, "admin / local-node"):
        assert text in stack.said


def test_a_room_exists_during_its_time_and_policy_leaves_it_to_the_node(stack: NodeStack) -> None:
    alias, start = stack.meeting(3)
    assert alias.startswith("77")
    for moment, there in [
        (start - 37 * MINUTE, False),
        (start - 34 * MINUTE, True),
        (start + 119 * MINUTE, True),
        (start + 121 * MINUTE, False),
    ]:
        stack.move_clock(moment)
        stack.room_is(alias, there=there)
        assert stack.policy(alias) == "unknown"


def test_a_node_that_dies_around_a_join_window_gets_the_room_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node dies twice, and comes back empty each time: see `python -m dev.node_outage`."""
    monkeypatch.setenv("NODE", "1")
    lines: list[str] = []
    transcript(tmp_path, lines.append)
    expected = [
        "is killed before the meeting is booked", "accepted", "alarm bridge_failed: Aliases of upcoming meetings",
        "alarm bridge_failed: Rooms for meetings", "alarm rooms_missing", "is told that there is no such conference",
        "is back, without its data", "has the room", "these alarms are cleared", "is in the room",
        "is killed while people are in the room", "is back, without its data", "has the room", "the room is gone",
        "is told that there is no such conference",
    ]  # fmt: skip
    assert len(lines) == len(expected), lines
    assert all(text in line for text, line in zip(expected, lines, strict=True)), lines
