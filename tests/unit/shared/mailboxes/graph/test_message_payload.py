"""Reading Graph's JSON as it actually occurs (docs/facts/exchange.md §1)."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.exchange.uids import of_occurrence
from shared.aliases.body_search import find_tags
from shared.calendar.conference import Occurrence
from shared.calendar.request import Answer, Kind, Person, Shape, Update
from shared.errors import Unavailable
from shared.mailboxes.graph.event_payload import parse_event
from shared.mailboxes.graph.message_payload import parse_message
from tests.support.graph_payloads import SERIES_UID, TAG, event, message
from tests.support.graph_samples import graph_sample


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_a_request_is_read_with_its_event() -> None:
    request = parse_message(message()).request()
    assert request is not None
    assert (request.message_id, request.kind, request.update) == ("AAMkmessage", Kind.REQUEST, Update.NEW)
    assert (request.received, request.outdated) == (utc(2026, 11, 23, 8, 59), False)
    item = request.item
    assert item is not None
    assert (item.id, item.shape, item.series_id) == ("AAMkevent", Shape.SINGLE, "")
    assert item.occurrence == Occurrence(utc(2026, 11, 23, 12), utc(2026, 11, 23, 13))
    assert (item.organizer, item.zone) == (Person("Alice Adams", "alice@example.com"), "Europe/Berlin")
    assert (item.answer, item.answered_at, item.last_day) == (Answer.NONE, None, None)
    assert item.attendees == ("vmr@example.com",)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("meetingRequest", Kind.REQUEST),
        ("meetingCancelled", Kind.CANCELLATION),
        ("meetingAccepted", None),
        ("meetingTenativelyAccepted", None),  # the service's spelling
        ("meetingTentativelyAccepted", None),
        ("meetingDeclined", None),
        ("none", None),
        ("somethingNew", None),
        (None, None),
    ],
)
def test_only_requests_and_cancellations_are_handled(kind: str | None, expected: Kind | None) -> None:
    """M7: the kind of a message does not depend on `@odata.type`."""
    request = parse_message(message(meetingMessageType=kind)).request()
    assert (request.kind if request else None) is expected


def test_ordinary_mail_is_not_a_request() -> None:
    assert parse_message({"id": "m", "receivedDateTime": "2026-11-23T08:59:00Z", "subject": "Hi"}).request() is None


def test_meetings_organized_by_the_mailbox_itself_are_ignored() -> None:
    """Exchange refuses answers to the organizer's own event (docs/facts/exchange.md §2)."""
    assert parse_message(message(event=event(isOrganizer=True))).request() is None


@pytest.mark.parametrize(
    ("type_", "update"),
    [
        ("newMeetingRequest", Update.NEW),
        ("fullUpdate", Update.FULL),
        ("informationalUpdate", Update.INFORMATIONAL),
        ("silentUpdate", Update.SILENT),
        ("outdated", Update.OUTDATED),
        ("principalWantsCopy", Update.PRINCIPAL_COPY),
        ("none", Update.UNKNOWN),
        (None, Update.UNKNOWN),
    ],
)
def test_update_types_are_read(type_: str | None, update: Update) -> None:
    request = parse_message(message(meetingRequestType=type_)).request()
    assert request is not None
    assert request.update is update


def test_the_event_may_arrive_later_than_its_message() -> None:
    for payload in (message(event=None), {k: v for k, v in message().items() if k != "event"}):
        request = parse_message(payload).request()
        assert request is not None
        assert request.item is None


@pytest.mark.parametrize(
    ("type_", "shape", "series"),
    [
        ("singleInstance", Shape.SINGLE, ""),
        ("seriesMaster", Shape.SERIES, "AAMkevent"),
        ("occurrence", Shape.OCCURRENCE, "AAMkmaster"),
        ("exception", Shape.OCCURRENCE, "AAMkmaster"),
    ],
)
def test_event_types_are_read(type_: str, shape: Shape, series: str) -> None:
    master = None if shape is Shape.SINGLE else "AAMkmaster"
    item = parse_event(event(type=type_, seriesMasterId=master)).item()
    assert (item.shape, item.series_id) == (shape, series)


