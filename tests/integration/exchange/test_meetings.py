"""The messages sent by an organizer's actions in Outlook, and their recipients."""

import pytest

from tests.support.exchange_world import ALICE, BOB, CAROL, VMR, WEEKLY, ExchangeWorld


async def kinds(world: ExchangeWorld, user: str) -> list[str]:
    return [message["kind"] for message in await world.received(user)]


async def test_an_invitation_reaches_every_attendee_but_not_the_organizer(world: ExchangeWorld) -> None:
    uid = await world.meet()
    for user in (VMR, BOB):
        [message] = await world.received(user)
        assert (message["kind"], message["subject"], message["from"], message["uid"]) == (
            "request",
            "Review",
            ALICE,
            uid,
        )
        assert message["body_text"] == "Hello"
    assert await world.received(ALICE) == []
    [sent] = await world.folder(ALICE, "sentitems")
    assert sent["subject"] == "Review"


async def test_the_equipment_mailbox_gets_no_message_about_a_meeting_without_it(world: ExchangeWorld) -> None:
    await world.meet(attendees=[BOB])
    assert await world.received(VMR) == []


async def test_a_message_contains_its_times_in_utc_and_its_request_type(world: ExchangeWorld) -> None:
    await world.meet()
    message = await world.newest()
    assert message["meetingMessageType"] == "meetingRequest"
    assert message["meetingRequestType"] == "newMeetingRequest"
    assert message["type"] == "singleInstance"
    assert message["startDateTime"] == {"dateTime": "2030-03-04T08:00:00.0000000", "timeZone": "UTC"}
    assert message["endDateTime"] == {"dateTime": "2030-03-04T09:00:00.0000000", "timeZone": "UTC"}
    # As in the captured request, a new request also has previous values, identical to the current ones.
    assert message["previousStartDateTime"] == message["startDateTime"]
    assert not {"uid", "iCalUId"} & set(message)


async def test_a_delegate_sends_on_behalf_of_the_organizer(world: ExchangeWorld) -> None:
    await world.meet(sender=CAROL)
    message = await world.newest()
    assert message["from"]["emailAddress"]["address"] == ALICE
    assert message["sender"]["emailAddress"]["address"] == CAROL
    assert message["event"]["organizer"]["emailAddress"]["address"] == ALICE


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"start": "2030-03-04T11:00:00"}, "fullUpdate"),
        ({"recurrence": WEEKLY}, "fullUpdate"),
        ({"time_zone": "UTC"}, "fullUpdate"),
        ({"subject": "Other"}, "informationalUpdate"),
        ({"body_html": "<p>Other</p>"}, "informationalUpdate"),
        ({"location": "Room 4"}, "informationalUpdate"),
        ({}, "informationalUpdate"),
        ({"subject": "Other", "silent": True}, "silentUpdate"),
    ],
)
async def test_an_update_contains_its_type(world: ExchangeWorld, change: dict[str, object], kind: str) -> None:
    uid = await world.meet()
    await world.edit(uid, **change)
    message = await world.newest()
    assert message["meetingRequestType"] == kind
    assert message["previousStartDateTime"]["dateTime"] == "2030-03-04T08:00:00.0000000"


async def test_moving_the_start_keeps_the_duration(world: ExchangeWorld) -> None:
    uid = await world.meet()
    await world.edit(uid, start="2030-03-05T14:00:00")
    message = await world.newest()
    assert message["startDateTime"]["dateTime"] == "2030-03-05T13:00:00.0000000"
    assert message["endDateTime"]["dateTime"] == "2030-03-05T14:00:00.0000000"


async def test_adding_an_attendee_notifies_only_the_new_attendee(world: ExchangeWorld) -> None:
    uid = await world.meet(attendees=[BOB])
    await world.edit(uid, attendees=[BOB, VMR])
    assert await kinds(world, BOB) == ["request"]
    assert (await world.newest())["meetingRequestType"] == "newMeetingRequest"


