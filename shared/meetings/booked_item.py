"""Finds a booking's calendar item by the recorded id or, if no item has that id, by the meeting's key.

Graph's ids mean nothing to EWS, and vice versa. After a mailbox has been switched to the other protocol, a recorded
item is found by data that both protocols have: the meeting's uid and the booked times.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from shared.bookings.booking import Booking
from shared.calendar.conference import Occurrence
from shared.calendar.request import CalendarItem, meeting_key
from shared.mailboxes.mailbox import ForeignItem, Mailbox

MOST_LOOKS = 3
"""Maximum number of booked times at which a meeting is looked for. One is not enough, because occurrences may have been
cancelled or moved.
"""


async def booked_item(mailbox: Mailbox, booking: Booking, now: datetime) -> CalendarItem | None:
    """The current calendar item of a booking's meeting (for a series, the master); None if it is no longer in the
    calendar. Raises ForeignItem if it is not at its booked times and may have been moved to times that cannot be
    determined.
    """
    foreign: ForeignItem | None = None
    try:
        if booking.item_id and (item := await mailbox.item(booking.item_id)):
            return item
    except ForeignItem as error:
        foreign = error
    item = await _at_booked_times(mailbox, booking, now)
    if item is None and foreign:
        raise foreign
    return item


async def _at_booked_times(mailbox: Mailbox, booking: Booking, now: datetime) -> CalendarItem | None:
    for times in islice(_looks(booking, now), MOST_LOOKS):
        page = await mailbox.view(times.start, times.end)
        for entry in page.entries:
            if entry.uid and meeting_key(entry.uid) != booking.meeting:
                continue
            item = await _whole(mailbox, entry.series_id or entry.item_id)
            if item and meeting_key(item.uid) == booking.meeting:
                return item
    return None


async def _whole(mailbox: Mailbox, item_id: str) -> CalendarItem | None:
    """The item itself, or its series master if it is an occurrence."""
    item = await mailbox.item(item_id)
    return await mailbox.item(item.series_id) if item and item.series_id not in ("", item.id) else item


def _looks(booking: Booking, now: datetime) -> Iterator[Occurrence]:
    """The booked times in order, starting with the next one. If all are over, only the last one."""
    occurrences = booking.conference.calendar.occurrences if booking.conference else ()
    yield from [each for each in occurrences if now < each.end] or occurrences[-1:]
