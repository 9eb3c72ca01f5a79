"""EWS items as XML, and their reading into the product's own shapes (facts/graph-ews-tokens.md §1, §9).

exchangelib's own item classes are not used for reading: they know no uid of a request, and nothing of the times of a
cancellation (facts §9), and what they cannot read they drop.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.conferences.conference import Occurrence
from shared.errors import Unavailable
from shared.mailboxes.global_object_id import uid_of
from shared.meetings.request import Answer, CalendarItem, Kind, MeetingRequest, Person, Shape, Update
from shared.zones import iana_zone

TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"

SEARCH_KEY, CLEAN_GLOBAL_OBJECT_ID = 0x300B, 0x23
"""PR_SEARCH_KEY, a property tag, and PidLidCleanGlobalObjectId, a property id of the set Meeting."""

_LONGEST_ID = 512
"""Characters of an EWS id, by its schema."""

_KINDS = {"ipm.schedule.meeting.request": Kind.REQUEST, "ipm.schedule.meeting.canceled": Kind.CANCELLATION}
"""By item class. Answers, forward notifications and mail have others, and are left alone (M7)."""

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


class Node:
    """An XML element of EWS's types namespace, lxml's (which has no types). Whatever is missing or unset is empty."""

    def __init__(self, element: Any) -> None:
        self._element = element

    def find(self, path: str) -> "Node | None":
        """The first element of a path like `Organizer/Mailbox`."""
        found = self._element.find(_qualified(path))
        return None if found is None else Node(found)

    def all(self, path: str) -> Iterator["Node"]:
        """Every element of a path."""
        return map(Node, self._element.findall(_qualified(path)))

    def children(self) -> Iterator["Node"]:
        """What is in the element, whatever its name."""
        return map(Node, self._element)

    def text(self, path: str) -> str:
        """The text of an element; "" when there is none."""
        return str(self._element.findtext(_qualified(path)) or "")

    def flag(self, path: str, *, default: bool = False) -> bool:
        """An xs:boolean."""
        return {"true": True, "1": True, "false": False, "0": False}.get(self.text(path).strip().lower(), default)

    def attribute(self, path: str, name: str) -> str:
        """An attribute of an element; "" when either is missing."""
        found = self._element.find(_qualified(path))
        return "" if found is None else str(found.get(name) or "")

    def moment(self, path: str) -> datetime | None:
        """An xs:dateTime in UTC, to the second; without an offset it is UTC, which is what was asked for.

        None when it is not there, or not a moment that can be reckoned with in every zone (unset ones are in year 1).
        """
        try:
            moment = datetime.fromisoformat(self.text(path).strip())
        except ValueError:
            return None
        if not 1601 < moment.year < 9999:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)

    def extended(self, number: int) -> str:
        """The value of an extended property by its tag or id; a binary one is base64."""
        for held in self.all("ExtendedProperty"):
            named = held.attribute("ExtendedFieldURI", "PropertyTag") or held.attribute(
                "ExtendedFieldURI", "PropertyId"
            )
            if _number(named) == number:
                return held.text("Value")
        return ""

    @property
    def name(self) -> str:
        """The element's own name, without its namespace."""
        return str(self._element.tag).rpartition("}")[2]

    @property
    def id(self) -> str:
        """The item's id. It changes when the item moves to another folder. Raises Unavailable when there is none."""
        return self.attribute("ItemId", "Id") or _missing("ItemId")


def _qualified(path: str) -> str:
    return "/".join(f"{{{TYPES}}}{step}" for step in path.split("/"))


def _number(text: str) -> int:
    """EWS writes tags as 0x300b and ids as 35; -1 for anything else."""
    try:
        return int(text, 0)
    except ValueError:
        return -1


def _missing(what: str) -> Any:
    # Only the property's name: the payload holds people's mail.
    raise Unavailable(f"Exchange's answer could not be read: {what}.")


