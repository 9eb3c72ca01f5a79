"""Filters across relations in the API, which find objects by properties of the objects they refer to."""

import pytest

from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, DOMAINS, Api
from tests.unit.shared.management.records import HOUR, api_with_one, booking, put

ROOM, ALIAS = "configuration/v1/conference/", "configuration/v1/conference_alias/"
SCHEDULED = "configuration/v1/scheduled_conference/"


@pytest.fixture
async def rooms() -> Api:
    api = Api()
    for uuid, mailbox in (("A", "a@example.com"), ("B", "b@example.com")):
        fields = graph_fields(name=f"Corp {uuid}", room_mailbox_email_address=mailbox)
        assert (await api.call("POST", CONNECTORS, fields)).status == 201
    for name, aliases, owner in (("Alice", ["alice", "al"], 1), ("Bob", ["bob"], 2), ("Carol", [], None)):
        connector = f"/api/admin/{CONNECTORS}{owner}/" if owner else None
        room = {"name": name, "aliases": aliases, "exchange_connector": connector, "pin": "1234"}
        assert (await api.call("POST", ROOM, room)).status == 201
    return api


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("aliases__alias=alice", ["Alice"]),
        ("aliases__alias__in=al,bob", ["Alice", "Bob"]),
        ("aliases__alias__startswith=a&order_by=-name", ["Alice"]),
        ("aliases__alias__iregex=^(AL|BO)", ["Alice", "Bob"]),
        ("aliases__isnull=true", ["Carol"]),
        ("exchange_connector__id=2", ["Bob"]),
        ("exchange_connector__name__icontains=corp", ["Alice", "Bob"]),
        ("exchange_connector__domains__domain__contains=office365", ["Alice", "Bob"]),
        ("exchange_connector=1", ["Alice"]),
        ("exchange_connector__in=1,2", ["Alice", "Bob"]),
        ("exchange_connector__isnull=true", ["Carol"]),
        ("exchange_connector__name__isnull=true", ["Carol"]),
        ("aliases__conference__name=Bob", ["Bob"]),
        ("aliases__conference__aliases__alias=bob", ["Bob"]),
    ],
)
async def test_conferences_are_found_by_their_related_objects(rooms: Api, query: str, expected: list[str]) -> None:
    answer = await rooms.call("GET", f"{ROOM}?{query}")
    assert [shown["name"] for shown in answer.body["objects"]] == expected
    assert "Warning" not in answer.headers


async def test_aliases_are_found_by_conference_and_domains_by_integration(rooms: Api) -> None:
    found = await rooms.get(f"{ALIAS}?conference__name=Alice")
    assert [shown["alias"] for shown in found["objects"]] == ["alice", "al"]
    assert await rooms.ids(f"{DOMAINS}?exchange_connector__room_mailbox_email_address=b@example.com") == [2]


async def test_scheduled_conferences_are_found_by_alias_and_room() -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR), uuid)
    [shown] = (await api.get(SCHEDULED))["objects"]
    [alias] = (await api.get("configuration/v1/scheduled_alias/"))["objects"]
    [room] = (await api.get(ROOM))["objects"]
    for query in (
        f"scheduled_alias__alias={alias['alias']}",
        f"conference__name={room['name']}",
        f"scheduled_alias__exchange_connector__uuid={uuid}",
    ):
        assert (await api.get(f"{SCHEDULED}?{query}"))["objects"] == [shown]
    for query in ("scheduled_alias__alias=other", "conference__name=other", "recurring_conference__subject=x"):
        assert (await api.get(f"{SCHEDULED}?{query}"))["objects"] == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("aliases__nothing=x", "no filter 'aliases__nothing'"),
        ("exchange_connector__password=x", "'password'"),
        ("exchange_connector__name__nothing=x", "no filter"),
        ("name__alias=x", "no filter"),
        ("aliases__conference__aliases__conference__name=x", "at most 3 references"),
        ("exchange_connector__id=x", "cannot be compared"),
    ],
)
async def test_a_filter_across_an_unknown_relation_is_refused(rooms: Api, query: str, message: str) -> None:
    answer = await rooms.call("GET", f"{ROOM}?{query}")
    assert answer.status == 400
    assert message in answer.body["error"]
