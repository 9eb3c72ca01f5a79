"""Request handling that is common to all resources."""

from collections.abc import Mapping

import pytest

from shared.errors import NotAuthenticated, NotFound
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, DOMAINS, Api


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    [
        CONNECTORS,
        CONNECTORS + "1/",
        CONNECTORS + "1/preview/",
        DOMAINS,
        "openapi.json",
        "nothing",
        "status/v1/alarm/",
        "configuration/v1/",
        CONNECTORS + "schema/",
    ],
)
@pytest.mark.parametrize("proof", [{"authorization": ""}, {"authorization": "Basic YTpi"}])
async def test_all_requests_without_credentials_are_refused(method: str, path: str, proof: Mapping[str, str]) -> None:
    api = Api()
    await api.call("POST", CONNECTORS, graph_fields())
    before = await api.get(CONNECTORS)
    with pytest.raises(NotAuthenticated):
        await api.call(method, path, graph_fields(name="Mallory"), proof)
    assert await api.get(CONNECTORS) == before


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", CONNECTORS, "GET, POST"),
        ("PUT", CONNECTORS, "GET, POST"),
        ("PATCH", CONNECTORS, "GET, POST"),
        ("DELETE", DOMAINS, "GET, POST"),
        ("POST", CONNECTORS + "1/", "GET, PUT, PATCH, DELETE"),
        ("GET", CONNECTORS + "1/preview/", "POST"),
        ("POST", CONNECTORS + "1/icon/", "PUT"),
        ("HEAD", CONNECTORS + "1/preview/", "POST"),
    ],
)
async def test_methods_that_are_not_allowed_are_refused(method: str, path: str, allowed: str) -> None:
    api = Api()
    await api.call("POST", CONNECTORS, graph_fields())
    answer = await api.call(method, path, {})
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)
    assert await api.ids(CONNECTORS) == [1]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (CONNECTORS, "GET, POST, OPTIONS"),
        (CONNECTORS + "1/", "GET, PUT, PATCH, DELETE, OPTIONS"),
        (CONNECTORS + "1/preview/", "POST, OPTIONS"),
        ("status/v1/alarm/", "GET, OPTIONS"),
        ("openapi.json", "GET, OPTIONS"),
        ("configuration/v1/", "GET, OPTIONS"),
        (CONNECTORS + "schema/", "GET, OPTIONS"),
    ],
)
async def test_options_lists_the_methods(path: str, allowed: str) -> None:
    api = Api()
    await api.call("POST", CONNECTORS, graph_fields())
    answer = await api.call("OPTIONS", path)
    assert (answer.status, answer.body, answer.headers) == (200, None, {"Allow": allowed})


async def test_the_response_to_head_is_the_response_to_get_without_its_body() -> None:
    api = Api()
    await api.call("POST", CONNECTORS, graph_fields())
    read, head = await api.call("GET", CONNECTORS + "1/"), await api.call("HEAD", CONNECTORS + "1/")
    assert (head.status, head.body, head.headers) == (200, None, read.headers)
    with pytest.raises(NotFound):
        await api.call("HEAD", CONNECTORS + "9/")


async def test_unknown_parameters_are_ignored_with_a_warning() -> None:
    api = Api()
    await api.call("POST", CONNECTORS, graph_fields())
    answer = await api.call("GET", DOMAINS + "?name__icontains=corp&limit=5&format=json&%0d%0aX=1&%22=2")
    assert (answer.status, answer.body["meta"]["total_count"]) == (200, 1)
    assert answer.headers["Warning"] == (
        '299 - "Ignored because there are no such fields: name__icontains, %0D%0AX, %22"'
    )
    assert "Warning" not in (await api.call("GET", DOMAINS + "?limit=5&format=json")).headers


@pytest.mark.parametrize(
    "path",
    [
        "",
        "other/v1/",
        "configuration/v2/",
        "command/v1/other/",
        "configuration/v1/nothing/",
        "configuration/v1/nothing/schema/",
        CONNECTORS + "schema/more/",
        "configuration/v2/ms_exchange_connector/",
        "status/v1/ms_exchange_connector/",
        "configuration/v1/alarm/",
        CONNECTORS + "9/",
        CONNECTORS + "0/",
        CONNECTORS + "-1/",
        CONNECTORS + "one/",
        CONNECTORS + "٣/",
        CONNECTORS + "1" * 19 + "/",
        CONNECTORS + "1/nothing/",
        CONNECTORS + "1/preview/more/",
        CONNECTORS + "/",
        "configuration/v1/../v1/ms_exchange_connector/",
    ],
)
async def test_missing_paths_are_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        await Api().call("GET", path)


async def test_malformed_requests_are_refused_with_the_reason() -> None:
    api = Api()
    answer = await api.raw("POST", CONNECTORS, b'{"name": "a", "name": "b"}')
    assert (answer.status, answer.body) == (
        400,
        {"error": "The request is not valid JSON: 'name' is duplicated."},
    )
    answer = await api.call("GET", CONNECTORS + "?limit=few")
    assert answer.body == {"error": "limit must be a whole number, 0 or more."}