@dataclass(frozen=True)
class MessageId:
    """What the product knows a message by: `<stable part>|<EWS id>`, and what speeds reading it up.

    An EWS id changes when the message moves, and accepting moves it (facts §2). `stable` stays: PR_SEARCH_KEY with the
    time of arrival. Records go by it (shared/meetings/operation.py), so a message that comes again from Deleted Items
    is the one that was decided on. `calendar_item` is where its calendar item was when the folder was read, "" if
    unknown; `is_occurrence` that this is one of a series: hints, which may have become wrong.
    """

    stable: str
    ews_id: str
    calendar_item: str = ""
    is_occurrence: bool = False

    def __str__(self) -> str:
        hints = [self.calendar_item, "occurrence"][: 1 + self.is_occurrence] if self.calendar_item else []
        return "|".join([self.stable, self.ews_id, *hints])

    @classmethod
    def parse(cls, text: str) -> "MessageId":
        """What `str` wrote. A bare EWS id is one, too; noise is cut to what may be asked for."""
        stable, _, rest = text.partition("|")
        ews_id, calendar_item, occurrence, *_ = [*rest.split("|"), "", ""]
        return cls(stable, (ews_id or stable)[:_LONGEST_ID], calendar_item[:_LONGEST_ID], bool(occurrence))


@dataclass(frozen=True)
class ItemReference:
    """What the product knows a calendar item by: `<EWS id>|<CleanGlobalObjectId>`, the latter in base64.

    Answering gives a meeting another EWS id on some servers, and its global object id finds it again (facts §9). An
    occurrence shares that with its series, so it is known by its EWS id alone.
    """

    ews_id: str
    global_object_id: str = ""

    def __str__(self) -> str:
        return f"{self.ews_id}|{self.global_object_id}" if self.global_object_id else self.ews_id

    @classmethod
    def parse(cls, text: str) -> "ItemReference":
        """What `str` wrote; noise is cut to what may be asked for."""
        ews_id, _, global_object_id = text.partition("|")
        return cls(ews_id[:_LONGEST_ID], global_object_id[:_LONGEST_ID])

    @classmethod
    def of(cls, item: Node) -> "ItemReference":
        """The reference of a calendar item. Raises Unavailable when it has no id."""
        return cls(item.id, "" if is_occurrence(item) else item.extended(CLEAN_GLOBAL_OBJECT_ID))


def kind_of(message: Node) -> Kind | None:
    """What a message asks for, by its item class; None for what is left alone."""
    item_class = message.text("ItemClass").strip().lower()
    return next(
        (kind for name, kind in _KINDS.items() if item_class == name or item_class.startswith(f"{name}.")), None
    )


def message_id(message: Node) -> MessageId:
    """The id of a message in a folder."""
    received, key = message.moment("DateTimeReceived"), message.extended(SEARCH_KEY)
    # The time beside the key: should two updates ever bear the same key, they still are two messages. Not confirmed
    # without a live server: that neither changes when a message moves, as their descriptions say.
    stable = f"{key}@{int(received.timestamp())}" if key and received else ""
    item = associated(message)
    return MessageId(stable or message.id, message.id, item, bool(item) and is_occurrence(message))


def associated(message: Node) -> str:
    """The id of the calendar item that Exchange has made for a meeting message; "" when it has none."""
    return message.attribute("AssociatedCalendarItemId", "Id")


def is_occurrence(node: Node) -> bool:
    """Whether an item or message is about one of a series."""
    return node.text("CalendarItemType") in ("Occurrence", "Exception")


def meeting_request(message: Node, known_as: str, item: Node | None, series_id: str) -> MeetingRequest | None:
    """The message in the product's shape; None for whatever is not for us: mail, answers, our own meetings."""
    kind = kind_of(message)
    if kind is None or (item and item.text("MyResponseType") == "Organizer"):
        return None
    return MeetingRequest(
        message_id=known_as,
        kind=kind,
        update=_UPDATES.get(message.text("MeetingRequestType"), Update.UNKNOWN),
        outdated=message.flag("IsOutOfDate"),
        received=message.moment("DateTimeReceived") or datetime(1970, 1, 1, tzinfo=UTC),
        body=message.text("Body"),
        item=calendar_item(item, series_id) if item else None,
        uid=uid(item) if item else uid(message),
    )


