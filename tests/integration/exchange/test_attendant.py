"""The Calendar Attendant (docs/facts/exchange.md §7): how a calendar changes when meeting messages arrive."""

from datetime import timedelta

import pytest

from tests.support.exchange_world import ALICE, BOB, VMR, WEEKLY, ExchangeWorld


async def test_a_request_creates_a_tentative_event(world: ExchangeWorld) -> None:
    uid = await world.meet()
    event = (await world.newest())["event"]
    assert event["responseStatus"] == {"response": "notResponded", "time": "0001-01-01T00:00:00Z"}
    assert event["showAs"] == "tentative"
    assert event["type"] == "singleInstance"
    assert event["uid"] == event["iCalUId"] == uid
    assert event["originalStartTimeZone"] == "W. Europe Standard Time"
    assert event["isOrganizer"] is False
    assert event["seriesMasterId"] is None
    assert "originalStart" not in event


async def test_a_new_time_requires_a_new_answer_and_makes_the_old_message_outdated(world: ExchangeWorld) -> None:
    uid = await world.meet()
    first = await world.newest()
    await world.respond(first["event"]["id"])
    await world.edit(uid, start="2030-03-04T12:00:00")
    event = await world.event()
    assert event["responseStatus"]["response"] == "notResponded"
    assert event["start"]["dateTime"] == "2030-03-04T11:00:00.0000000"
    assert (await world.get(f"/users/{VMR}/messages/{first['id']}"))["isOutOfDate"] is True
    assert (await world.newest())["isOutOfDate"] is False
    assert (await world.newest())["event"]["id"] == event["id"]


async def test_a_new_body_before_the_answer_appears_in_the_inbox(world: ExchangeWorld) -> None:
    uid = await world.meet()
    await world.edit(uid, body_html="<p>New</p>")
    assert [m["subject"] for m in await world.folder()] == ["Review", "Review"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"body_html": "<p>New</p>"}, "deleteditems"),
        ({"subject": "New"}, "deleteditems"),
        ({"location": "Room 4"}, "inbox"),
        ({"start": "2030-03-04T13:00:00"}, "inbox"),
        ({"recurrence": WEEKLY}, "inbox"),
    ],
)
async def test_after_the_answer_only_visible_updates_reach_the_inbox(
    world: ExchangeWorld, change: dict[str, object], place: str
) -> None:
    uid = await world.meet()
    await world.respond((await world.event())["id"])
    before = len(await world.folder(folder=place))
    await world.edit(uid, **change)
    assert len(await world.folder(folder=place)) == before + 1
    event = await world.event()
    for name, shown in (("subject", event["subject"]), ("location", event["location"]["displayName"])):
        assert shown == change.get(name, shown)
    kept = "accepted" if set(change) & {"body_html", "subject", "location"} else "notResponded"
    assert event["responseStatus"]["response"] == kept


async def test_every_update_is_visible_shortly_before_the_start(world: ExchangeWorld) -> None:
    now = world.exchange.clock.now().replace(microsecond=0)
    start, end = now + timedelta(minutes=14), now + timedelta(minutes=60)
    uid = await world.meet(time_zone="UTC", start=f"{start:%Y-%m-%dT%H:%M:%S}", end=f"{end:%Y-%m-%dT%H:%M:%S}")
    await world.respond((await world.event())["id"])
    await world.edit(uid, body_html="<p>New</p>")
    assert len(await world.folder()) == 1


async def test_the_visible_updates_can_be_configured(world: ExchangeWorld) -> None:
    await world.http.patch(
        f"/dev/mailboxes/{VMR}", json={"visible_update_properties": "Location,Subject,Body,AllProperties:15"}
    )
    uid = await world.meet()
    await world.respond((await world.event())["id"])
    await world.edit(uid, body_html="<p>New</p>")
    assert len(await world.folder()) == 1


async def test_a_cancelled_meeting_stays_in_the_calendar_as_cancelled(world: ExchangeWorld) -> None:
    uid = await world.meet()
    await world.cancel(uid)
    event = (await world.newest())["event"]
    assert event["isCancelled"] is True
    assert event["showAs"] == "free"
    assert [m["isOutOfDate"] for m in await world.folder()] == [True, False]


async def test_cancelled_meetings_can_be_removed(world: ExchangeWorld) -> None:
    await world.http.patch(f"/dev/mailboxes/{VMR}", json={"remove_canceled_meetings": True})
    await world.cancel(await world.meet())
    assert (await world.newest())["event"] == {}


async def test_an_attendee_can_be_removed_and_invited_again(world: ExchangeWorld) -> None:
    uid = await world.meet()
    await world.edit(uid, attendees=[BOB])
    assert (await world.event())["isCancelled"] is True
    await world.edit(uid, attendees=[BOB, VMR])
    event = await world.event()
    assert event["isCancelled"] is False
    assert event["responseStatus"]["response"] == "notResponded"


async def test_outdated_messages_can_be_removed(world: ExchangeWorld) -> None:
    await world.http.patch(f"/dev/mailboxes/{VMR}", json={"remove_old_meeting_messages": True})
    uid = await world.meet()
    old = (await world.newest())["id"]
    await world.edit(uid, subject="New")
    answer = await world.graph("GET", f"/users/{VMR}/messages/{old}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ErrorItemNotFound")


async def test_automate_processing_none_does_not_change_the_calendar(world: ExchangeWorld) -> None:
    await world.http.patch(f"/dev/mailboxes/{VMR}", json={"automate_processing": "None"})
    await world.meet()
    assert (await world.newest())["event"] == {}
    assert (await world.get(f"/users/{VMR}/events"))["value"] == []


async def test_auto_accept_deletes_the_body_and_answers_automatically(world: ExchangeWorld) -> None:
    await world.http.patch(f"/dev/mailboxes/{VMR}", json={"automate_processing": "AutoAccept"})
    await world.meet(body_html="<p>PXPS:-tag#</p>")
    event = await world.event()
    assert event["subject"] == "Alice Adams"
    assert "PXPS" not in event["body"]["content"]
    assert event["responseStatus"]["response"] == "accepted"
    assert [m["kind"] for m in await world.received(ALICE)] == ["accepted"]
    assert await world.folder() == []


async def test_unknown_settings_are_refused(world: ExchangeWorld) -> None:
    for wrong in (
        {"automate_processing": "Sometimes"},
        {"delete_everything": True},
        {"visible_update_properties": "Location:soon"},
        {"visible_update_properties": "Colour"},
    ):
        assert (await world.http.patch(f"/dev/mailboxes/{VMR}", json=wrong)).status_code == 400
