"""The management API's resource `end_user`."""

from typing import Any

import pytest

from shared.personal.users import UserStore
from tests.support.integrations import GUID, graph_fields
from tests.support.management_api import CONNECTORS, Api

USERS = "configuration/v1/end_user/"
ALICE = {"primary_email_address": "alice@example.com", "first_name": "Alice", "user_oid": GUID}


async def test_a_user_record_is_created_and_read_back() -> None:
    api = Api()
    shown = (await api.call("POST", USERS, ALICE)).body
    assert (await api.call("PUT", f"{USERS}{shown['id']}/", shown)).body == shown
    assert shown["exchange_user_id"] is None
    assert "sign_ins" not in shown
    assert await api.ids(USERS + "?primary_email_address__iexact=ALICE@EXAMPLE.COM") == [shown["id"]]
    assert (await api.call("DELETE", f"{USERS}{shown['id']}/")).status == 204
    assert await api.ids(USERS) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "primary_email_address"),
        ({"primary_email_address": "alice"}, "primary_email_address"),
        ({**ALICE, "user_oid": "x"}, "user_oid"),
        ({**ALICE, "sign_ins": []}, "sign_ins"),
        ({**ALICE, "last_name": "a\tb\nc"}, "last_name"),
    ],
)
async def test_faults_in_a_user_record_are_reported(fields: dict[str, Any], field: str) -> None:
    answer = await Api().call("POST", USERS, fields)
    assert (answer.status, list(answer.body["end_user"])) == (400, [field])


async def test_an_address_or_account_can_be_in_only_one_record() -> None:
    api = Api()
    await api.call("POST", USERS, ALICE)
    answer = await api.call("POST", USERS, ALICE | {"primary_email_address": "ALICE@example.com"})
    assert set(answer.body["end_user"]) == {"primary_email_address", "user_oid"}


@pytest.mark.parametrize(
    ("change", "remains"), [({"first_name": "A."}, True), ({"primary_email_address": "bob@example.com"}, False)]
)
async def test_changing_the_address_signs_the_user_out(change: dict[str, str], remains: bool) -> None:
    api = Api()
    await api.call("POST", CONNECTORS, graph_fields())
    [integration] = await api.integrations.list()
    users = UserStore(api.storage)
    user = await users.signed_in(integration, "adfs:1", "alice@example.com", "Alice")
    assert (await api.call("PATCH", f"{USERS}{user.id}/", change)).status == 202
    assert (await users.known(integration, "adfs:1") is not None) == remains


@pytest.mark.long
async def test_thousands_of_users_are_created_and_deleted() -> None:
    api = Api()
    sent = [{"primary_email_address": f"user{n}@example.com"} for n in range(1500)]
    answer = await api.call("PATCH", USERS, {"objects": sent})
    assert answer.status == 202
    uris = [each["resource_uri"] for each in answer.body["objects"]]
    for _ in range(2):  # repeated, because deleting an object that no longer exists is not an error
        assert (await api.call("PATCH", USERS, {"objects": [], "deleted_objects": uris})).status == 202
    assert await api.ids(USERS) == []
