"""Messages of one meeting that have arrived and not been decided on yet.

Notices arrive in any order, and one may be missing until its worker is given up. So what an update lacks is only
certain to be missing once no other message of its meeting is left to read.
"""

from datetime import datetime

from shared.bookings.operation import correlation_id
from shared.calendar.request import CalendarItem, MeetingRequest
from shared.mailboxes.mailbox import Mailbox
from shared.meetings.records import Records
from shared.meetings.waiting import HOLDS_OTHERS_FOR

MOST_UNDECIDED = 20
"""Maximum messages of one meeting that are read for one update."""


async def undecided_beside(
    request: MeetingRequest, item: CalendarItem, mailbox: Mailbox, records: Records, integration: str
) -> list[str]:
    """The other undecided messages of the meeting, oldest first, starting HOLDS_OTHERS_FOR before it."""
    own, found = correlation_id(integration, request.message_id), list[str]()
    for message in await mailbox.messages_of(item, request.received - HOLDS_OTHERS_FOR):
        correlation = correlation_id(integration, message)
        if correlation != own and await records.operation(correlation) is None:
            found.append(message)
        if len(found) == MOST_UNDECIDED:
            break
    return found


def holds_others(request: MeetingRequest, now: datetime) -> bool:
    """Whether a message still waits for others of its meeting that cannot be read at the moment."""
    return now < request.received + HOLDS_OTHERS_FOR
