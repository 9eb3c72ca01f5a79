"""Series: occurrences, exceptions, cancelled occurrences and daylight saving time."""

from typing import Any

from tests.support.exchange_world import ALICE, BOB, CAROL, VMR, WEEKLY, ExchangeWorld

MARCH, MAY = "2030-03-01T00:00:00Z", "2030-05-01T00:00:00Z"


def starts(items: list[dict[str, Any]]) -> list[str]:
    return [item["start"]["dateTime"][:16] for item in items]


async def test_a_series_keeps_its_local_time_across_the_change_to_summer_time(world: ExchangeWorld) -> None:
    await world.meet(recurrence=WEEKLY)
    found = await world.instances("2030-03-25T00:00:00Z", "2030-04-02T00:00:00Z")
    assert starts(found) == ["2030-03-25T08:00", "2030-04-01T07:00"]


async def test_a_series_has_a_master_and_occurrences(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    master = await world.event()
    assert master["type"] == "seriesMaster"
    assert master["start"]["dateTime"][:10] == "2030-03-04"
    first, second = await world.instances(MARCH, "2030-03-12T00:00:00Z")
    for occurrence in (first, second):
        assert occurrence["type"] == "occurrence"
        assert occurrence["seriesMasterId"] == master["id"]
        assert occurrence["recurrence"] is None
        assert occurrence["uid"] == uid
    assert len({uid, first["iCalUId"], second["iCalUId"]}) == 3
    asked = await world.get(f"/users/{VMR}/events/{second['id']}", select="originalStart,occurrenceId")
    assert asked["originalStart"] == "2030-03-11T08:00:00Z"
    assert asked["occurrenceId"] == f"OID.{master['id']}.2030-03-11"
    assert not {"originalStart", "occurrenceId"} & second.keys(), "occurrences are returned only on request"
    assert (await world.get(f"/users/{VMR}/events/{second['id']}"))["id"] == second["id"]


async def test_the_master_starts_with_the_first_occurrence_of_its_pattern(world: ExchangeWorld) -> None:
    await world.meet(recurrence=WEEKLY, start="2030-03-06T09:00:00", end="2030-03-06T10:00:00")
    assert (await world.event())["start"]["dateTime"] == "2030-03-04T08:00:00.0000000"


async def test_the_messages_range_is_in_utc_and_the_events_range_in_its_zone(world: ExchangeWorld) -> None:
    series = {**WEEKLY, "range": {"type": "endDate", "startDate": "2030-03-04", "endDate": "2030-07-08"}}
    await world.meet(recurrence=series)
    message = await world.newest()
    assert message["recurrence"]["range"] == {
        "type": "endDate",
        "startDate": "2030-03-03",
        "endDate": "2030-07-07",
        "recurrenceTimeZone": "tzone://Microsoft/Utc",
        "numberOfOccurrences": 0,
    }
    limits = message["event"]["recurrence"]["range"]
    assert (limits["startDate"], limits["endDate"]) == ("2030-03-04", "2030-07-08")
    assert limits["recurrenceTimeZone"] == "W. Europe Standard Time"


async def test_a_moved_occurrence_becomes_an_exception_with_the_same_id(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    before = (await world.instances("2030-03-10T00:00:00Z", "2030-03-13T00:00:00Z"))[0]
    await world.edit(uid, occurrence="2030-03-11", start="2030-03-12T15:00:00", subject="Moved")
    message = await world.newest()
    assert (message["type"], message["meetingRequestType"]) == ("exception", "fullUpdate")
    assert message["startDateTime"]["dateTime"] == "2030-03-12T14:00:00.0000000"
    assert message["previousStartDateTime"]["dateTime"] == "2030-03-11T08:00:00.0000000"
    event = message["event"]
    assert (event["type"], event["id"], event["subject"]) == ("exception", before["id"], "Moved")
    assert event["uid"] == uid
    assert starts(await world.instances("2030-03-10T00:00:00Z", "2030-03-13T00:00:00Z")) == ["2030-03-12T14:00"]
    master = await world.event(expand="exceptionOccurrences", select="subject,start,end,occurrenceId")
    assert [item["subject"] for item in master["exceptionOccurrences"]] == ["Moved"]


async def test_an_exception_is_found_at_its_new_time_even_if_it_was_moved_far_away(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    await world.edit(uid, occurrence="2030-03-11", start="2031-03-12T15:00:00")
    found = await world.instances("2031-03-12T00:00:00Z", "2031-03-13T00:00:00Z")
    assert starts(found) == ["2031-03-12T14:00"]


async def test_a_cancelled_occurrence_stays_as_a_cancelled_exception(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    await world.cancel(uid, "2030-03-11")
    message = await world.newest()
    assert message["meetingMessageType"] == "meetingCancelled"
    assert message["startDateTime"]["dateTime"] == "2030-03-11T08:00:00.0000000"
    assert (message["event"]["type"], message["event"]["isCancelled"]) == ("exception", True)
    assert starts(await world.instances(MARCH, "2030-03-20T00:00:00Z")) == ["2030-03-04T08:00", "2030-03-18T08:00"]
    master = await world.event(select="cancelledOccurrences,isCancelled", expand="exceptionOccurrences")
    assert master["isCancelled"] is False
    assert master["cancelledOccurrences"] == [], "only occurrences removed from this calendar count"
    assert [item["isCancelled"] for item in master["exceptionOccurrences"]] == [True]
    organizers = await world.event(ALICE, select="cancelledOccurrences")
    assert organizers["cancelledOccurrences"] == [f"OID.{organizers['id']}.2030-03-11"]


async def test_cancelled_occurrences_are_returned_only_when_selected(world: ExchangeWorld) -> None:
    await world.meet(recurrence=WEEKLY)
    assert "cancelledOccurrences" not in await world.event()


async def test_a_new_time_for_the_series_drops_its_exceptions(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    await world.edit(uid, occurrence="2030-03-11", subject="Special")
    await world.cancel(uid, "2030-03-18")
    await world.edit(uid, start="2030-03-04T10:00:00")
    found = await world.instances(MARCH, "2030-03-20T00:00:00Z")
    assert starts(found) == ["2030-03-04T09:00", "2030-03-11T09:00", "2030-03-18T09:00"]
    assert {item["type"] for item in found} == {"occurrence"}


async def test_a_new_text_for_the_series_keeps_its_exceptions(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    await world.edit(uid, occurrence="2030-03-11", start="2030-03-11T12:00:00")
    await world.cancel(uid, "2030-03-18")
    await world.edit(uid, subject="Renamed")
    found = await world.instances(MARCH, "2030-03-20T00:00:00Z")
    assert starts(found) == ["2030-03-04T08:00", "2030-03-11T11:00"]
    assert [item["subject"] for item in found] == ["Renamed", "Renamed"]


async def test_an_attendee_added_to_a_running_series_gets_its_exceptions_too(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY, attendees=[BOB])
    await world.edit(uid, occurrence="2030-03-11", start="2030-03-11T12:00:00")
    await world.cancel(uid, "2030-03-18")
    await world.edit(uid, attendees=[BOB, VMR])
    found = await world.instances(MARCH, "2030-03-26T00:00:00Z")
    assert starts(found) == ["2030-03-04T08:00", "2030-03-11T11:00", "2030-03-25T08:00"]


async def test_an_attendee_added_to_a_series_is_not_added_to_occurrences_with_separate_guests(
    world: ExchangeWorld,
) -> None:
    uid = await world.meet(recurrence=WEEKLY, attendees=[BOB])
    await world.edit(uid, occurrence="2030-03-11", attendees=[BOB, CAROL])
    await world.edit(uid, attendees=[BOB, VMR])
    found = await world.instances(MARCH, "2030-03-20T00:00:00Z")
    assert starts(found) == ["2030-03-04T08:00", "2030-03-18T08:00"]
    await world.edit(uid, occurrence="2030-03-11", attendees=[BOB, CAROL, VMR])
    assert (await world.newest())["meetingRequestType"] == "newMeetingRequest"
    assert len(await world.instances("2030-03-11T00:00:00Z", "2030-03-12T00:00:00Z")) == 1


async def test_an_attendee_removed_from_one_occurrence_gets_its_cancellation(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    await world.edit(uid, occurrence="2030-03-11", attendees=[BOB])
    assert [m["kind"] for m in await world.received(VMR)] == ["request", "cancelled"]
    assert starts(await world.instances(MARCH, "2030-03-20T00:00:00Z")) == ["2030-03-04T08:00", "2030-03-18T08:00"]


async def test_an_attendee_can_be_invited_to_one_occurrence_only(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY, attendees=[BOB])
    await world.edit(uid, occurrence="2030-03-11", attendees=[BOB, VMR])
    event = (await world.newest())["event"]
    assert (event["type"], event["seriesMasterId"], event["uid"]) == ("singleInstance", None, uid)
    assert event["start"]["dateTime"][:10] == "2030-03-11"
    await world.cancel(uid, "2030-03-11")
    assert (await world.event())["isCancelled"] is True


async def test_guests_of_one_occurrence_are_notified_that_the_series_is_cancelled(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY, attendees=[BOB])
    await world.edit(uid, occurrence="2030-03-11", attendees=[BOB, CAROL])
    await world.cancel(uid)
    assert [m["kind"] for m in await world.received(CAROL)] == ["request", "cancelled"]
    assert [m["kind"] for m in await world.received(BOB)] == ["request", "cancelled"]


async def test_a_single_meeting_can_become_a_series_and_vice_versa(world: ExchangeWorld) -> None:
    uid = await world.meet()
    await world.edit(uid, recurrence=WEEKLY)
    assert (await world.event())["type"] == "seriesMaster"
    await world.edit(uid, recurrence=None)
    assert (await world.event())["type"] == "singleInstance"


async def test_instances_require_a_window_and_are_returned_in_pages(world: ExchangeWorld) -> None:
    await world.meet(recurrence=WEEKLY)
    master = (await world.event())["id"]
    path = f"/users/{VMR}/events/{master}/instances"
    for params in ({}, {"startDateTime": MARCH}, {"endDateTime": MAY}):
        assert (await world.graph("GET", path, params=params)).status_code == 400
    too_long = await world.graph("GET", path, params={"startDateTime": MARCH, "endDateTime": "2035-03-01T00:00:00Z"})
    assert (too_long.status_code, too_long.json()["error"]["code"]) == (400, "ErrorInvalidRequest")
    assert "1825" in too_long.json()["error"]["message"]
    page = await world.get(path, startDateTime=MARCH, endDateTime=MAY, top="4")
    seen = list(page["value"])
    while "@odata.nextLink" in page:
        page = (await world.http.get(page["@odata.nextLink"], headers={"Authorization": "Bearer x"})).json()
        seen += page["value"]
    assert len(seen) == 9
    assert starts(seen) == sorted(set(starts(seen)))


async def test_an_endless_series_has_occurrences_far_in_the_future(world: ExchangeWorld) -> None:
    await world.meet(recurrence={"pattern": {"type": "daily", "interval": 1}, "range": {"type": "noEnd"}})
    found = await world.instances("2049-12-30T00:00:00Z", "2050-01-02T00:00:00Z")
    assert starts(found) == ["2049-12-30T08:00", "2049-12-31T08:00", "2050-01-01T08:00"]


async def test_a_calendar_view_contains_meetings_and_occurrences_in_order(world: ExchangeWorld) -> None:
    await world.meet(recurrence=WEEKLY)
    await world.meet(start="2030-03-06T09:00:00", end="2030-03-06T10:00:00")
    view = await world.get(f"/users/{VMR}/calendarView", startDateTime=MARCH, endDateTime="2030-03-12T00:00:00Z")
    assert [item["type"] for item in view["value"]] == ["occurrence", "singleInstance", "occurrence"]


async def test_a_date_without_an_occurrence_is_refused(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    for day in ("2030-03-12", "soon"):
        assert (await world.http.patch(f"/dev/meetings/{uid}", json={"occurrence": day})).status_code == 400
        assert (await world.http.delete(f"/dev/meetings/{uid}", params={"occurrence": day})).status_code == 400
