"""The Graph protocol: authentication, paths, ids, preferences, queries and errors."""

from typing import Any

import pytest

from dev.exchange.graph.ids import ItemId, MalformedIdError, parse
from tests.support.exchange_world import ALICE, EXPAND_EVENT, IMMUTABLE, VMR, WEEKLY, ExchangeWorld


@pytest.mark.parametrize("authorization", [None, "", "Basic YTpi", "Bearer"])
async def test_requests_without_a_token_are_refused(world: ExchangeWorld, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await world.http.get(f"/v1.0/users/{VMR}/messages", headers=headers)
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert error["code"] == "InvalidAuthenticationToken"
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}


async def test_paths_may_be_spelled_in_several_ways(world: ExchangeWorld) -> None:
    await world.meet()
    guid = world.exchange.directory.ensure(VMR).guid
    for path in (
        f"/users/{VMR}/mailFolders/inbox/messages",
        f"/users/{guid}/mailFolders('inbox')/messages",
        f"/users('{guid}')/mailfolders('Inbox')/messages",
        f"/Users/{guid}/MailFolders/INBOX/Messages",
    ):
        assert len((await world.get(path))["value"]) == 1, path
    inbox = await world.get(f"/users/{VMR}/mailFolders/inbox")
    assert (inbox["displayName"], inbox["totalItemCount"], inbox["unreadItemCount"]) == ("Inbox", 1, 1)
    assert len((await world.get(f"/users/{VMR}/mailFolders/{inbox['id']}/messages"))["value"]) == 1


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/users/nobody@example.com/messages", 404, "ErrorInvalidUser"),
        ("/users/vmr@example.com/mailFolders/attic/messages", 404, "ErrorItemNotFound"),
        ("/users/vmr@example.com/messages/AAMk-nonsense", 400, "ErrorInvalidIdMalformed"),
        ("/users/vmr@example.com/messages/ünï", 400, "ErrorInvalidIdMalformed"),
        ("/users/vmr@example.com/nothing", 400, "BadRequest"),
        ("/users/vmr@example.com/messages?$search=x", 400, "BadRequest"),
        ("/users/vmr@example.com/messages?$top=0", 400, "BadRequest"),
        ("/users/vmr@example.com/messages?$top=1001", 400, "BadRequest"),
        ("/users/vmr@example.com/messages?$orderby=subject", 400, "BadRequest"),
    ],
)
async def test_errors_have_the_documented_envelope(world: ExchangeWorld, path: str, status: int, code: str) -> None:
    answer = await world.graph("GET", path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_regular_id_changes_with_a_move_and_an_immutable_one_does_not(world: ExchangeWorld) -> None:
    await world.meet()
    [regular] = (await world.get(f"/users/{VMR}/messages", prefer=""))["value"]
    [immutable] = (await world.get(f"/users/{VMR}/messages"))["value"]
    assert regular["id"] != immutable["id"]
    moved = await world.graph(
        "POST", f"/users/{VMR}/messages/{immutable['id']}/move", json={"destinationId": "deleteditems"}
    )
    assert moved.status_code == 201
    assert moved.json()["id"] == immutable["id"]
    stale = await world.graph("GET", f"/users/{VMR}/messages/{regular['id']}", prefer="")
    assert (stale.status_code, stale.json()["error"]["code"]) == (404, "ErrorItemNotFound")
    for given, prefer in ((immutable["id"], IMMUTABLE), (immutable["id"], "")):
        assert (await world.graph("GET", f"/users/{VMR}/messages/{given}", prefer=prefer)).status_code == 200
    [now] = (await world.get(f"/users/{VMR}/messages", prefer=""))["value"]
    assert now["id"] not in (regular["id"], immutable["id"])
    assert (await world.get(f"/users/{VMR}/messages/{now['id']}"))["id"] == immutable["id"]


async def test_events_also_have_both_kinds_of_id(world: ExchangeWorld) -> None:
    await world.meet(recurrence=WEEKLY)
    master = await world.event()
    regular = await world.get(f"/users/{VMR}/events/{master['id']}", prefer="")
    assert regular["id"] != master["id"]
    path = f"/users/{VMR}/events/{regular['id']}/instances"
    window = {"startDateTime": "2030-03-04T00:00:00Z", "endDateTime": "2030-03-05T00:00:00Z"}
    [occurrence] = (await world.get(path, prefer="", **window))["value"]
    assert occurrence["seriesMasterId"] == regular["id"]
    [occurrence] = (await world.get(path, **window))["value"]
    assert occurrence["seriesMasterId"] == master["id"]


async def test_an_id_from_one_mailbox_does_not_provide_access_to_another(world: ExchangeWorld) -> None:
    await world.meet()
    message = (await world.folder())[0]["id"]
    event = (await world.event())["id"]
    assert (await world.graph("GET", f"/users/{ALICE}/messages/{message}")).status_code == 404
    assert (await world.graph("GET", f"/users/{ALICE}/events/{event}")).status_code == 404
    assert (await world.graph("GET", f"/users/{VMR}/events/{message}")).status_code == 404


@pytest.mark.parametrize("text", ["", "AAMk", "AAkALgAAAAAAHYQDEapmEc2byACqAC_EWg0=", "é", "AAAA", "!!!!"])
def test_text_that_is_not_an_id_is_malformed(text: str) -> None:
    with pytest.raises(MalformedIdError):
        parse(text)


@pytest.mark.parametrize("moves", [None, 0, 3])
def test_a_formatted_id_can_be_parsed(moves: int | None) -> None:
    item = ItemId(1, "0123456789abcdef0123456789abcdef", moves)
    assert parse(item.text("6b526823-5759-5e9b-b98b-003c3475630b")) == item


async def test_only_selected_properties_are_returned(world: ExchangeWorld) -> None:
    await world.meet()
    [message] = (await world.get(f"/users/{VMR}/messages", select="subject,from"))["value"]
    assert set(message) == {"@odata.type", "@odata.etag", "id", "subject", "from"}
    event = await world.event(select="subject,start")
    assert set(event) == {"@odata.context", "@odata.etag", "id", "subject", "start"}


async def test_properties_specific_to_meeting_messages_are_qualified_by_type(world: ExchangeWorld) -> None:
    await world.meet()
    plain = await world.graph("GET", f"/users/{VMR}/messages?$select=subject,meetingMessageType")
    assert plain.status_code == 400
    assert plain.json()["error"]["code"] == "RequestBroker--ParseUri"
    assert "'meetingMessageType'" in plain.json()["error"]["message"]
    typed = await world.get(f"/users/{VMR}/messages", select="microsoft.graph.eventMessage/meetingMessageType")
    assert typed["value"][0]["meetingMessageType"] == "meetingRequest"
    event = await world.graph("GET", f"/users/{VMR}/events?$select=colour")
    assert event.status_code == 400


async def test_times_and_bodies_follow_the_preferences(world: ExchangeWorld) -> None:
    await world.meet()
    event = (await world.event())["id"]
    prefer = f'{IMMUTABLE}, outlook.timezone="Pacific Standard Time", outlook.body-content-type="text"'
    answer = await world.graph("GET", f"/users/{VMR}/events/{event}", prefer=prefer)
    assert answer.json()["start"] == {"dateTime": "2030-03-04T00:00:00.0000000", "timeZone": "Pacific Standard Time"}
    assert answer.json()["body"] == {"contentType": "text", "content": "Hello"}
    applied = answer.headers["Preference-Applied"]
    assert 'outlook.timezone="Pacific Standard Time"' in applied
    assert 'outlook.body-content-type="text"' in applied
    message = (await world.folder())[0]["id"]
    shown = await world.get(f"/users/{VMR}/messages/{message}", prefer='outlook.body-content-type="text"')
    assert shown["body"]["contentType"] == "html", "meeting messages are always in HTML"
    wrong = await world.graph("GET", f"/users/{VMR}/events", prefer='outlook.timezone="Middle Earth"')
    assert wrong.status_code == 400


async def test_an_all_day_meeting_begins_at_midnight_in_every_zone(world: ExchangeWorld) -> None:
    await world.meet(is_all_day=True, start="2030-03-04T00:00:00", end="2030-03-05T00:00:00")
    for prefer in ("", 'outlook.timezone="Pacific Standard Time"'):
        [event] = (await world.get(f"/users/{VMR}/events", prefer=prefer))["value"]
        assert event["isAllDay"] is True
        assert (event["start"]["dateTime"], event["end"]["dateTime"]) == (
            "2030-03-04T00:00:00.0000000",
            "2030-03-05T00:00:00.0000000",
        )


async def test_scripts_are_removed_and_previews_are_short(world: ExchangeWorld) -> None:
    await world.meet(body_html="<p>A</p><script>alert(1)</script>" + "<p>long text</p>" * 100)
    message = await world.newest()
    assert "script" not in message["body"]["content"]
    assert message["body"]["content"].startswith("<html>")
    assert len(message["bodyPreview"]) == 255


async def test_a_list_with_expanded_events_fails_if_one_event_is_missing(world: ExchangeWorld) -> None:
    await world.meet()
    await world.meet(subject="Second")
    path = f"/users/{VMR}/mailFolders/inbox/messages"
    assert (await world.graph("GET", path, params=EXPAND_EVENT)).status_code == 200
    newest = await world.newest()
    await world.graph("POST", f"/users/{VMR}/events/{newest['event']['id']}/decline", json={})
    await world.graph("POST", f"/users/{VMR}/messages/{newest['id']}/move", json={"destinationId": "inbox"})
    answer = await world.graph("GET", path, params=EXPAND_EVENT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "InternalServerError")
    unknown = await world.graph("GET", path, params={"$expand": "friends"})
    assert unknown.status_code == 400


async def test_properties_of_an_expanded_event_can_be_selected(world: ExchangeWorld) -> None:
    await world.meet()
    message = (await world.folder())[0]["id"]
    expand = "microsoft.graph.eventMessage/event($select=uid,type)"
    shown = await world.get(f"/users/{VMR}/messages/{message}", expand=expand, select="subject")
    assert set(shown["event"]) == {"@odata.etag", "id", "uid", "type"}
    event = await world.get(f"/users/{VMR}/messages/{message}/microsoft.graph.eventMessage/event")
    assert event["uid"] == shown["event"]["uid"]


async def test_global_object_ids_are_extended_properties(world: ExchangeWorld) -> None:
    import base64

    uid = await world.meet(recurrence=WEEKLY)
    await world.edit(uid, occurrence="2030-03-11", subject="One")
    message = (await world.folder())[-1]["id"]
    names = [f"Binary {{6ED8DA90-450B-101B-98DA-00AA003F1305}} Id {number}" for number in ("0x3", "0x23")]
    condition = " or ".join(f"id eq '{name}'" for name in names)
    expand = f"singleValueExtendedProperties($filter={condition}),microsoft.graph.eventMessage/event($select=iCalUId)"
    shown = await world.get(f"/users/{VMR}/messages/{message}", expand=expand)
    full, clean = (base64.b64decode(p["value"]).hex().upper() for p in shown["singleValueExtendedProperties"])
    assert clean == uid
    assert full == shown["event"]["iCalUId"] != uid
    assert full[32:40] == "07EE030B", "the date of the occurrence: 2030-03-11"


async def test_messages_are_paged_newest_first(world: ExchangeWorld) -> None:
    for number in range(5):
        await world.meet(subject=f"M{number}")
    page = await world.get(f"/users/{VMR}/mailFolders/inbox/messages", top="2", select="subject")
    seen = [m["subject"] for m in page["value"]]
    assert page["@odata.nextLink"].startswith(world.running.graph_url)
    while "@odata.nextLink" in page:
        page = (await world.http.get(page["@odata.nextLink"], headers={"Authorization": "Bearer x"})).json()
        seen += [m["subject"] for m in page["value"]]
    assert seen == ["M4", "M3", "M2", "M1", "M0"]


async def test_messages_can_be_filtered(world: ExchangeWorld) -> None:
    await world.meet(subject="Old")
    event = await world.event()
    await world.post("/dev/clock", {"now": "2029-01-01T00:00:00+00:00"})
    await world.meet(subject="New")

    async def subjects(path: str, condition: str) -> list[str]:
        found: list[dict[str, Any]] = (await world.get(f"/users/{VMR}/{path}", filter=condition))["value"]
        return [item["subject"] for item in found]

    assert await subjects("events", "lastModifiedDateTime ge 2029-01-01T00:00:00Z") == ["New"]
    assert await subjects("events", f"iCalUId eq '{event['iCalUId']}'") == ["Old"]
    assert await subjects("messages", "receivedDateTime lt 2029-01-01T00:00:00Z and isRead eq false") == ["Old"]
    wrong = await world.graph("GET", f"/users/{VMR}/messages", params={"$filter": "startswith(subject,'N')"})
    assert wrong.status_code == 400


async def test_messages_are_marked_as_read_and_deleted(world: ExchangeWorld) -> None:
    await world.meet()
    path = f"/users/{VMR}/messages/{(await world.folder())[0]['id']}"
    assert (await world.graph("PATCH", path, json={"isRead": True})).json()["isRead"] is True
    assert (await world.graph("PATCH", path, json={"subject": "x"})).status_code == 400
    assert (await world.graph("PATCH", path, content=b"{")).status_code == 400
    assert (await world.graph("DELETE", path)).status_code == 204
    assert len(await world.folder(folder="deleteditems")) == 1
    assert (await world.graph("DELETE", path)).status_code == 204
    assert (await world.graph("GET", path)).status_code == 404


async def test_requests_are_counted_by_template(world: ExchangeWorld) -> None:
    await world.meet()
    await world.http.delete("/dev/requests")
    await world.newest()
    counted = (await world.http.get("/dev/requests")).json()
    assert counted["total"] == 2
    assert counted["requests"] == {
        "GET /users/{user}/mailFolders/{folder}/messages": 1,
        "GET /users/{user}/messages/{message}": 1,
    }


async def test_an_application_may_open_only_the_mailboxes_granted_to_it(world: ExchangeWorld) -> None:
    await world.meet()
    answer = await world.http.put("/dev/applications", json={"token": "token", "mailboxes": [VMR]})
    assert answer.status_code == 200
    assert (await world.graph("GET", f"/users/{VMR}/messages")).status_code == 200
    refused = await world.graph("GET", f"/users/{ALICE}/messages")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "ErrorAccessDenied")


async def test_a_directory_user_can_be_read_only_with_the_required_right(world: ExchangeWorld) -> None:
    refused = await world.graph("GET", f"/users/{VMR}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
    world.exchange.withheld.remove("User.Read.All")
    user = await world.get(f"/users/{VMR}", select="mail,proxyAddresses")
    assert (user["mail"], user["proxyAddresses"]) == (VMR, [f"SMTP:{VMR}"])
    unknown = await world.graph("GET", "/users/nobody@example.com")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "Request_ResourceNotFound")