def test_a_series_and_its_occurrences_have_the_same_uid_if_there_is_one() -> None:
    """iCalUId differs for each occurrence (docs/facts/exchange.md §1)."""
    assert parse_event(event(uid="series-uid")).item().uid == "series-uid"
    assert parse_event(event(uid=None)).item().uid == "040000008200E00074C5B7101A82E008"
    occurrence = event(
        type="occurrence", seriesMasterId="m", uid=None, iCalUId=of_occurrence(SERIES_UID, date(2026, 11, 23))
    )
    assert parse_event(occurrence).item().uid == SERIES_UID
    assert parse_event(occurrence).item().day == "20261123"
    assert parse_event(event(type="seriesMaster", uid=None, iCalUId=SERIES_UID)).item().uid == SERIES_UID


def test_no_uid_is_derived_for_an_exception_if_only_the_series_has_one() -> None:
    """A meeting from another calendar system may have any uid, without a date."""
    foreign = event(type="exception", seriesMasterId="m", uid=None, iCalUId="abc@google.com")
    assert parse_event(foreign).item().uid == ""
    assert parse_event(event(uid=None, iCalUId="abc@google.com")).item().uid == "abc@google.com"


@pytest.mark.parametrize(
    ("changes", "shape"),
    [
        ({"type": None, "seriesMasterId": "m"}, Shape.OCCURRENCE),
        ({"type": "somethingNew", "seriesMasterId": "m"}, Shape.OCCURRENCE),
        ({"type": None, "recurrence": {"range": {"type": "noEnd"}}}, Shape.SERIES),
        ({"type": None}, Shape.SINGLE),
    ],
)
def test_a_missing_event_type_is_inferred_from_other_fields(changes: dict[str, Any], shape: Shape) -> None:
    """If a cancelled occurrence were mistaken for a single meeting, the whole series' room would be closed."""
    assert parse_event(event(**changes)).item().shape is shape


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ({"dateTime": "2026-11-23T12:00:00.0000000", "timeZone": "UTC"}, utc(2026, 11, 23, 12)),
        ({"dateTime": "2026-11-23T12:00:00", "timeZone": "UTC"}, utc(2026, 11, 23, 12)),
        ({"dateTime": "2026-11-23T12:00:59.9999999", "timeZone": "UTC"}, utc(2026, 11, 23, 12, 0, 59)),
        ({"dateTime": "2026-11-23T12:00:00.0000000", "timeZone": "W. Europe Standard Time"}, utc(2026, 11, 23, 11)),
        ({"dateTime": "2026-07-23T12:00:00.0000000", "timeZone": "W. Europe Standard Time"}, utc(2026, 7, 23, 10)),
        ({"dateTime": "2026-11-23T12:00:00.0000000", "timeZone": "tzone://Microsoft/Utc"}, utc(2026, 11, 23, 12)),
        ({"dateTime": "2026-11-23T12:00:00.0000000", "timeZone": "tzone://Microsoft/Custom"}, utc(2026, 11, 23, 12)),
        ({"dateTime": "2026-11-23T12:00:00.0000000", "timeZone": None}, utc(2026, 11, 23, 12)),
    ],
)
def test_times_are_read_in_every_form(start: dict[str, Any], expected: datetime) -> None:
    """Times have seven fractional digits, no offset, and a time zone that may be spelled in various ways."""
    assert parse_event(event(start=start)).item().occurrence.start == expected


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("W. Europe Standard Time", utc(2026, 11, 22, 23), utc(2026, 11, 23, 23)),
        ("Pacific Standard Time", utc(2026, 11, 23, 8), utc(2026, 11, 24, 8)),
        ("tzone://Microsoft/Custom", utc(2026, 11, 23), utc(2026, 11, 24)),
        (None, utc(2026, 11, 23), utc(2026, 11, 24)),
    ],
)
def test_an_all_day_meeting_lasts_the_organizers_day(zone: str | None, start: datetime, end: datetime) -> None:
    midnights = {
        name: {"dateTime": f"2026-11-{day}T00:00:00.0000000", "timeZone": "UTC"}
        for name, day in (("start", 23), ("end", 24))
    }
    item = parse_event(event(isAllDay=True, originalStartTimeZone=zone, **midnights)).item()
    assert item.occurrence == Occurrence(start, end)


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("accepted", Answer.ACCEPTED),
        ("declined", Answer.DECLINED),
        ("tentativelyAccepted", Answer.NONE),
        ("notResponded", Answer.NONE),
        ("none", Answer.NONE),
        (None, Answer.NONE),
    ],
)
def test_recorded_answers_are_read(response: str | None, answer: Answer) -> None:
    status = {"response": response, "time": "2026-11-23T09:00:00.1234567Z"}
    item = parse_event(event(responseStatus=status)).item()
    assert item.answer is answer
    assert item.answered_at is not None
    assert item.answered_at - utc(2026, 11, 23, 9) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("range_", "last_day"),
    [
        ({"type": "endDate", "startDate": "2023-01-08", "endDate": "2023-07-09"}, utc(2023, 7, 9)),
        ({"type": "noEnd", "startDate": "2023-01-08", "endDate": "0001-01-01"}, None),
        ({"type": "numbered", "endDate": "0001-01-01", "numberOfOccurrences": 5}, None),
        ({"type": "endDate", "endDate": None}, None),
        (None, None),
    ],
)
def test_the_end_of_a_series_is_read(range_: dict[str, Any] | None, last_day: datetime | None) -> None:
    """Fields that are unused by a recurrence type contain default values (docs/facts/exchange.md §1)."""
    item = parse_event(event(type="seriesMaster", recurrence={"pattern": {}, "range": range_})).item()
    assert item.last_day == last_day


