"""Reading EWS items from XML (docs/facts/exchange.md §1, §9)."""

import base64
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]

from shared.bookings.operation import correlation_id
from shared.calendar.conference import Occurrence
from shared.calendar.request import Answer, Kind, Shape, Update
from shared.errors import SchedulingError, Unavailable
from shared.mailboxes.ews.node import TYPES, Node
from shared.mailboxes.ews.payloads import calendar_item, kind_of, meeting_request, message_id, uid
from shared.mailboxes.ews.references import ItemReference, MessageId

INTEGRATION = "11111111-1111-4111-8111-111111111111"
GOID = base64.b64encode(bytes.fromhex("040000008200E00074C5B7101A82E008")).decode()
KEY = "WIdfQoipTBuCK1ThiefxJA=="


def node(name: str, *parts: str) -> Node:
    """An element with the given content, which is XML in EWS's types namespace."""
    return Node(etree.fromstring(f'<{name} xmlns="{TYPES}">{"".join(parts)}</{name}>'))


def extended(attribute: str, number: str, value: str) -> str:
    uri = f'<ExtendedFieldURI {attribute}="{number}" PropertyType="Binary"/>'
    return f"<ExtendedProperty>{uri}<Value>{value}</Value></ExtendedProperty>"


ITEM = {
    "ItemId": '<ItemId Id="item-1" ChangeKey="c"/>',
    "Subject": "<Subject>Planning</Subject>",
    "Body": '<Body BodyType="HTML">&lt;p&gt;Hello&lt;/p&gt;</Body>',
    "UID": "<UID>uid-1</UID>",
    "Start": "<Start>2026-11-23T12:00:00Z</Start>",
    "End": "<End>2026-11-23T13:00:00Z</End>",
    "CalendarItemType": "<CalendarItemType>Single</CalendarItemType>",
    "MyResponseType": "<MyResponseType>NoResponseReceived</MyResponseType>",
    "Organizer": "<Organizer><Mailbox><Name>Alice</Name><EmailAddress>alice@example.com</EmailAddress></Mailbox>"
    "</Organizer>",
}
MESSAGE = {
    "ItemId": '<ItemId Id="message-1" ChangeKey="c"/>',
    "ItemClass": "<ItemClass>IPM.Schedule.Meeting.Request</ItemClass>",
    "DateTimeReceived": "<DateTimeReceived>2026-11-23T08:59:00Z</DateTimeReceived>",
    "Body": '<Body BodyType="HTML">&lt;p&gt;Hello&lt;/p&gt;</Body>',
    "MeetingRequestType": "<MeetingRequestType>NewMeetingRequest</MeetingRequestType>",
}


def item(**changes: str) -> Node:
    return node("CalendarItem", *(ITEM | changes).values())


def message(**changes: str) -> Node:
    return node("MeetingRequest", *(MESSAGE | changes).values())


