"""The organizer's time zone from EWS, identified by its name or by the definition included with a custom zone.

A definition (TimeZoneDefinition in Exchange's types) has periods, each with a bias (`UTC = local time + bias`), and
groups of yearly transitions between them. The last group is in force. Not confirmed against a live server: that an item
includes the rules of a custom zone.
"""

import re
from datetime import UTC, date, datetime, timedelta

from shared.mailboxes.ews.node import Node
from shared.zones import OffsetAt, iana_zone, zone_like

_DURATION = re.compile(r"(-?)PT(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,5})(?:\.\d+)?S)?", re.ASCII)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LAST = -1


def organizers_zone(item: Node, start: datetime | None) -> str:
    """The IANA name of a calendar item's zone. "UTC" if the item has no zone; "" if neither its name nor its rules
    identify it.
    """
    name = item.attribute("StartTimeZone", "Id") or item.text("TimeZone") or "UTC"
    if known := iana_zone(name):
        return known
    offset_at = _rules(item.find("StartTimeZone"), start.year) if start else None
    return zone_like(offset_at, start) if offset_at and start else ""


def _rules(definition: Node | None, year: int) -> OffsetAt | None:
    """The offset at any time of a year; None if the definition has a different form."""
    if definition is None:
        return None
    try:
        offsets = {period.own("Id"): -_duration(period.own("Bias")) for period in definition.all("Periods/Period")}
        changes = _changes(definition, offsets, year)
    except (LookupError, ValueError):
        return None
    if len(offsets) == 1:
        [only] = offsets.values()
        return lambda _: only
    return _between(*sorted(changes)) if len(changes) == len(offsets) == 2 else None


def _changes(definition: Node, offsets: dict[str, timedelta], year: int) -> list[tuple[datetime, timedelta]]:
    """The local times of a year's transitions, each with the offset that applies from then on."""
    groups = list(definition.all("TransitionsGroups/TransitionsGroup"))
    yearly = groups[-1].all("RecurringDayTransition") if groups else ()
    return [(_moment(change, year), offsets[change.text("To")]) for change in yearly]


def _moment(change: Node, year: int) -> datetime:
    weekday = _WEEKDAYS.index(change.text("DayOfWeek"))
    day = _day(year, int(change.text("Month")), weekday, int(change.text("Occurrence")))
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + _duration(change.text("TimeOffset"))


def _day(year: int, month: int, weekday: int, occurrence: int) -> date:
    first = date(year, month, 1)
    days = [first + timedelta(days=number) for number in range(31)]
    return [day for day in days if day.month == month and day.weekday() == weekday][
        _LAST if occurrence == _LAST else occurrence - 1
    ]


def _between(first: tuple[datetime, timedelta], second: tuple[datetime, timedelta]) -> OffsetAt:
    """The offsets in a year with two changes. The time of each change is local time before the change."""
    (begins, inside), (ends, outside) = first, second

    def offset_at(moment: datetime) -> timedelta:
        return inside if begins - outside <= moment < ends - inside else outside

    return offset_at


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("not a duration")
    sign, hours, minutes, seconds = found.groups(default="0")
    length = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    return -length if sign == "-" else length
