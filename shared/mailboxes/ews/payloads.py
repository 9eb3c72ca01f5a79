"""Converts the XML of EWS items into the product's own types (docs/facts/ews.md).

exchangelib's own item classes are not used for reading, because they lack a request's uid and a cancellation's times,
and drop anything that they cannot parse.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.calendar.conference import Occurrence
from shared.calendar.global_object_id import day_of, hex_of, uid_of
from shared.calendar.request import Answer, CalendarItem, Kind, MeetingRequest, Person, Shape, Update
from shared.mailboxes.ews.node import Node, missing
from shared.mailboxes.ews.references import ItemReference, MessageId
from shared.mailboxes.ews.zones import organizers_zone
from shared.mailboxes.mailbox import CalendarEntry
from shared.zones import zone_info

SENDER = 0x5D01
"""PidTagSenderSmtpAddress: the address of a message's sender, who may be acting on behalf of the organizer."""

SEARCH_KEY = 0x300B
"""The property tag of PR_SEARCH_KEY."""

GLOBAL_OBJECT_ID, CLEAN_GLOBAL_OBJECT_ID = 0x3, 0x23
"""PidLidGlobalObjectId and PidLidCleanGlobalObjectId: ids of properties in the property set Meeting."""

_KINDS = {"ipm.schedule.meeting.request": Kind.REQUEST, "ipm.schedule.meeting.canceled": Kind.CANCELLATION}
"""The kind of message, according to its item class. Responses, forward notifications and mail have other classes and
are ignored (M7).
"""

_UPDATES = {
    "NewMeetingRequest": Update.NEW,
    "FullUpdate": Update.FULL,
    "InformationalUpdate": Update.INFORMATIONAL,
    "SilentUpdate": Update.SILENT,
    "Outdated": Update.OUTDATED,
    "PrincipalWantsCopy": Update.PRINCIPAL_COPY,
}
_SHAPES = {"Single": Shape.SINGLE, "RecurringMaster": Shape.SERIES}
_ANSWERS = {"Accept": Answer.ACCEPTED, "Decline": Answer.DECLINED}


def kind_of(message: Node) -> Kind | None:
    """What a message requests, according to its item class; None for messages to be ignored."""
    item_class = message.text("ItemClass").strip().lower()
    return next(
        (kind for name, kind in _KINDS.items() if item_class == name or item_class.startswith(f"{name}.")), None
    )


def message_id(message: Node) -> MessageId:
    """The id of a message within a folder."""
    received, key = message.moment("DateTimeReceived"), message.extended(SEARCH_KEY)
    # The time is added to the key to distinguish two updates with the same key. Not confirmed against a live server:
    # that neither changes when a message moves, as their descriptions say.
    stable = f"{key}@{int(received.timestamp())}" if key and received else ""
    item = associated(message)
    return MessageId(stable or message.id, message.id, item, bool(item) and is_occurrence(message))


def item_reference(item: Node) -> ItemReference:
    """A reference to a calendar item."""
    return ItemReference(item.id, "" if is_occurrence(item) or day(item) else item.extended(CLEAN_GLOBAL_OBJECT_ID))


def associated(message: Node) -> str:
    """The id of the calendar item that Exchange created for a meeting message; "" if there is none."""
    return message.attribute("AssociatedCalendarItemId", "Id")


def is_occurrence(node: Node) -> bool:
    """Whether an item or message is about one occurrence of a series."""
    return node.text("CalendarItemType") in ("Occurrence", "Exception")


def meeting_request(message: Node, known_as: str, item: Node | None, series_id: str) -> MeetingRequest | None:
    """The message as the product's own type; None for mail, responses and meetings that the mailbox itself
    organizes.
    """
    kind = kind_of(message)
    if kind is None or (item and item.text("MyResponseType") == "Organizer"):
        return None
    return MeetingRequest(
        message_id=known_as,
        kind=kind,
        update=_UPDATES.get(message.text("MeetingRequestType"), Update.UNKNOWN),
        outdated=message.flag("IsOutOfDate"),
        received=message.moment("DateTimeReceived") or datetime(1970, 1, 1, tzinfo=UTC),
        body=body(message),
        item=calendar_item(item, series_id) if item else None,
        uid=uid(item) if item else uid(message),
        senders=tuple(filter(None, (message.extended(SENDER),))),
        day=day(message),
    )


def body(node: Node) -> str:
    """The body of a message, as HTML or, if the HTML is too large to read, as plain text."""
    return node.text("Body") or node.text("TextBody")


def is_series(node: Node | None) -> bool:
    """Whether an item is a series' master."""
    return node is not None and node.text("CalendarItemType") == "RecurringMaster"


def original_start(node: Node) -> datetime | None:
    """When an occurrence starts according to the series' pattern, from its message or item; None for anything else."""
    return node.moment("RecurrenceId") or node.moment("OriginalStart")


