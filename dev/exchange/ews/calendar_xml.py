"""Calendar items as returned by EWS: single meetings, recurring masters, occurrences and exceptions."""

from collections.abc import Iterator

from dev.exchange.calendar import Entry, exceptions, occurrence, plain_occurrence, response_of
from dev.exchange.ews import extended, parts
from dev.exchange.ews.extended import ExtendedProperties
from dev.exchange.ews.shapes import EXTENDED, Properties, Shape
from dev.exchange.ews.xml import Element, t
from dev.exchange.model import Reply
from dev.exchange.store import CALENDAR

_TYPES = {
    "singleInstance": "Single",
    "seriesMaster": "RecurringMaster",
    "occurrence": "Occurrence",
    "exception": "Exception",
}
_MEETING, _RECEIVED, _CANCELLED = 1, 2, 4

#: The properties in BaseShape "Default", according to the reference for CalendarItem.
DEFAULT = frozenset(
    {
        *(f"item:{name}" for name in ("Subject", "HasAttachments", "ResponseObjects")),
        *(f"calendar:{name}" for name in ("Start", "End", "Location", "LegacyFreeBusyStatus", "CalendarItemType",
                                          "Organizer")),
    }
)  # fmt: skip


def properties(entry: Entry, shape: Shape, held: ExtendedProperties) -> Properties:
    """All properties of a calendar item or an occurrence. ``held`` contains the extended properties that clients have
    set on items.
    """
    return {**_item(entry, shape, held), **_calendar(entry), **_answers(entry), **_series(entry)}


def _item(entry: Entry, shape: Shape, held: ExtendedProperties) -> Properties:
    meeting, event = entry.meeting, entry.event
    return {
        "item:ParentFolderId": lambda: parts.folder_id(event.owner, CALENDAR, "ParentFolderId"),
        "item:ItemClass": "IPM.Appointment" if entry.day is None else "IPM.Appointment.Occurrence",
        "item:Subject": meeting.subject,
        "item:Sensitivity": meeting.sensitivity.capitalize(),
        "item:Body": lambda: parts.body("Body", meeting.body, shape.body_type),
        "item:DateTimeReceived": event.created,
        "item:Size": len(meeting.body.content) + 1024,
        "item:Importance": "Normal",
        "item:IsDraft": False,
        "item:DateTimeSent": event.created,
        "item:DateTimeCreated": event.created,
        "item:ReminderIsSet": True,
        "item:ReminderMinutesBeforeStart": 15,
        "item:HasAttachments": False,
        EXTENDED: lambda: extended.of(held, entry, shape.extended),
        "item:Culture": "en-US",
        "item:LastModifiedName": meeting.organizer.name,
        "item:LastModifiedTime": event.modified,
        "item:IsAssociated": False,
        "item:TextBody": lambda: parts.body("TextBody", meeting.body, "Text"),
    }


def _calendar(entry: Entry) -> Properties:
    meeting, event = entry.meeting, entry.event
    free_busy = "Busy" if entry.response.reply in (Reply.ACCEPTED, Reply.ORGANIZER) else "Tentative"
    return {
        "calendar:UID": meeting.uid,
        "calendar:RecurrenceId": meeting.original_start if entry.day else None,
        "calendar:DateTimeStamp": event.modified,
        "calendar:Start": meeting.start,
        "calendar:End": meeting.end,
        "calendar:OriginalStart": meeting.original_start if entry.day else None,
        "calendar:IsAllDayEvent": meeting.all_day,
        "calendar:LegacyFreeBusyStatus": "Free" if entry.cancelled else free_busy,
        "calendar:Location": meeting.location or None,
        "calendar:IsMeeting": True,
        "calendar:IsCancelled": entry.cancelled,
        # IsRecurring is False for the organizer's masters. This is wrong, as even the reference for IsRecurring says.
        "calendar:IsRecurring": entry.day is not None or bool(meeting.recurrence and not event.is_organizer),
        "calendar:MeetingRequestWasSent": event.is_organizer,
        "calendar:IsResponseRequested": meeting.response_requested,
        "calendar:CalendarItemType": _TYPES[entry.kind],
    }


def _answers(entry: Entry) -> Properties:
    meeting, event = entry.meeting, entry.event
    state = _MEETING | (0 if event.is_organizer else _RECEIVED) | (_CANCELLED if entry.cancelled else 0)
    return {
        "calendar:MyResponseType": parts.RESPONSE_TYPES[entry.response.reply],
        "calendar:Organizer": lambda: parts.one("Organizer", meeting.organizer),
        "calendar:RequiredAttendees": lambda: _attendees(entry, "RequiredAttendees"),
        "calendar:OptionalAttendees": lambda: _attendees(entry, "OptionalAttendees"),
        "calendar:Resources": lambda: _attendees(entry, "Resources"),
        "calendar:AppointmentReplyTime": entry.response.time,
        "calendar:AppointmentSequenceNumber": meeting.sequence,
        "calendar:AppointmentState": state,
    }


def _series(entry: Entry) -> Properties:
    meeting = entry.meeting
    return {
        "calendar:Recurrence": lambda: parts.recurrence(meeting),
        "calendar:FirstOccurrence": lambda: _edge(entry, "FirstOccurrence", last=False),
        "calendar:LastOccurrence": lambda: _edge(entry, "LastOccurrence", last=True),
        "calendar:ModifiedOccurrences": lambda: _modified(entry),
        "calendar:DeletedOccurrences": lambda: _deleted(entry),
        "calendar:StartTimeZone": lambda: parts.zone("StartTimeZone", meeting.zone, meeting.start.year),
        "calendar:EndTimeZone": lambda: parts.zone("EndTimeZone", meeting.zone, meeting.start.year),
        "calendar:AllowNewTimeProposal": True,
        "calendar:IsOnlineMeeting": False,
    }


def _attendees(entry: Entry, tag: str) -> Element | None:
    """The attendees of one kind. Only the organizer sees their answers."""
    return parts.attendees(tag, entry.meeting.attendees, lambda address: response_of(entry, address))


def _edge(entry: Entry, tag: str, *, last: bool) -> Element | None:
    """The first or last remaining occurrence of a series. An endless series has no last occurrence."""
    rule = entry.event.meeting.recurrence
    if entry.day is not None or rule is None or (last and rule.until is None and rule.count is None):
        return None
    days = reversed(list(rule.dates())) if last else rule.dates()
    found = next((shown for day in days if (shown := occurrence(entry.event, day))), None)
    return _occurrence(tag, found) if found else None


def _occurrence(tag: str, entry: Entry) -> Element:
    meeting = entry.meeting
    original = t("OriginalStart", meeting.original_start)
    return t(tag, parts.item_id(entry), t("Start", meeting.start), t("End", meeting.end), original)


def _modified(entry: Entry) -> Element | None:
    shown = [_occurrence("Occurrence", changed) for changed in exceptions(entry.event)] if entry.day is None else []
    return t("ModifiedOccurrences", *shown) if shown else None


def _deleted(entry: Entry) -> Element | None:
    shown = list(_deleted_occurrences(entry)) if entry.day is None else []
    return t("DeletedOccurrences", *shown) if shown else None


def _deleted_occurrences(entry: Entry) -> Iterator[Element]:
    for day in sorted(entry.event.removed):
        yield t("DeletedOccurrence", t("Start", plain_occurrence(entry.event.meeting, day).start))
