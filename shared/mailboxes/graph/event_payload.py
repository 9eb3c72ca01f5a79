"""Converts Graph's JSON for events into the product's own types (docs/facts/graph.md)."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any, Self

from pydantic import Field, model_validator

from shared.calendar.conference import Occurrence
from shared.calendar.global_object_id import day_of, series_uid
from shared.calendar.request import Answer, CalendarItem, Person, Shape
from shared.errors import Unavailable
from shared.mailboxes.graph.payload import (
    Body,
    Extended,
    Instant,
    Moment,
    Payload,
    Recipient,
    Recurrence,
    RecurrenceRange,
    ResponseStatus,
    parse,
)
from shared.zones import iana_zone, zone_info

log = logging.getLogger(__name__)

_SHAPES = {
    "singleInstance": Shape.SINGLE,
    "seriesMaster": Shape.SERIES,
    "occurrence": Shape.OCCURRENCE,
    "exception": Shape.OCCURRENCE,
}
_PLAIN = "occurrence"
"""The type of an unchanged occurrence. An occurrence that the organizer has changed is an "exception"."""

_ANSWERS = {"accepted": Answer.ACCEPTED, "declined": Answer.DECLINED}

SEQUENCE = "Integer {00062002-0000-0000-C000-000000000046} Id 0x8201"
"""PidLidAppointmentSequence."""

EVENT_BUT_BODY = (
    "id,type,seriesMasterId,iCalUId,subject,organizer,attendees,start,end,originalStart,originalStartTimeZone,isAllDay,"
    "isCancelled,isOrganizer,responseRequested,responseStatus,recurrence,lastModifiedDateTime"
)
"""All properties that are read from an event, except the body. `uid` cannot be selected, because v1.0 does not declare
it.
"""


class EventIds(Payload):
    """The properties that identify an event's meeting, even if nothing else about it can be read.

    `uid` is shared by a series and its occurrences. It is not declared in v1.0, and is missing from captures made in
    2023 and 2024. An occurrence's own `iCalUId` contains its date.
    """

    i_cal_u_id: str = Field("", alias="iCalUId")
    uid: str = ""
    type: str = ""
    series_master_id: str = ""
    recurrence: Recurrence | None = None

    @property
    def shape(self) -> Shape:
        """Whether the event is a single meeting, a series or an occurrence. If the type is missing or unknown, it is
        inferred from the other properties.
        """
        known = _SHAPES.get(self.type)
        if self.series_master_id and known is not Shape.SERIES:
            return Shape.OCCURRENCE
        if known is None and day_of(self.i_cal_u_id):
            return Shape.OCCURRENCE
        return known or (Shape.SERIES if self.recurrence else Shape.SINGLE)

    @property
    def meeting_uid(self) -> str:
        """The meeting's uid or, for an occurrence, the uid of its series; "" if only the series' own event contains
        it.
        """
        derived = series_uid(self.i_cal_u_id)
        return self.uid or derived or ("" if self.shape is Shape.OCCURRENCE else self.i_cal_u_id)


class Event(EventIds, Extended):
    """An event, with the properties in use."""

    id: str
    subject: str = ""
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
    attendees: list[Recipient] = Field(default_factory=list)
    last_modified_date_time: Instant = datetime(1970, 1, 1, tzinfo=UTC)

    @model_validator(mode="after")
    def _has_an_id(self) -> Self:
        if not self.id:
            raise ValueError("an event without an id")
        return self

    def occurrence(self) -> Occurrence:
        """The start and end of the event. An all-day event starts and ends at midnight in a meaningless zone. Its day
        is a day in the organizer's zone.
        """
        is_plain = self.type == _PLAIN
        if not self.is_all_day:
            return Occurrence(self.start.utc(), self.end.utc(), is_plain)
        zone = zone_info(self.zone)
        first, last = (m.date_time.replace(tzinfo=zone, microsecond=0).astimezone(UTC) for m in (self.start, self.end))
        return Occurrence(first, last, is_plain)

    @property
    def zone(self) -> str:
        """The organizer's zone as an IANA name; "" for a custom zone, because Graph returns only its name."""
        return iana_zone(self.original_start_time_zone or "UTC")

    def item(self) -> CalendarItem:
        """The event as the product's own type."""
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


class Exceptions(Payload):
    """A series master and the occurrences that the organizer has changed."""

    exception_occurrences: list[dict[str, Any]] = Field(default_factory=list)

    def events(self) -> list[Event]:
        """The occurrences that can be read."""
        return parse_events({"type": "exception"} | entry for entry in self.exception_occurrences)


def parse_events(payloads: Iterable[Any]) -> list[Event]:
    """The readable occurrences of a series. A single unreadable occurrence must not leave the others without rooms."""
    found: list[Event] = []
    for payload in payloads:
        try:
            found.append(parse_event(payload))
        except Unavailable as error:
            log.warning("skipped an occurrence of a series: %s", error)
    return found


def parse_event(payload: Any) -> Event:
    """Parse Graph's JSON for an event. Raises Unavailable for something that Graph never sends."""
    return parse(Event, payload)
