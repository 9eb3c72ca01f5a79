"""`conference` and `conference_alias`: personal VMRs, handled one by one or thousands in one request."""

import json
from typing import Any

import pytest

from shared.conferences.pins import pin_faults
from shared.errors import Conflict, NotFound
from shared.management.meeting_objects import FIRST_MEETING_ID
from tests.support import shared_data
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, Api
from tests.unit.shared.management.records import HOUR, api_with_one, booking, put
from tests.unit.shared.management.samples import CONFERENCES, ROOM

ALIASES = "configuration/v1/conference_alias/"


async def created(api: Api, **changes: Any) -> dict[str, Any]:
    answer = await api.call("POST", CONFERENCES, ROOM | changes)
    assert answer.status == 201, answer.body
    shown: dict[str, Any] = answer.body
    return shown


async def refused(api: Api, **changes: Any) -> dict[str, list[str]]:
    answer = await api.call("POST", CONFERENCES, ROOM | changes)
    assert answer.status == 400, answer.body
    assert await api.ids(CONFERENCES) == []
    faults: dict[str, list[str]] = answer.body["conference"]
    return faults


async def test_a_vmr_is_created_with_its_aliases() -> None:
    api = Api()
    shown = await created(api)
    assert await api.get(f"{CONFERENCES}{shown['id']}/") == shown
    assert [alias["alias"] for alias in shown["aliases"]] == ["alice@example.com", "5550123"]
    assert (await api.get(ALIASES))["objects"] == shown["aliases"]
    assert shown["creation_time"] == "2026-11-23T09:00:00"
    assert await api.ids(CONFERENCES + "?primary_owner_email_address__iexact=ALICE@example.com") == [shown["id"]]


async def test_a_vmr_can_be_sent_back_and_its_aliases_keep_their_ids() -> None:
    api = Api()
    shown = await created(api)
    at = f"{CONFERENCES}{shown['id']}/"
    assert (await api.call("PUT", at, shown)).body == shown
    uris = [alias["resource_uri"] for alias in shown["aliases"]]
    answer = await api.call("PATCH", at, {"aliases": [uris[1], "alice", {"alias": "bob", "description": None}][:2]})
    assert [each["alias"] for each in answer.body["aliases"]] == ["5550123", "alice"]
    assert answer.body["aliases"][0] == shown["aliases"][1]


def test_pins_follow_the_fields_rules() -> None:
    cases = json.loads(shared_data("data/pexip-samples/policy_pin_rules.json").read_text())["cases"]
    for case in cases:
        faults = pin_faults(case["pin"] or "", case["guest_pin"] or "", allow_guests=case["allow_guests"])
        assert (not faults) == case["ok"], case


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 251}, "name"),
        ({"pin": "12"}, "pin"),
        ({"pin": "12a4"}, "pin"),
        ({"pin": "#1234"}, "pin"),
        ({"pin": "1" * 21}, "pin"),
        ({"pin": [1234]}, "pin"),
        ({"allow_guests": True}, "pin"),
        ({"allow_guests": "yes"}, "allow_guests"),
        ({"guest_pin": "1234"}, "guest_pin"),
        ({"primary_owner_email_address": "alice"}, "primary_owner_email_address"),
        ({"service_type": "gateway"}, "service_type"),
        ({"aliases": "alice"}, "aliases"),
        ({"aliases": [{}]}, "aliases"),
        ({"aliases": [{"alias": ""}]}, "aliases.0.alias"),
        ({"aliases": ["a", "A"]}, "aliases"),
        ({"aliases": [f"a{n}" for n in range(21)]}, "aliases"),
        ({"exchange_connector": "/api/admin/configuration/v1/ms_exchange_connector/9/"}, "exchange_connector"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_faults_are_reported_by_field_and_nothing_is_stored(changes: dict[str, Any], field: str) -> None:
    assert list(await refused(Api(), **changes)) == [field]


async def test_a_vmr_belongs_to_one_integration_or_to_all() -> None:
    api = Api()
    connector = (await api.call("POST", CONNECTORS, graph_fields())).body["resource_uri"]
    own = await created(api, exchange_connector=connector)
    assert own["exchange_connector"] == connector
    assert await api.ids(CONFERENCES + "?exchange_connector=1") == [own["id"]]
    await api.call("DELETE", CONNECTORS + "1/?force=true")
    # The clash lasts until the retirement is complete. This fake lifecycle does not even start it.
    orphan = await api.get(f"{CONFERENCES}{own['id']}/")
    assert orphan["exchange_connector"] is not None
    answer = await api.call(
        "PUT", f"{CONFERENCES}{own['id']}/", orphan
    )  # the VMR must not be shared by all integrations
    assert list(answer.body["conference"]) == ["exchange_connector"]


async def test_the_rooms_of_scheduled_meetings_are_shown_but_read_only() -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR), uuid)
    mine, room = await created(api), FIRST_MEETING_ID + 1
    assert await api.ids(CONFERENCES) == [mine["id"], room]
    assert (await api.get(f"{CONFERENCES}{room}/"))["scheduled_conferences_count"] == 1
    for method in ("PATCH", "DELETE"):
        with pytest.raises(Conflict, match="scheduled meeting"):
            await api.call(method, f"{CONFERENCES}{room}/", {})
        with pytest.raises(NotFound):
            await api.call(method, f"{CONFERENCES}77/", {})


