"""Messages as returned by Graph: `message`, `eventMessage`, `eventMessageRequest`, `eventMessageResponse`."""

import base64
from collections.abc import Mapping
from urllib.parse import quote

from dev.exchange.calendar import day_of
from dev.exchange.graph.ids import MESSAGE, ItemId, change_key, folder_id
from dev.exchange.graph.query import check_select
from dev.exchange.graph.shapes import (
    Json,
    View,
    body,
    preview,
    recipient,
    recurrence,
    selected,
    stamp,
    wall_time,
)
from dev.exchange.model import MeetingPart, Message, MessageKind, RequestKind
from dev.exchange.uids import of_occurrence

_MEETING = "6ed8da90-450b-101b-98da-00aa003f1305"
_APPOINTMENT = "00062002-0000-0000-c000-000000000046"

#: "tentatively" is misspelled by the service, but not in the documentation.
_KINDS = {
    MessageKind.REQUEST: "meetingRequest",
    MessageKind.CANCELLED: "meetingCancelled",
    MessageKind.ACCEPTED: "meetingAccepted",
    MessageKind.TENTATIVE: "meetingTenativelyAccepted",
    MessageKind.DECLINED: "meetingDeclined",
}
_CAST = "microsoft.graph.eventMessage"
_DERIVED = frozenset(
    {
        "meetingMessageType",
        "type",
        "isOutOfDate",
        "isAllDay",
        "isDelegated",
        "startDateTime",
        "endDateTime",
        "location",
        "recurrence",
        "responseRequested",
        "allowNewTimeProposals",
        "meetingRequestType",
        "previousLocation",
        "previousStartDateTime",
        "previousEndDateTime",
        "responseType",
        "proposedNewTime",
    }
)
_RESPONSE_TYPES = {
    MessageKind.ACCEPTED: "accepted",
    MessageKind.TENTATIVE: "tentativelyAccepted",
    MessageKind.DECLINED: "declined",
}


def odata_type(kind: MessageKind) -> str:
    """The value of `@odata.type`. A cancellation has the base type."""
    if kind is MessageKind.MAIL:
        return "#microsoft.graph.message"
    if kind is MessageKind.REQUEST:
        return "#microsoft.graph.eventMessageRequest"
    return "#microsoft.graph.eventMessageResponse" if kind.is_response else "#microsoft.graph.eventMessage"


def message_id(message: Message, view: View) -> str:
    """A message's id, in the client's preferred format."""
    return ItemId(MESSAGE, message.key, view.moves(message.moves)).text(message.owner)


def message(item: Message, view: View) -> Json:
    """All properties of a message."""
    letter, mark = item.letter, change_key(item.change)
    identity = message_id(item, view)
    # The bodies of meeting messages are always HTML, even if the client prefers text.
    wanted = view.prefer.body if letter.part is None else None
    shown: Json = {
        **({"@odata.type": odata_type(letter.kind)} if letter.part else {}),
        "@odata.etag": f'W/"{mark}"',
        "id": identity,
        "createdDateTime": stamp(item.received),
        "lastModifiedDateTime": stamp(item.modified),
        "changeKey": mark,
        "categories": [],
        "receivedDateTime": stamp(item.received),
        "sentDateTime": stamp(item.sent),
        "hasAttachments": False,
        "internetMessageId": item.internet_id,
        "subject": letter.subject,
        "bodyPreview": preview(letter.body),
        "importance": "normal",
        "parentFolderId": folder_id(item.owner, item.folder),
        "conversationId": _conversation(item),
        "conversationIndex": _conversation(item)[:32],
        "isDeliveryReceiptRequested": None if letter.part else False,
        "isReadReceiptRequested": False,
        "isRead": item.is_read,
        "isDraft": item.is_draft,
        "webLink": f"https://outlook.office365.com/owa/?ItemID={quote(identity)}&exvsurl=1&viewmodel=ReadMessageItem",
        "inferenceClassification": "focused",
        "body": body(letter.body, wanted),
        "sender": recipient(letter.sender),
        "from": recipient(letter.from_),
        "toRecipients": [recipient(address) for address in letter.to],
        "ccRecipients": [recipient(address) for address in letter.cc],
        "bccRecipients": [recipient(address) for address in letter.bcc] if item.is_draft else [],
        "replyTo": [recipient(address) for address in letter.reply_to],
        "flag": {"flagStatus": "notFlagged"},
    }
    return shown | (_event_message(item, letter.part, view) if letter.part else {})


