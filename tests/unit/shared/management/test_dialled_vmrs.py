"""VMRs created through the management API can be dialled. A request from a node takes one point read (C2, I7)."""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alarms import Alarms
from shared.conferences.answer import FIELDS, service_answer
from shared.conferences.policy import Policy
from shared.conferences.policy_request import Direction, ServiceRequest
from shared.errors import Unavailable
from shared.integrations import Integration
from shared.meetings.lifecycle import IntegrationLifecycle
from shared.meetings.retirement import Retirement
from shared.meetings.timers import Timers
from shared.personal.field_table import CONFERENCE_FIELDS
from shared.personal.service import service_of
from shared.personal.sources import served_by
from shared.personal.store import VmrStore
from shared.personal.telling import to_tell
from shared.personal.upkeep import keep_vmrs_registered
from shared.personal.vmr import PersonalVmr
from shared.storage import Insert, Replace
from tests.support.conferencing_node import misplaced, refusals
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, Api
from tests.support.rooms import NoMoves, no_node
from tests.unit.shared.management.conference_fields import CONFERENCES, FULL, made, path
from tests.unit.shared.management.records import HOUR, api_with_one, booking

NODE = {"bridge_url": "https://node.example.com", "bridge_username": "u", "bridge_password": "p"}


async def dial(api: Api, alias: str, *, serves_vmrs: bool = True) -> Any:
    return await Policy(api.storage, api.clock, serves_vmrs=serves_vmrs).service_configuration(alias)


async def nobody() -> list[Integration]:
    return []


async def test_a_request_for_a_vmr_takes_one_point_read() -> None:
    api = Api()
    await made(api, "conference", name="Alice's room", tag="sales", pin="1234", aliases=["alice@example.com", "55501"])
    before = api.storage.round_trips
    answer = await dial(api, "sip:Alice@example.com:5060;transport=tls")
    assert api.storage.round_trips == before + 1
    assert answer == (
        "continue",
        {"service_type": "conference", "name": "Alice's room", "service_tag": "sales", "pin": "1234"},
    )
    assert await dial(api, "55501") == answer == await dial(api, "h323:55501@10.0.0.1:1720")


@pytest.mark.parametrize("alias", ["alice", "alice@other.example", "alice@10.0.0.1", "55501@example.com", "bob"])
async def test_only_the_complete_alias_leads_to_a_vmr(alias: str) -> None:
    api = Api()
    await made(api, "conference", name="Room", aliases=["alice@example.com", "55501"])
    assert await dial(api, alias) is None


async def test_the_same_name_can_be_used_as_an_alias_in_several_domains() -> None:
    api = Api()
    for domain in ("a.example", "b.example"):
        await made(api, "conference", name=domain, aliases=[f"room@{domain}"])
    await made(api, "conference", name="none", aliases=["room"])
    for dialled, name in (("room@a.example", "a.example"), ("ROOM@b.example", "b.example"), ("room@10.0.0.1", "none")):
        assert (await dial(api, dialled))[1]["name"] == name
    [gone] = (await api.get(CONFERENCES + "?name=a.example"))["objects"]
    await api.call("DELETE", path(gone))
    assert await dial(api, "room@a.example") is None
    assert (await dial(api, "room@b.example"))[1]["name"] == "b.example"


@pytest.mark.parametrize("alias", ["møterom", "alice+test@example.com", "a b", "x" * 70])
async def test_an_alias_with_any_text_can_be_dialled(alias: str) -> None:
    api = Api()
    await made(api, "conference", name="Room", aliases=[alias])
    assert (await dial(api, alias.upper()))[1]["name"] == "Room"


@pytest.mark.parametrize("service_type", CONFERENCE_FIELDS.fields["service_type"].facts["choices"])
async def test_nodes_receive_every_supported_field_of_every_service_type(service_type: str) -> None:
    api = Api()
    await made(api, "conference", **FULL | {"service_type": service_type}, aliases=["room"])
    action, service = await dial(api, "room")
    assert action == "continue"
    assert refusals(service) == misplaced(service) == []
    told = {each.told_as(service_type) for name, each in CONFERENCE_FIELDS.fields.items() if name in FULL} - {None}
    assert told - service.keys() <= {"direct_media", "direct_media_notification_duration"}  # the VMR has breakout rooms
    assert len(told) > 7
    if "max_callrate_in" in service:
        assert service["max_callrate_in"] == 4096 * 1000
    if service_type == "media_playback":
        assert (service["on_completion"], service["media_playlist_name"]) == ({"disconnect": True}, "Welcome")
    if service_type == "conference":
        assert (service["view"], service["service_tag"]) == ("two_mains_twentyone_pips", "t")
        assert "host_view" not in service


