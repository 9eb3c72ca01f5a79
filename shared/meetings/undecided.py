"""Messages about one meeting that have arrived but have not been decided on yet. Notices arrive in any order, and a
notice may be delayed until its worker is considered dead. Whether an update's tag is really missing is only certain
once no other message about its meeting is left to read.
"""

from datetime import datetime

from shared.bookings.operation import correlation_id
from shared.calendar.request import CalendarItem, MeetingRequest
from shared.mailboxes.mailbox import Mailbox
from shared.meetings.records import Records
from shared.meetings.waiting import HOLDS_OTHERS_FOR

MOST_UNDECIDED = 20
"""Maximum number of messages about the same meeting that are read for one update."""


async def undecided_beside(
    request: MeetingRequest, item: CalendarItem, mailbox: Mailbox, records: Records, integration: str
) -> list[str]:
    """The other undecided messages about the meeting, oldest first, starting HOLDS_OTHERS_FOR before this one."""
    own, found = correlation_id(integration, request.message_id), list[str]()
    for message in await mailbox.messages_of(item, request.received - HOLDS_OTHERS_FOR):
        correlation = correlation_id(integration, message)
        if correlation != own and await records.operation(correlation) is None:
            found.append(message)
        if len(found) == MOST_UNDECIDED:
            break
    return found


def holds_others(request: MeetingRequest, now: datetime) -> bool:
    """Whether a message still has to wait for other messages about its meeting that cannot be read at the moment."""
    return now < request.received + HOLDS_OTHERS_FOR
