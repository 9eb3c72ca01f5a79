"""An area's index and a resource's schema, in Tastypie's format, with additional information under `x`."""

from typing import Any

import pytest

from shared.integrations.integration import SECTIONS, settings
from shared.templates import FIELDS
from tests.support.management_api import CONNECTORS, READER, Api

SHOWN = [name for name, _, setting in settings() if not (setting.internal or (setting.secret and setting.read_only))]


async def schema(resource: str = "ms_exchange_connector") -> dict[str, Any]:
    found: dict[str, Any] = await Api().get(f"configuration/v1/{resource}/schema/")
    return found


async def test_an_area_contains_the_urls_of_the_list_and_the_schema_of_each_resource() -> None:
    listed = await Api().get("configuration/v1/")
    assert listed["ms_exchange_connector"] == {
        "list_endpoint": "/api/admin/configuration/v1/ms_exchange_connector/",
        "schema": "/api/admin/configuration/v1/ms_exchange_connector/schema/",
    }
    assert "alarm" not in listed
    assert "alarm" in await Api().get("status/v1/")
    assert (await Api().get("history/v1/")).keys() == {"alarm"}
    assert await Api().get("command/v1/") == {}


async def test_schema_fields_are_the_settings_with_their_types_defaults_and_choices() -> None:
    fields = (await schema())["fields"]
    assert set(SHOWN) | {"resource_uri"} == fields.keys()
    plain = {name: each for name, each in fields["authentication_method"].items() if name not in ("x", "help_text")}
    assert plain == {
        "blank": False, "default": "BASIC", "nullable": False, "readonly": False, "type": "string", "unique": False,
        "valid_choices": ["BASIC", "NTLM", "KERBEROS", "OAUTH", "APP_PERM", "GRAPH"],
    }  # fmt: skip
    assert (fields["name"]["blank"], "default" in fields["name"]) == (False, False)
    assert (fields["description"]["blank"], fields["description"]["default"]) == (True, "")
    assert (fields["ivr_theme"]["nullable"], fields["ivr_theme"]["default"]) == (True, None)
    assert fields["meeting_buffer_before"]["default"] == 30
    assert fields["enable_dynamic_vmrs"]["valid_choices"] == [True, False]
    assert (fields["domains"]["type"], fields["domains"]["related_type"]) == ("related", "to_many")
    assert (fields["id"]["readonly"], fields["id"]["unique"]) == (True, True)
    assert (fields["password"]["default"], fields["password"]["x"]["secret"]) == ("", True)


async def test_the_schema_contains_sections_labels_and_conditions_for_forms() -> None:
    found = await schema()
    assert [each["title"] for each in found["x"]["sections"]] == [each.title for each in SECTIONS]
    assert [name for each in found["x"]["sections"] for name in each["fields"]] == SHOWN
    for name, _, setting in settings():
        if name not in SHOWN:
            continue
        extra = found["fields"][name]["x"]
        assert (extra["label"], extra["help"]) == (setting.label, setting.help)
        assert (extra["manifest"], extra["sign_in"]) == (setting.manifest, setting.sign_in)
        assert (extra["condition"] is not None) == (setting.required is not None)
        assert extra.get("variables") == (list(FIELDS[name].variables) if name in FIELDS else None)
    assert found["fields"]["username"]["x"]["condition"] == {
        "all": [
            {"field": "enable_dynamic_vmrs", "operator": "is", "values": [True]},
            {"field": "authentication_method", "operator": "is", "values": ["BASIC", "NTLM", "KERBEROS", "OAUTH"]},
        ]
    }
    assert found["fields"]["name"]["x"]["condition"] == {"all": []}
    assert found["fields"]["scheduled_alias_suffix_length"]["x"]["limits"] == {"minimum": 6, "maximum": 15}
    assert found["x"]["actions"]["preview"]["method"] == "POST"


@pytest.mark.parametrize(
    ("resource", "field", "related", "kind"),
    [
        ("scheduled_conference", "conference", "conference", "to_one"),
        ("scheduled_alias", "exchange_connector", "ms_exchange_connector", "to_one"),
        ("conference", "aliases", "conference_alias", "to_many"),
    ],
)
async def test_the_schema_contains_the_resource_of_a_reference(
    resource: str, field: str, related: str, kind: str
) -> None:
    found = await schema(resource)
    assert (found["fields"][field]["type"], found["fields"][field]["related_type"]) == ("related", kind)
    assert found["fields"][field]["x"]["related"] == related
    assert found["filtering"][field] == 2


async def test_references_to_the_platforms_own_objects_are_marked_as_references() -> None:
    fields = (await schema("conference"))["fields"]
    assert (fields["ivr_theme"]["type"], fields["ivr_theme"]["related_type"]) == ("related", "to_one")
    assert (fields["teams_proxy"]["type"], fields["resource_uri"]["type"]) == ("related", "string")
    assert fields["automatic_participants"]["type"] == "list"


async def test_the_schema_lists_filters_and_orders() -> None:
    found = await schema()
    assert {"exact", "icontains", "in", "iregex"} <= set(found["filtering"]["name"])
    assert found["filtering"]["enable_dynamic_vmrs"] == ["exact", "in", "isnull"]
    assert not {"password", "oauth_client_secret"} & found["filtering"].keys()
    assert {"name", "id"} <= set(found["ordering"])
    assert "domains" not in found["ordering"]


async def test_a_readers_schema_allows_only_reading() -> None:
    api = Api()
    found = (await api.call("GET", f"{CONNECTORS}schema/", headers=READER)).body
    assert found["allowed_detail_http_methods"] == found["allowed_list_http_methods"] == ["get"]
    assert found["x"]["actions"].keys() == {"doctor", "secrets", "usage"}
    assert all(field["readonly"] for field in found["fields"].values())
    assert found["fields"]["name"]["x"]["section"] == "General"
