"""Personal VMRs and users have ETags: who saves what somebody else has changed meanwhile overwrites nothing."""

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
    """One more; its own path and its ETag."""
    answer = await api.call("POST", path, fields)
    assert answer.status == 201, answer
    return f"{path}{answer.body['id']}/", answer.headers["ETag"]


@of_each_kind
async def test_a_change_of_what_was_read_is_made_and_one_of_what_has_changed_is_refused(
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
async def test_who_names_no_state_changes_whatever_there_is(path: str, fields: dict[str, Any]) -> None:
    api = Api()
    own, _ = await made(api, path, fields)
    answers = await asyncio.gather(*(api.call("PATCH", own, {"description": f"by {n}"}) for n in range(4)))
    assert [answer.status for answer in answers] == [202] * 4


async def test_an_alias_that_is_changed_by_itself_is_a_change_of_its_vmr() -> None:
    api = Api()
    own, first = await made(api, CONFERENCES, VMR)
    [alias] = (await api.get(ALIASES))["objects"]
    await api.call("PATCH", f"{ALIASES}{alias['id']}/", {"description": "By telephone"})
    assert (await api.call("PATCH", own, {"description": "mine"}, {"if-match": first})).status == 412


@of_each_kind
async def test_no_integration_is_read_whole_to_say_which_one_a_record_belongs_to(
    path: str, fields: dict[str, Any]
) -> None:
    api = Api()
    connector = (await created(api))["resource_uri"]
    api.integrations.list = None  # type: ignore[assignment]  # whoever reads all settings fails
    own, _ = await made(api, path, {**fields, "exchange_connector": connector})
    await api.call("PATCH", own, {"description": "second"})
    listed = (await api.get(f"{path}?id__lt=1073741824&order_by=id"))["objects"]
    assert [(each["exchange_connector"], each["description"]) for each in listed] == [(connector, "second")]


async def test_an_etag_tells_nothing_of_a_pin() -> None:
    """A reader may see it, and could try all PINs if it were made of one."""
    api = Api()
    own, first = await made(api, CONFERENCES, VMR)
    _, other = await made(api, CONFERENCES, {**VMR, "name": "Other", "aliases": [], "pin": "4321"})
    assert first == other
    assert (await api.call("GET", own, headers=READER)).headers["ETag"] == first


async def test_a_sign_in_is_no_change_of_an_admin_s() -> None:
    api = Api()
    own, first = await made(api, USERS, USER)
    signed_in = await UserStore(api.storage, api.clock).signed_in(
        an_integration(), "entra:t:o", "alice@example.com", "A"
    )
    assert signed_in.sign_ins
    assert (await api.call("GET", own)).headers["ETag"] == first
