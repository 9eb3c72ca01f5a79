"""The route for personal VMRs, and their administration, in Microsoft's worker runtime."""

import httpx

from dev.environment import INTEGRATION, MANAGEMENT

ROUTE = f"/api/client/v2/msexchange_schedulers/{INTEGRATION}/personal_vmrs"
CONFERENCES = "/api/admin/configuration/v1/conference/"


async def test_the_list_requires_a_token(client: httpx.AsyncClient) -> None:
    for headers in ({}, {"token": "forged"}, {"Authorization": "Bearer x.y.z"}):
        answer = await client.get(ROUTE, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "not_authenticated"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_admins_create_and_delete_vmrs_in_bulk(client: httpx.AsyncClient) -> None:
    room = {"name": "Conformance", "aliases": ["conformance"], "primary_owner_email_address": "carol@example.com"}
    done = await client.patch(CONFERENCES, json={"objects": [room]}, auth=MANAGEMENT)
    assert done.status_code == 202
    uri = done.json()["objects"][0]["resource_uri"]
    assert (await client.get(uri, auth=MANAGEMENT)).json()["aliases"][0]["alias"] == "conformance"
    assert (await client.patch(CONFERENCES, json={"objects": []})).status_code == 401
    assert (await client.patch(CONFERENCES, json={"deleted_objects": [uri]}, auth=MANAGEMENT)).status_code == 202
    assert (await client.get(uri, auth=MANAGEMENT)).status_code == 404