async def test_nodes_receive_references_as_names_rather_than_uris() -> None:
    api = Api()
    await api.call("POST", CONNECTORS, graph_fields(**NODE))
    theme, group = "/api/admin/configuration/v1/ivr_theme/3/", "/api/admin/configuration/v1/identity_provider_group/1/"
    await made(api, "conference", name="Room", aliases=["room"], ivr_theme=theme, host_identity_provider_group=group)
    _, service = await dial(api, "room")
    assert (service["ivr_theme_name"], service["host_identity_provider_group"]) == ("Blue", "Staff")


async def test_a_vmr_that_a_node_would_refuse_is_closed() -> None:
    api = Api()
    await made(api, "conference", name="Playlist", service_type="media_playback", aliases=["room"])
    assert await dial(api, "room") == ("reject", {})


async def test_nodes_get_every_change() -> None:
    api = Api()
    room = await made(api, "conference", name="Room", aliases=["room"])
    await api.call("PATCH", path(room), {"pin": "4321", "name": "Other"})
    assert (await dial(api, "room"))[1] == {
        "service_type": "conference", "name": "Other", "service_tag": "", "pin": "4321",
    }  # fmt: skip
    alias = await made(api, "conference_alias", alias="more", conference=room["resource_uri"])
    assert await dial(api, "more") == await dial(api, "room")
    await api.call("PATCH", path(alias), {"alias": "moved"})
    assert await dial(api, "more") is None
    assert await dial(api, "moved") == await dial(api, "room")
    await api.call("DELETE", path(room))
    assert await dial(api, "room") is None is await dial(api, "moved")


async def test_vmrs_are_left_to_another_server_if_the_settings_require_it() -> None:
    api = Api()
    connector = (await api.call("POST", CONNECTORS, graph_fields(**NODE))).body
    own = await made(api, "conference", name="Own", aliases=["own"], exchange_connector=connector["resource_uri"])
    await made(api, "conference", name="Common", aliases=["common"])
    assert await dial(api, "own", serves_vmrs=False) is None is await dial(api, "common", serves_vmrs=False)
    await api.call("PATCH", path(connector), {"conference_platform": "management_api"})
    vmrs = VmrStore(api.storage, api.clock, served_by(api.integrations))
    lifecycle = IntegrationLifecycle(cast(Timers, Connecting()), cast(Retirement, None), vmrs, NoMoves(), no_node)
    await lifecycle.saved(connector["uuid"], frozenset({"description"}))
    assert await dial(api, "own") is not None
    await lifecycle.saved(connector["uuid"], frozenset({"conference_platform"}))
    assert await dial(api, "own") is None
    assert await dial(api, "common") is not None
    await api.call("PATCH", path(own), {"pin": "1234"})
    assert await dial(api, "own") is None


class Connecting:
    """The method of Timers called by a save."""

    async def connect(self, uuid: str, changed: frozenset[str]) -> None:
        assert uuid


async def test_a_vmr_can_dial_out_under_its_own_name() -> None:
    api = Api()
    await made(api, "conference", name="Room", tag="sales", aliases=["room"])
    policy = Policy(api.storage, api.clock)
    out = ServiceRequest("anybody@example.net", Direction.DIAL_OUT, service_name="Room", service_tag="sales")
    assert await policy.answer(out) == await dial(api, "room")
    other = ServiceRequest("anybody@example.net", Direction.DIAL_OUT, service_name="room", service_tag="sales")
    assert await policy.answer(other) is None