class TestMessages:
    @pytest.mark.parametrize(
        ("item_class", "kind"),
        [
            ("IPM.Schedule.Meeting.Request", Kind.REQUEST),
            ("ipm.schedule.meeting.REQUEST", Kind.REQUEST),
            ("IPM.Schedule.Meeting.Request.Custom", Kind.REQUEST),
            ("IPM.Schedule.Meeting.Canceled", Kind.CANCELLATION),
            ("IPM.Schedule.Meeting.Requested", None),
            ("IPM.Schedule.Meeting.Resp.Pos", None),
            ("IPM.Schedule.Meeting.Notification.Forward", None),
            ("IPM.Note", None),
            ("", None),
        ],
    )
    def test_the_item_class_determines_the_kind_of_message(self, item_class: str, kind: Kind | None) -> None:
        assert kind_of(message(ItemClass=f"<ItemClass>{item_class}</ItemClass>")) is kind

    def test_a_meeting_request_is_read(self) -> None:
        request = meeting_request(message(), "known-as", item(), "")
        assert request is not None
        assert (request.message_id, request.kind, request.update) == ("known-as", Kind.REQUEST, Update.NEW)
        assert (request.outdated, request.body) == (False, "<p>Hello</p>")
        assert request.received == datetime(2026, 11, 23, 8, 59, tzinfo=UTC)
        assert request.uid == "uid-1"

    @pytest.mark.parametrize(
        ("sent", "update"),
        [
            ("FullUpdate", Update.FULL),
            ("InformationalUpdate", Update.INFORMATIONAL),
            ("SilentUpdate", Update.SILENT),
            ("Outdated", Update.OUTDATED),
            ("PrincipalWantsCopy", Update.PRINCIPAL_COPY),
            ("None", Update.UNKNOWN),
            ("", Update.UNKNOWN),
        ],
    )
    def test_update_types_are_read(self, sent: str, update: Update) -> None:
        asked = message(MeetingRequestType=f"<MeetingRequestType>{sent}</MeetingRequestType>")
        request = meeting_request(asked, "m", item(), "")
        assert request is not None
        assert request.update is update

    def test_a_cancellation_has_hardly_any_properties(self) -> None:
        """A cancellation has no start, end or uid. CleanGlobalObjectId identifies the meeting (docs/facts/exchange.md
        §9).
        """
        canceled = "<ItemClass>IPM.Schedule.Meeting.Canceled</ItemClass>"
        found = message(ItemClass=canceled, goid=extended("PropertyId", "35", GOID), MeetingRequestType="")
        request = meeting_request(found, "m", None, "")
        assert request is not None
        assert (request.kind, request.item, request.uid) == (
            Kind.CANCELLATION,
            None,
            "040000008200E00074C5B7101A82E008",
        )

    def test_meetings_organized_by_the_mailbox_itself_are_ignored(self) -> None:
        ours = item(MyResponseType="<MyResponseType>Organizer</MyResponseType>")
        assert meeting_request(message(), "m", ours, "") is None

    def test_an_outdated_request_is_recognized(self) -> None:
        request = meeting_request(message(old="<IsOutOfDate>true</IsOutOfDate>"), "m", item(), "")
        assert request is not None
        assert request.outdated


class TestIds:
    def arrived(self, ews_id: str, **more: str) -> Node:
        id_ = f'<ItemId Id="{ews_id}" ChangeKey="c"/>'
        return message(ItemId=id_, key=extended("PropertyTag", "0x300b", KEY), **more)

    def test_a_message_keeps_its_identity_after_a_move(self) -> None:
        before, after = (str(message_id(self.arrived(ews_id))) for ews_id in ("in-the-inbox", "in-deleted-items"))
        assert before != after
        assert correlation_id(INTEGRATION, before) == correlation_id(INTEGRATION, after)

    def test_two_messages_with_the_same_search_key_stay_distinct(self) -> None:
        later = "<DateTimeReceived>2026-11-23T09:00:00Z</DateTimeReceived>"
        first, second = str(message_id(self.arrived("a"))), str(message_id(self.arrived("b", DateTimeReceived=later)))
        assert correlation_id(INTEGRATION, first) != correlation_id(INTEGRATION, second)

    def test_a_message_without_a_search_key_is_identified_by_its_ews_id(self) -> None:
        assert str(message_id(message())) == "message-1|message-1"

    def test_a_message_id_contains_hints_that_speed_up_reading(self) -> None:
        hints = '<AssociatedCalendarItemId Id="item-1" ChangeKey="c"/>'
        found = message_id(self.arrived("a", hint=hints, type="<CalendarItemType>Exception</CalendarItemType>"))
        assert (found.calendar_item, found.is_occurrence) == ("item-1", True)

    @given(st.builds(MessageId, *[st.text("aZ9+/=@", min_size=1, max_size=40)] * 3, st.booleans()))
    def test_message_ids_can_be_parsed(self, known: MessageId) -> None:
        assert MessageId.parse(str(known)) == known

    def test_a_bare_ews_id_is_a_valid_message_id(self) -> None:
        assert MessageId.parse("AAMk=").ews_id == "AAMk="

    @given(st.text())
    def test_any_text_is_parsed_as_a_message_id(self, text: str) -> None:
        assert len(MessageId.parse(text).ews_id) <= 512


