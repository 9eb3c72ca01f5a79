"""Sign-in's routes through Microsoft's worker runtime: pages for people, JSON for the pane."""

import httpx
import pytest

from dev.environment import INTEGRATION

NOWHERE = "22222222-2222-4222-8222-222222222222"
PAGES = {
    "no such integration": (f"/addin/{NOWHERE}/sign-in?challenge={'a' * 43}", 404),
    "not set up": (f"/addin/{INTEGRATION}/sign-in?challenge={'a' * 43}", 503),
    "a callback of nobody's": ("/addin/sign-in/callback?state=x&code=y", 401),
    "an error of nobody's": ("/addin/sign-in/callback?error=access_denied", 401),
    "a script in the query": ("/addin/sign-in/callback?state=%3Cscript%3E&error=%3Cscript%3E", 401),
    "an admin's without a link": ("/service-account/oauth_redirect?state=x&code=y", 401),
}


@pytest.mark.parametrize(("path", "status"), PAGES.values(), ids=PAGES)
async def test_a_person_reads_what_is_wrong(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "<script" not in answer.text
    assert '<h1 id="heading">Sign-in failed</h1>' in answer.text
    assert "Reference: " in answer.text


@pytest.mark.parametrize(
    "query", ["redirect_uri=https://evil.example/", "returnUrl=//evil.example", "next=https://evil.example"]
)
async def test_nobody_is_redirected_anywhere_by_a_query(client: httpx.AsyncClient, query: str) -> None:
    for path in (f"/addin/{INTEGRATION}/sign-in?challenge={'a' * 43}&", "/addin/sign-in/callback?"):
        answer = await client.get(path + query)
        assert "Location" not in answer.headers
        assert "evil" not in answer.text


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
async def test_what_is_no_redemption(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(f"/addin/{INTEGRATION}/sign-in/redeem", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


async def test_codes_and_sessions_of_nobody_s(client: httpx.AsyncClient) -> None:
    sent = {"code": f"{1:010}-{'a' * 32}.{'b' * 43}", "verifier": "x"}
    assert (await client.post(f"/addin/{INTEGRATION}/sign-in/redeem", json=sent)).status_code == 401
    assert (await client.post(f"/addin/{NOWHERE}/sign-in/redeem", json=sent)).status_code == 404
    assert (await client.post(f"/addin/{INTEGRATION}/sign-out", headers={"token": "x"})).status_code == 401
    assert (await client.post(f"/addin/{INTEGRATION}/sign-out")).status_code == 401
