"""`oauth2_client` and `role`, as used by the original API's Go SDK and Terraform provider."""

from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from shared.errors import Conflict, NotFound
from shared.identity.api_clients import MAX_CLIENTS
from tests.support.management_api import PROOF, READER, Api

CLIENTS, ROLES = "configuration/v1/oauth2_client/", "configuration/v1/role/"
ADMIN, READ = f"/api/admin/{ROLES}1/", f"/api/admin/{ROLES}2/"


async def test_a_client_is_created_read_changed_and_removed() -> None:
    api = Api()
    created = await api.call("POST", CLIENTS, {"client_name": "Terraform", "role": ADMIN})
    assert (created.status, created.headers["Location"]) == (201, f"/api/admin/{CLIENTS}1/")
    shown = await api.get(f"{CLIENTS}1/")
    assert shown == created.body | {"private_key_jwt": None}
    assert (shown["client_name"], shown["role"], shown["resource_uri"]) == (
        "Terraform",
        ADMIN,
        f"/api/admin/{CLIENTS}1/",
    )
    changed = await api.call("PUT", f"{CLIENTS}1/", {"client_name": "Auditor", "role": READ})
    assert (changed.status, changed.body) == (202, shown | {"client_name": "Auditor", "role": READ})
    assert (await api.call("PATCH", f"{CLIENTS}1/", shown)).body == shown, (
        "an object that was read can be sent back unchanged"
    )
    assert (await api.call("DELETE", f"{CLIENTS}1/")).status == 204
    assert await api.ids(CLIENTS) == []
    with pytest.raises(NotFound):
        await api.get(f"{CLIENTS}1/")
    assert (await api.call("POST", CLIENTS, {"client_name": "b", "role": ADMIN})).body["id"] == 2, "no id is reused"


async def test_a_client_is_also_found_by_its_client_id() -> None:
    api = Api()
    created = (await api.call("POST", CLIENTS, {"client_name": "a", "role": READ})).body
    assert (await api.get(f"{CLIENTS}{created['client_id']}/"))["id"] == created["id"]
    assert (await api.call("PATCH", f"{CLIENTS}{created['client_id']}/", {"client_name": "b"})).status == 202
    for unknown in (str(UUID(int=0)), "nobody", "..%2F"):
        with pytest.raises(NotFound):
            await api.get(f"{CLIENTS}{unknown}/")


async def test_the_private_key_is_shown_once_and_never_stored() -> None:
    api = Api()
    told = (await api.call("POST", CLIENTS, {"client_name": "a", "role": READ})).body["private_key_jwt"]
    key = load_pem_private_key(told.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key.curve, ec.SECP256R1)
    [client] = await api.api_clients.all()
    assert load_pem_public_key(client.public_key.encode()) == key.public_key()
    secret = told.split("\n")[1]
    kept = [str(row.values) async for row in api.storage.table("integrations").everything()]
    assert not [each for each in kept if secret in each]
    for proof in (PROOF, READER):
        assert secret not in str((await api.call("GET", CLIENTS, headers=proof)).body)


async def test_the_listed_roles_are_the_existing_app_roles() -> None:
    listed = await Api().get(ROLES)
    assert [(each["resource_uri"], each["name"]) for each in listed["objects"]] == [
        (ADMIN, "Scheduling.Admin"), (READ, "Scheduling.Read"),
    ]  # fmt: skip
    assert (await Api().call("POST", ROLES, {"name": "Root"})).status == 405


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({}, {"client_name", "role"}),
        ({"client_name": "a"}, {"role"}),
        ({"client_name": "", "role": ADMIN}, {"client_name"}),
        ({"client_name": None, "role": None}, {"client_name", "role"}),
        ({"client_name": "a" * 101, "role": ADMIN}, {"client_name"}),
        ({"client_name": "a", "role": f"/api/admin/{ROLES}3/"}, {"role"}),
        ({"client_name": "a", "role": "Scheduling.Admin"}, {"role"}),
        ({"client_name": "a", "role": ADMIN, "public_key": "…"}, {"public_key"}),
    ],
)
async def test_faults_in_a_client_are_reported_by_field(fields: dict[str, Any], faults: set[str]) -> None:
    api = Api()
    answer = await api.call("POST", CLIENTS, fields)
    assert (answer.status, set(answer.body["oauth2_client"])) == (400, faults)
    assert await api.ids(CLIENTS) == []


async def test_the_number_of_clients_is_limited() -> None:
    api = Api()
    for _ in range(MAX_CLIENTS):
        await api.api_clients.create("a", "Scheduling.Read")
    with pytest.raises(Conflict, match="Delete unused"):
        await api.call("POST", CLIENTS, {"client_name": "one more", "role": READ})