def test_null_means_that_a_field_is_not_set() -> None:
    nothing = {name: None for name in event() if name not in ("id", "start", "end")}
    item = parse_event(event(**nothing)).item()
    assert (item.subject, item.body, item.organizer, item.attendees) == ("", "", Person("", ""), ())
    assert item.response_requested
    empty = parse_event(event(organizer={"emailAddress": {"name": None, "address": None}}, body={"content": None}))
    assert (empty.item().organizer, empty.item().body) == (Person("", ""), "")
    request = parse_message(message(isOutOfDate=None, body=None, meetingRequestType=None)).request()
    assert request is not None
    assert request.outdated is False
    assert TAG in request.body, "the calendar contains it"


def test_text_truncated_in_the_middle_of_a_character_can_still_be_stored() -> None:
    """Exchange counts UTF-16 units. A lone surrogate can be neither hashed nor written to a table."""
    payload = json.loads(r'{"subject": "Party \ud83c", "body": {"content": "\udf89"}}')
    item = parse_event(event(**payload)).item()
    assert (item.subject, item.body) == ("Party ?", "?")


@pytest.mark.parametrize("name", ["id", "iCalUId", "uid", "seriesMasterId", "originalStartTimeZone"])
def test_an_id_with_a_lone_surrogate_can_still_be_stored(name: str) -> None:
    item = parse_event(event(**{name: "half a \ud83d"})).item()
    json.dumps([item.id, item.uid, item.series_id, item.zone], ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "text",
        {},
        message(id=None),
    ],
)
def test_an_unreadable_payload_is_retried_and_the_error_reveals_no_content(payload: Any) -> None:
    """The error contains only field names, because the payload contains people's mail (rule 6)."""
    with pytest.raises(Unavailable, match="could not be read") as refused:
        parse_message(payload)
    for secret in ("Alice", "alice@example.com", "Budget", TAG, "yesterday", "noon"):
        assert secret not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "gone",
    [
        {},
        None,
        "gone",
        [],
        {"@odata.context": "x"},
        {"id": None, "subject": "x"},
        event(start=None),
        event(end={"dateTime": "noon", "timeZone": "UTC"}),
        event(start="yesterday"),
    ],
)
@pytest.mark.parametrize("kind", ["meetingRequest", "meetingCancelled"])
def test_an_event_without_an_id_or_times_counts_as_missing(gone: Any, kind: str) -> None:
    """Graph expands a missing item to an empty object (microsoft-graph-docs-contrib #7924)."""
    request = parse_message(message(meetingMessageType=kind, event=gone)).request()
    assert request is not None
    assert request.item is None


