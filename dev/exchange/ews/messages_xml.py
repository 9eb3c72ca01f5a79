"""Messages as returned by EWS: Message, MeetingRequest, MeetingCancellation, MeetingResponse, MeetingMessage."""

import base64
from dataclasses import dataclass, field

from dev.exchange.calendar import Entry
from dev.exchange.ews import extended, parts
from dev.exchange.ews.extended import ExtendedProperties
from dev.exchange.ews.shapes import EXTENDED, Properties, Shape
from dev.exchange.ews.xml import Element, t
from dev.exchange.model import Meeting, MeetingPart, Message, MessageKind, Reply, RequestKind, Response

_CLASSES = {
    MessageKind.MAIL: ("Message", "IPM.Note"),
    MessageKind.REQUEST: ("MeetingRequest", "IPM.Schedule.Meeting.Request"),
    MessageKind.CANCELLED: ("MeetingCancellation", "IPM.Schedule.Meeting.Canceled"),
    MessageKind.ACCEPTED: ("MeetingResponse", "IPM.Schedule.Meeting.Resp.Pos"),
    MessageKind.TENTATIVE: ("MeetingResponse", "IPM.Schedule.Meeting.Resp.Tent"),
    MessageKind.DECLINED: ("MeetingResponse", "IPM.Schedule.Meeting.Resp.Neg"),
}
_RESPONSES = {MessageKind.ACCEPTED: "Accept", MessageKind.TENTATIVE: "Tentative", MessageKind.DECLINED: "Decline"}
_REQUESTS = {
    RequestKind.NONE: "None",
    RequestKind.NEW: "NewMeetingRequest",
    RequestKind.FULL: "FullUpdate",
    RequestKind.INFORMATIONAL: "InformationalUpdate",
    RequestKind.SILENT: "SilentUpdate",
}
#: The properties in BaseShape "Default", as in the reference and in the sample for SyncFolderItems.
DEFAULT = frozenset(
    {
        *(f"item:{name}" for name in ("Subject", "Sensitivity", "Body", "DateTimeSent", "HasAttachments")),
        *(f"message:{name}" for name in ("From", "IsRead", "ToRecipients", "CcRecipients")),
        *(f"meeting:{name}" for name in ("IsOutOfDate", "HasBeenProcessed", "ResponseType")),
        *(f"calendar:{name}" for name in ("Start", "End", "Location", "Organizer")),
        "meetingRequest:IntendedFreeBusyStatus",
    }
)


@dataclass(frozen=True)
class Shown:
    """A message, with the information needed for a response about it.

    ``entry`` is the calendar's entry for its meeting. ``associated`` is the entry returned as its associated calendar
    item. ``attended`` says whether the Calendar Attendant processes messages in this mailbox. ``is_draft`` is the value
    of IsDraft. ``properties`` are the extended properties that clients have set on items.
    """

    message: Message
    entry: Entry | None = None
    associated: Entry | None = None
    attended: bool = True
    is_draft: bool = False
    properties: ExtendedProperties = field(default_factory=ExtendedProperties)


def item_class(message: Message) -> tuple[str, str]:
    """The element and the item class. A message's own class takes precedence over the usual one."""
    tag, name = _CLASSES[message.letter.kind]
    own = message.letter.item_class
    if own.startswith("IPM.Schedule.Meeting."):
        tag = "MeetingMessage"
    return tag, own or name


def properties(shown: Shown, shape: Shape) -> Properties:
    """All properties of a message. They depend on its kind."""
    part = shown.message.letter.part
    return {
        **_item(shown, shape),
        **_message(shown.message),
        **(_meeting_message(shown, part) if part else {}),
        **_of_kind(shown, part),
    }


def _item(shown: Shown, shape: Shape) -> Properties:
    message, letter = shown.message, shown.message.letter
    names = ("; ".join(address.name for address in addresses) for addresses in (letter.cc, letter.to))
    cc, to = names
    meeting = letter.part.meeting if letter.part else None
    return {
        "item:ParentFolderId": lambda: parts.folder_id(message.owner, message.folder, "ParentFolderId"),
        "item:ItemClass": item_class(message)[1],
        "item:Subject": letter.subject,
        "item:Sensitivity": meeting.sensitivity.capitalize() if meeting else "Normal",
        "item:Body": lambda: parts.body("Body", letter.body, shape.body_type),
        "item:DateTimeReceived": message.received,
        "item:Size": len(letter.body.content) + 1024,
        "item:Importance": "Normal",
        "item:IsSubmitted": False,
        "item:IsDraft": shown.is_draft,
        "item:IsFromMe": False,
        "item:IsResend": False,
        "item:IsUnmodified": not message.is_draft,
        "item:InternetMessageHeaders": lambda: _headers(message),
        "item:DateTimeSent": message.sent,
        "item:DateTimeCreated": message.received,
        "item:ReminderIsSet": False,
        "item:DisplayCc": cc,
        "item:DisplayTo": to,
        "item:HasAttachments": False,
        EXTENDED: lambda: extended.of(shown.properties, message, shape.extended),
        "item:Culture": "en-US",
        "item:LastModifiedName": letter.from_.name,
        "item:LastModifiedTime": message.modified,
        "item:IsAssociated": False,
        "item:ConversationId": lambda: t("ConversationId", {"Id": _conversation(message)}),
        "item:UniqueBody": lambda: parts.body("UniqueBody", letter.body, shape.body_type),
        "item:TextBody": lambda: parts.body("TextBody", letter.body, "Text"),
    }