async def test_a_removed_attendee_gets_a_cancellation_and_the_others_get_nothing(world: ExchangeWorld) -> None:
    uid = await world.meet()
    await world.edit(uid, attendees=[BOB])
    assert await kinds(world, VMR) == ["request", "cancelled"]
    assert await kinds(world, BOB) == ["request"]


async def test_cancelling_notifies_every_attendee(world: ExchangeWorld) -> None:
    uid = await world.meet()
    await world.cancel(uid)
    for user in (VMR, BOB):
        assert await kinds(world, user) == ["request", "cancelled"]
    message = await world.newest()
    assert message["@odata.type"] == "#microsoft.graph.eventMessage"
    assert message["meetingMessageType"] == "meetingCancelled"
    assert message["subject"] == "Canceled: Review"


async def test_a_forwarded_invitation_comes_from_the_organizer_via_the_sender(world: ExchangeWorld) -> None:
    uid = await world.meet(attendees=[BOB])
    await world.post("/dev/forward", {"uid": uid, "from": BOB, "to": VMR})
    message = await world.newest()
    assert message["from"]["emailAddress"]["address"] == ALICE
    assert message["sender"]["emailAddress"]["address"] == BOB
    assert message["meetingMessageType"] == "meetingRequest"
    assert message["event"]["type"] == "singleInstance"
    await world.edit(uid, subject="After")
    assert (await world.newest())["subject"] == "After"


async def test_ordinary_mail_is_not_a_meeting_message(world: ExchangeWorld) -> None:
    await world.post(
        "/dev/mail",
        {"from": BOB, "to": VMR, "subject": "Hi", "body_html": "x", "headers": {"Auto-Submitted": "auto-replied"}},
    )
    [message] = await world.folder()
    assert "@odata.type" not in message
    assert "meetingMessageType" not in message
    shown = await world.get(f"/users/{VMR}/messages/{message['id']}", select="internetMessageHeaders")
    assert shown["internetMessageHeaders"] == [{"name": "Auto-Submitted", "value": "auto-replied"}]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"start": "2030-03-04T09:00:00Z"}, "without an offset"),
        ({"start": "tomorrow"}, "not a time"),
        ({"end": "2030-03-04T08:00:00"}, "is before"),
        ({"time_zone": "Middle Earth"}, "neither a Windows nor an IANA"),
        ({"attendees": ["nobody"]}, "e-mail addresses"),
        ({"sensitivity": "secret"}, "sensitivity"),
        ({"is_all_day": True}, "midnight"),
        ({"colour": "red"}, "unknown fields: colour"),
        ({"recurrence": {"pattern": {"type": "hourly"}, "range": {}}}, "pattern.type"),
        ({"recurrence": {"pattern": {"type": "weekly", "daysOfWeek": []}, "range": {}}}, "daysOfWeek"),
        (
            {"recurrence": {"pattern": {"type": "daily"}, "range": {"type": "endDate", "endDate": "2020-01-01"}}},
            "endDate",
        ),
        ({"recurrence": {"pattern": {"type": "daily"}, "range": {"type": "sometimes"}}}, "range.type"),
        ({"organizer": "nobody"}, "organizer"),
    ],
)
async def test_invalid_input_is_refused_with_an_explanation(
    world: ExchangeWorld, fields: dict[str, object], says: str
) -> None:
    draft = {"organizer": ALICE, "start": "2030-03-04T09:00:00", "end": "2030-03-04T10:00:00", "attendees": [VMR]}
    answer = await world.http.post("/dev/meetings", json={**draft, **fields})
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert await world.received(VMR) == []


async def test_unknown_and_cancelled_meetings_cannot_be_changed(world: ExchangeWorld) -> None:
    assert (await world.http.patch("/dev/meetings/0400", json={"subject": "x"})).status_code == 404
    uid = await world.meet()
    await world.cancel(uid)
    answer = await world.http.patch(f"/dev/meetings/{uid}", json={"subject": "x"})
    assert answer.status_code == 400
    assert "cancelled" in answer.json()["error"]
    assert (
        await world.http.patch(f"/dev/meetings/{await world.meet()}", json={"occurrence": "2030-03-04"})
    ).status_code == 400
