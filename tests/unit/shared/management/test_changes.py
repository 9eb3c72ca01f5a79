"""status/v1/change/: the record of admins' changes, and how changes are reverted (W7)."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import Conflict, NotAllowed, NotFound, Unavailable
from shared.management.recording import NEVER_KEPT
from shared.storage import Write
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, DOMAINS, READER, Api, created
from tests.unit.shared.management.samples import CONFERENCES, MEETINGS, ROOM, deployment, listed

CHANGES = "status/v1/change/"
USERS = "configuration/v1/end_user/"
CLIENTS = "configuration/v1/oauth2_client/"
CONNECTOR_URI = f"/api/admin/{CONNECTORS}1/"
ADMIN_ROLE = "/api/admin/configuration/v1/role/1/"


async def changes(api: Api, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(f"{CHANGES}?{query}"))["objects"]
    return found


async def newest(api: Api, action: str) -> dict[str, Any]:
    found = (await changes(api, "limit=1"))[0]
    assert found["action"] == action, found
    return found


async def revert(api: Api, change: dict[str, Any], **sent: Any) -> dict[str, Any]:
    answer = await api.call("POST", f"{CHANGES}{change['id']}/revert/", sent)
    assert answer.status == 202, answer.body
    body: dict[str, Any] = answer.body
    return body


async def test_a_change_records_who_changed_what_and_when() -> None:
    api = Api()
    await created(api)
    api.clock.move(timedelta(minutes=1))
    await api.call("PATCH", f"{CONNECTORS}1/", {"description": "new", "meeting_buffer_before": 5})
    change = await newest(api, "change")
    assert {name: change[name] for name in ("who", "when", "target", "exchange_connector", "name", "state")} == {
        "who": "tester", "when": "2026-11-23T09:01:00", "target": CONNECTOR_URI, "exchange_connector": CONNECTOR_URI,
        "name": "Example Corp", "state": "done",
    }  # fmt: skip
    assert change["to"] == {"description": "new", "meeting_buffer_before": 5}
    assert change["from"].keys() == change["to"].keys()
    assert (await api.get(change["resource_uri"].removeprefix("/api/admin/"))) == change


@pytest.mark.parametrize(
    ("path", "fields", "other"),
    [
        (
            DOMAINS,
            {"domain": "second.example.net", "exchange_connector": CONNECTOR_URI},
            {"domain": "third.example.net"},
        ),
        (CONFERENCES, ROOM, {"description": "x"}),
        ("configuration/v1/conference_alias/", {"alias": "more", "conference": "<room>"}, {"description": "x"}),
        (USERS, {"primary_email_address": "alice@example.com"}, {"display_name": "Alice"}),
        (CLIENTS, {"client_name": "Terraform", "role": ADMIN_ROLE}, {"client_name": "Other"}),
    ],
)
async def test_creating_changing_and_deleting_any_object_is_recorded(path: str, fields: Any, other: Any) -> None:
    api = Api()
    await created(api)
    if fields.get("conference"):
        room = (await api.call("POST", CONFERENCES, ROOM)).body
        fields = fields | {"conference": room["resource_uri"]}
    made = (await api.call("POST", path, fields)).body
    at = f"{path}{made['id']}/"
    assert (await api.call("PATCH", at, other)).status == 202
    assert (await api.call("DELETE", at)).status == 204
    life = await changes(api, f"target={made['resource_uri']}")
    assert [each["action"] for each in life] == ["delete", "change", "create"]
    assert (life[2]["from"], life[0]["to"]) == (None, None)
    assert life[1]["to"] == other
    assert {**life[0]["from"], **other} == life[0]["from"]
    assert {each["name"] for each in life} != {""}
    if path != CLIENTS:
        again = await revert(api, life[0])
        shown = await api.get(again["target"].removeprefix("/api/admin/"))
        assert {name: shown[name] for name in other} == other


async def test_each_object_in_a_bulk_request_is_recorded_separately() -> None:
    api = Api()
    rooms = [{"name": f"Room {n}", "primary_owner_email_address": "a@example.com"} for n in range(3)]
    made = (await api.call("PATCH", CONFERENCES, {"objects": rooms})).body["objects"]
    wrong = {**rooms[0], "name": "Room 1"}
    sent = {"objects": [{"resource_uri": made[0]["resource_uri"], "description": "x"}, wrong]}
    assert (await api.call("PATCH", CONFERENCES, {**sent, "deleted_objects": [made[2]["resource_uri"]]})).status == 400
    assert sorted(each["action"] for each in await changes(api)) == ["change", *["create"] * 3, "delete"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", f"{CONNECTORS}1/", {"meeting_buffer_after": 999}),
        ("PATCH", f"{CONNECTORS}1/", {"description": ""}),  # unchanged
        ("POST", CONNECTORS, {"name": "without anything else"}),
        ("POST", f"{CONNECTORS}1/check/", {"description": "tried"}),
        ("POST", f"{CONNECTORS}1/preview/", {"template": "join_now_text"}),
        ("DELETE", f"{CONNECTORS}7/", None),
    ],
)
async def test_a_request_that_changes_nothing_is_not_recorded(method: str, path: str, body: Any) -> None:
    api = Api()
    await created(api)
    before = await changes(api)
    try:
        await api.call(method, path, body)
    except NotFound:
        assert method == "DELETE"
    assert await changes(api) == before


async def test_only_the_fact_that_secrets_and_pins_changed_is_recorded() -> None:
    api = Api()
    secret = "correct horse"
    await created(api, password=secret, room_mailbox_name="VMR")
    await api.call("PATCH", f"{CONNECTORS}1/", {"password": "battery staple"})
    change = await newest(api, "change")
    assert (change["from"], change["to"]) == ({"password": "changed"}, {"password": "changed"})
    room = (await api.call("POST", CONFERENCES, {**ROOM, "pin": "246810"})).body
    await api.call("PATCH", f"{CONFERENCES}{room['id']}/", {"pin": "135790"})
    await api.call("POST", CLIENTS, {"client_name": "Terraform", "role": ADMIN_ROLE})
    tables = [row.values async for row in api.storage.table("changes").everything()]
    text = repr([await api.get(CHANGES), tables])
    assert [word for word in (secret, "battery staple", "246810", "135790", "PRIVATE KEY") if word in text] == []


async def test_the_value_of_a_field_with_a_secret_name_is_never_recorded() -> None:
    """Fields with such names are denied by default. Developers who add one to a resource must decide whether it is
    secret.
    """
    telling = ("pin", "password", "secret", "private", "token")
    api = Api()
    harmless = {"oauth_token_endpoint", "personal_vmr_oauth_token_endpoint", "gms_access_token"}  # URLs and a reference
    shown = {
        name for resource in api.management.resources for name, known in resource.schema["properties"].items()
        if any(word in name.split("_") or name.endswith(word) for word in telling) and not known.get("writeOnly")
    }  # fmt: skip
    assert shown - harmless == NEVER_KEPT & shown


async def test_changes_are_listed_newest_first_in_pages_of_constant_cost() -> None:
    api = Api()
    await created(api)
    for number in range(60):
        await api.call("PATCH", f"{CONNECTORS}1/", {"description": f"{number}"})
    table = api.storage.table("changes")
    before = table.round_trips
    page = await api.get(f"{CHANGES}?limit=25")
    assert table.round_trips - before <= 3
    assert [each["to"]["description"] for each in page["objects"]] == [str(n) for n in range(59, 34, -1)]
    assert page["meta"]["total_count"] == 61
    second = await api.get(page["meta"]["next"].removeprefix("/api/admin/"))
    assert second["objects"][0]["to"]["description"] == "34"
    assert second["objects"] == (await api.get(f"{CHANGES}?limit=25&offset=25"))["objects"]
    third = await api.get(second["meta"]["next"].removeprefix("/api/admin/"))
    assert (third["objects"][-1]["action"], third["meta"]["next"]) == ("create", None)


async def test_changes_are_found_by_object_integration_admin_and_time() -> None:
    api = Api()
    await created(api)
    await created(api, room_mailbox_email_address="other@example.com", name="Other")
    api.clock.move(timedelta(hours=1))
    await api.call("POST", DOMAINS, {"domain": "more.example.net", "exchange_connector": CONNECTOR_URI})
    assert [each["name"] for each in await changes(api, "exchange_connector=1")] == ["more.example.net", "Example Corp"]
    assert len(await changes(api, "who=TESTER")) == 3
    assert len(await changes(api, f"target={CONNECTOR_URI}")) == 1
    assert len(await changes(api, "when__gte=2026-11-23T10:00:00")) == 1
    assert len(await changes(api, "when__lt=2026-11-23T10:00:00")) == 2
    assert len(await changes(api, f"exchange_connector={CONNECTOR_URI}&who=nobody")) == 0
    assert len(await changes(api, "name__icontains=corp")) == 1
    assert [each["name"] for each in await changes(api, "order_by=name")] == sorted(
        ["Example Corp", "Other", "more.example.net"]
    )


async def test_long_values_are_shortened_in_lists_and_complete_in_a_single_change() -> None:
    api = Api()
    await created(api)
    text = "".join(chr(0x4E00 + n % 5000) for n in range(12_000))
    long = {f"accept_{which}_template": text for which in ("new_single_meeting", "edited_single_meeting")}
    answer = await api.call("PATCH", f"{CONNECTORS}1/", long)
    assert answer.status == 202, answer.body
    change = await newest(api, "change")
    assert all(len(value) < 2_000 for value in change["to"].values())
    assert (await api.get(f"{CHANGES}{change['id']}/"))["to"] == long
    await revert(api, change)
    assert len((await api.get(f"{CONNECTORS}1/"))["accept_new_single_meeting_template"]) < 12_000


async def test_a_change_can_be_reverted_and_so_can_the_revert() -> None:
    api = Api()
    await created(api, description="old")
    await api.call("PATCH", f"{CONNECTORS}1/", {"description": "new"})
    change = await newest(api, "change")
    answer = await revert(api, change)
    assert (answer["to"], answer["reverts"]) == ({"description": "old"}, change["resource_uri"])
    assert (await api.get(f"{CONNECTORS}1/"))["description"] == "old"
    await revert(api, await newest(api, "change"))
    assert (await api.get(f"{CONNECTORS}1/"))["description"] == "new"


async def test_a_string_equal_to_the_placeholder_for_secrets_is_reverted_like_any_other() -> None:
    api = Api()
    await created(api, description="changed")
    await api.call("PATCH", f"{CONNECTORS}1/", {"description": "new"})
    assert (await revert(api, await newest(api, "change")))["to"] == {"description": "changed"}


async def test_a_field_changed_again_since_is_reverted_only_with_force() -> None:
    api = Api()
    await created(api, description="first")
    await api.call("PATCH", f"{CONNECTORS}1/", {"description": "second"})
    change = await newest(api, "change")
    await api.call("PATCH", f"{CONNECTORS}1/", {"description": "third"})
    with pytest.raises(Conflict, match="description has been changed again"):
        await revert(api, change)
    await revert(api, change, force=True)
    assert (await api.get(f"{CONNECTORS}1/"))["description"] == "first"
    with pytest.raises(Conflict, match="as they were"):
        await revert(api, change)


async def test_a_revert_passes_the_same_checks_as_a_save() -> None:
    api = Api()
    await created(api)
    await created(api, name="Other", room_mailbox_email_address="before@example.com")
    await api.call("PATCH", f"{CONNECTORS}2/", {"room_mailbox_email_address": "after@example.com"})
    change = await newest(api, "change")
    await api.call("PATCH", f"{CONNECTORS}1/", {"room_mailbox_email_address": "before@example.com"})
    refused = await api.call("POST", f"{CHANGES}{change['id']}/revert/", {})
    assert refused.status == 400
    assert "already exists" in refused.body["change"]["room_mailbox_email_address"][0]
    stale = await api.call("POST", f"{CHANGES}{change['id']}/revert/", {}, {"if-match": '"1"'})
    assert stale.status == 412


async def test_a_deleted_integration_is_restored_with_its_uuid_and_missing_secrets_are_listed() -> None:
    api = Api()
    first = await created(api, description="kept", password="gone")
    await api.call("DELETE", f"{CONNECTORS}1/")
    change = await newest(api, "delete")
    answer = await revert(api, change)
    again = (await api.get(CONNECTORS))["objects"][0]
    assert {n: again[n] for n in ("uuid", "description")} == {n: first[n] for n in ("uuid", "description")}
    assert [each["domain"] for each in again["domains"]] == [each["domain"] for each in first["domains"]]
    assert (answer["not_restored"], answer["target"]) == (["password"], again["resource_uri"])
    with pytest.raises(NotFound):
        await api.call("GET", f"{CONNECTORS}1/")


async def test_a_required_secret_can_be_sent_with_a_revert() -> None:
    api = Api()
    basic = {"authentication_method": "BASIC", "url": "https://mail.example.com/EWS/Exchange.asmx"}
    await created(api, **basic, username="svc", password="gone")
    await api.call("DELETE", f"{CONNECTORS}1/")
    change = await newest(api, "delete")
    refused = await api.call("POST", f"{CHANGES}{change['id']}/revert/")
    assert refused.status == 400
    assert "password" in refused.body["change"]
    assert (await revert(api, change, fields={"password": "new"}))["not_restored"] == []


async def test_a_deleted_vmr_is_restored_with_its_aliases() -> None:
    api = Api()
    room = (await api.call("POST", CONFERENCES, {**ROOM, "pin": "246810"})).body
    await api.call("DELETE", f"{CONFERENCES}{room['id']}/")
    answer = await revert(api, await newest(api, "delete"))
    again = (await api.get(CONFERENCES))["objects"][0]
    assert [(each["alias"], each["description"]) for each in again["aliases"]] == [
        (each["alias"], each["description"]) for each in room["aliases"]
    ]
    assert (again["pin"], answer["not_restored"]) == ("", ["pin"])


async def test_reverting_a_creation_deletes_the_object() -> None:
    api = Api()
    await created(api)
    await revert(api, (await changes(api))[0])
    assert await api.ids(CONNECTORS) == []


@pytest.mark.parametrize("action", ["sign_in", "manifest_installed"])
async def test_reverting_an_irreversible_change_is_refused_with_a_reason(action: str) -> None:
    api = Api()
    await created(api)
    assert (await api.call("POST", f"{CONNECTORS}1/{action}/", {"manifest_revision": 1})).status < 300
    change = await newest(api, action)
    assert change["revertible"] is False
    with pytest.raises(Conflict, match="cannot be reverted"):
        await revert(api, change)


async def test_a_deleted_client_is_not_restored_because_its_key_is_not_stored() -> None:
    api = Api()
    client = (await api.call("POST", CLIENTS, {"client_name": "Terraform", "role": ADMIN_ROLE})).body
    await api.call("DELETE", f"{CLIENTS}{client['id']}/")
    with pytest.raises(Conflict, match="private key"):
        await revert(api, await newest(api, "delete"))


async def test_closing_a_room_is_recorded_and_reverted_by_reopening_it() -> None:
    api = await deployment()
    (review,) = await listed(api, "text=review")
    await api.call("POST", f"{MEETINGS}{review['id']}/close/")
    change = await newest(api, "close")
    assert (change["name"], change["to"]["state"]) == ("Review", "held")
    assert change["exchange_connector"] == review["exchange_connector"]
    assert (await revert(api, change))["action"] == "reopen"
    assert (await listed(api, "text=review"))[0]["state"] == "scheduled"


async def test_changing_a_meetings_owner_is_recorded_and_reverted() -> None:
    api = await deployment()
    (review,) = await listed(api, "text=review")
    given = await api.call("POST", f"{MEETINGS}{review['id']}/transfer/", {"organizer": "bob@example.com"})
    assert (given.status, given.body["organizer"]) == (202, "bob@example.com")
    change = await newest(api, "transfer")
    assert (change["from"]["organizer"], change["to"]["organizer"]) == ("alice@example.com", "bob@example.com")
    await revert(api, change)
    assert (await listed(api, "text=review"))[0]["organizer"] == "alice@example.com"
    for wrong in ({}, {"organizer": "nobody"}, {"organizer": 1}, {"organizer": "a@example.com, b@example.com"}):
        refused = await api.call("POST", f"{MEETINGS}{review['id']}/transfer/", wrong)
        assert (refused.status, list(refused.body["meeting"])) == (400, ["organizer"])


async def test_resending_instructions_is_recorded_and_allowed_once_a_minute() -> None:
    api = await deployment()
    (review,) = await listed(api, "text=review")
    assert (await api.call("POST", f"{MEETINGS}{review['id']}/resend/")).status == 202
    change = await newest(api, "resend")
    assert (change["name"], change["who"], change["revertible"]) == ("Review", "tester", False)
    with pytest.raises(Conflict, match="a moment ago"):
        await api.call("POST", f"{MEETINGS}{review['id']}/resend/")
    assert len([each for each in await changes(api) if each["action"] == "resend"]) == 1


async def test_readers_see_changes_but_cannot_revert_them() -> None:
    api = Api()
    await created(api)
    answer = await api.call("GET", CHANGES, headers=READER)
    assert len(answer.body["objects"]) == 1
    with pytest.raises(NotAllowed):
        await api.call("POST", f"{CHANGES}{answer.body['objects'][0]['id']}/revert/", {}, READER)


# --- crashes, and concurrent changes by other admins


class Dies(Exception):
    """The process dies here."""


@pytest.mark.parametrize(
    ("method", "body"), [("PATCH", {"description": "new"}), ("DELETE", None), ("POST", graph_fields(name="Second"))]
)
async def test_after_an_interruption_exactly_the_changes_that_were_made_are_recorded(method: str, body: Any) -> None:
    path = CONNECTORS if method == "POST" else f"{CONNECTORS}1/"
    for step in range(1, 40):
        api = Api()
        await created(api, room_mailbox_email_address="first@example.com")
        before = await api.get(CONNECTORS)
        with dying(api, step) as has_died, suppress(Dies):
            await api.call(method, path, body)
        made = (await api.get(CONNECTORS))["objects"] != before["objects"]
        mine = (await changes(api))[: len(await changes(api)) - 1]
        assert len(mine) == 1 if made else all(each["state"] == "begun" for each in mine), step
        if not has_died():
            return
    raise AssertionError("it never ended")


class dying:
    """A table that counts commits, and crashes before or after one of them takes effect."""

    def __init__(self, api: Api, step: int) -> None:
        self._tables = [api.storage.table(name) for name in ("integrations", "changes", "meetings")]
        self._left = step

    def __enter__(self) -> Callable[[], bool]:
        self._commits = [table.commit for table in self._tables]
        for table, commit in zip(self._tables, self._commits, strict=True):
            table.commit = self._wrapped(commit)  # type: ignore[method-assign,assignment]
        return lambda: self._left <= 0

    def _wrapped(self, commit: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def wrapped(partition: str, *operations: Write) -> Any:
            self._left -= 1
            if self._left == 0:
                raise Dies
            done = await commit(partition, *operations)
            self._left -= 1
            if self._left == 0:
                raise Dies
            return done

        return wrapped

    def __exit__(self, *_: object) -> None:
        for table, commit in zip(self._tables, self._commits, strict=True):
            table.commit = commit  # type: ignore[method-assign]


async def test_a_change_is_refused_if_it_cannot_be_recorded() -> None:
    api = Api()
    await created(api)
    table = api.storage.table("changes")

    async def away(partition: str, *operations: Write) -> Any:
        raise Unavailable("Storage is down.")

    real, table.commit = table.commit, away  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await api.call("PATCH", f"{CONNECTORS}1/", {"description": "unrecorded"})
    table.commit = real  # type: ignore[method-assign]
    assert (await api.get(f"{CONNECTORS}1/"))["description"] == ""


async def test_a_concurrent_change_by_another_admin_is_not_attributed_to_the_wrong_admin() -> None:
    api = Api()
    await created(api)
    real, hits = api.management, 0
    one = next(each for each in real.resources if each.name == "ms_exchange_connector")
    original = one.one

    async def one_and_another(id_: int) -> Any:
        nonlocal hits
        shown, hits = await original(id_), hits + 1
        if hits == 1:
            await api.integrations.update(shown.fields["uuid"], {"name": "Theirs"})
        return shown

    one.one = one_and_another  # type: ignore[method-assign]
    await api.call("PATCH", f"{CONNECTORS}1/", {"description": "mine"})
    assert (await newest(api, "change"))["to"] == {"description": "mine"}
    shown = await api.get(f"{CONNECTORS}1/")
    assert (shown["name"], shown["description"]) == ("Theirs", "mine")
