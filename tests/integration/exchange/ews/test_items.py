"""GetItem: ids, shapes, extended properties, occurrences, bodies, time zones and item classes."""

import base64
from typing import Any

import pytest
from exchangelib import CalendarItem, Message
from exchangelib.errors import (
    ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange,
    ErrorCalendarOccurrenceIsDeletedFromRecurrence,
    ErrorInvalidIdMalformed,
    ErrorItemNotFound,
)
from exchangelib.items import MeetingCancellation, MeetingMessage, MeetingRequest, MeetingResponse

from tests.integration.exchange.ews import soap
from tests.integration.exchange.ews.client import VMR_EWS, Client, at
from tests.support.exchange_world import ALICE, BOB, CAROL, WEEKLY, ExchangeWorld

FOUR = {"pattern": WEEKLY["pattern"], "range": {"type": "numbered", "numberOfOccurrences": 4}}


async def get(world: ExchangeWorld, item: Any, *properties: str, base: str = "IdOnly", extra: str = "") -> Any:
    """Send a hand-written GetItem request, for properties that exchangelib cannot read."""
    uris = "".join(f'<t:FieldURI FieldURI="{uri}"/>' if uri[0] != "<" else uri for uri in properties)
    more = f"<t:AdditionalProperties>{uris}</t:AdditionalProperties>" if uris else ""
    body = (
        f"<m:GetItem><m:ItemShape><t:BaseShape>{base}</t:BaseShape>{extra}{more}</m:ItemShape>"
        f'<m:ItemIds><t:ItemId Id="{item.id}" ChangeKey="{item.changekey}"/></m:ItemIds></m:GetItem>'
    )
    answer = await soap.post(world, soap.envelope(body))
    assert answer.status_code == 200, answer.text
    return answer


async def master(client: Client) -> Any:
    return (await client.do(lambda: list(client.mailbox().calendar.all())))[0]


@pytest.mark.parametrize(
    ("item_id", "error"), [("nonsense", ErrorInvalidIdMalformed), ("AAMkAD==", ErrorInvalidIdMalformed)]
)
async def test_invalid_ids_are_refused(client: Client, item_id: str, error: type[Exception]) -> None:
    [found] = await client.do(lambda: list(client.mailbox().fetch([(item_id, "x")])))
    assert isinstance(found, error)


async def test_one_missing_item_does_not_affect_the_others(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS])
    request = await client.newest()
    ids = [("nonsense", "x"), (request.id, request.changekey)]
    bad, good = await client.do(lambda: list(client.mailbox().fetch(ids)))
    assert isinstance(bad, ErrorInvalidIdMalformed)
    assert good.subject == "Review"


async def test_an_item_deleted_between_sync_and_read_is_reported(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS])
    [(_, request)], _ = await client.synced()
    await client.do(lambda: client.mailbox().inbox.all()[0].delete())
    [found] = await client.do(lambda: list(client.mailbox().fetch([request])))
    assert isinstance(found, ErrorItemNotFound)


async def test_items_have_the_right_classes(world: ExchangeWorld, client: Client) -> None:
    uid = await world.meet(attendees=[VMR_EWS])
    await world.cancel(uid)
    await world.post("/dev/mail", {"from": ALICE, "to": VMR_EWS, "subject": "Hello"})
    await world.post("/dev/mail", {"from": ALICE, "to": VMR_EWS, "item_class": "REPORT.IPM.Note.NDR"})
    found = await client.inbox()
    assert [(type(item), item.item_class) for item in found] == [
        (MeetingRequest, "IPM.Schedule.Meeting.Request"),
        (MeetingCancellation, "IPM.Schedule.Meeting.Canceled"),
        (Message, "IPM.Note"),
        (Message, "REPORT.IPM.Note.NDR"),
    ]


@pytest.mark.parametrize(
    ("verb", "item_class", "response"),
    [
        ("accept", "IPM.Schedule.Meeting.Resp.Pos", "Accept"),
        ("tentatively_accept", "IPM.Schedule.Meeting.Resp.Tent", "Tentative"),
        ("decline", "IPM.Schedule.Meeting.Resp.Neg", "Decline"),
    ],
)
async def test_the_organizer_receives_responses(
    world: ExchangeWorld, client: Client, verb: str, item_class: str, response: str
) -> None:
    await world.meet(attendees=[VMR_EWS])
    request = await client.newest()
    await client.do(getattr(request, verb))
    answer = await client.newest(ALICE)
    assert (type(answer), answer.item_class, answer.response_type) == (MeetingResponse, item_class, response)
    [tracked] = (await client.do(lambda: client.mailbox(ALICE).calendar.all()[0])).required_attendees
    assert (tracked.mailbox.email_address, tracked.response_type) == (VMR_EWS, response)


async def test_a_forwarding_notice_arrives_in_the_inbox(world: ExchangeWorld, client: Client) -> None:
    item_class = "IPM.Schedule.Meeting.Notification.Forward"
    await world.post("/dev/mail", {"from": ALICE, "to": VMR_EWS, "item_class": item_class})
    notice = await client.newest()
    assert (type(notice), notice.item_class) == (MeetingMessage, item_class)


