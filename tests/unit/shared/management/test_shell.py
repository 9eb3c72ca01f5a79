"""The original product's shell can build its commands from the API's indexes and schemas (I7).

The tests repeat the requests of pexshell (commit c9c3a5a). `login` lists worker_vm. `cache` fetches each API's index
and all schemas in it, and fails if it cannot decode a field. After that, each resource has the commands `get`, `post`,
`patch` and `delete`, as far as its schema allows them, with an argument for each field and filter.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, Api

APIS = ("command/v1/conference", "command/v1/participant", "command/v1/platform", "configuration/v1", "history/v1",
        "status/v1")  # fmt: skip
METHODS = {"get", "post", "put", "delete", "patch"}
TYPES = {"string", "boolean", "datetime", "date", "time", "integer", "float", "related", "list", "file"}
ALL_FILTERS = {
    "exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex",
    "lt", "lte", "gt", "gte",
}  # fmt: skip
"""How the shell interprets numbers in `filtering`."""

Endpoint = Mapping[str, Any]


async def cached(api: Api) -> dict[str, dict[str, Endpoint]]:
    """The schemas that the shell stores during `pexshell cache`."""
    found: dict[str, dict[str, Endpoint]] = {}
    for path in APIS:
        entries = await api.get(f"{path}/")
        assert all(entry.keys() >= {"list_endpoint", "schema"} for entry in entries.values())
        found[path] = {name: await api.get(f"{path}/{name}/schema/") for name in entries}
    return found


@pytest.fixture
async def resources() -> dict[str, Endpoint]:
    kept = await cached(Api())
    assert not any(kept[path] for path in APIS if path.startswith("command"))
    assert kept["history/v1"].keys() == {"alarm"}
    return kept["configuration/v1"] | kept["status/v1"]


def required(field: Mapping[str, Any]) -> bool:
    """Whether the shell requires an argument."""
    return not field["blank"] and field.get("default") is None and not field["nullable"]


def arguments(endpoint: Endpoint) -> set[str]:
    """The fields that `post` requires."""
    return {name for name, field in endpoint["fields"].items() if not field["readonly"] and required(field)}


def filters(endpoint: Endpoint) -> list[str]:
    """The arguments of `get`."""
    known = {name: ALL_FILTERS if isinstance(f, int) else f for name, f in endpoint["filtering"].items()}
    return [f"{name}__{each}" for name in endpoint["fields"] for each in sorted(known.get(name, ()))]


async def test_the_shell_can_decode_every_schema(resources: dict[str, Endpoint]) -> None:
    assert {"ms_exchange_connector", "exchange_domain", "conference", "conference_alias", "end_user", "alarm"} <= set(
        resources
    )
    for name, endpoint in resources.items():
        assert set(endpoint["allowed_detail_http_methods"]) <= METHODS
        assert set(endpoint["allowed_list_http_methods"]) <= METHODS
        assert endpoint["default_limit"] == 20
        assert set(endpoint["ordering"]) <= endpoint["fields"].keys()
        for field, known in endpoint["fields"].items():
            assert known["type"] in TYPES, (name, field)
            assert {type(known[each]) for each in ("blank", "nullable", "readonly", "unique")} == {bool}
            assert type(known["help_text"]) is str
            assert known.get("related_type") in ({"to_one", "to_many"} if known["type"] == "related" else {None})
            assert isinstance(known.get("valid_choices", []), list)
            if known["type"] == "string" and "valid_choices" in known:
                assert all(isinstance(choice, str) for choice in known["valid_choices"])


async def test_the_shells_login_request_succeeds() -> None:
    listed = await Api().get("status/v1/worker_vm/?limit=1&offset=0")
    assert listed == {
        "meta": {"limit": 1, "next": None, "offset": 0, "previous": None, "total_count": 0}, "objects": [],
    }  # fmt: skip


async def test_every_filter_in_the_schema_is_supported(resources: dict[str, Endpoint]) -> None:
    api, values = Api(), {"integer": "1", "boolean": "true", "datetime": "2026-01-01T00:00:00"}
    for name, endpoint in resources.items():
        area = "status" if name in await api.get("status/v1/") else "configuration"
        offered = filters(endpoint)
        assert offered
        for each in offered:
            field, _, lookup = each.partition("__")
            plain = values.get(endpoint["fields"][field]["type"], "x")
            value = {"isnull": "true", "range": f"{plain},{plain}"}.get(lookup, plain)
            answer = await api.call("GET", f"{area}/v1/{name}/?limit=500&offset=0&{each}={value}")
            assert answer.status == 200, (name, each, answer.body)
            assert "Warning" not in answer.headers


async def test_objects_can_be_created_with_the_required_arguments(resources: dict[str, Endpoint]) -> None:
    assert arguments(resources["ms_exchange_connector"]) == {"name", "addin_server_domain"}
    assert arguments(resources["exchange_domain"]) == {"domain", "exchange_connector"}
    assert arguments(resources["conference"]) == {"name"}
    assert arguments(resources["conference_alias"]) == {"alias", "conference"}
    assert arguments(resources["end_user"]) == {"primary_email_address"}
    api = Api()
    sent = graph_fields()
    created = await api.call("POST", CONNECTORS, {name: sent[name] for name in ("name", "addin_server_domain")}
                             | {"enable_dynamic_vmrs": False, "domains": ["mail.example.com"]})  # fmt: skip
    assert created.status == 201
    room = await api.call("POST", "configuration/v1/conference/", {"name": "Room"})
    alias = {"alias": "room", "conference": room.headers["Location"]}
    assert (await api.call("POST", "configuration/v1/conference_alias/", alias)).status == 201
    assert (await api.call("PATCH", f"{CONNECTORS}1/", {"description": "by the shell"})).status == 202
    shown = await api.get("configuration/v1/conference/?limit=500&offset=0&aliases__exact=33")
    assert shown["meta"]["next"] is None
    assert (await api.call("DELETE", room.headers["Location"].removeprefix("/api/admin/"))).status == 204


async def test_read_only_resources_have_no_commands_for_writing(resources: dict[str, Endpoint]) -> None:
    read_only = {name for name, each in resources.items() if each["allowed_detail_http_methods"] == ["get"]}
    assert {"alarm", "scheduled_alias", "scheduling_operation", "worker_vm"} <= read_only
    writable = resources.keys() - read_only
    assert all(set(resources[name]["allowed_detail_http_methods"]) == METHODS for name in writable)
    assert all(field["readonly"] for name in read_only for field in resources[name]["fields"].values())
