"""Creates an iTIP REPLY (RFC 5546), with which a calendar reports that an attendee has accepted or declined."""

from datetime import datetime

from shared.calendar.request import Answer, CalendarItem, Shape
from shared.templates import one_line

_PARTSTAT = {Answer.ACCEPTED: "ACCEPTED", Answer.DECLINED: "DECLINED"}


def can_reply(item: CalendarItem) -> bool:
    """Whether a reply would be about the right item. A reply without RECURRENCE-ID is about the whole series."""
    return item.original_start is not None or not (item.day or item.shape is Shape.OCCURRENCE)


def itip_reply(item: CalendarItem, attendee: str, answer: Answer, now: datetime) -> bytes:
    """The reply from `attendee` to the meeting or occurrence that `item` represents. Replies with a SEQUENCE lower than
    the meeting's are shown but not tracked ([MS-OXOCAL] 3.1.5.2). Raises ValueError if `can_reply` is False.
    """
    if not can_reply(item):
        raise ValueError("a reply to one occurrence must identify it")
    from icalendar import Calendar, Event, vCalAddress

    person = vCalAddress(f"mailto:{attendee}")
    person.params["PARTSTAT"] = _PARTSTAT[answer]
    event = Event()
    event.add("uid", item.uid)
    event.add("sequence", item.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", item.occurrence.start)
    event.add("dtend", item.occurrence.end)
    event.add("organizer", vCalAddress(f"mailto:{item.organizer.address}"))
    event.add("attendee", person)
    event.add("summary", one_line(item.subject))
    if item.day and item.original_start:
        event.add("recurrence-id", item.original_start)
    calendar = Calendar()
    calendar.add("prodid", "-//VMR scheduling for Exchange//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REPLY")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
