"""Converts Graph's JSON for messages into the product's own type (docs/facts/graph.md)."""

from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from shared.calendar.global_object_id import day_of, hex_of, uid_of
from shared.calendar.request import Kind, MeetingRequest, Update
from shared.mailboxes.graph.event_payload import Event, EventIds
from shared.mailboxes.graph.payload import Body, Extended, Instant, Recipient, parse

_KINDS = {"meetingRequest": Kind.REQUEST, "meetingCancelled": Kind.CANCELLATION}
"""What a message requests, according to its `meetingMessageType` (`@odata.type` is unreliable). Other messages are
ignored.
"""

_UPDATES = {
    "newMeetingRequest": Update.NEW,
    "fullUpdate": Update.FULL,
    "informationalUpdate": Update.INFORMATIONAL,
    "silentUpdate": Update.SILENT,
    "outdated": Update.OUTDATED,
    "principalWantsCopy": Update.PRINCIPAL_COPY,
}

GLOBAL_OBJECT_ID = "Binary {6ED8DA90-450B-101B-98DA-00AA003F1305} Id 0x3"
CLEAN_GLOBAL_OBJECT_ID = "Binary {6ED8DA90-450B-101B-98DA-00AA003F1305} Id 0x23"
GLOBAL_OBJECT_IDS = (GLOBAL_OBJECT_ID, CLEAN_GLOBAL_OBJECT_ID)

MESSAGE_BUT_BODY = (
    "id,receivedDateTime,sender,from,microsoft.graph.eventMessage/meetingMessageType,"
    "microsoft.graph.eventMessage/isOutOfDate,microsoft.graph.eventMessageRequest/meetingRequestType"
)
"""All properties that are read from a message, except the body. Properties specific to meeting messages are qualified
by type (docs-contrib #8020).
"""


class Message(Extended):
    """A message. Only meeting messages have the fields after `body`."""

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
        """The meeting's uid, from the event or from the message's CleanGlobalObjectId; "" if neither has it."""
        return self.ids.meeting_uid or uid_of(self.extended(CLEAN_GLOBAL_OBJECT_ID))

    def day(self) -> str:
        """The date on which the pattern places the occurrence that the message is about; "" if the message does not
        contain it.
        """
        return day_of(self.ids.i_cal_u_id) or day_of(hex_of(self.extended(GLOBAL_OBJECT_ID)))

    def request(self) -> MeetingRequest | None:
        """The message as the product's own type; None for mail, responses and meetings that the mailbox itself
        organizes.
        """
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


def parse_message(payload: Any) -> Message:
    """Parse Graph's JSON for a message. Raises Unavailable for something that Graph never sends."""
    return parse(Message, payload)