async def test_attendees_are_listed_by_kind(world: ExchangeWorld, client: Client) -> None:
    uid = await world.meet(attendees=[BOB], optional_attendees=[CAROL, BOB], resources=[VMR_EWS])
    await client.do((await client.newest()).accept)
    own = await client.do(lambda: client.mailbox(ALICE).calendar.all()[0])
    shown = [own.required_attendees, own.optional_attendees, own.resources]
    assert [[a.mailbox.email_address for a in kind] for kind in shown] == [[BOB], [CAROL], [VMR_EWS]]
    assert [a.response_type for a in own.resources] == ["Accept"]
    over_graph = await world.event(ALICE)
    assert [a["type"] for a in over_graph["attendees"]] == ["required", "optional", "resource"]
    await world.edit(uid, attendees=[], subject="Smaller", start="2030-03-05T09:00:00")
    request = await client.newest()
    assert request.subject == "Smaller"
    assert (request.required_attendees, len(request.resources)) == (None, 1)


# --- shapes


async def test_only_requested_properties_are_returned(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS])
    request = await client.newest()
    answer = await get(world, request, "item:Subject")
    assert soap.texts(answer, "Subject") == ["Review"]
    assert soap.texts(answer, "Start") == []
    default = await get(world, request, base="Default")
    assert (soap.texts(default, "ResponseType"), soap.texts(default, "UID")) == (["NoResponseReceived"], [])
    everything = await get(world, request, base="AllProperties")
    assert len(soap.texts(everything, "UID")) == 1


async def test_a_property_that_does_not_exist_is_refused(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS])
    request = await client.newest()
    body = soap.envelope(
        '<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI="x:Y"/>'
        f'</t:AdditionalProperties></m:ItemShape><m:ItemIds><t:ItemId Id="{request.id}"/></m:ItemIds></m:GetItem>'
    )
    answer = await soap.post(world, body)
    assert (answer.status_code, soap.texts(answer, "ResponseCode")) == (500, ["ErrorSchemaValidation"])


async def test_a_cancellation_has_properties_that_exchangelib_cannot_read(world: ExchangeWorld, client: Client) -> None:
    uid = await world.meet(attendees=[VMR_EWS], recurrence=FOUR)
    await world.cancel(uid, "2030-03-11")
    cancellation = await client.newest()
    names = ("calendar:Start", "calendar:End", "calendar:UID", "calendar:RecurrenceId", "calendar:CalendarItemType")
    answer = await get(world, cancellation, *names)
    assert soap.texts(answer, "Start") == ["2030-03-11T08:00:00Z"]
    assert soap.texts(answer, "End") == ["2030-03-11T09:00:00Z"]
    assert soap.texts(answer, "UID") == [uid]
    assert soap.texts(answer, "RecurrenceId") == ["2030-03-11T08:00:00Z"]


@pytest.mark.parametrize(
    ("uri", "value"),
    [
        ('DistinguishedPropertySetId="Meeting" PropertyId="35" PropertyType="Binary"', "uid"),
        ('PropertySetId="6ED8DA90-450B-101B-98DA-00AA003F1305" PropertyId="3" PropertyType="Binary"', "uid"),
        ('DistinguishedPropertySetId="Appointment" PropertyId="33281" PropertyType="Integer"', "0"),
        ('PropertyTag="0x0E08" PropertyType="Integer"', None),
    ],
)
async def test_extended_properties_are_returned(
    world: ExchangeWorld, client: Client, uri: str, value: str | None
) -> None:
    uid = await world.meet(attendees=[VMR_EWS])
    request = await client.newest()
    answer = await get(world, request, f"<t:ExtendedFieldURI {uri}/>")
    expected = base64.b64encode(bytes.fromhex(uid)).decode() if value == "uid" else value
    assert soap.texts(answer, "Value") == ([expected] if expected else [])


async def test_bodies_are_returned_as_html_and_as_text(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS], body_html="<p>Join <b>now</b></p><script>x()</script>")
    request = await client.newest()
    html = await get(world, request, "item:Body")
    [shown] = soap.texts(html, "Body")[1:]
    assert "<b>now</b>" in shown
    assert "script" not in shown
    text = await get(world, request, "item:Body", extra="<t:BodyType>Text</t:BodyType>")
    assert soap.texts(text, "Body")[1:] == ["Join now"]
    assert (await client.newest()).text_body == "Join now"


async def test_characters_that_xml_cannot_contain_are_dropped(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS], subject="Bell\x07, \x00 and & < > 🎉")
    assert (await client.newest()).subject == "Bell,  and & < > 🎉"


# --- series


async def test_occurrences_are_found_by_their_index(world: ExchangeWorld, client: Client) -> None:
    uid = await world.meet(attendees=[VMR_EWS], recurrence=FOUR)
    series = await master(client)
    third = await client.do(lambda: series.occurrence(3).refresh())
    assert (third.type, third.start) == ("Occurrence", at(2030, 3, 18, 8))
    assert third.recurrence_id == at(2030, 3, 18, 8)
    above = await client.do(lambda: third.recurring_master().refresh())
    assert (above.type, above.uid, third.uid) == ("RecurringMaster", uid, uid)
    for index in (5, 99):
        with pytest.raises(ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange):
            await client.do(lambda index=index: series.occurrence(index).refresh())


