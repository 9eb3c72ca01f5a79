"""The JSON schema for a new integration requires the same settings as the check (I3), under the same conditions."""

import asyncio
from typing import Any, get_args

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.integrations.checks import faults
from shared.integrations.draft import draft
from shared.integrations.integration import Integration, settings
from shared.management.connector_schema import connector_schema
from tests.support.integrations import full_fields
from tests.support.management_api import CONNECTORS, Api

REQUIRED = {name: setting.required for name, _, setting in settings() if setting.required}
SCHEMA = connector_schema()
ALWAYS = {name: {"pattern": SCHEMA["properties"][name]["pattern"]} for name in SCHEMA["required"]}
RULES = jsonschema.Draft202012Validator({key: SCHEMA[key] for key in ("required", "allOf")} | {"properties": ALWAYS})
"""The rules about required settings, without the rules about value formats."""


def values(name: str) -> st.SearchStrategy[Any]:
    """Values for a setting that occurs in conditions: all its choices, or a value and ""."""
    annotation = Integration.model_fields[name].annotation
    choices = [choice for choice in get_args(annotation) if isinstance(choice, str)]
    return st.booleans() if annotation is bool else st.sampled_from(choices or ["given", ""])


DECIDING = {each.field for condition in REQUIRED.values() for each in condition.comparisons()} - set(REQUIRED)
SWITCHES = st.fixed_dictionaries({}, optional={name: values(name) for name in sorted(DECIDING)})
EMPTY = st.dictionaries(st.sampled_from(sorted(REQUIRED)), st.sampled_from(["", None, "left out"]))


def sent(switches: dict[str, Any], empty: dict[str, Any]) -> dict[str, Any]:
    """The body of a POST with all settings except those that are empty or omitted."""
    everything = {name: value for name, value in full_fields().items() if name not in DECIDING} | switches
    emptied = {name: [] if name == "domains" else value for name, value in empty.items()}
    return {name: value for name, value in (everything | emptied).items() if value != "left out"}


def missing_by_check(fields: dict[str, Any]) -> set[str]:
    found = faults(draft(fields), None, local=False)
    return {name for name, messages in found.items() if any("equired" in each for each in messages)}


def missing_by_schema(fields: dict[str, Any]) -> set[str]:
    missing: set[str] = set()
    for error in RULES.iter_errors(fields):
        missing |= set(error.validator_value) - fields.keys() if error.validator == "required" else {error.path[0]}
    return missing


@given(SWITCHES, EMPTY)
def test_the_schema_requires_what_the_check_requires(switches: dict[str, Any], empty: dict[str, Any]) -> None:
    nullable = {name: value for name, value in empty.items() if value is not None or is_nullable(name)}
    fields = sent(switches, nullable)
    assert missing_by_schema(fields) == missing_by_check(fields)


def is_nullable(name: str) -> bool:
    return type(None) in get_args(Integration.model_fields[name].annotation)


@pytest.mark.parametrize("blank", ["", " ", "\r\n"])
def test_blank_text_counts_as_missing_in_the_schema_too(blank: str) -> None:
    assert missing_by_schema(full_fields(name=blank)) == {"name"}


def test_the_schema_for_a_new_integration_has_conditions_and_the_one_for_a_change_has_none() -> None:
    """A change contains only the changed settings, so only the service can tell whether a required setting is
    missing.
    """
    paths = asyncio.run(Api().get("openapi.json"))["paths"]
    body = {
        method: operation["requestBody"]["content"]["application/json"]["schema"]
        for path in (f"/api/admin/{CONNECTORS}", f"/api/admin/{CONNECTORS}{{id}}/")
        for method, operation in paths[path].items()
        if method in ("post", "put", "patch")
    }
    assert body["post"]["allOf"] == SCHEMA["allOf"]
    assert "allOf" not in body["put"] | body["patch"]