class TestReferences:
    """On some servers, a calendar item gets a new EWS id when it is answered."""

    def test_a_meeting_is_also_identified_by_an_id_that_never_changes(self) -> None:
        found = calendar_item(item(goid=extended("PropertyId", "35", GOID)), "")
        assert ItemReference.parse(found.id) == ItemReference("item-1", GOID)

    @pytest.mark.parametrize("type_", ["Occurrence", "Exception"])
    def test_an_occurrence_is_not_mistaken_for_its_series(self, type_: str) -> None:
        """An occurrence has the same clean global object id as its series."""
        goid = extended("PropertyId", "35", GOID)
        found = calendar_item(item(CalendarItemType=f"<CalendarItemType>{type_}</CalendarItemType>", goid=goid), "m")
        assert ItemReference.parse(found.id) == ItemReference("item-1")

    @given(st.text())
    def test_any_text_is_parsed_as_an_item_reference(self, text: str) -> None:
        assert len(ItemReference.parse(text).ews_id) <= 512


def custom_zone(standard: str, daylight: str, spring: str, autumn: str) -> str:
    """A StartTimeZone with rules. Without `daylight`, the same offset applies all year round."""

    def change(to: str, month: int, occurrence: str, hour: int) -> str:
        return (
            f'<RecurringDayTransition><To Kind="Period">{to}</To><TimeOffset>PT{hour}H</TimeOffset>'
            f"<Month>{month}</Month><DayOfWeek>Sunday</DayOfWeek><Occurrence>{occurrence}</Occurrence>"
            "</RecurringDayTransition>"
        )

    periods = f'<Period Bias="{standard}" Name="Standard" Id="s"/>'
    changes = '<Transition><To Kind="Period">s</To></Transition>'
    if daylight:
        periods += f'<Period Bias="{daylight}" Name="Daylight" Id="d"/>'
        changes = change("d", 3, spring, 2) + change("s", 10, autumn, 3)
    return (
        '<StartTimeZone Id="tzone://Microsoft/Custom" Name="Customized Time Zone">'
        f"<Periods>{periods}</Periods>"
        f'<TransitionsGroups><TransitionsGroup Id="0">{changes}</TransitionsGroup></TransitionsGroups>'
        '<Transitions><Transition><To Kind="Group">0</To></Transition></Transitions></StartTimeZone>'
    )


