"""All fields of the original `conference`, `conference_alias` and `end_user` are checked, stored and returned (I7)."""

import json
from typing import Any

import pytest

from shared.integrations import Integration
from shared.personal.field_table import ALIAS_FIELDS, CONFERENCE_FIELDS, END_USER_FIELDS, Field, FieldTable
from shared.personal.vmr import PersonalVmr
from shared.storage import Insert
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, Api
from tests.unit.shared.management.conference_fields import CONFERENCES, FULL, made, path

TABLES = {"conference": CONFERENCE_FIELDS, "conference_alias": ALIAS_FIELDS, "end_user": END_USER_FIELDS}
OBJECTS = {"aliases"}
"""Fields that contain the resource's dependents, which have separate tests."""


async def least(api: Api, resource: str) -> dict[str, Any]:
    """An object created with only the required fields."""
    if resource == "end_user":
        return await made(api, resource, primary_email_address="alice@example.com")
    room = await made(api, "conference", name="Room")
    return room if resource == "conference" else await made(api, resource, alias="a", conference=room["resource_uri"])


@pytest.mark.parametrize("resource", sorted(TABLES))
async def test_a_field_that_was_not_sent_has_the_original_apis_default(resource: str) -> None:
    shown = await least(Api(), resource)
    table = TABLES[resource]
    assert shown.keys() >= table.fields.keys()
    optional = {name: each.default for name, each in table.fields.items() if each.is_writable and not each.is_required}
    assert {name: shown[name] for name in optional} == optional


async def test_every_field_is_stored_and_an_object_that_was_read_can_be_sent_back() -> None:
    api = Api()
    assert CONFERENCE_FIELDS.defaults.keys() == FULL.keys() | OBJECTS
    assert not [name for name in FULL if name != "name" and FULL[name] == CONFERENCE_FIELDS.default(name)]
    shown = await made(api, "conference", **FULL)
    texts = FULL.keys() - {"ivr_theme", "automatic_participants"}
    assert {name: shown[name] for name in texts} == {name: FULL[name] for name in texts}
    assert shown["ivr_theme"] == {"id": None, "name": "Blue", "resource_uri": None}
    [participant] = shown["automatic_participants"]
    assert participant["id"] == 1
    for method in ("PUT", "PATCH"):
        assert (await api.call(method, path(shown), shown)).body == shown
        assert (await api.call(method, path(shown), FULL)).body == shown


async def test_a_put_clears_nullable_fields_and_a_patch_changes_only_the_fields_in_it() -> None:
    api = Api()
    connector = (await api.call("POST", CONNECTORS, graph_fields())).body["resource_uri"]
    shown = await made(api, "conference", **FULL, aliases=["a"], exchange_connector=connector)
    changed = (await api.call("PATCH", path(shown), {"description": "Other"})).body
    assert changed == shown | {"description": "Other"}
    replaced = (await api.call("PUT", path(shown), {"name": "tf"})).body
    nullable = {name for name, each in CONFERENCE_FIELDS.fields.items() if each.is_nullable} - OBJECTS
    emptied = dict.fromkeys(nullable) | {"automatic_participants": []}
    assert len(emptied) > 15
    assert replaced == changed | emptied


async def test_a_put_clears_a_users_nullable_fields() -> None:
    api = Api()
    group = "/api/admin/configuration/v1/user_group/1/"
    user = await made(
        api,
        "end_user",
        primary_email_address="a@example.com",
        description="d",
        user_groups=[group],
        ms_exchange_guid="g",
    )
    assert (user["description"], user["user_groups"]) == ("d", [group])
    replaced = (await api.call("PUT", path(user), {"primary_email_address": "a@example.com"})).body
    assert replaced == user | {"user_groups": [], "ms_exchange_guid": None}


def wrong_values(field: Field) -> list[Any]:
    """Invalid values for a field, according to its entry in the table."""
    facts = field.facts
    found: list[Any] = [{"x": 1}]
    if "max_length" in facts:
        found.append("x" * (facts["max_length"] + 1))
    if "choices" in facts:
        found.append("none-of-these")
    if "minimum" in facts:
        found += [facts["minimum"] - 1, facts["maximum"] + 1, "many"]
    if field.type == "boolean":
        found += ["perhaps", 2, None]
    if field.is_required:
        found += ["", "  ", None]
    if field.type == "related_list":
        found += [["x"], "x", ["/api/admin/configuration/v1/ivr_theme/1/"], [facts["related"]]]
    if facts.get("format") in ("line", "email", "pin", "on_completion", "guid"):
        found.append("two\nlines")
    return found


CASES = [(resource, name) for resource, table in TABLES.items() for name in table.defaults if name not in OBJECTS]


@pytest.mark.parametrize(("resource", "name"), CASES)
async def test_invalid_values_are_reported_by_field_and_nothing_changes(resource: str, name: str) -> None:
    api, table = Api(), TABLES[resource]
    shown = await least(api, resource)
    wrong = wrong_values(table.fields[name])
    assert wrong
    for value in wrong:
        answer = await api.call("PATCH", path(shown), {name: value})
        assert (answer.status, list(answer.body[resource])) == (400, [name]), value
    assert await api.get(path(shown)) == shown


