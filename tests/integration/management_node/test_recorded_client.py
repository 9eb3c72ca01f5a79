"""The simulated Management Node responds to requests recorded from real clients of the original API (C3).

The tests of our own management API use the same recordings (tests/data/clients).
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from dev.management_node.app import Running, running_node
from dev.management_node.auth import BASIC
from shared.management import Answer
from tests.support.recorded_client import READS, Replay, readable, recording

OWN = ("conference", "conference_alias", "end_user")
"""A node's resources. Exchange connectors exist only in the product."""


class Client:
    """A session that sends Replay's requests to the node rather than to our own API."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def call(self, method: str, path: str, sent: Any = None) -> Answer:
        answer = await self._http.request(method, f"/api/admin/{path}", json=sent)
        body = answer.json() if answer.content else None
        location = answer.headers.get("Location", "")
        return Answer(answer.status_code, body, {"Location": httpx.URL(location).raw_path.decode()} if location else {})


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with running_node() as running:
        yield running


def _resource(step: dict[str, Any], bound: dict[str, str]) -> str:
    path = str(step["path"])
    if path.startswith("{"):
        return bound.get(path.strip("{}"), "")
    return path.removeprefix("/api/admin/configuration/v1/").partition("/")[0]


def own_steps(steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The recorded steps that use resources on the node."""
    bound: dict[str, str] = {}
    found = []
    for step in steps:
        resource = _resource(step, bound)
        if "binds" in step:
            bound[step["binds"]] = resource
        if resource in OWN:
            found.append(step)
    return found


@pytest.mark.parametrize(
    ("client", "count", "some"),
    [("go-sdk-v41", 19, {"create a conference", "create the same alias again", "replace the conference"}),
     ("terraform-infinity", 25, set())],
)  # fmt: skip
async def test_every_recorded_request_gets_the_response_that_the_client_needs_from_the_node(
    running: Running, client: str, count: int, some: set[str]
) -> None:
    steps, reads = recording(client)
    async with httpx.AsyncClient(base_url=running.base_url, auth=BASIC) as http:
        replay = Replay(Client(http), reads)  # type: ignore[arg-type]
        names = []
        for step in own_steps(steps):
            await replay.step(step)
            names.append(step["name"])
    assert len(names) >= count
    assert some <= set(names)


@pytest.mark.parametrize("resource", OWN)
async def test_the_fields_read_by_the_client_are_shown(running: Running, resource: str) -> None:
    given = {
        "conference": {"name": "Room", "aliases": [{"alias": "room"}]},
        "conference_alias": {"alias": "other", "conference": "/api/admin/configuration/v1/conference/1/"},
        "end_user": {"primary_email_address": "alice@example.com"},
    }
    async with httpx.AsyncClient(base_url=f"{running.base_url}/api/admin/configuration/v1/", auth=BASIC) as http:
        for name in ("conference", resource):
            await http.post(f"{name}/", json=given[name])
        shown = (await http.get(f"{resource}/1/")).json()
    readable(READS[resource], shown)
    assert READS[resource].keys() - shown.keys() == set()
