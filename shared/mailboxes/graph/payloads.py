"""Graph's JSON of messages and events, and its reading into the product's own shapes (facts/graph-ews-tokens.md §1)."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from shared.conferences.conference import Occurrence
from shared.errors import Unavailable
from shared.mailboxes.global_object_id import uid_of
from shared.meetings.request import Answer, CalendarItem, Kind, MeetingRequest, Person, Shape, Update
from shared.zones import iana_zone

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
_SHAPES = {"singleInstance": Shape.SINGLE, "seriesMaster": Shape.SERIES}
_ANSWERS = {"accepted": Answer.ACCEPTED, "declined": Answer.DECLINED}


class Payload(BaseModel):
    """An object of Graph's. Null stands for "not set", wherever Graph puts it."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, payload: Any) -> Any:
        return {k: v for k, v in payload.items() if v is not None} if isinstance(payload, dict) else payload


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
        local = self.date_time.replace(tzinfo=ZoneInfo(iana_zone(self.time_zone)), microsecond=0)
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
    """`patternedRecurrence`, of which only the end is read: occurrences come from Exchange (DESIGN §2)."""

    range: RecurrenceRange = RecurrenceRange()


class Event(Payload):
    """An event, as far as it is used."""

    id: str
    i_cal_u_id: str = Field("", alias="iCalUId")
    uid: str = ""
    type: str = "singleInstance"
    series_master_id: str = ""
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
    recurrence: Recurrence | None = None
    attendees: list[Recipient] = []

    def occurrence(self) -> Occurrence:
        """When it takes place.

        An all-day event's times are midnights without a zone that matters: its day is the organizer's (facts §1).
        """
        if not self.is_all_day:
            return Occurrence(self.start.utc(), self.end.utc())
        zone = ZoneInfo(self.zone)
        first, last = (m.date_time.replace(tzinfo=zone, microsecond=0).astimezone(UTC) for m in (self.start, self.end))
        return Occurrence(first, last)

    @property
    def zone(self) -> str:
        """The organizer's zone, as an IANA name."""
        return iana_zone(self.original_start_time_zone or "UTC")

    def item(self) -> CalendarItem:
        """The event in the product's shape."""
        shape = _SHAPES.get(self.type, Shape.OCCURRENCE)
        status = self.response_status
        return CalendarItem(
            id=self.id,
            uid=self.uid or self.i_cal_u_id,
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
        )

    def _last_day(self) -> datetime | None:
        range_ = self.recurrence.range if self.recurrence else RecurrenceRange()
        if range_.type != "endDate" or range_.end_date is None:
            return None
        return datetime.combine(range_.end_date, time(), UTC)


class ExtendedProperty(Payload):
    """`singleValueLegacyExtendedProperty`; a binary value is base64."""

    value: Text = ""


class Message(Payload):
    """A message; only meeting messages have the fields below `body`."""

    id: str
    received_date_time: Instant = datetime(1970, 1, 1, tzinfo=UTC)
    body: Body = Body()
    meeting_message_type: str = "none"
    meeting_request_type: str = ""
    is_out_of_date: bool = False
    event: Event | None = None
    single_value_extended_properties: list[ExtendedProperty] = []

    def uid(self) -> str:
        """The meeting's uid, from the event or from the message's CleanGlobalObjectId; "" when neither is there."""
        if self.event:
            return self.event.uid or self.event.i_cal_u_id
        return next((uid_of(p.value) for p in self.single_value_extended_properties if p.value), "")

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
            body=self.body.content,
            item=self.event.item() if self.event else None,
            uid=self.uid(),
        )


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
