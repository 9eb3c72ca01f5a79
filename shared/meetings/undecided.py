"""Messages of one meeting that came, and on which nothing has been decided yet.

Notices come in any order, and one may stay away for as long as its worker takes to be given up. So what an update lacks
is missing only when no other message of its meeting is left to be read.
"""

from datetime import datetime

from shared.bookings.operation import correlation_id
from shared.calendar.request import CalendarItem, MeetingRequest
from shared.mailboxes.mailbox import Mailbox
from shared.meetings.records import Records
from shared.meetings.waiting import HOLDS_OTHERS_FOR

MOST_UNDECIDED = 20
"""Messages of one meeting that are read for one update."""


async def undecided_beside(
    request: MeetingRequest, item: CalendarItem, mailbox: Mailbox, records: Records, integration: str
) -> list[str]:
    """The other messages of the meeting without a decision, the oldest first, from HOLDS_OTHERS_FOR before it on."""
    own, found = correlation_id(integration, request.message_id), list[str]()
    for message in await mailbox.messages_of(item, request.received - HOLDS_OTHERS_FOR):
        correlation = correlation_id(integration, message)
        if correlation != own and await records.operation(correlation) is None:
            found.append(message)
        if len(found) == MOST_UNDECIDED:
            break
    return found


def holds_others(request: MeetingRequest, now: datetime) -> bool:
    """Whether a message still waits for others of its meeting that something keeps from being read."""
    return now < request.received + HOLDS_OTHERS_FOR
