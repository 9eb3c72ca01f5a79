"""Complete meetings over EWS with NTLM and impersonation, from the sync to the response to the organizer."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from exchangelib import CalendarItem, ExtendedProperty, HTMLBody
from exchangelib.errors import ErrorItemNotFound
from exchangelib.items import MeetingCancellation, MeetingMessage, MeetingRequest
from exchangelib.properties import ItemId

from tests.integration.exchange.ews.client import VMR_EWS, Client, at
from tests.support.exchange_world import ALICE, BOB, WEEKLY, ExchangeWorld

SHAPES = {"pattern": WEEKLY["pattern"], "range": {"type": "numbered", "numberOfOccurrences": 4}}


class GlobalObjectId(ExtendedProperty):
    distinguished_property_set_id = "Meeting"
    property_id = 3
    property_type = "Binary"


class CleanGlobalObjectId(ExtendedProperty):
    distinguished_property_set_id = "Meeting"
    property_id = 0x23
    property_type = "Binary"


class SearchKey(ExtendedProperty):
    property_tag = 0x300B
    property_type = "Binary"


@pytest.fixture(autouse=True)
def _extended_properties() -> Iterator[None]:
    names = {"sim_goid": GlobalObjectId, "sim_clean_goid": CleanGlobalObjectId, "sim_key": SearchKey}
    classes = (MeetingRequest, MeetingCancellation, CalendarItem)
    for name, kind in names.items():
        for model in classes:
            model.register(name, kind)
    yield
    for name in names:
        for model in classes:
            model.deregister(name)


async def invite(world: ExchangeWorld, **fields: Any) -> str:
    return await world.meet(attendees=[VMR_EWS, BOB], **fields)


async def test_a_meeting_is_processed_from_the_sync_to_the_response_to_its_organizer(
    world: ExchangeWorld, client: Client
) -> None:
    uid = await invite(world)
    mailbox = client.mailbox()
    [(kind, request)], state = await client.synced()
    assert (kind, type(request)) == ("create", MeetingRequest)
    [read] = await client.do(lambda: list(mailbox.fetch([request])))
    assert (read.meeting_request_type, read.response_type) == ("NewMeetingRequest", "NoResponseReceived")
    assert base64.b64encode(read.sim_clean_goid).decode() == base64.b64encode(bytes.fromhex(uid)).decode()
    [shown] = await client.calendar(at(2030, 3, 4), at(2030, 3, 5))
    assert (shown.id, shown.uid) == (read.associated_calendar_item_id.id, uid)
    assert (shown.my_response_type, shown.legacy_free_busy_status) == ("NoResponseReceived", "Tentative")

    accepted = await client.do(lambda: read.accept(body=HTMLBody("<p>Your room is <b>123</b>.</p>")))

    assert accepted is True, "an item that is sent and saved returns no ids"
    [answer] = await world.received(ALICE)
    assert (answer["kind"], answer["from"]) == ("accepted", VMR_EWS)
    assert answer["body_html"] == "<p>Your room is <b>123</b>.</p>"
    [again] = await client.calendar(at(2030, 3, 4), at(2030, 3, 5))
    assert again.id != shown.id, "answering recreates the calendar item"
    assert again.uid == uid
    assert (again.my_response_type, again.legacy_free_busy_status) == ("Accept", "Busy")
    assert again.appointment_reply_time is not None
    [(kind, gone)], _ = await client.synced(state=state)
    assert (kind, gone.id) == ("delete", request.id)
    [(_, found)], _ = await client.synced("trash")
    assert found.id != request.id, "the request was moved, so it has a new id"
    assert found.sim_key == read.sim_key, "a move does not change PR_SEARCH_KEY"
    with pytest.raises(ErrorItemNotFound):
        await client.do(request.refresh)


@pytest.mark.parametrize(("renews", "kinds"), [(True, ["create", "delete"]), (False, ["update"])])
async def test_some_servers_recreate_an_answered_calendar_item(
    world: ExchangeWorld, client: Client, renews: bool, kinds: list[str]
) -> None:
    await world.http.patch("/dev/ews", json={"renews_answered": renews})
    uid = await invite(world)
    request = await client.newest()
    _, state = await client.synced("calendar")
    await client.do(request.accept)
    [shown] = await client.calendar(at(2030, 3, 4), at(2030, 3, 5))
    assert (shown.id != request.associated_calendar_item_id.id) is renews
    assert (shown.uid, shown.my_response_type) == (uid, "Accept")
    changes, _ = await client.synced("calendar", state)
    assert sorted(kind for kind, _ in changes) == kinds


async def test_a_moved_occurrence_arrives_as_a_separate_request(world: ExchangeWorld, client: Client) -> None:
    uid = await invite(world, recurrence=SHAPES)
    await world.edit(uid, occurrence="2030-03-11", start="2030-03-12T14:00:00", end="2030-03-12T15:00:00")
    request = await client.newest()
    assert (request.type, request.meeting_request_type) == ("Exception", "FullUpdate")
    assert request.start == at(2030, 3, 12, 13)
    assert request.original_start == at(2030, 3, 11, 8)
    assert request.sim_goid[16:20] == bytes.fromhex("07EE030B"), "the date according to the pattern"
    assert request.sim_clean_goid == bytes.fromhex(uid)
    shown = await client.calendar(at(2030, 3, 1), at(2030, 4, 1))
    assert [(entry.type, entry.start) for entry in shown] == [
        ("Occurrence", at(2030, 3, 4, 8)),
        ("Exception", at(2030, 3, 12, 13)),
        ("Occurrence", at(2030, 3, 18, 8)),
        ("Occurrence", at(2030, 3, 25, 8)),
    ]
    assert shown[1].recurrence_id == at(2030, 3, 11, 8)
    await client.do(lambda: request.accept(body="Only this one"))
    [answer] = await world.received(ALICE)
    assert (answer["kind"], answer["occurrence"]) == ("accepted", "2030-03-11")


async def test_a_cancelled_occurrence_stays_in_the_calendar_as_cancelled(world: ExchangeWorld, client: Client) -> None:
    uid = await invite(world, recurrence=SHAPES)
    await world.cancel(uid, "2030-03-18")
    cancellation = await client.newest()
    assert type(cancellation) is MeetingCancellation
    assert cancellation.item_class == "IPM.Schedule.Meeting.Canceled"
    assert cancellation.sim_goid[16:20] == bytes.fromhex("07EE0312")
    [associated] = await client.do(
        lambda: list(client.mailbox().fetch([ItemId(id=cancellation.associated_calendar_item_id.id)]))
    )
    assert (associated.type, associated.is_cancelled) == ("Exception", True)
    assert (associated.subject, associated.start) == ("Canceled: Review", at(2030, 3, 18, 8))
    shown = await client.calendar(at(2030, 3, 1), at(2030, 4, 1))
    assert [entry.start.day for entry in shown if not entry.is_cancelled] == [4, 11, 25]


async def test_a_series_can_be_cancelled(world: ExchangeWorld, client: Client) -> None:
    uid = await invite(world, recurrence=SHAPES)
    await world.cancel(uid)
    request, cancellation = await client.inbox()
    assert request.is_out_of_date
    assert cancellation.sim_clean_goid == cancellation.sim_goid == bytes.fromhex(uid)
    shown = await client.calendar(at(2030, 3, 1), at(2030, 4, 1))
    assert [entry.is_cancelled for entry in shown] == [True] * 4


async def test_a_forwarding_notice_is_a_meeting_message_in_deleted_items(world: ExchangeWorld, client: Client) -> None:
    uid = await world.meet(attendees=[BOB])
    await world.post("/dev/forward", {"uid": uid, "from": BOB, "to": VMR_EWS})
    [(_, notice)], _ = await client.synced("trash", address=ALICE)
    assert type(notice) is MeetingMessage
    assert notice.item_class == "IPM.Schedule.Meeting.Notification.Forward"
    request = await client.newest()
    assert (request.author.email_address, request.sender.email_address) == (ALICE, BOB)


async def test_declining_removes_the_meeting_from_the_calendar(world: ExchangeWorld, client: Client) -> None:
    await invite(world)
    request = await client.newest()
    await client.do(lambda: request.decline(body=HTMLBody("<i>No room left.</i>")))
    [(_, moved)], _ = await client.synced("trash")
    assert moved.id != request.id
    [answer] = await world.received(ALICE)
    assert (answer["kind"], answer["body_html"]) == ("declined", "<i>No room left.</i>")
    assert await client.calendar(at(2030, 3, 1), at(2030, 4, 1)) == []


async def test_without_a_calendar_attendant_accepting_creates_the_calendar_item(
    world: ExchangeWorld, client: Client
) -> None:
    await world.http.patch(f"/dev/mailboxes/{VMR_EWS}", json={"automate_processing": "None"})
    await invite(world)
    request = await client.newest()
    assert request.associated_calendar_item_id is None
    assert not request.has_been_processed
    assert await client.calendar(at(2030, 3, 1), at(2030, 4, 1)) == []
    await client.do(request.accept)
    [shown] = await client.calendar(at(2030, 3, 1), at(2030, 4, 1))
    assert shown.my_response_type == "Accept"


async def test_graph_and_ews_share_the_mailboxes(world: ExchangeWorld, client: Client) -> None:
    await invite(world)
    over_graph = (await world.folder(VMR_EWS))[0]
    over_ews = await client.newest()
    assert over_graph["internetMessageId"] == over_ews.message_id
    await client.do(over_ews.accept)
    assert [m["subject"] for m in await world.folder(VMR_EWS, "deleteditems")] == ["Review"]
    shown = await world.event(VMR_EWS)
    assert shown["responseStatus"]["response"] == "accepted"
