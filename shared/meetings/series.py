"""A series, and its occurrences with separate rooms: pure rules (M3, M4). What happens to one occurrence never changes
the others. A series' room keeps its name, texts and alias. If the organizer gives an occurrence another VMR, that VMR
is for this occurrence alone, and the series' room is closed for it.
"""

from collections.abc import Iterable

from shared.bookings.booking import Apart, Booking, State
from shared.calendar.conference import Calendar
from shared.calendar.request import CalendarItem

MOST_APART = 30
"""Maximum number of occurrences with separate rooms in one series. Cancelling the series closes all of them in one
transaction of 100 writes.
"""


def closed(rooms: Iterable[Booking], kept: Iterable[Apart] = ()) -> tuple[Booking, ...]:
    """The bookings of occurrences whose open rooms are not kept, now closed."""
    tags = {each.tag for each in kept}
    return tuple(room.closed() for room in rooms if room.state is State.SCHEDULED and room.tag not in tags)


def apart_of(rooms: Iterable[Booking]) -> tuple[Apart, ...]:
    """The occurrences that have these rooms, for a series that has not recorded them because it had no room."""
    return tuple(
        Apart(room.day, room.tag, occurrence)
        for room in rooms
        if room.state is State.SCHEDULED and room.day and room.conference
        for occurrence in room.conference.calendar.occurrences
    )


def without_cancelled(apart: Iterable[Apart], day: str, calendar: Calendar) -> tuple[Apart, ...]:
    """The remaining occurrences with separate rooms once the occurrence on `day` is cancelled. If `day` is "", every
    occurrence that Exchange no longer shows is cancelled.
    """
    if day:
        return tuple(each for each in apart if each.day != day)
    return tuple(each for each in apart if each.occurrence in calendar.occurrences)


def still_apart(
    apart: Iterable[Apart], tag: str, item: CalendarItem, calendar: Calendar, *, has_new_times: bool
) -> tuple[Apart, ...]:
    """The occurrences that keep their separate rooms after a change that gives the series the room of `tag`. A new
    pattern resets all occurrences: Exchange then shows a plain occurrence in place of an exception, or nothing at that
    time. An exception that Exchange merely omits from a series' instances is kept, hence `has_new_times`.
    """
    zone = item.tz
    plain = {f"{each.start.astimezone(zone):%Y%m%d}" for each in calendar.occurrences if each.is_plain}
    lost = has_new_times

    def is_kept(each: Apart) -> bool:
        shown = each.occurrence in calendar.occurrences
        return each.tag != tag and each.day not in plain and (shown or not lost)

    return tuple(filter(is_kept, apart))
