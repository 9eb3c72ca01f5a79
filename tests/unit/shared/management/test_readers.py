"""The app role Scheduling.Read, which lets users read everything except personal PINs, but change nothing."""

from typing import Any

import pytest

from shared.errors import NotAllowed
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, READER, Api

ROOM = "configuration/v1/conference/"
VMR = {"name": "Room", "pin": "1234", "guest_pin": "567890", "allow_guests": True, "aliases": ["room"]}


async def api_with_a_room() -> Api:
    api = Api()
    await api.call("POST", CONNECTORS, graph_fields())
    assert (await api.call("POST", ROOM, VMR | {"guest_pin": "5678"})).status == 201
    return api


async def read(api: Api, path: str) -> Any:
    answer = await api.call("GET", path, headers=READER)
    assert answer.status == 200, answer
    return answer.body


async def test_every_change_and_action_of_every_resource_is_refused() -> None:
    api = await api_with_a_room()
    before = await api.get(CONNECTORS), await api.get(ROOM)
    paths = ["configuration/v1/nothing/"]
    for resource in api.management.resources:
        own = f"{resource.area}/v1/{resource.name}/"
        paths += [own, f"{own}1/", *(f"{own}1/{action}/" for action in resource.actions)]
    assert f"{CONNECTORS}1/icon/" in paths
    assert len(paths) > 40
    for path in paths:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            with pytest.raises(NotAllowed, match=r"Scheduling\.Admin"):
                await api.call(method, path, {"name": "Mallory"}, READER)
    assert (await api.get(CONNECTORS), await api.get(ROOM)) == before


async def test_a_reader_can_read_everything() -> None:
    api = await api_with_a_room()
    assert await read(api, CONNECTORS) == await api.get(CONNECTORS)
    assert await read(api, f"{CONNECTORS}1/doctor/") == await api.get(f"{CONNECTORS}1/doctor/")
    assert (await api.call("HEAD", f"{CONNECTORS}1/", headers=READER)).status == 200
    assert (await api.call("OPTIONS", ROOM, headers=READER)).headers["Allow"] == "GET, OPTIONS"
    for area in ("configuration", "status"):
        for name in await read(api, f"{area}/v1/"):
            assert (await read(api, f"{area}/v1/{name}/"))["meta"]["total_count"] >= 0


async def test_pins_are_neither_shown_nor_searchable_for_readers() -> None:
    api = await api_with_a_room()
    [shown] = (await read(api, ROOM))["objects"]
    whole = (await api.get(ROOM))["objects"][0]
    assert whole.keys() - shown.keys() == {"pin", "guest_pin"}
    assert shown.items() <= whole.items()
    assert await read(api, f"{ROOM}1/") == shown
    assert "pin" not in (await read(api, f"{ROOM}schema/"))["fields"]
    assert "1234" not in str(await read(api, "openapi.json"))
    skipped = await api.call("GET", f"{ROOM}?pin__startswith=9", headers=READER)
    assert (skipped.body["meta"]["total_count"], "pin__startswith" in skipped.headers["Warning"]) == (1, True)
    for query in ("conference__pin=1234", "conference__guest_pin__startswith=5"):
        assert (await api.call("GET", f"configuration/v1/conference_alias/?{query}")).body["meta"]["total_count"] == 1
        assert (await api.call("GET", f"configuration/v1/conference_alias/?{query}", headers=READER)).status == 400
    assert (await api.call("GET", f"{ROOM}?order_by=pin", headers=READER)).status == 400


async def test_a_readers_page_is_read_without_reading_all_objects() -> None:
    api = Api()
    for number in range(3):
        await api.call("POST", CONNECTORS, graph_fields(room_mailbox_email_address=f"r{number}@example.com"))
    api.integrations.list = None  # type: ignore[assignment]  # whoever reads all fails
    assert [each["id"] for each in (await read(api, f"{CONNECTORS}?limit=2&offset=1"))["objects"]] == [2, 3]
    assert [each["id"] for each in (await read(api, f"{CONNECTORS}?order_by=-id&limit=1"))["objects"]] == [3]
