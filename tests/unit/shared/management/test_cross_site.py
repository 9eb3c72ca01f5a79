"""A page on another site cannot change anything, even though the admin's browser adds the password."""

from collections.abc import Iterator

import pytest

from shared.errors import NotAllowed
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, PROOF, Api

HOST = {"host": "vmr.example.com"}
FORMS = [
    {"content-type": "application/x-www-form-urlencoded"},
    {"content-type": "multipart/form-data; boundary=x"},
    {"content-type": "Text/Plain; charset=utf-8"},
]
BROWSERS = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "anything new"},
    {"origin": "https://evil.example.com"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "https://vmr.example.com.evil.example"},
    {"origin": "https://vmr.example.com:8443"},
    {"origin": "https://["},
]
OWN = [
    {},
    {"sec-fetch-site": "same-origin", "origin": "https://vmr.example.com"},
    {"sec-fetch-site": "none"},
    {"origin": "https://VMR.example.com"},
]


def writes() -> Iterator[tuple[str, str]]:
    """All requests that change something: to lists, objects, and actions with and without a body."""
    yield from (("POST", CONNECTORS), ("PATCH", CONNECTORS))
    yield from ((method, f"{CONNECTORS}1/") for method in ("PUT", "PATCH", "DELETE", "POST"))
    for resource in Api().management.resources:
        for name, action in getattr(resource, "actions", {}).items():
            if action.method != "GET":
                yield action.method, f"{resource.area}/v1/{resource.name}/1/{name}/"


WRITES = sorted(set(writes()))


def test_creating_a_sign_in_link_counts_as_a_write() -> None:
    assert ("POST", f"{CONNECTORS}1/sign_in/") in WRITES


@pytest.fixture
async def api() -> Api:
    api = Api()
    assert (await api.call("POST", CONNECTORS, graph_fields())).status == 201
    return api


@pytest.mark.parametrize("headers", FORMS + BROWSERS, ids=str)
async def test_another_site_cannot_change_anything(api: Api, headers: dict[str, str]) -> None:
    before = (await api.raw("GET", CONNECTORS)).body
    for method, path in WRITES:
        with pytest.raises(NotAllowed, match=r"(other sites|another site)"):
            await api.raw(method, path, b"name=x", {"content-type": "", **HOST, **headers})
    assert (await api.raw("GET", CONNECTORS)).body == before


@pytest.mark.parametrize("headers", OWN, ids=str)
async def test_requests_from_tools_and_from_the_products_pages_are_accepted(api: Api, headers: dict[str, str]) -> None:
    assert (await api.raw("PATCH", f"{CONNECTORS}1/", b'{"description":"x"}', {**HOST, **headers})).status == 202
    link = await api.raw("POST", f"{CONNECTORS}1/sign_in/", b"", {"content-type": "", **HOST, **headers})
    assert link.status == 200


@pytest.mark.parametrize("headers", BROWSERS, ids=str)
async def test_reads_are_allowed_because_browsers_hide_the_response_from_other_sites(headers: dict[str, str]) -> None:
    assert (await Api().raw("GET", CONNECTORS, b"", {**PROOF, **HOST, **headers})).status == 200