def _message(message: Message) -> Properties:
    letter = message.letter
    return {
        "message:Sender": lambda: parts.one("Sender", letter.sender),
        "message:ToRecipients": lambda: parts.many("ToRecipients", letter.to),
        "message:CcRecipients": lambda: parts.many("CcRecipients", letter.cc),
        "message:BccRecipients": lambda: parts.many("BccRecipients", letter.bcc) if message.is_draft else None,
        "message:IsReadReceiptRequested": False,
        "message:IsDeliveryReceiptRequested": False,
        "message:ConversationTopic": _topic(message),
        "message:From": lambda: parts.one("From", letter.from_),
        "message:InternetMessageId": message.internet_id,
        "message:IsRead": message.is_read,
        "message:IsResponseRequested": letter.part.meeting.response_requested if letter.part else False,
        "message:ReplyTo": lambda: parts.many("ReplyTo", letter.reply_to),
    }


def _meeting_message(shown: Shown, part: MeetingPart) -> Properties:
    """The properties common to all meeting messages. Their UID is that of the whole series ("clean" in XSO's terms)."""
    entry, meeting = shown.entry, part.meeting
    if part.kind.is_response:
        response = _RESPONSES[part.kind]
    else:
        response = parts.RESPONSE_TYPES[entry.response.reply] if entry else "NoResponseReceived"
    return {
        "meeting:AssociatedCalendarItemId": lambda: _associated(shown),
        "meeting:IsDelegated": False,
        "meeting:IsOutOfDate": shown.message.out_of_date,
        "meeting:HasBeenProcessed": shown.attended or entry is not None,
        "meeting:ResponseType": response,
        "calendar:UID": meeting.uid,
        "calendar:RecurrenceId": meeting.original_start,
        "calendar:DateTimeStamp": shown.message.sent,
    }


def _associated(shown: Shown) -> Element | None:
    return parts.item_id(shown.associated, "AssociatedCalendarItemId") if shown.associated else None


def _of_kind(shown: Shown, part: MeetingPart | None) -> Properties:
    if part and part.kind is MessageKind.REQUEST:
        return _request(shown, part)
    if part and part.kind is MessageKind.CANCELLED:
        return _cancellation(part.meeting)
    if part and part.proposed:
        return {"meeting:ProposedStart": part.proposed[0], "meeting:ProposedEnd": part.proposed[1]}
    return {}


def _request(shown: Shown, part: MeetingPart) -> Properties:
    meeting, entry = part.meeting, shown.entry
    organizer = entry.event.is_organizer if entry else False
    return {
        "meetingRequest:MeetingRequestType": _REQUESTS[part.request],
        "meetingRequest:IntendedFreeBusyStatus": "Busy",
        "calendar:Start": meeting.start,
        "calendar:End": meeting.end,
        "calendar:OriginalStart": meeting.original_start,
        "calendar:IsAllDayEvent": meeting.all_day,
        "calendar:LegacyFreeBusyStatus": "Tentative",
        "calendar:Location": meeting.location or None,
        "calendar:IsMeeting": True,
        "calendar:IsCancelled": False,
        "calendar:IsRecurring": bool(meeting.recurrence or meeting.original_start),
        "calendar:MeetingRequestWasSent": organizer,
        "calendar:CalendarItemType": item_type(meeting),
        "calendar:MyResponseType": parts.RESPONSE_TYPES[entry.response.reply if entry else Reply.NOT_RESPONDED],
        "calendar:Organizer": lambda: parts.one("Organizer", meeting.organizer),
        "calendar:RequiredAttendees": lambda: _attendees(meeting, "RequiredAttendees"),
        "calendar:OptionalAttendees": lambda: _attendees(meeting, "OptionalAttendees"),
        "calendar:Resources": lambda: _attendees(meeting, "Resources"),
        "calendar:AppointmentReplyTime": entry.response.time if entry else None,
        "calendar:AppointmentSequenceNumber": meeting.sequence,
        # The bits mean that the item is a meeting, and that it was received.
        "calendar:AppointmentState": 3,
        "calendar:Recurrence": lambda: parts.recurrence(meeting),
        "calendar:StartTimeZone": lambda: parts.zone("StartTimeZone", meeting.zone, meeting.start.year),
        "calendar:EndTimeZone": lambda: parts.zone("EndTimeZone", meeting.zone, meeting.start.year),
        "calendar:AllowNewTimeProposal": True,
        "calendar:IsOnlineMeeting": False,
    }


def _cancellation(meeting: Meeting) -> Properties:
    """The properties that newer servers add to cancellations. exchangelib does not support them and never requests
    them.
    """
    return {
        "calendar:Start": meeting.start,
        "calendar:End": meeting.end,
        "calendar:Location": meeting.location or None,
        "calendar:Recurrence": lambda: parts.recurrence(meeting),
        "calendar:CalendarItemType": item_type(meeting),
    }


def item_type(meeting: Meeting) -> str:
    """The type of the item that a message is about. No capture from a real server was found for a request about one
    occurrence. "Exception" is consistent with the reference.
    """
    if meeting.original_start:
        return "Exception"
    return "RecurringMaster" if meeting.recurrence else "Single"


def _attendees(meeting: Meeting, tag: str) -> Element | None:
    return parts.attendees(tag, meeting.attendees, lambda _address: Response())


def _headers(message: Message) -> Element | None:
    found = [t("InternetMessageHeader", {"HeaderName": name}, value) for name, value in message.letter.headers]
    return t("InternetMessageHeaders", *found) if found else None


def _topic(message: Message) -> str:
    return message.letter.subject.removeprefix("RE: ").removeprefix("FW: ")


def _conversation(message: Message) -> str:
    part = message.letter.part
    return base64.b64encode(f"AAQk-{part.meeting.uid if part else _topic(message)}".encode()).decode()