async def test_meetings_and_vmrs_never_share_an_alias() -> None:
    api, uuid = await api_with_one()
    room = booking(api, uuid, HOUR)
    await api.storage.table("aliases").commit(room.numeric_alias, Insert("alias", room.claim()))
    await api.storage.table("meetings").commit(uuid, Insert(room.key, room.values()))
    answer = await api.call("POST", CONFERENCES, {"name": "Room", "aliases": ["meet123456"]})
    assert list(answer.body["conference"]) == ["aliases"]
    assert await dial(api, "meet123456") == ("reject", {})
    api.clock.move(HOUR)
    assert (await dial(api, "meet123456"))[0] == "continue"


async def test_an_interrupted_change_is_completed_at_night_or_has_no_effect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writes = 0
    for step in range(1, 40):
        api = Api()
        room = await made(api, "conference", name="Room", aliases=["a", "b"])
        with monkeypatch.context() as patched, suppress(Unavailable):
            dying(api, patched, step)
            await api.call("PATCH", path(room), {"pin": "4321", "aliases": ["b", "c"]})
            writes = step - 1
        await keep_vmrs_registered(api.storage, Alarms(api.storage, api.clock), nobody)
        shown = await api.get(path(room))
        for alias in ("a", "b", "c"):
            told = await dial(api, alias)
            if alias in {each["alias"] for each in shown["aliases"]}:
                assert told[1].get("pin", "") == shown["pin"], (alias, step)
            else:
                assert told is None, (alias, step)
        if writes:
            break
    assert writes >= 6


def dying(api: Api, patched: pytest.MonkeyPatch, step: int) -> None:
    """Simulate the process dying at the write with the given number."""
    count = 0

    def counted(genuine: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def commit(*arguments: Any) -> Any:
            nonlocal count
            count += 1
            if count == step:
                raise Unavailable("dead")
            return await genuine(*arguments)

        return commit

    for table in map(api.storage.table, ("aliases", "personal")):
        patched.setattr(table, "commit", counted(table.commit))


async def test_vmrs_from_older_versions_can_be_dialled_after_the_nightly_job() -> None:
    api = Api()
    await made(api, "conference", name="Old", aliases=["old"])
    claims = api.storage.table("aliases")
    row = await claims.get("old", "alias")
    assert row
    await claims.commit("old", Replace(row, {"vmrs": row.values["vmrs"]}))
    assert await dial(api, "old") is None
    for _ in range(2):
        await keep_vmrs_registered(api.storage, Alarms(api.storage, api.clock), nobody)
        assert (await dial(api, "old"))[1]["name"] == "Old"


async def test_an_older_revision_never_overwrites_a_newer_one() -> None:
    api = Api()
    room = await made(api, "conference", name="Room", aliases=["room"])
    store = VmrStore(api.storage, api.clock)
    await store.change(room["id"], lambda vmr: vmr.model_copy(update={"description": "first"}))
    old = to_tell(await store.get(room["id"]))
    await api.call("PATCH", path(room), {"pin": "4321"})
    await api.storage.table("personal").commit("vmrs", *old)  # the first change was interrupted
    await store.finish_changes()
    assert (await dial(api, "room"))[1]["pin"] == "4321"


CHOSEN = st.fixed_dictionaries(
    {},
    optional={name: st.just(value) for name, value in FULL.items() if name not in ("name", "pin", "guest_pin")}
    | {"service_type": st.sampled_from(CONFERENCE_FIELDS.fields["service_type"].facts["choices"])},
)


@given(CHOSEN, st.text(max_size=60))
def test_nodes_accept_the_answer_whatever_a_vmr_is_set_to(fields: dict[str, Any], name: str) -> None:
    attributes = {key: value for key, value in fields.items() if key in PersonalVmr.model_fields}
    settings = {key: value for key, value in fields.items() if key not in attributes}
    vmr = PersonalVmr(id=1, name=name or "x", settings=settings, **attributes | {"allow_guests": False})
    service = service_of(vmr)
    assert service.keys() <= FIELDS.keys()
    answer = service_answer(service)
    assert answer is None or (refusals(answer) == [] and json.dumps(answer))


def test_nodes_accept_every_choice_in_the_table() -> None:
    for each in CONFERENCE_FIELDS.fields.values():
        for told in set(each.facts.get("policy", {}).values()):
            assert told in FIELDS, told
            assert all(FIELDS[told](choice) for choice in each.facts.get("choices", ())), told
