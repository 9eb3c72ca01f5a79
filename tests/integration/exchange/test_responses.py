"""Responses: their effect on the attendee's mailbox, and what the organizer receives (docs/facts/exchange.md §2)."""

import pytest

from tests.support.exchange_world import ALICE, VMR, WEEKLY, ExchangeWorld


async def organizers_view(world: ExchangeWorld) -> dict[str, str]:
    event = await world.event(ALICE)
    return {a["emailAddress"]["address"]: a["status"]["response"] for a in event["attendees"]}


@pytest.mark.parametrize(
    ("verb", "subject", "kind", "response", "message_type"),
    [
        ("accept", "Accepted: Review", "accepted", "accepted", "meetingAccepted"),
        ("decline", "Declined: Review", "declined", "declined", "meetingDeclined"),
        ("tentativelyAccept", "Tentative: Review", "tentative", "tentativelyAccepted", "meetingTenativelyAccepted"),
    ],
)
async def test_a_response_reaches_the_organizer(
    world: ExchangeWorld, verb: str, subject: str, kind: str, response: str, message_type: str
) -> None:
    uid = await world.meet()
    await world.respond((await world.event())["id"], verb, comment="See <b>you</b>\nthere", sendResponse=True)
    [message] = await world.received(ALICE)
    assert (message["kind"], message["subject"], message["from"], message["uid"]) == (kind, subject, VMR, uid)
    assert message["body_text"] == "See <b>you</b>\nthere", "a comment is plain text, so markup is visible"
    assert "<b>" not in message["body_html"]
    assert (await organizers_view(world))[VMR] == response
    shown = await world.newest(ALICE)
    assert shown["meetingMessageType"] == message_type
    assert shown["@odata.type"] == "#microsoft.graph.eventMessageResponse"
    assert shown["responseType"] == response


async def test_an_answered_request_is_in_deleted_items_with_the_same_immutable_id(
    world: ExchangeWorld,
) -> None:
    await world.meet()
    before = await world.newest()
    await world.respond(before["event"]["id"])
    assert await world.folder() == []
    [moved] = await world.folder(folder="deleteditems")
    assert moved["id"] == before["id"]
    event = await world.event()
    assert event["responseStatus"]["response"] == "accepted"
    assert not event["responseStatus"]["time"].startswith("0001")
    assert event["showAs"] == "busy"


async def test_a_silent_response_does_not_reach_the_organizer(world: ExchangeWorld) -> None:
    await world.meet()
    await world.respond((await world.event())["id"], SendResponse=False)
    assert await world.received(ALICE) == []
    assert (await organizers_view(world))[VMR] == "none"
    assert (await world.event())["responseStatus"]["response"] == "accepted"


@pytest.mark.parametrize("comment", ["", "words"])
async def test_a_comment_without_a_response_is_refused(world: ExchangeWorld, comment: str) -> None:
    await world.meet()
    event = (await world.event())["id"]
    answer = await world.graph(
        "POST", f"/users/{VMR}/events/{event}/accept", json={"Comment": comment, "SendResponse": False}
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "ErrorInvalidParameter"
    assert answer.json()["error"]["message"] == "'SendResponse' must be true when 'Comment' is not null."
    assert (await world.event())["responseStatus"]["response"] == "notResponded"
    await world.respond(event, comment=None, sendResponse=False)


async def test_organizers_cannot_respond_to_their_own_meetings(world: ExchangeWorld) -> None:
    await world.meet()
    event = (await world.event(ALICE))["id"]
    answer = await world.graph("POST", f"/users/{ALICE}/events/{event}/accept", json={})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "ErrorInvalidRequest"
    assert "you're the meeting organizer" in answer.json()["error"]["message"]


async def test_declining_removes_the_event(world: ExchangeWorld) -> None:
    await world.meet()
    before = await world.newest()
    await world.respond(before["event"]["id"], "decline")
    assert (await world.get(f"/users/{VMR}/messages/{before['id']}", expand="microsoft.graph.eventMessage/event"))[
        "event"
    ] == {}
    path = f"/users/{VMR}/messages/{before['id']}/microsoft.graph.eventMessage/event"
    assert (await world.graph("GET", path)).status_code == 404
    assert (await world.graph("GET", f"/users/{VMR}/events/{before['event']['id']}")).status_code == 404


async def test_an_update_after_a_decline_recreates_the_event(world: ExchangeWorld) -> None:
    uid = await world.meet()
    await world.respond((await world.event())["id"], "decline")
    await world.edit(uid, start="2030-03-04T15:00:00")
    assert (await world.event())["responseStatus"]["response"] == "notResponded"


async def test_a_cancelled_meeting_cannot_be_accepted(world: ExchangeWorld) -> None:
    await world.cancel(await world.meet())
    event = (await world.event())["id"]
    answer = await world.graph("POST", f"/users/{VMR}/events/{event}/accept", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ErrorCalendarIsCancelledForAccept")
    assert await world.received(ALICE) == []


async def test_another_time_can_be_proposed(world: ExchangeWorld) -> None:
    await world.meet()
    proposed = {
        "Start": {"DateTime": "2030-03-05T09:00:00", "TimeZone": "W. Europe Standard Time"},
        "End": {"DateTime": "2030-03-05T10:00:00", "TimeZone": "W. Europe Standard Time"},
    }
    await world.respond((await world.event())["id"], "tentativelyAccept", proposedNewTime=proposed, sendResponse="true")
    shown = await world.newest(ALICE)
    assert shown["proposedNewTime"]["start"] == {"dateTime": "2030-03-05T08:00:00.0000000", "timeZone": "UTC"}


async def test_accepting_one_occurrence_leaves_the_series_unanswered(world: ExchangeWorld) -> None:
    await world.meet(recurrence=WEEKLY)
    second = (await world.instances("2030-03-10T00:00:00Z", "2030-03-13T00:00:00Z"))[0]
    await world.respond(second["id"], comment="Only this")
    again = await world.get(f"/users/{VMR}/events/{second['id']}")
    assert again["type"] == "exception"
    assert again["responseStatus"]["response"] == "accepted"
    assert (await world.event())["responseStatus"]["response"] == "notResponded"
    [message] = await world.received(ALICE)
    assert (message["kind"], message["occurrence"]) == ("accepted", "2030-03-11")
    assert len(await world.folder()) == 1, "the request for the series stays in the Inbox"


async def test_declining_one_occurrence_removes_only_that_occurrence(world: ExchangeWorld) -> None:
    await world.meet(recurrence=WEEKLY)
    second = (await world.instances("2030-03-10T00:00:00Z", "2030-03-13T00:00:00Z"))[0]
    await world.respond(second["id"], "decline")
    left = await world.instances("2030-03-01T00:00:00Z", "2030-03-20T00:00:00Z")
    assert [i["start"]["dateTime"][:10] for i in left] == ["2030-03-04", "2030-03-18"]
    master = await world.event(select="cancelledOccurrences")
    assert master["cancelledOccurrences"] == [f"OID.{master['id']}.2030-03-11"]
