"""The API's OpenAPI description, and generated requests that test the API against it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any
from urllib.parse import urlencode

import jsonschema  # type: ignore[import-untyped]
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import Conflict, NotFound, SchedulingError
from shared.management import Answer
from shared.management.connector_schema import connector_schema
from shared.management.conversion import converted
from shared.management.resource import TIME_FORMAT, time_text
from tests.support.examples import examples
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, DOMAINS, PROOF, Api

NO_FAULT = (NotFound, Conflict)  # the web layer turns these into 404 and 409


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = asyncio.run(Api().get("openapi.json"))
    return found


def test_the_description_is_valid_json_in_a_known_openapi_version() -> None:
    assert json.loads(json.dumps(document()))["openapi"] == "3.1.0"


def test_every_resource_and_action_is_described() -> None:
    paths = set(document()["paths"])
    root = "/api/admin/configuration/v1/"
    assert {
        root + "ms_exchange_connector/",
        root + "ms_exchange_connector/{id}/",
        root + "exchange_domain/{id}/",
    } <= paths
    for action in ("preview", "check", "icon", "manifest_installed"):
        assert root + "ms_exchange_connector/{id}/" + action + "/" in paths
    assert "/api/admin/status/v1/alarm/" in paths


def test_secrets_are_described_as_write_only() -> None:
    sent = document()["paths"]["/api/admin/configuration/v1/ms_exchange_connector/"]["post"]["requestBody"]
    properties = sent["content"]["application/json"]["schema"]["properties"]
    assert {"password", "oauth_client_secret", "oauth_refresh_token"} <= properties.keys()
    assert not {"id", "resource_uri", "manifest_revision", "private_key"} & properties.keys()
    shown = document()["components"]["schemas"]["ms_exchange_connector"]["properties"]
    assert not {"password", "oauth_client_secret", "oauth_refresh_token", "private_key"} & shown.keys()
    assert properties["scheduled_alias_prefix"] == {
        "type": ["string", "null"],
        "minLength": 1,
        "maxLength": 8,
        "default": None,
        "title": "Scheduled alias prefix",
        "description": properties["scheduled_alias_prefix"]["description"],
    }


def _schemas(part: Any) -> list[dict[str, Any]]:
    """Every schema in the document, at any depth."""
    if isinstance(part, list):
        return [found for each in part for found in _schemas(each)]
    if not isinstance(part, dict):
        return []
    return [part, *(found for each in part.values() for found in _schemas(each))]


def test_times_are_described_as_utc_without_an_offset() -> None:
    """In JSON Schema, a date-time has an offset. With that format, generated clients would reject every response."""
    assert not [each for each in _schemas(document()) if each.get("format") == "date-time"]
    times = [each for each in _schemas(document()) if each.get("format") == TIME_FORMAT]
    assert len(times) > 5
    for schema in times:
        assert "UTC" in schema["description"]
        jsonschema.validate(time_text(datetime(2026, 11, 23, 10, tzinfo=timezone(timedelta(hours=1)))), schema)
        jsonschema.validate(time_text(datetime(2026, 11, 23, 9, 0, 0, 5, tzinfo=UTC)), schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate("2026-11-23T09:00:00Z", schema)


def test_every_example_response_matches_its_schema() -> None:
    async def shown() -> dict[str, Any]:
        api = Api()
        await api.call("POST", CONNECTORS, graph_fields())
        return {path: await api.get(path) for path in (CONNECTORS, DOMAINS, CONNECTORS + "1/", DOMAINS + "1/")}

    for path, body in asyncio.run(shown()).items():
        template = "/api/admin/" + path.replace("1/", "{id}/").replace("v{id}/", "v1/")
        fits(document()["paths"][template]["get"], Answer(200, body))


def fits(operation: dict[str, Any], answer: Answer) -> None:
    """Check that the operation's description includes this response."""
    known = operation["responses"]
    assert str(answer.status) in known, answer
    content = known[str(answer.status)].get("content")
    assert (content is None) == (answer.body is None)
    if content:
        schema = content["application/json"]["schema"] | {"components": document()["components"]}
        jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(answer.body)))