def day(node: Node) -> str:
    """The date (yyyymmdd) on which the series' pattern places this occurrence; "" for anything else."""
    if told := day_of(hex_of(node.extended(GLOBAL_OBJECT_ID))):
        return told
    original = node.moment("RecurrenceId")
    return f"{original.astimezone(zone_info(_zone(node))):%Y%m%d}" if original else ""


def uid(node: Node) -> str:
    """The uid of a meeting, shared by a series and its occurrences; "" if it cannot be found."""
    return uid_of(node.extended(CLEAN_GLOBAL_OBJECT_ID)) or node.text("UID")


def calendar_item(item: Node, series_id: str) -> CalendarItem:
    """The calendar item as the product's own type. Raises Unavailable for something that Exchange never sends."""
    shape = _SHAPES.get(item.text("CalendarItemType"), Shape.OCCURRENCE)
    return CalendarItem(
        id=str(item_reference(item)),
        uid=uid(item),
        shape=shape,
        series_id=str(item_reference(item)) if shape is Shape.SERIES else series_id,
        subject=item.text("Subject"),
        body=body(item),
        organizer=_person(item.find("Organizer/Mailbox")),
        occurrence=occurrence(item),
        zone=_zone(item),
        cancelled=item.flag("IsCancelled"),
        response_requested=item.flag("IsResponseRequested", default=True),
        answer=_ANSWERS.get(item.text("MyResponseType"), Answer.NONE),
        answered_at=item.moment("AppointmentReplyTime"),
        attendees=tuple(_attendees(item)),
        last_day=_last_day(item),
        original_start=original_start(item) if shape is Shape.OCCURRENCE else None,
        original_day=day(item) if shape is not Shape.SERIES else "",
        sequence=_whole_number(item.text("AppointmentSequenceNumber")),
    )


def entry(item: Node) -> CalendarEntry | None:
    """An entry in a calendar view; None if it is cancelled, is organized by the mailbox itself, or does not identify
    its meeting.
    """
    if item.flag("IsCancelled") or item.text("MyResponseType") == "Organizer" or not uid(item):
        return None
    return CalendarEntry(
        item_id=str(item_reference(item)),
        series_id="",
        uid=uid(item),
        occurrence=occurrence(item),
        answer=_ANSWERS.get(item.text("MyResponseType"), Answer.NONE),
        is_exception=item.text("CalendarItemType") == "Exception",
        modified=item.moment("LastModifiedTime") or datetime(1970, 1, 1, tzinfo=UTC),
    )


def occurrence(item: Node) -> Occurrence:
    """The start and end of the meeting. Raises Unavailable if they cannot be read."""
    start, end = (item.moment(name) or missing(name) for name in ("Start", "End"))
    if item.flag("IsAllDayEvent"):
        zone = zone_info(_zone(item))
        start, end = _midnight(start, zone), _midnight(end, zone)
    return Occurrence(start, end, item.text("CalendarItemType") == "Occurrence")


def _whole_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _midnight(moment: datetime, zone: ZoneInfo) -> datetime:
    """The start or end of an all-day event: midnight in the organizer's zone, which determines the day.

    Exchange sends this time. Some other senders use midnight UTC instead, in which case only the date counts.
    """
    is_floating = moment.time() == time() and moment.astimezone(zone).time() != time()
    return moment.replace(tzinfo=zone).astimezone(UTC) if is_floating else moment


def _zone(item: Node) -> str:
    return organizers_zone(item, item.moment("Start"))


def _person(mailbox: Node | None) -> Person:
    if mailbox is None:
        return Person("", "")
    address = mailbox.text("EmailAddress")
    # An X.500 address (RoutingType EX) is not an e-mail address, nor is anything that contains blanks.
    is_address = "@" in address and address.isprintable() and not any(map(str.isspace, address))
    return Person(mailbox.text("Name"), address if is_address else "")


def _attendees(item: Node) -> Iterator[str]:
    for group in ("RequiredAttendees", "OptionalAttendees", "Resources"):
        for attendee in item.all(f"{group}/Attendee"):
            if address := _person(attendee.find("Mailbox")).email:
                yield address


def _last_day(item: Node) -> datetime | None:
    """The last day on which a series may have an occurrence, according to its rule or its last occurrence."""
    if ends := item.text("Recurrence/EndDateRecurrence/EndDate"):
        try:
            return datetime.combine(date.fromisoformat(ends[:10]), time(), UTC)  # "2026-12-31Z", "2026-12-31+01:00"
        except ValueError:
            return None
    if item.find("Recurrence/NumberedRecurrence") and (last := item.moment("LastOccurrence/End")):
        return datetime.combine(last.date() + timedelta(days=1), time(), UTC)
    return None