@pytest.mark.parametrize("resource", sorted(TABLES))
async def test_null_and_empty_text_are_distinguished_only_if_the_original_api_does_so(resource: str) -> None:
    api, table = Api(), TABLES[resource]
    shown = await least(api, resource)
    texts = [each for each in table.fields.values() if each.is_writable and each.type == "string"]
    for each in texts:
        if each.is_required:
            continue
        cleared = (await api.call("PATCH", path(shown), {each.name: None})).body[each.name]
        assert cleared == (None if each.is_nullable else each.default), each.name
        blank = await api.call("PATCH", path(shown), {each.name: ""})
        assert blank.body[each.name] == each.default, each.name


@pytest.mark.parametrize("name", sorted(CONFERENCE_FIELDS.references))
async def test_a_reference_by_uri_is_resolved_to_a_name_on_the_management_node(name: str) -> None:
    api = Api()
    await api.call("POST", CONNECTORS, graph_fields(bridge_url="https://node.example.com"))
    shown = await least(api, "conference")
    unknown = f"/api/admin/configuration/v1/{CONFERENCE_FIELDS.references[name]}/99/"
    for value in (unknown, "/api/admin/configuration/v1/end_user/1/", "https://example.com/"):
        answer = await api.call("PATCH", path(shown), {name: value})
        assert list(answer.body["conference"]) == [name], value
    assert await api.get(path(shown)) == shown


async def test_a_reference_is_shown_as_it_was_sent() -> None:
    api = Api()
    theme = "/api/admin/configuration/v1/ivr_theme/3/"
    group = "/api/admin/configuration/v1/identity_provider_group/1/"
    refused = await api.call("POST", CONFERENCES, {"name": "Room", "ivr_theme": theme})
    assert "bridge_url" in refused.body["conference"]["ivr_theme"][0]
    await api.call("POST", CONNECTORS, graph_fields(bridge_url="https://node.example.com"))
    shown = await made(api, "conference", name="Room", ivr_theme=theme, host_identity_provider_group=group)
    assert shown["ivr_theme"] == {"id": 3, "name": "Blue", "resource_uri": theme}
    assert shown["host_identity_provider_group"] == group
    assert (await api.call("PUT", path(shown), shown)).body == shown


async def test_a_vmrs_references_are_resolved_by_its_integrations_own_node(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api, theme = Api(), "/api/admin/configuration/v1/ivr_theme/3/"
    first = graph_fields(bridge_url="https://first.example.com")
    second = graph_fields(name="Second", room_mailbox_email_address="2@example.com", bridge_url="https://2.example.com")
    own = [(await api.call("POST", CONNECTORS, fields)).body["resource_uri"] for fields in (first, second)][1]

    async def name_at(integration: Integration, _: str) -> str:
        return f"{integration.name} theme"

    [conferences] = [each for each in api.management.resources if each.name == "conference"]
    monkeypatch.setattr(conferences, "_name_at", name_at)
    shown = await made(api, "conference", name="Room", exchange_connector=own, ivr_theme=theme)
    assert shown["ivr_theme"]["name"] == "Second theme"
    for method in ("PUT", "PATCH"):
        changed = await api.call(method, path(shown), {"name": "Room", "ivr_theme": theme})
        assert (changed.body["ivr_theme"]["name"], changed.body["exchange_connector"]) == ("Second theme", own)
    common = await made(api, "conference", name="Common", ivr_theme=theme)
    assert common["ivr_theme"]["name"] == "Example Corp theme"


async def test_vmrs_stored_by_older_versions_get_default_values() -> None:
    api = Api()
    old = {
        "id": 7, "name": "Old", "description": "", "service_type": "conference", "tag": "",
        "aliases": [{"alias": "old", "description": "", "slot": 1}], "pin": "", "guest_pin": "", "allow_guests": False,
        "primary_owner_email_address": "alice@example.com", "sync_tag": "", "integration": "",
        "created": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    vmr = PersonalVmr.model_validate_json(json.dumps(old))
    await api.storage.table("personal").commit(
        "vmrs", Insert("owner:x:7", {"vmr": json.dumps(old)}), Insert("id:7", {"key": "owner:x:7"})
    )
    shown = await api.get(f"{CONFERENCES}7/")
    assert vmr.settings == {}
    assert (shown["enable_chat"], shown["guests_can_present"], shown["crypto_mode"]) == ("default", True, "")
    [alias] = shown["aliases"]
    assert (alias["creation_time"], alias["view_order"]) == ("2026-01-01T00:00:00", None)  # clients fail on null


def test_every_field_table_is_complete() -> None:
    for table in TABLES.values():
        assert isinstance(table, FieldTable)
        assert {"id", "resource_uri"} <= table.fields.keys()
        assert all(each.facts["help_text"].endswith(".") for each in table.fields.values())