OPERATIONS = [
    pytest.param(path, method, id=f"{method.upper()} {path.removeprefix('/api/admin/')}")
    for path, item in document()["paths"].items()
    for method in item
    if method in ("get", "post", "put", "patch", "delete")
]


@cache
def operations() -> Any:
    return schemathesis.openapi.from_dict(without_rules(document()))


@cache
def cases(path: str, method: str, mode: schemathesis.GenerationMode) -> Any:
    """Generated requests, some of which match the description."""
    return operations()[path][method.upper()].as_strategy(generation_mode=mode)


def without_rules(part: Any) -> Any:
    """Remove the conditional requirements, which schemathesis cannot generate values for. test_connector_schema.py
    covers them.
    """
    if isinstance(part, list):
        return [without_rules(each) for each in part]
    return (
        {name: without_rules(each) for name, each in part.items() if name != "allOf"}
        if isinstance(part, dict)
        else part
    )


@pytest.mark.long
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@settings(max_examples=examples(20), suppress_health_check=list(HealthCheck))
@given(st.data())
def test_generated_requests_get_described_answers(path: str, method: str, data: st.DataObject) -> None:
    """Schemathesis generates requests, some of which match the description. None of them may cause a 500."""
    case = data.draw(cases(path, method, data.draw(st.sampled_from(schemathesis.GenerationMode))))
    answer = asyncio.run(answer_to(case, data.draw(st.sampled_from([1, 1, 1, 2]))))
    if answer is not None:
        fits(document()["paths"][path][method], answer)


async def answer_to(case: Any, id_: int) -> Answer | None:
    """Call a deployment with one integration. Returns None if the object does not exist (404) or is in use (409)."""
    api = Api()
    await api.call("POST", CONNECTORS, graph_fields())
    path = case.operation.path.removeprefix("/api/admin/").replace("{id}", str(id_))
    query = urlencode([(name, str(value)) for name, value in (case.query or {}).items()])
    body = case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str).encode()
    sent = b"" if case.method in ("GET", "DELETE") else body
    headers = {name.lower(): str(value) for name, value in (case.headers or {}).items()}
    try:
        return await api.raw(case.method, path, sent, {**headers, **PROOF}, query)
    except NO_FAULT:
        return None


FIELDS = sorted(
    document()["components"]["schemas"]["ms_exchange_connector"]["properties"] | {"password": {}, "bogus": {}}
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=examples(300), suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=6), st.sampled_from(["POST", "PUT", "PATCH"]))
def test_any_values_are_saved_and_shown_or_refused_by_field(fields: dict[str, Any], method: str) -> None:
    async def send() -> tuple[Answer, Any, Any]:
        api = Api()
        await api.call("POST", CONNECTORS, graph_fields())
        before = await api.get(CONNECTORS)
        try:
            answer = await api.call(method, CONNECTORS if method == "POST" else CONNECTORS + "1/", fields)
        except SchedulingError as error:
            pytest.fail(f"{type(error).__name__}: {error}")
        return answer, before, await api.get(CONNECTORS)

    answer, before, after = asyncio.run(send())
    assert answer.status in (201, 202, 400)
    if answer.status == 400:
        assert after == before
        assert set(answer.body) <= {"ms_exchange_connector", "error"}
    else:
        taken = converted(fields, connector_schema())
        changed = {name: value for name, value in taken.items() if name in answer.body and name not in READ_ONLY}
        for name in changed.keys() - {"domains", "uuid"}:
            # "" clears a setting, and a nullable setting becomes null
            assert answer.body[name] in ([None, ""] if changed[name] == "" else [changed[name]]), name


READ_ONLY = {
    name for name, schema in document()["components"]["schemas"]["ms_exchange_connector"]["properties"].items()
    if schema.get("readOnly")
}  # fmt: skip
