"""The sign-in routes in Microsoft's worker runtime: pages for people, JSON for the pane."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from dev.environment import INTEGRATION, MANAGEMENT

NOWHERE = "22222222-2222-4222-8222-222222222222"
WITHOUT = "22222222-2222-4222-8222-000000000000"
"""The uuid of an integration without sign-in."""
CONNECTORS = "/api/admin/configuration/v1/ms_exchange_connector/"
SETTINGS = {
    "addin_server_domain": "vmr.example.com",
    "enable_dynamic_vmrs": False,
    "enable_personal_vmrs": True,
    "auth_provider": "AZURE",
    "personal_vmr_oauth_auth_endpoint": "https://login.example.com/tenant/oauth2/v2.0/authorize",
    "personal_vmr_oauth_token_endpoint": "https://login.example.com/tenant/oauth2/v2.0/token",
    "personal_vmr_oauth_client_id": "1b2c3d4e-0000-4000-8000-000000000002",
    "personal_vmr_oauth_client_secret": "x",
    "domains": [{"domain": "mail.example.com"}],
}
PAGES = {
    "no such integration": (f"/addin/{NOWHERE}/sign-in?challenge={'a' * 43}", 404),
    "not set up": (f"/addin/{WITHOUT}/sign-in?challenge={'a' * 43}", 503),
    "a callback without a sign-in": ("/addin/sign-in/callback?state=x&code=y", 401),
    "an error without a sign-in": ("/addin/sign-in/callback?error=access_denied", 401),
    "a script in the query": ("/addin/sign-in/callback?state=%3Cscript%3E&error=%3Cscript%3E", 401),
    "an admin's page without a link": ("/service-account/oauth_redirect?state=x&code=y", 401),
}


@pytest.fixture
async def without(client: httpx.AsyncClient) -> AsyncIterator[None]:
    """Provide the integration `WITHOUT` for the duration of the test."""
    fields = {"uuid": WITHOUT, "name": WITHOUT, "addin_server_domain": "vmr.example.com", "enable_dynamic_vmrs": False}
    made = await client.post(CONNECTORS, json=fields | {"domains": SETTINGS["domains"]}, auth=MANAGEMENT)
    assert made.status_code == 201, made.text
    yield
    await client.delete(made.headers["Location"], auth=MANAGEMENT)


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize(("path", "status"), PAGES.values(), ids=PAGES)
async def test_people_get_a_page_that_says_what_is_wrong(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "<script" not in answer.text
    assert "Sign-in failed</h1>" in answer.text
    assert "<dt>Reference</dt>" in answer.text


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize(
    "query", ["redirect_uri=https://evil.example/", "returnUrl=//evil.example", "next=https://evil.example"]
)
async def test_no_query_can_cause_a_redirect(client: httpx.AsyncClient, query: str) -> None:
    for path in (f"/addin/{WITHOUT}/sign-in?challenge={'a' * 43}&", "/addin/sign-in/callback?"):
        answer = await client.get(path + query)
        assert "Location" not in answer.headers
        assert "evil" not in answer.text


STRANGE = [
    ({"redirect_uri": "https://evil.example/"}, {}),
    ({"state": "x", "client_id": "x", "returnUrl": "//evil.example"}, {}),
    ({}, {"Host": "evil.example"}),
    ({}, {"X-Forwarded-Host": "evil.example", "X-Original-Host": "evil.example", "Forwarded": "host=evil.example"}),
]


@pytest.mark.parametrize(("query", "headers"), STRANGE, ids=range(len(STRANGE)))
async def test_the_provider_and_the_redirect_uri_come_from_the_settings(
    client: httpx.AsyncClient, query: dict[str, str], headers: dict[str, str]
) -> None:
    """The redirect comes from the integration's settings. Nothing in the request influences it."""
    uuid = str(uuid4())
    made = await client.post(CONNECTORS, json=SETTINGS | {"uuid": uuid, "name": uuid}, auth=MANAGEMENT)
    assert made.status_code == 201, made.text
    params = {"challenge": "a" * 43, **query}
    answer = await client.get(f"/addin/{uuid}/sign-in", params=params, headers=headers)
    assert answer.status_code == 302
    url = urlsplit(answer.headers["Location"])
    assert (url.scheme, url.netloc, url.path) == ("https", "login.example.com", "/tenant/oauth2/v2.0/authorize")
    asked = parse_qs(url.query)
    assert asked["client_id"] == [SETTINGS["personal_vmr_oauth_client_id"]]
    assert urlsplit(asked["redirect_uri"][0]).path == "/addin/sign-in/callback"
    assert "evil" not in answer.headers["Location"]
    assert (await client.delete(made.headers["Location"], auth=MANAGEMENT)).status_code == 204


BODIES = [
    b"",
    b"[]",
    b"{}",
    b'{"code":1,"verifier":"x"}',
    b"[" * 5000,
    b'{"code":"' + b"x" * 10_000_000 + b'"}',
    b"\xff",
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
async def test_an_invalid_redemption_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(f"/addin/{INTEGRATION}/sign-in/redeem", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


async def test_unknown_codes_and_sessions_are_refused(client: httpx.AsyncClient) -> None:
    sent = {"code": f"{1:010}-{'a' * 32}.{'b' * 43}", "verifier": "x"}
    assert (await client.post(f"/addin/{INTEGRATION}/sign-in/redeem", json=sent)).status_code == 401
    assert (await client.post(f"/addin/{NOWHERE}/sign-in/redeem", json=sent)).status_code == 404
    assert (await client.post(f"/addin/{INTEGRATION}/sign-out", headers={"token": "x"})).status_code == 401
    assert (await client.post(f"/addin/{INTEGRATION}/sign-out")).status_code == 401