async def test_a_series_master_describes_its_series(world: ExchangeWorld, client: Client) -> None:
    uid = await world.meet(attendees=[VMR_EWS], recurrence=FOUR)
    await world.edit(uid, occurrence="2030-03-11", start="2030-03-12T14:00:00")
    await client.do(lambda: client.mailbox().calendar.view(at(2030, 3, 4), at(2030, 3, 5))[0].decline())
    series = await master(client)
    assert series.first_occurrence.original_start == at(2030, 3, 11, 8)
    assert series.first_occurrence.start == at(2030, 3, 12, 13)
    assert series.last_occurrence.start == at(2030, 3, 25, 8)
    assert [occurrence.start for occurrence in series.modified_occurrences] == [at(2030, 3, 12, 13)]
    assert [occurrence.start for occurrence in series.deleted_occurrences] == [at(2030, 3, 4, 8)]
    assert str(series.recurrence.boundary) == "Starts on 2030-03-04 and occurs 4 time(s)"
    with pytest.raises(ErrorCalendarOccurrenceIsDeletedFromRecurrence):
        await client.do(lambda: series.occurrence(1).refresh())


@pytest.mark.parametrize(
    ("pattern", "limits", "text"),
    [
        ({"type": "daily", "interval": 2}, {"type": "noEnd"}, "Occurs every 2 day(s)"),
        ({"type": "weekly", "interval": 1, "daysOfWeek": ["Monday", "Friday"]}, {"type": "noEnd"},
         "Occurs on weekdays Monday, Friday of every 1 week(s)"),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 4}, {"type": "endDate", "endDate": "2030-09-01"},
         "Occurs on day 4 of every 1 month(s)"),
        ({"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["Monday"], "index": "last"}, {"type": "noEnd"},
         "Occurs on weekday Monday in the Last week of every 1 month(s)"),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 4, "month": 3}, {"type": "noEnd"},
         "Occurs on day 4 of March"),
        ({"type": "relativeYearly", "interval": 1, "daysOfWeek": ["Monday"], "index": "first", "month": 3},
         {"type": "noEnd"}, "Occurs on weekday Monday in the First week of March"),
    ],
)  # fmt: skip
async def test_recurrence_patterns_are_returned(
    world: ExchangeWorld, client: Client, pattern: dict[str, Any], limits: dict[str, Any], text: str
) -> None:
    await world.meet(attendees=[VMR_EWS], recurrence={"pattern": pattern, "range": limits})
    request, series = await client.newest(), await master(client)
    assert str(series.recurrence.pattern).startswith(text)
    assert str(request.recurrence) == str(series.recurrence)
    assert (series.last_occurrence is None) == (limits["type"] == "noEnd")


# --- times


async def test_all_day_meetings_last_whole_days(world: ExchangeWorld, client: Client) -> None:
    await world.meet(
        attendees=[VMR_EWS], start="2030-03-04T00:00:00", end="2030-03-06T00:00:00", is_all_day=True,
        time_zone="Tokyo Standard Time",
    )  # fmt: skip
    shown = await master(client)
    assert isinstance(shown, CalendarItem)
    assert (str(shown.start), str(shown.end)) == ("2030-03-04", "2030-03-05")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("W. Europe Standard Time", "W. Europe Standard Time"),
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("UTC", "UTC"),
    ],
)
async def test_time_zones_have_windows_names(world: ExchangeWorld, client: Client, given: str, shown: str) -> None:
    await world.meet(attendees=[VMR_EWS], time_zone=given)
    request = await client.newest()
    answer = await get(world, request, "calendar:StartTimeZone", "calendar:EndTimeZone")
    assert soap.attributes(answer, "StartTimeZone")["Id"] == soap.attributes(answer, "EndTimeZone")["Id"] == shown


async def test_a_zone_without_a_windows_name_becomes_a_custom_zone(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS], time_zone="Antarctica/Troll")
    [(_, request)], _ = await client.synced(only_fields=["subject"])
    answer = await get(world, request, "calendar:StartTimeZone")
    assert soap.attributes(answer, "StartTimeZone")["Id"] == "tzone://Microsoft/Custom"
    assert soap.attributes(answer, "Period")["Bias"], "the zone can be recognized only by its rules"


async def test_private_meetings_and_updates_are_marked(world: ExchangeWorld, client: Client) -> None:
    uid = await world.meet(attendees=[VMR_EWS], sensitivity="private", response_requested=False, location="Room 1")
    request = await client.newest()
    assert (request.sensitivity, request.location, request.is_response_requested) == ("Private", "Room 1", False)
    await world.edit(uid, silent=True, subject="Quiet")
    await world.edit(uid, subject="Loud", body_html="<p>new</p>")
    kinds = [item.meeting_request_type for item in await client.inbox()]
    assert kinds == ["NewMeetingRequest", "SilentUpdate", "InformationalUpdate"]
    await world.edit(uid, attendees=[BOB])
    assert type(await client.newest()) is MeetingCancellation
