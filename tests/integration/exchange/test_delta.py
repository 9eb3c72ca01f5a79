"""Delta queries for the messages in a folder (docs/facts/exchange.md §4)."""

from typing import Any

import httpx
import pytest

from tests.support.exchange_world import ALICE, VMR, ExchangeWorld

Page = dict[str, Any]


async def follow(world: ExchangeWorld, url: str, prefer: str = 'IdType="ImmutableId"') -> tuple[list[Page], str]:
    """The items on all pages, starting at a URL, and the final deltaLink."""
    items: list[Page] = []
    while True:
        answer = await world.http.get(url, headers={"Authorization": "Bearer x", "Prefer": prefer})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["value"]
        if "@odata.deltaLink" in page:
            return items, page["@odata.deltaLink"]
        url = page["@odata.nextLink"]


def start(folder: str = "inbox", query: str = "") -> str:
    return f"/v1.0/users/{VMR}/mailFolders/{folder}/messages/delta?{query}"


async def test_all_messages_are_returned_first_and_then_only_changes(world: ExchangeWorld) -> None:
    await world.meet(subject="A")
    items, link = await follow(world, start(query="$select=subject"))
    assert [(item["subject"], item["@odata.type"]) for item in items] == [("A", "#microsoft.graph.eventMessageRequest")]
    assert set(items[0]) == {"@odata.type", "@odata.etag", "id", "subject"}
    assert (await follow(world, link))[0] == []
    await world.meet(subject="B")
    items, later = await follow(world, link)
    assert [item["subject"] for item in items] == ["B"]
    assert set(items[0]) == {"@odata.type", "@odata.etag", "id", "subject"}, "the link preserves the selection"
    assert (await follow(world, link))[0] == items, "a token can be used more than once"
    assert (await follow(world, later))[0] == []


@pytest.mark.parametrize("prefer", ["odata.maxpagesize=2", 'odata.maxpagesize=2, IdType="ImmutableId"'])
async def test_a_delta_query_is_read_page_by_page(world: ExchangeWorld, prefer: str) -> None:
    for number in range(5):
        await world.meet(subject=f"M{number}")
    answer = await world.http.get(start(), headers={"Authorization": "Bearer x", "Prefer": prefer})
    assert len(answer.json()["value"]) == 2
    assert answer.json()["@odata.nextLink"].startswith(world.running.graph_url)
    items, _ = await follow(world, start(), prefer)
    assert [item["subject"] for item in items] == [f"M{number}" for number in range(5)]


async def test_a_moved_message_is_removed_from_one_folder_and_new_in_the_other(world: ExchangeWorld) -> None:
    await world.meet()
    [message], inbox = await follow(world, start())
    _, deleted = await follow(world, start("deleteditems"))
    await world.respond((await world.event())["id"])
    gone, _ = await follow(world, inbox)
    assert gone == [{"@odata.type": "#microsoft.graph.message", "id": message["id"], "@removed": {"reason": "deleted"}}]
    assert [item["id"] for item in (await follow(world, deleted))[0]] == [message["id"]]


async def test_a_moved_message_is_removed_under_its_former_regular_id(world: ExchangeWorld) -> None:
    await world.meet()
    [message], inbox = await follow(world, start(), prefer="")
    await world.respond((await world.event())["id"])
    [gone], _ = await follow(world, inbox, prefer="")
    assert gone["id"] == message["id"]


async def test_several_changes_to_a_message_are_returned_once_with_the_final_state(world: ExchangeWorld) -> None:
    await world.meet()
    _, link = await follow(world, start())
    path = f"/users/{VMR}/messages/{(await world.folder())[0]['id']}"
    for read in (True, False, True):
        await world.graph("PATCH", path, json={"isRead": read})
    [item], _ = await follow(world, link)
    assert item["isRead"] is True


async def test_a_query_can_be_limited_to_new_messages(world: ExchangeWorld) -> None:
    await world.meet()
    _, link = await follow(world, start(query="changeType=created&$select=subject"))
    await world.graph("PATCH", f"/users/{VMR}/messages/{(await world.folder())[0]['id']}", json={"isRead": True})
    assert (await follow(world, link))[0] == []
    await world.meet(subject="B")
    assert [item["subject"] for item in (await follow(world, link))[0]] == ["B"]


async def test_older_messages_can_be_left_out_of_the_first_round(world: ExchangeWorld) -> None:
    await world.meet(subject="Old")
    await world.post("/dev/clock", {"now": "2029-01-01T00:00:00+00:00"})
    await world.meet(subject="New")
    items, _ = await follow(world, start(query="$filter=receivedDateTime ge 2029-01-01T00:00:00Z"))
    assert [item["subject"] for item in items] == ["New"]


def gone(answer: httpx.Response, status: int = 410, code: str = "SyncStateNotFound") -> bool:
    return (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_unknown_and_invalidated_tokens_are_refused(world: ExchangeWorld) -> None:
    assert gone(await world.graph("GET", f"/users/{VMR}/mailFolders/inbox/messages/delta?$deltatoken=abc"))
    _, link = await follow(world, start())
    foreign = link.replace(world.exchange.directory.ensure(VMR).guid, ALICE)
    assert gone(await world.http.get(foreign, headers={"Authorization": "Bearer x"}))
    await world.post("/dev/delta/invalidate")
    assert gone(await world.http.get(link, headers={"Authorization": "Bearer x"}))


async def test_a_generation_of_tokens_can_be_invalidated_in_the_middle_of_a_round(world: ExchangeWorld) -> None:
    for _ in range(5):
        await world.meet()
    await world.post("/dev/delta/invalidate", {"after": 2, "status": 400, "code": "syncStateInvalid"})
    link = start(query="$select=id")
    headers = {"Authorization": "Bearer x", "Prefer": "odata.maxpagesize=2"}
    for _ in range(2):
        link = (await world.http.get(link, headers=headers)).json()["@odata.nextLink"]
    assert gone(await world.http.get(link, headers=headers), 400, "syncStateInvalid")
    assert len((await follow(world, start()))[0]) == 5


@pytest.mark.parametrize("loses", [True, False])
async def test_a_message_that_is_moved_away_and_back_is_reported_only_as_removed(
    world: ExchangeWorld, loses: bool
) -> None:
    """With regular ids, it counts as a new message (docs-contrib issue 72)."""
    world.exchange.delta.loses_returns = loses
    _, link = await follow(world, start())
    await world.meet()
    [message] = await world.folder()
    for folder in ("deleteditems", "inbox"):
        await world.graph("POST", f"/users/{VMR}/messages/{message['id']}/move", json={"destinationId": folder})
    items, later = await follow(world, link)
    assert ["@removed" in item for item in items] == [loses]
    await world.graph("PATCH", f"/users/{VMR}/messages/{message['id']}", json={"isRead": True})
    assert len((await follow(world, later))[0]) == (0 if loses else 1)


@pytest.mark.parametrize("query", ["changeType=moved", "$filter=isRead eq false", "$expand=attachments"])
async def test_an_unsupported_query_parameter_is_refused(world: ExchangeWorld, query: str) -> None:
    answer = await world.graph("GET", f"/users/{VMR}/mailFolders/inbox/messages/delta?{query}")
    assert answer.status_code == 400