def uid(node: Node) -> str:
    """The uid of a meeting, shared by a series and its occurrences; "" when nothing tells it."""
    return uid_of(node.extended(CLEAN_GLOBAL_OBJECT_ID)) or node.text("UID")


def calendar_item(item: Node, series_id: str) -> CalendarItem:
    """The calendar item in the product's shape. Raises Unavailable for something that Exchange does not send."""
    shape = _SHAPES.get(item.text("CalendarItemType"), Shape.OCCURRENCE)
    return CalendarItem(
        id=str(ItemReference.of(item)),
        uid=uid(item),
        shape=shape,
        series_id=str(ItemReference.of(item)) if shape is Shape.SERIES else series_id,
        subject=item.text("Subject"),
        body=item.text("Body"),
        organizer=_person(item.find("Organizer/Mailbox")),
        occurrence=occurrence(item),
        zone=_zone(item),
        cancelled=item.flag("IsCancelled"),
        response_requested=item.flag("IsResponseRequested", default=True),
        answer=_ANSWERS.get(item.text("MyResponseType"), Answer.NONE),
        answered_at=item.moment("AppointmentReplyTime"),
        attendees=tuple(_attendees(item)),
        last_day=_last_day(item),
        original_start=item.moment("OriginalStart") or item.moment("RecurrenceId"),
    )


def occurrence(item: Node) -> Occurrence:
    """When it takes place. Raises Unavailable when that cannot be read."""
    start, end = (item.moment(name) or _missing(name) for name in ("Start", "End"))
    if item.flag("IsAllDayEvent"):
        zone = ZoneInfo(_zone(item))
        start, end = _midnight(start, zone), _midnight(end, zone)
    return Occurrence(start, end)


def _midnight(moment: datetime, zone: ZoneInfo) -> datetime:
    """An all-day event's bound: it is midnight in the organizer's zone, which is where its day is (facts §1).

    Exchange tells the moment; some senders' events have the midnight of UTC instead, and mean the day.
    """
    is_floating = moment.time() == time() and moment.astimezone(zone).time() != time()
    return moment.replace(tzinfo=zone).astimezone(UTC) if is_floating else moment


def _zone(item: Node) -> str:
    """The organizer's zone, as an IANA name. A definition of the sender's own tells no name: UTC then."""
    return iana_zone(item.attribute("StartTimeZone", "Id") or item.text("TimeZone") or "UTC")


def _person(mailbox: Node | None) -> Person:
    if mailbox is None:
        return Person("", "")
    address = mailbox.text("EmailAddress")
    # An X.500 address (RoutingType EX) is nobody's e-mail address, and what holds blanks is none either.
    is_address = "@" in address and address.isprintable() and not any(map(str.isspace, address))
    return Person(mailbox.text("Name"), address if is_address else "")


def _attendees(item: Node) -> Iterator[str]:
    for group in ("RequiredAttendees", "OptionalAttendees", "Resources"):
        for attendee in item.all(f"{group}/Attendee"):
            if address := _person(attendee.find("Mailbox")).email:
                yield address


def _last_day(item: Node) -> datetime | None:
    """The day after which a series has no occurrence, as far as its rule says so, or its last occurrence does."""
    if ends := item.text("Recurrence/EndDateRecurrence/EndDate"):
        try:
            return datetime.combine(date.fromisoformat(ends[:10]), time(), UTC)  # "2026-12-31Z", "2026-12-31+01:00"
        except ValueError:
            return None
    if item.find("Recurrence/NumberedRecurrence") and (last := item.moment("LastOccurrence/End")):
        return datetime.combine(last.date() + timedelta(days=1), time(), UTC)
    return None