class TestItems:
    def test_a_single_meeting_is_read(self) -> None:
        found = calendar_item(item(), "")
        start = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
        assert (found.id, found.uid, found.shape, found.series_id) == ("item-1", "uid-1", Shape.SINGLE, "")
        assert found.occurrence == Occurrence(start, start + timedelta(hours=1))
        assert (found.organizer.name, found.organizer.email) == ("Alice", "alice@example.com")
        assert (found.zone, found.cancelled, found.response_requested) == ("Etc/UTC", False, True)
        assert (found.answer, found.answered_at, found.last_day, found.original_start) == (
            Answer.NONE,
            None,
            None,
            None,
        )

    @pytest.mark.parametrize(
        ("type_", "shape", "series_id"),
        [("RecurringMaster", Shape.SERIES, "item-1"), ("Occurrence", Shape.OCCURRENCE, "master"),
         ("Exception", Shape.OCCURRENCE, "master")],
    )  # fmt: skip
    def test_the_role_in_a_series_is_read(self, type_: str, shape: Shape, series_id: str) -> None:
        found = calendar_item(item(CalendarItemType=f"<CalendarItemType>{type_}</CalendarItemType>"), "master")
        assert (found.shape, found.series_id) == (shape, series_id)

    def test_the_uid_is_the_one_shared_by_all_occurrences(self) -> None:
        assert uid(item(goid=extended("PropertyId", "35", GOID))) == "040000008200E00074C5B7101A82E008"
        assert uid(item(goid=extended("PropertyId", "0x23", "noise!"))) == "uid-1"

    @pytest.mark.parametrize(
        ("answered", "answer"),
        [("Accept", Answer.ACCEPTED), ("Decline", Answer.DECLINED), ("Tentative", Answer.NONE), ("", Answer.NONE)],
    )
    def test_the_recorded_response_is_read(self, answered: str, answer: Answer) -> None:
        when = "<AppointmentReplyTime>2026-11-23T09:00:00Z</AppointmentReplyTime>"
        found = calendar_item(item(MyResponseType=f"<MyResponseType>{answered}</MyResponseType>", when=when), "")
        assert (found.answer, found.answered_at) == (answer, datetime(2026, 11, 23, 9, tzinfo=UTC))

    def test_an_unset_reply_time_is_read_as_none(self) -> None:
        unset = "<AppointmentReplyTime>0001-01-01T00:00:00Z</AppointmentReplyTime>"
        assert calendar_item(item(when=unset), "").answered_at is None

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-11-23T12:00:00", datetime(2026, 11, 23, 12, tzinfo=UTC)),
            ("2026-11-23T12:00:00+01:00", datetime(2026, 11, 23, 11, tzinfo=UTC)),
            ("2026-11-23T12:00:00.1234567Z", datetime(2026, 11, 23, 12, tzinfo=UTC)),
            (" 2026-11-23T12:00:00Z ", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ],
    )
    def test_times_are_read_in_every_form(self, text: str, moment: datetime) -> None:
        """Times without an offset are in UTC, as specified in every request."""
        assert calendar_item(item(Start=f"<Start>{text}</Start>"), "").occurrence.start == moment

    @pytest.mark.parametrize("text", ["", "yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
    def test_an_invalid_time_is_an_error(self, text: str) -> None:
        with pytest.raises(Unavailable, match=r"could not be read: Start"):
            calendar_item(item(Start=f"<Start>{text}</Start>"), "")

    @pytest.mark.parametrize(
        ("zone", "name"),
        [
            ('<StartTimeZone Id="W. Europe Standard Time"/>', "Europe/Berlin"),
            ('<StartTimeZone Id="tzone://Microsoft/Custom" Name="Customized Time Zone"/>', ""),
            ('<StartTimeZone Id="Neverland Standard Time"/>', ""),
            ("<StartTimeZone/>", "Etc/UTC"),
            ("", "Etc/UTC"),
        ],
    )
    def test_time_zones_are_read(self, zone: str, name: str) -> None:
        assert calendar_item(item(zone=zone), "").zone == name

    @pytest.mark.parametrize(
        ("rules", "hours"),
        [
            (("-PT60M", "-PT120M", "-1", "-1"), [1, 2]),
            (("-PT1H", "-PT2H", "-1", "-1"), [1, 2]),
            (("-PT5H30M", "", "", ""), [5.5, 5.5]),
            (("-PT1H17M", "-PT2H17M", "-1", "-1"), []),
            (("PT5H", "PT4H", "2", "1"), []),
        ],
    )
    def test_a_custom_time_zone_is_recognized_by_its_rules(
        self, rules: tuple[str, str, str, str], hours: list[float]
    ) -> None:
        """The format follows the TimeZoneDefinition reference. The offsets are for January and July."""
        name = calendar_item(item(zone=custom_zone(*rules)), "").zone
        offsets = [datetime(2026, month, 1, tzinfo=ZoneInfo(name)).utcoffset() for month in (1, 7) if name]
        assert offsets == [timedelta(hours=number) for number in hours]

    @pytest.mark.parametrize(
        ("whole", "damaged"),
        [
            ("Sunday", "Someday"),
            ('Id="d"', 'Id="e"'),
            ("PT2H", "noon"),
            ("<Month>3", "<Month>13"),
            ("<Occurrence>-1", "<Occurrence>9"),
            ("Recurring", "Absolute"),
        ],
    )
    def test_unreadable_time_zone_rules_are_ignored(self, whole: str, damaged: str) -> None:
        zone = custom_zone("-PT1H", "-PT2H", "-1", "-1")
        assert calendar_item(item(zone=zone), "").zone == "Europe/Budapest"
        assert calendar_item(item(zone=zone.replace(whole, damaged)), "").zone == ""

    @pytest.mark.parametrize(
        ("start", "end"),
        [("2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"), ("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z")],
        ids=["the moment", "the day"],
    )
    def test_an_all_day_meeting_lasts_a_day_in_the_organizers_zone(self, start: str, end: str) -> None:
        found = item(
            Start=f"<Start>{start}</Start>",
            End=f"<End>{end}</End>",
            zone='<StartTimeZone Id="W. Europe Standard Time"/>',
            all_day="<IsAllDayEvent>true</IsAllDayEvent>",
        )
        midnight = datetime(2026, 11, 22, 23, tzinfo=UTC)
        assert calendar_item(found, "").occurrence == Occurrence(midnight, midnight + timedelta(days=1))

    @pytest.mark.parametrize(
        ("rule", "day"),
        [
            ("<EndDateRecurrence><EndDate>2026-12-31Z</EndDate></EndDateRecurrence>", date(2026, 12, 31)),
            ("<EndDateRecurrence><EndDate>2026-12-31+01:00</EndDate></EndDateRecurrence>", date(2026, 12, 31)),
            ("<EndDateRecurrence><EndDate>soon</EndDate></EndDateRecurrence>", None),
            ("<NoEndRecurrence/>", None),
            ("<NumberedRecurrence/>", date(2026, 12, 8)),
        ],
    )  # fmt: skip
    def test_the_last_day_of_a_series_is_read(self, rule: str, day: date | None) -> None:
        last = "<LastOccurrence><End>2026-12-07T13:00:00Z</End></LastOccurrence>"
        found = calendar_item(item(rule=f"<Recurrence>{rule}</Recurrence>", last=last), "")
        assert found.last_day == (datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None)

    @pytest.mark.parametrize("address", ["/O=EXAMPLE/CN=A", "a@example.com\nBcc: b@example.com", "a b@example.com", ""])
    def test_an_invalid_email_address_is_dropped(self, address: str) -> None:
        """X.500 addresses (RoutingType EX) cannot be used for mail, and other invalid addresses could get into request
        headers.
        """
        mailbox = f"<Mailbox><Name>A</Name><EmailAddress>{address}</EmailAddress></Mailbox>"
        found = calendar_item(
            item(
                Organizer=f"<Organizer>{mailbox}</Organizer>",
                attendees=f"<RequiredAttendees><Attendee>{mailbox}</Attendee></RequiredAttendees>",
            ),
            "",
        )
        assert (found.organizer.email, found.attendees) == ("", ())

    @given(st.sampled_from([*ITEM, *MESSAGE]), st.text(st.characters(exclude_categories=["C"]), max_size=30))
    def test_any_property_value_is_read_or_refused_with_a_message(self, name: str, text: str) -> None:
        spoilt = {name: f"<{name}>{escape(text)}</{name}>"}
        found = node("MeetingRequest", *(MESSAGE | spoilt).values())
        with suppress(SchedulingError):
            meeting_request(found, "m", item(**spoilt), "")
            message_id(found)

    @pytest.mark.parametrize("name", ["ItemId", "Start", "End"])
    def test_an_item_without_a_required_property_is_an_error(self, name: str) -> None:
        with pytest.raises(Unavailable, match=name):
            calendar_item(item(**{name: ""}), "")

    @pytest.mark.parametrize("name", sorted(ITEM.keys() - {"ItemId", "Start", "End"}))
    def test_every_other_property_may_be_missing(self, name: str) -> None:
        assert calendar_item(item(**{name: ""}), "").id == "item-1"