def selected_message(item: Message, view: View, wanted: frozenset[str] | None) -> Json:
    """Return only the requested properties. Properties specific to meeting messages must be qualified by their type, as
    in `microsoft.graph.eventMessage/meetingMessageType`. Without the type, the service does not find them (docs-contrib
    issues 8020 and 4028).
    """
    shown = message(item, view)
    if wanted is None:
        return shown
    more = {
        "internetMessageHeaders": [{"name": name, "value": value} for name, value in item.letter.headers],
        "uniqueBody": shown["body"],
    }
    plain = frozenset(name for name in wanted if not name.startswith(_CAST))
    check_select(plain, set(shown) - _DERIVED | set(more), "Message")
    cast = frozenset(name.rpartition("/")[2] for name in wanted - plain)
    check_select(cast, _DERIVED, "EventMessage")
    return selected(shown | more, plain | cast)


def _event_message(item: Message, part: MeetingPart, view: View) -> Json:
    meeting = part.meeting
    shown: Json = {
        "meetingMessageType": _KINDS[part.kind],
        "type": _type(part),
        "isOutOfDate": item.out_of_date,
        "isAllDay": meeting.all_day,
        "isDelegated": False,
        "startDateTime": wall_time(meeting.start, meeting, view.prefer),
        "endDateTime": wall_time(meeting.end, meeting, view.prefer),
        "location": _location(meeting.location),
        "recurrence": recurrence(meeting, as_message=True),
    }
    if part.kind is MessageKind.REQUEST:
        shown |= _request(part, view)
    elif part.kind.is_response:
        shown |= _response(part, view)
    return shown


def _request(part: MeetingPart, view: View) -> Json:
    # A new request also has previous values. They are the same as the current ones (according to a real capture from
    # 2023).
    previous = part.previous or part.meeting
    return {
        "responseRequested": part.meeting.response_requested,
        "allowNewTimeProposals": None,
        "meetingRequestType": str(part.request or RequestKind.NONE),
        "previousLocation": _location(previous.location),
        "previousStartDateTime": wall_time(previous.start, previous, view.prefer),
        "previousEndDateTime": wall_time(previous.end, previous, view.prefer),
    }


def _response(part: MeetingPart, view: View) -> Json:
    proposed = None
    if part.proposed:
        start, end = (wall_time(when, part.meeting, view.prefer) for when in part.proposed)
        proposed = {"start": start, "end": end}
    return {"responseType": _RESPONSE_TYPES[part.kind], "proposedNewTime": proposed}


def _type(part: MeetingPart) -> str:
    """The type of the event that a message is about. No capture of a message about one occurrence was found, so either
    value is possible.
    """
    if part.meeting.original_start:
        return "exception" if part.kind is MessageKind.REQUEST else "occurrence"
    return "seriesMaster" if part.meeting.recurrence else "singleInstance"


def _location(name: str) -> Json:
    return {"displayName": name, "locationType": "default", "uniqueIdType": "unknown"}


def _conversation(item: Message) -> str:
    part = item.letter.part
    topic = part.meeting.uid if part else item.letter.subject.removeprefix("RE: ").removeprefix("FW: ")
    return base64.urlsafe_b64encode(f"AAQk-{topic}".encode()).decode()


def extended_properties(item: Message, wanted: str) -> list[Json]:
    """The `singleValueExtendedProperties` requested by a $filter. Only global object ids and the sequence number are
    supported here.
    """
    part = item.letter.part
    if part is None:
        return []
    values: Mapping[str, str] = {
        f"Binary {{{_MEETING}}} Id 0x3": _binary(of_occurrence(part.meeting.uid, day_of(part.meeting))),
        f"Binary {{{_MEETING}}} Id 0x23": _binary(part.meeting.uid),
        f"Integer {{{_APPOINTMENT}}} Id 0x8201": str(part.meeting.sequence),
    }
    asked = wanted.casefold()
    return [{"id": name, "value": value} for name, value in values.items() if f"'{name.casefold()}'" in asked]


def _binary(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


def removed(key: str, owner: str, moves: int | None) -> Json:
    """A delta entry for a message that has been deleted or moved out of the folder."""
    item = ItemId(MESSAGE, key, moves).text(owner)
    return {"@odata.type": "#microsoft.graph.message", "id": item, "@removed": {"reason": "deleted"}}