@pytest.mark.parametrize("noise", ["x", 7, 1.5, True, [], [None], {}, {"x": 1}], ids=repr)
@pytest.mark.parametrize(
    "field",
    ["subject", "organizer", "attendees", "isAllDay", "isCancelled", "isOrganizer", "responseRequested", "uid", "type",
     "responseStatus", "recurrence", "originalStart", "originalStartTimeZone", "iCalUId", "body", "seriesMasterId"],
)  # fmt: skip
def test_one_invalid_field_does_not_make_a_message_unreadable(field: str, noise: Any) -> None:
    request = parse_message(message(event=event(**{field: noise}))).request()
    if field == "isOrganizer" and noise is True:
        assert request is None
        return
    assert request is not None
    assert request.item is not None
    assert (request.item.id, request.item.occurrence.start.date()) == ("AAMkevent", date(2026, 11, 23))


def test_one_invalid_attendee_does_not_affect_the_others() -> None:
    odd: list[Any] = [None, 7, {"emailAddress": []}, {"emailAddress": {"address": "bob@example.com"}}]
    assert "bob@example.com" in parse_event(event(attendees=odd)).item().attendees


def test_the_captured_series_master_is_read() -> None:
    """The 2023 capture is a new request with values in previous*, tzone:// zones, default values, and rewritten
    links.
    """
    payload = graph_sample("real__eventMessageRequest_seriesMaster_2023_listitem.json")
    request = parse_message(payload).request()
    assert request is not None
    assert (request.kind, request.update, request.outdated) == (Kind.REQUEST, Update.NEW, False)
    assert request.item is None
    assert find_tags(request.body) == []


@pytest.mark.parametrize(
    "name",
    [
        "graph__event-get__01.json",
        "graph__event-get_beta__01.json",
        "graph__outlook-create-event-in-shared-delegated-calendar__03.json",
    ],
)
def test_documented_events_can_be_read(name: str) -> None:
    item = parse_event(graph_sample(name)).item()
    assert item.occurrence.start < item.occurrence.end
    assert item.organizer.email


def test_documented_instances_can_be_read() -> None:
    page = graph_sample("graph__event-list-instances__01.json")
    occurrences = [parse_event(entry).occurrence() for entry in page["value"]]
    assert occurrences
    assert all(occurrence.start < occurrence.end for occurrence in occurrences)


def test_messages_from_other_projects_fixtures_are_read() -> None:
    cancelled = graph_sample("third_party_fixture__meetingCancelled_no_event.json")
    request = parse_message(cancelled).request()
    assert request is not None
    assert (request.kind, request.item) == (Kind.CANCELLATION, None)

    several = graph_sample("third_party_fixture__meeting_fullUpdate_outofdate_and_misspelled_enum.json")
    update, *answers = [parse_message(payload).request() for payload in several]
    assert update is not None
    assert (update.update, update.outdated) == (Update.FULL, True)
    assert set(answers) == {None}


texts = st.none() | st.text(st.characters(), max_size=20)


@given(texts, texts, texts)
def test_any_text_is_preserved(subject: str | None, body: str | None, name: str | None) -> None:
    organizer = {"emailAddress": {"name": name, "address": "alice@example.com"}}
    item = parse_event(event(subject=subject, body={"content": body}, organizer=organizer)).item()
    (item.subject + item.body + item.organizer.name).encode()
