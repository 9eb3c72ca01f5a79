"""OAuth2 clients in Microsoft's worker runtime: a client of the original product can authenticate with its key and use
the API."""

from time import time
from typing import Any
from uuid import uuid4

import httpx
import jwt

from dev.environment import MANAGEMENT
from shared.composition import services

CLIENTS = "/api/admin/configuration/v1/oauth2_client/"
ROLES = "/api/admin/configuration/v1/role/"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def made(client: httpx.AsyncClient, role: int) -> dict[str, Any]:
    answer = await client.post(CLIENTS, json={"client_name": "shell", "role": f"{ROLES}{role}/"}, auth=MANAGEMENT)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def form(of: dict[str, Any], **claims: Any) -> dict[str, str]:
    endpoint, now = f"{services().foundation.settings.public_base_url}/oauth/token/", int(time())
    sent = {"iss": of["client_id"], "aud": endpoint, "sub": of["client_id"], "iat": now, "exp": now + 3600}
    assertion = jwt.encode({**sent, "jti": uuid4().hex, **claims}, of["private_key_jwt"], algorithm="ES256")
    return {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": assertion}


async def test_a_clients_key_gets_a_token_that_the_management_api_accepts(client: httpx.AsyncClient) -> None:
    owner = await made(client, 1)
    sent = form(owner)
    answer = await client.post("/oauth/token/", data=sent)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await client.get("/api/admin/status/v1/worker_vm/?limit=1&offset=0", headers=bearer)).status_code == 200
    again = await client.post("/oauth/token/", data=sent)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert (await client.delete(owner["resource_uri"], headers=bearer)).status_code == 204
    assert (await client.get(CLIENTS, headers=bearer)).status_code == 401


async def test_a_reader_may_read_but_not_write(client: httpx.AsyncClient) -> None:
    owner = await made(client, 2)
    token = (await client.post("/oauth/token/", data=form(owner))).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await client.get(CLIENTS, headers=bearer)).status_code == 200
    refused = await client.delete(owner["resource_uri"], headers=bearer)
    assert (refused.status_code, "Scheduling.Admin" in refused.json()["error"]) == (403, True)
    assert (await client.delete(owner["resource_uri"], auth=MANAGEMENT)).status_code == 204


async def test_an_invalid_grant_is_refused_with_an_oauth_error(client: httpx.AsyncClient) -> None:
    for body, error in (
        (b"", "unsupported_grant_type"),
        (b"grant_type=client_credentials", "invalid_request"),
        (b"grant_type=client_credentials&grant_type=password", "unsupported_grant_type"),
        (b"\xff" * 10, "unsupported_grant_type"),
        (b"x" * 30_000, "unsupported_grant_type"),
    ):
        answer = await client.post("/oauth/token/", content=body)
        assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert (await client.get("/oauth/token/")).status_code in (404, 405)