async def test_aliases_are_created_changed_and_deleted_one_by_one() -> None:
    api = Api()
    room = await created(api)
    answer = await api.call("POST", ALIASES, {"alias": "alice", "conference": room["resource_uri"]})
    assert answer.status == 201
    at = answer.body["resource_uri"].removeprefix("/api/admin/")
    assert (await api.call("PATCH", at, {"description": "Short"})).body["description"] == "Short"
    assert (await api.call("PUT", at, {**answer.body, "alias": "alice.jones"})).body["alias"] == "alice.jones"
    assert [each["alias"] for each in (await api.get(f"{CONFERENCES}{room['id']}/"))["aliases"]][2:] == ["alice.jones"]
    assert (await api.call("DELETE", at)).status == 204
    for method in ("GET", "PATCH", "DELETE"):
        with pytest.raises(NotFound):
            await api.call(method, at, {})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"alias": "5550123"}, "alias"),
        ({"alias": ""}, "alias"),
        ({"alias": "x", "conference": None}, "conference"),
        ({"alias": "x", "conference": "/api/admin/configuration/v1/conference/99/"}, "conference"),
        ({"alias": "x", "colour": "red"}, "colour"),
    ],
)
async def test_faults_in_aliases_are_reported(fields: dict[str, Any], field: str) -> None:
    api = Api()
    room = await created(api)
    other = await created(api, name="Other", aliases=["other"])
    answer = await api.call("POST", ALIASES, {"conference": other["resource_uri"], **fields})
    assert list(answer.body["conference_alias"]) == [field]
    moved = await api.call("PATCH", f"{ALIASES}{room['aliases'][0]['id']}/", {"conference": other["resource_uri"]})
    assert list(moved.body["conference_alias"]) == ["conference"]


@pytest.mark.long
async def test_thousands_of_vmrs_are_created_changed_and_deleted_in_one_request() -> None:
    api = Api()
    rooms = [ROOM | {"name": f"Room {n}", "aliases": [f"room{n}"]} for n in range(2000)]
    answer = await api.call("PATCH", CONFERENCES, {"objects": rooms})
    assert (answer.status, len(answer.body["objects"])) == (202, 2000)
    first, second, *_ = answer.body["objects"]
    change = {
        "objects": [
            {"resource_uri": second["resource_uri"], "tag": "new"},
            ROOM | {"name": "New", "aliases": ["room0"]},
        ]
    }
    sent = {**change, "deleted_objects": [first["resource_uri"]]}
    again = await api.call("PATCH", CONFERENCES, sent)
    assert [each["name"] for each in again.body["objects"]] == ["Room 1", "New"]
    assert (await api.get(f"{CONFERENCES}{second['id']}/"))["tag"] == "new"
    assert (await api.get(CONFERENCES))["meta"]["total_count"] == 2000


async def test_all_invalid_objects_are_reported_and_nothing_is_changed() -> None:
    api = Api()
    good, bad = ROOM, ROOM | {"name": "", "pin": "1"}
    sent = {"objects": [good, bad, ROOM | {"resource_uri": "/api/admin/configuration/v1/conference/9/"}, bad]}
    answer = await api.call("PATCH", CONFERENCES, sent)
    assert set(answer.body["conference"]) == {
        "objects.1.name", "objects.1.pin", "objects.2.resource_uri", "objects.3.name", "objects.3.pin",
    }  # fmt: skip
    assert await api.ids(CONFERENCES) == []


async def test_a_taken_name_is_reported_only_for_its_object() -> None:
    api = Api()
    await created(api)
    answer = await api.call("PATCH", CONFERENCES, {"objects": [ROOM, ROOM | {"name": "B", "aliases": ["b"]}]})
    assert set(answer.body["conference"]) == {"objects.0.name", "objects.0.aliases"}
    assert [each["name"] for each in (await api.get(CONFERENCES))["objects"]] == ["Alice's room", "B"]


@pytest.mark.parametrize(
    "sent", [{"objects": {}}, {"object": []}, {"objects": [1]}, {"deleted_objects": ["x"]}, {"objects": None}]
)
async def test_malformed_bulk_requests_are_refused(sent: Any) -> None:
    assert (await Api().call("PATCH", CONFERENCES, sent)).status == 400
