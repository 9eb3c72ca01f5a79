"""The simulated Management Node behaves as docs/facts/pexip.md describes a real one."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from dev.harness.node_wire import NodeWire
from dev.management_node.auth import BASIC
from dev.management_node.node import Node
from dev.movable_clock import MovableClock
from tests.fakes.clock import FakeClock

ROOT = "/api/admin/configuration/v1/"
ROOMS = f"{ROOT}conference/"
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def node(clock: FakeClock) -> Node:
    return Node(clock)


@pytest.fixture
async def http(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=NodeWire(node), base_url="https://manager.example.com", auth=BASIC) as http:
        yield http


def room(name: str, *aliases: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "aliases": [{"alias": alias} for alias in aliases], **more}


async def made(http: httpx.AsyncClient, *rooms: dict[str, Any]) -> None:
    assert (await http.patch(ROOMS, json={"objects": list(rooms)})).status_code == 202


async def names(http: httpx.AsyncClient, query: str = "") -> list[str]:
    answer = await http.get(f"{ROOMS}?{query}")
    return [each["name"] for each in answer.raise_for_status().json()["objects"]]


class TestLists:
    async def test_pages_can_be_followed_to_the_end(self, http: httpx.AsyncClient) -> None:
        await made(http, *(room(f"Room {number}") for number in range(45)))
        path, seen, totals = ROOMS, list[str](), set[int]()
        while path:
            page = (await http.get(path)).json()
            seen += [each["name"] for each in page["objects"]]
            totals.add(page["meta"]["total_count"])
            assert len(page["objects"]) <= page["meta"]["limit"] == 20, "20 objects unless a limit is requested"
            path = page["meta"]["next"]
        assert seen == [f"Room {number}" for number in range(45)]
        assert totals == {45}
        assert page["meta"]["previous"].startswith(f"{ROOMS}?")

    @pytest.mark.parametrize(("query", "count"), [("limit=5", 5), ("limit=0", 45), ("offset=40", 5), ("offset=99", 0)])
    async def test_a_page_has_the_requested_length(self, http: httpx.AsyncClient, query: str, count: int) -> None:
        await made(http, *(room(f"Room {number}") for number in range(45)))
        assert len(await names(http, query)) == count

    @pytest.mark.parametrize(
        ("query", "found"),
        [("name=One", ["One"]), ("name=one", []), ("name__iexact=one", ["One"]), ("name__in=One,Two", ["One", "Two"]),
         ("name__startswith=T", ["Two", "Three"]), ("name__icontains=E", ["One", "Three"]),
         ("tag=a&name=One", ["One"]), ("tag=b&name=One", []), ("nothing=x", ["One", "Two", "Three"])],
    )  # fmt: skip
    async def test_lists_can_be_filtered(self, http: httpx.AsyncClient, query: str, found: list[str]) -> None:
        """A filter on an unknown field is ignored."""
        await made(http, room("One", tag="a"), room("Two"), room("Three"))
        assert await names(http, query) == found

    async def test_a_filter_that_is_not_allowed_is_refused(self, http: httpx.AsyncClient, node: Node) -> None:
        assert (await http.get(f"{ROOMS}?name__sounds=x")).status_code == 400
        node.variants.knows_in = False
        answer = await http.get(f"{ROOMS}?name__in=a,b")
        assert (answer.status_code, "not an allowed filter" in answer.json()["error"]) == (400, True)

    async def test_deleting_a_list_deletes_every_object(self, http: httpx.AsyncClient) -> None:
        await made(http, room("One", "1"), room("Two", "2"))
        assert (await http.delete(ROOMS)).status_code == 204
        assert await names(http) == []
        assert (await http.post(ROOMS, json=room("Three", "1"))).status_code == 201, "deletion frees the aliases"


class TestObjects:
    @pytest.mark.parametrize("is_absolute", [True, False])
    async def test_the_location_header_points_to_the_new_object(
        self, http: httpx.AsyncClient, node: Node, is_absolute: bool
    ) -> None:
        node.variants.absolute_location = is_absolute
        answer = await http.post(ROOMS, json=room("One", "1"))
        assert (answer.status_code, answer.content) == (201, b"")
        assert answer.headers["Location"].startswith("https://") is is_absolute
        shown = (await http.get(answer.headers["Location"])).json()
        assert (shown["name"], [each["alias"] for each in shown["aliases"]]) == ("One", ["1"])

    @pytest.mark.parametrize("shows", [True, False])
    async def test_the_response_to_a_change_may_or_may_not_contain_the_object(
        self, http: httpx.AsyncClient, node: Node, shows: bool
    ) -> None:
        node.variants.shows_changed = shows
        await made(http, room("One", "1", description="It"))
        answer = await http.patch(f"{ROOMS}1/", json={"name": "Two"})
        assert (answer.status_code, bool(answer.content)) == ((202, True) if shows else (204, False))
        assert (await http.get(f"{ROOMS}1/")).json()["description"] == "It"

    @pytest.mark.parametrize("is_wrapped", [True, False])
    @pytest.mark.parametrize(
        ("sent", "resource", "fault"),
        [(room("one"), "conference", {"name": ["Conference with this Name already exists."]}),
         (room("Two", "A"), "conference_alias", {"alias": ["Conference alias with this Alias already exists."]}),
         (room(""), "conference", {"name": ["This field is required."]}),
         (room("x" * 251), "conference",
          {"name": ["Ensure this value has at most 250 characters (it has 251)."]})],
    )  # fmt: skip
    async def test_a_refusal_names_the_field(
        self, http: httpx.AsyncClient, node: Node, is_wrapped: bool, sent: Any, resource: str, fault: Any
    ) -> None:
        node.variants.wrapped_faults = is_wrapped
        await made(http, room("One", "a"))
        answer = await http.post(ROOMS, json=sent)
        assert (answer.status_code, answer.json()) == (400, {resource: fault} if is_wrapped else fault)
        assert await names(http) == ["One"]

    async def test_a_reference_to_a_missing_object_is_refused(self, http: httpx.AsyncClient) -> None:
        answer = await http.post(ROOMS, json=room("One", ivr_theme=f"{ROOT}ivr_theme/99/"))
        assert (answer.status_code, "Could not find" in answer.json()["error"]) == (400, True)

    async def test_a_conference_may_be_kept_without_an_alias_that_is_refused(
        self, http: httpx.AsyncClient, node: Node
    ) -> None:
        node.variants.nested_is_atomic = False
        await made(http, room("One", "1"))
        assert (await http.post(ROOMS, json=room("Two", "1", "2"))).status_code == 400
        assert (await http.get(f"{ROOMS}?name=Two")).json()["objects"][0]["aliases"] == []

    @pytest.mark.parametrize(
        ("path", "status"),
        [(ROOMS.rstrip("/"), 301), (f"{ROOMS}7/", 404), (f"{ROOT}nothing/", 404), ("/api/admin/x/", 404)],
    )
    async def test_unknown_paths_are_not_found(self, http: httpx.AsyncClient, path: str, status: int) -> None:
        assert (await http.get(path)).status_code == status

    async def test_every_request_needs_valid_credentials(self, http: httpx.AsyncClient) -> None:
        assert (await http.get(ROOMS, auth=("admin", "wrong"))).status_code == 401


class TestBulk:
    async def test_a_bulk_request_changes_creates_and_removes_objects(self, http: httpx.AsyncClient) -> None:
        await made(http, room("One"), room("Two"), room("Three"))
        sent = [{"resource_uri": f"{ROOMS}1/", "name": "Uno"}, room("Four", "4")]
        answer = await http.patch(ROOMS, json={"objects": sent, "deleted_objects": [f"{ROOMS}2/", f"{ROOMS}3/"]})
        assert answer.status_code == 202
        assert await names(http) == ["Uno", "Four"]

    @pytest.mark.parametrize("is_atomic", [True, False])
    async def test_a_bulk_request_ends_at_an_object_that_is_refused(
        self, http: httpx.AsyncClient, node: Node, is_atomic: bool
    ) -> None:
        node.variants.bulk_is_atomic = is_atomic
        await made(http, room("One", "1"), room("Other", "2"))
        sent = [room("Before"), {"resource_uri": f"{ROOMS}1/", "name": "Uno", "aliases": [{"alias": "9"}]},
                room("Two", "2"), room("After")]  # fmt: skip
        answer = await http.patch(ROOMS, json={"objects": sent, "deleted_objects": [f"{ROOMS}2/"]})
        assert answer.status_code == 400
        assert await names(http) == (["One", "Other"] if is_atomic else ["Uno", "Other", "Before"])
        shown = (await http.get(f"{ROOMS}1/")).json()
        assert [each["alias"] for each in shown["aliases"]] == (["1"] if is_atomic else ["9"])

    @pytest.mark.parametrize("is_atomic", [True, False])
    async def test_the_first_missing_object_ends_a_bulk_removal(
        self, http: httpx.AsyncClient, node: Node, is_atomic: bool
    ) -> None:
        node.variants.bulk_is_atomic = is_atomic
        await made(http, room("One"), room("Two"))
        gone = [f"{ROOMS}1/", f"{ROOMS}7/", f"{ROOMS}2/"]
        assert (await http.patch(ROOMS, json={"objects": [], "deleted_objects": gone})).status_code == 404
        assert await names(http) == (["One", "Two"] if is_atomic else ["Two"])


class TestLimit:
    @pytest.mark.parametrize("says", [True, False])
    async def test_excess_requests_are_refused_before_any_other_check(
        self, http: httpx.AsyncClient, node: Node, says: bool
    ) -> None:
        node.limit, node.variants.retry_after = 3, says
        assert [(await http.get(ROOMS)).status_code for _ in range(3)] == [200] * 3
        refused = await http.get(ROOMS, auth=("admin", "wrong"))
        assert (refused.status_code, "Retry-After" in refused.headers) == (429, says)

    async def test_the_per_minute_limit_uses_a_sliding_window(
        self, http: httpx.AsyncClient, node: Node, clock: FakeClock
    ) -> None:
        node.limit = 2
        statuses = []
        for _ in range(5):
            statuses.append((await http.get(ROOMS)).status_code)
            clock.move(25 * SECOND)
        assert statuses == [200, 200, 429, 200, 200]
        assert node.most_in_a_minute == 2


class TestReplication:
    async def test_every_change_reaches_conferencing_nodes_after_a_delay(
        self, http: httpx.AsyncClient, node: Node, clock: FakeClock
    ) -> None:
        await made(http, room("One", "1"))
        clock.move(59 * SECOND)
        assert node.dialled("1") is None
        clock.move(SECOND)
        assert node.dialled("1") is not None
        await http.patch(f"{ROOMS}1/", json={"name": "Uno"})
        assert (node.dialled("1") or {})["name"] == "One"
        clock.move(60 * SECOND)
        assert (node.dialled("1") or {})["name"] == "Uno"
        await http.delete(f"{ROOMS}1/")
        assert node.dialled("1") is not None
        assert node.rooms() == []
        clock.move(60 * SECOND)
        assert node.dialled("1") is None

    async def test_an_alias_added_separately_also_reaches_conferencing_nodes(
        self, http: httpx.AsyncClient, node: Node, clock: FakeClock
    ) -> None:
        await made(http, room("One", "1"))
        await http.post(f"{ROOT}conference_alias/", json={"alias": "2", "conference": f"{ROOMS}1/"})
        clock.move(60 * SECOND)
        assert node.dialled("2") is not None
        assert (await http.delete(f"{ROOT}conference_alias/1/")).status_code == 204
        clock.move(60 * SECOND)
        assert (node.dialled("1"), node.dialled("2") is None) == (None, False)


async def test_a_restart_returns_a_node_to_its_initial_state(http: httpx.AsyncClient, node: Node) -> None:
    node.clock = clock = MovableClock()
    clock.move_to(clock.now() + timedelta(days=1))
    node.limit, node.variants.knows_in = 7, False
    node.faults.add({"on": "DELETE /api", "status": 503, "times": None})
    await made(http, room("One", "1"))
    ahead = clock.now()
    node.begin_again()
    assert clock.now() < ahead
    assert (node.limit, node.variants.knows_in, node.rooms(), node.requests) == (1000, True, [], [])
    await made(http, room("One", "1"))
    assert (await http.delete(f"{ROOMS}1/")).status_code == 204
