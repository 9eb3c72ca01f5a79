"""Personal VMRs and users have ETags, so a save never overwrites a concurrent change by another admin."""

import asyncio
from typing import Any

import pytest

from shared.personal.users import UserStore
from tests.support.integrations import an_integration
from tests.support.management_api import READER, Api, created

CONFERENCES = "configuration/v1/conference/"
USERS = "configuration/v1/end_user/"
ALIASES = "configuration/v1/conference_alias/"
VMR = {"name": "Room", "description": "first", "aliases": ["room@example.com"], "pin": "1234", "allow_guests": False}
USER = {"primary_email_address": "alice@example.com", "description": "first"}
KINDS = [(CONFERENCES, VMR), (USERS, USER)]
of_each_kind = pytest.mark.parametrize(("path", "fields"), KINDS, ids=["conference", "end_user"])


async def made(api: Api, path: str, fields: dict[str, Any]) -> tuple[str, str]:
    """Create an object, and return its path and ETag."""
    answer = await api.call("POST", path, fields)
    assert answer.status == 201, answer
    return f"{path}{answer.body['id']}/", answer.headers["ETag"]


@of_each_kind
async def test_a_change_is_refused_if_the_object_has_changed_since_it_was_read(
    path: str, fields: dict[str, Any]
) -> None:
    api = Api()
    own, first = await made(api, path, fields)
    assert (await api.call("GET", own)).headers["ETag"] == first
    changed = await api.call("PATCH", own, {"description": "theirs"}, {"if-match": first})
    assert changed.status == 202
    assert changed.headers["ETag"] != first
    for method, body in (
        ("PATCH", {"description": "mine"}),
        ("PUT", {**fields, "description": "mine"}),
        ("DELETE", None),
    ):
        refused = await api.call(method, own, body, {"if-match": first})
        assert refused.status == 412
        assert "has changed since you read it" in refused.body["error"]
    assert (await api.get(own))["description"] == "theirs"
    assert (await api.call("PATCH", own, {"description": "theirs"})).headers["ETag"] == changed.headers["ETag"]
    assert (await api.call("PATCH", own, {"description": "mine"}, {"if-match": "*"})).status == 202
    newest = (await api.call("GET", own)).headers["ETag"]
    assert (await api.call("DELETE", own, headers={"if-match": newest})).status == 204


@of_each_kind
async def test_a_change_without_if_match_is_applied_to_any_state(path: str, fields: dict[str, Any]) -> None:
    api = Api()
    own, _ = await made(api, path, fields)
    answers = await asyncio.gather(*(api.call("PATCH", own, {"description": f"by {n}"}) for n in range(4)))
    assert [answer.status for answer in answers] == [202] * 4


async def test_changing_an_alias_changes_the_etag_of_its_vmr() -> None:
    api = Api()
    own, first = await made(api, CONFERENCES, VMR)
    [alias] = (await api.get(ALIASES))["objects"]
    await api.call("PATCH", f"{ALIASES}{alias['id']}/", {"description": "By telephone"})
    assert (await api.call("PATCH", own, {"description": "mine"}, {"if-match": first})).status == 412


@of_each_kind
async def test_a_records_integration_is_shown_without_reading_all_its_settings(
    path: str, fields: dict[str, Any]
) -> None:
    api = Api()
    connector = (await created(api))["resource_uri"]
    api.integrations.list = None  # type: ignore[assignment]  # reading all settings fails
    own, _ = await made(api, path, {**fields, "exchange_connector": connector})
    await api.call("PATCH", own, {"description": "second"})
    listed = (await api.get(f"{path}?id__lt=1073741824&order_by=id"))["objects"]
    assert [(each["exchange_connector"], each["description"]) for each in listed] == [(connector, "second")]


async def test_an_etag_does_not_depend_on_the_pin() -> None:
    """Readers can see ETags. If an ETag were derived from the PIN, they could find the PIN by trying all of them."""
    api = Api()
    own, first = await made(api, CONFERENCES, VMR)
    _, other = await made(api, CONFERENCES, {**VMR, "name": "Other", "aliases": [], "pin": "4321"})
    assert first == other
    assert (await api.call("GET", own, headers=READER)).headers["ETag"] == first


async def test_a_sign_in_does_not_change_the_users_etag() -> None:
    api = Api()
    own, first = await made(api, USERS, USER)
    signed_in = await UserStore(api.storage, api.clock).signed_in(
        an_integration(), "entra:t:o", "alice@example.com", "A"
    )
    assert signed_in.sign_ins
    assert (await api.call("GET", own)).headers["ETag"] == first
