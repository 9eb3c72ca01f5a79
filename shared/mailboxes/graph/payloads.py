"""Graph's JSON of messages and events, and its reading into the product's own shapes (docs/facts/graph.md).

Only what is needed is required. A field that cannot be read is one that is not there, so that nothing which is none of
our business makes a message unreadable; an event without an id or its times is none.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from shared.calendar.conference import Occurrence
from shared.calendar.global_object_id import day_of, hex_of, series_uid, uid_of
from shared.calendar.request import Answer, CalendarItem, Kind, MeetingRequest, Person, Shape, Update
from shared.errors import Unavailable
from shared.zones import iana_zone, zone_info

log = logging.getLogger(__name__)

_KINDS = {"meetingRequest": Kind.REQUEST, "meetingCancelled": Kind.CANCELLATION}
"""By `meetingMessageType`; `@odata.type` tells nothing reliable. Everything else is left alone."""

_UPDATES = {
    "newMeetingRequest": Update.NEW,
    "fullUpdate": Update.FULL,
    "informationalUpdate": Update.INFORMATIONAL,
    "silentUpdate": Update.SILENT,
    "outdated": Update.OUTDATED,
    "principalWantsCopy": Update.PRINCIPAL_COPY,
}
_SHAPES = {
    "singleInstance": Shape.SINGLE,
    "seriesMaster": Shape.SERIES,
    "occurrence": Shape.OCCURRENCE,
    "exception": Shape.OCCURRENCE,
}
_PLAIN = "occurrence"
"""The type of an occurrence that is as its series has it; one that the organizer has changed is an "exception"."""

GLOBAL_OBJECT_ID = "Binary {6ED8DA90-450B-101B-98DA-00AA003F1305} Id 0x3"
CLEAN_GLOBAL_OBJECT_ID = "Binary {6ED8DA90-450B-101B-98DA-00AA003F1305} Id 0x23"
GLOBAL_OBJECT_IDS = (GLOBAL_OBJECT_ID, CLEAN_GLOBAL_OBJECT_ID)
SEQUENCE = "Integer {00062002-0000-0000-C000-000000000046} Id 0x8201"
"""PidLidAppointmentSequence; these and no others are asked for as extended properties."""
_ANSWERS = {"accepted": Answer.ACCEPTED, "declined": Answer.DECLINED}


EVENT_BUT_BODY = (
    "id,type,seriesMasterId,iCalUId,subject,organizer,attendees,start,end,originalStart,originalStartTimeZone,isAllDay,"
    "isCancelled,isOrganizer,responseRequested,responseStatus,recurrence,lastModifiedDateTime"
)
MESSAGE_BUT_BODY = (
    "id,receivedDateTime,sender,from,microsoft.graph.eventMessage/meetingMessageType,"
    "microsoft.graph.eventMessage/isOutOfDate,microsoft.graph.eventMessageRequest/meetingRequestType"
)
"""All that is read but a body. What only meeting messages have is selected with their type (docs-contrib #8020); `uid`
is not declared in v1.0, and would be refused.
"""


class Payload(BaseModel):
    """An object of Graph's. Null stands for "not set", wherever Graph puts it, and so does what is no object."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, payload: Any) -> Any:
        return {k: v for k, v in payload.items() if v is not None} if isinstance(payload, dict) else {}

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_not_set(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """What cannot be read is not set, unless it is needed."""
        try:
            return read(value)
        except ValueError:
            field = cls.model_fields[info.field_name or ""]
            if field.is_required():
                raise
            return field.get_default(call_default_factory=True)


def _whole(text: Any) -> Any:
    """Exchange cuts texts after so many UTF-16 units, in the middle of a character if need be."""
    return text.encode(errors="replace").decode() if isinstance(text, str) else text


def _sensible(moment: datetime) -> datetime:
    """A moment that can be reckoned with in every zone. Exchange's own calendar begins in 1601."""
    if not 1601 < moment.year < 9999:
        raise ValueError("out of range")
    return moment


Instant = Annotated[datetime, AfterValidator(_sensible)]

Text = Annotated[str, BeforeValidator(_whole)]

P = TypeVar("P", bound=Payload)


class Moment(Payload):
    """`dateTimeTimeZone`: a local time with seven fractional digits, and the zone that it is in."""

    date_time: Instant
    time_zone: str = "UTC"

    def utc(self) -> datetime:
        """The moment in UTC, to the second."""
        local = self.date_time.replace(tzinfo=zone_info(iana_zone(self.time_zone)), microsecond=0)
        return local.astimezone(UTC)


class EmailAddress(Payload):
    """A name and an address; either may be missing."""

    name: Text = ""
    address: Text = ""


class Recipient(Payload):
    """`recipient`."""

    email_address: EmailAddress = EmailAddress()


class Body(Payload):
    """`itemBody`."""

    content: Text = ""


class ResponseStatus(Payload):
    """`responseStatus`; its time is 0001-01-01 while there is no response."""

    response: str = "none"
    time: datetime | None = None


class RecurrenceRange(Payload):
    """`recurrenceRange`; `end_date` holds filler unless the type is endDate."""

    type: str = "noEnd"
    end_date: date | None = None


class Recurrence(Payload):
    """`patternedRecurrence`, of which only the end is read: occurrences come from Exchange."""

    range: RecurrenceRange = RecurrenceRange()


class ExtendedProperty(Payload):
    """`singleValueLegacyExtendedProperty`; a binary value is base64."""

    id: str = ""
    value: Text = ""


class _Extended(Payload):
    single_value_extended_properties: list[ExtendedProperty] = []

    def extended(self, name: str) -> str:
        """The value of an extended property, "" when it is not there. Graph spells names in its own case."""
        wanted = name.casefold()
        return next((p.value for p in self.single_value_extended_properties if p.id.casefold() == wanted), "")


class EventIds(Payload):
    """What tells which meeting an event is, whatever else of it can be read.

    `uid` is shared by a series and its occurrences, but not declared in v1.0 and missing in captures of 2023 and 2024;
    an occurrence's own `iCalUId` carries its date.
    """

    i_cal_u_id: str = Field("", alias="iCalUId")
    uid: str = ""
    type: str = ""
    series_master_id: str = ""
    recurrence: Recurrence | None = None

    @property
    def shape(self) -> Shape:
        """What it is. Where the type is missing, or of a kind that we do not know, the rest tells."""
        known = _SHAPES.get(self.type)
        if self.series_master_id and known is not Shape.SERIES:
            return Shape.OCCURRENCE
        if known is None and day_of(self.i_cal_u_id):
            return Shape.OCCURRENCE
        return known or (Shape.SERIES if self.recurrence else Shape.SINGLE)

    @property
    def meeting_uid(self) -> str:
        """The uid of the meeting, of an occurrence that of its series; "" when only the series can tell it."""
        derived = series_uid(self.i_cal_u_id)
        return self.uid or derived or ("" if self.shape is Shape.OCCURRENCE else self.i_cal_u_id)


class Event(EventIds, _Extended):
    """An event, as far as it is used."""

    id: str
    subject: Text = ""
    body: Body = Body()
    organizer: Recipient = Recipient()
    start: Moment
    end: Moment
    original_start: Instant | None = None
    original_start_time_zone: str = ""
    is_all_day: bool = False
    is_cancelled: bool = False
    is_organizer: bool = False
    response_requested: bool = True
    response_status: ResponseStatus = ResponseStatus()
    attendees: list[Recipient] = []
    last_modified_date_time: Instant = datetime(1970, 1, 1, tzinfo=UTC)

    @model_validator(mode="after")
    def _has_an_id(self) -> Self:
        if not self.id:
            raise ValueError("an event without an id")
        return self

    def occurrence(self) -> Occurrence:
        """When it takes place.

        An all-day event's times are midnights without a zone that matters: its day is the organizer's.
        """
        is_plain = self.type == _PLAIN
        if not self.is_all_day:
            return Occurrence(self.start.utc(), self.end.utc(), is_plain)
        zone = zone_info(self.zone)
        first, last = (m.date_time.replace(tzinfo=zone, microsecond=0).astimezone(UTC) for m in (self.start, self.end))
        return Occurrence(first, last, is_plain)

    @property
    def zone(self) -> str:
        """The organizer's zone, as an IANA name; "" for one of the sender's own, of which Graph tells no more."""
        return iana_zone(self.original_start_time_zone or "UTC")

    def item(self) -> CalendarItem:
        """The event in the product's shape."""
        shape, status, sequence = self.shape, self.response_status, self.extended(SEQUENCE)
        return CalendarItem(
            id=self.id,
            uid=self.meeting_uid,
            shape=shape,
            series_id=self.id if shape is Shape.SERIES else self.series_master_id,
            subject=self.subject,
            body=self.body.content,
            organizer=Person(self.organizer.email_address.name, self.organizer.email_address.address),
            occurrence=self.occurrence(),
            zone=self.zone,
            cancelled=self.is_cancelled,
            response_requested=self.response_requested,
            answer=_ANSWERS.get(status.response, Answer.NONE),
            answered_at=status.time.astimezone(UTC) if status.time and 1601 < status.time.year < 9999 else None,
            attendees=tuple(attendee.email_address.address for attendee in self.attendees),
            last_day=self._last_day(),
            original_start=self.original_start.astimezone(UTC) if self.original_start else None,
            original_day=day_of(self.i_cal_u_id) if shape is not Shape.SERIES else "",
            sequence=int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else 0,
        )

    def _last_day(self) -> datetime | None:
        range_ = self.recurrence.range if self.recurrence else RecurrenceRange()
        if range_.type != "endDate" or range_.end_date is None:
            return None
        return datetime.combine(range_.end_date, time(), UTC)


class Message(_Extended):
    """A message; only meeting messages have the fields below `body`."""

    id: str
    received_date_time: Instant = datetime(1970, 1, 1, tzinfo=UTC)
    body: Body = Body()
    sender: Recipient = Recipient()
    from_: Recipient = Field(default=Recipient(), alias="from")
    meeting_message_type: str = "none"
    meeting_request_type: str = ""
    is_out_of_date: bool = False
    event: Event | None = None
    ids: EventIds = Field(default_factory=lambda: EventIds.model_validate({}), validation_alias="event")

    def uid(self) -> str:
        """The meeting's uid, from the event or from the message's CleanGlobalObjectId; "" when neither is there."""
        return self.ids.meeting_uid or uid_of(self.extended(CLEAN_GLOBAL_OBJECT_ID))

    def day(self) -> str:
        """The date that the pattern gave the one occurrence that the message is about; "" when nothing tells it."""
        return day_of(self.ids.i_cal_u_id) or day_of(hex_of(self.extended(GLOBAL_OBJECT_ID)))

    def request(self) -> MeetingRequest | None:
        """The message in the product's shape; None for whatever is not for us: mail, answers, our own meetings."""
        kind = _KINDS.get(self.meeting_message_type)
        if kind is None or (self.event and self.event.is_organizer):
            return None
        return MeetingRequest(
            message_id=self.id,
            kind=kind,
            update=_UPDATES.get(self.meeting_request_type, Update.UNKNOWN),
            outdated=self.is_out_of_date,
            received=self.received_date_time.astimezone(UTC),
            body=self.body.content or (self.event.body.content if self.event else ""),
            item=self.event.item() if self.event else None,
            uid=self.uid(),
            day=self.day(),
            senders=tuple(filter(None, (self.sender.email_address.address, self.from_.email_address.address))),
        )


class Exceptions(Payload):
    """A series master with those occurrences that the organizer has changed."""

    exception_occurrences: list[dict[str, Any]] = []

    def events(self) -> list[Event]:
        """Those that can be read."""
        return parse_events({"type": "exception"} | entry for entry in self.exception_occurrences)


def parse_events(payloads: Iterable[Any]) -> list[Event]:
    """The occurrences of a series that can be read: one that cannot must not cost the others their rooms."""
    found: list[Event] = []
    for payload in payloads:
        try:
            found.append(parse_event(payload))
        except Unavailable as error:
            log.warning("an occurrence of a series was left out: %s", error)
    return found


def parse_message(payload: Any) -> Message:
    """The message of Graph's JSON. Raises Unavailable for something that Graph does not send."""
    return parse(Message, payload)


def parse_event(payload: Any) -> Event:
    """The event of Graph's JSON. Raises Unavailable for something that Graph does not send."""
    return parse(Event, payload)


def parse(model: type[P], payload: Any) -> P:
    """Any of Graph's objects. Raises Unavailable for something that Graph does not send."""
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        fields = sorted({str(fault["loc"][0]) for fault in error.errors() if fault["loc"]})
        # Only field names: the payload holds people's mail.
        raise Unavailable(f"Graph's answer could not be read: {', '.join(fields) or 'no object'}.") from None
