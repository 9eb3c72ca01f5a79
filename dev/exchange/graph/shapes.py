"""JSON values that messages and events have in common, according to samples of real responses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dev.exchange.directory import User
from dev.exchange.graph.query import Prefer
from dev.exchange.model import Address, Body, Meeting
from dev.exchange.zones import to_local, windows_name

Json = dict[str, Any]

NEVER = "0001-01-01T00:00:00Z"
_SCRIPT = re.compile(r"<(script|iframe|object)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_META = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'


@dataclass(frozen=True)
class View:
    """The mailbox and preferences for rendering a response. ``base`` is the service's URL up to `/v1.0`, as used by the
    client.
    """

    base: str
    owner: User
    prefer: Prefer

    def moves(self, moves: int) -> int | None:
        """How many times an item has moved; None if its id is immutable."""
        return None if self.prefer.immutable_ids else moves

    def context(self, path: str) -> str:
        """The `@odata.context` for a path under the mailbox."""
        return f"{self.base}/$metadata#users('{self.owner.guid}')/{path}"


def stamp(when: datetime) -> str:
    """A point in time to the second, as in messages."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def fine_stamp(when: datetime | None) -> str:
    """A point in time with seven fractional digits, as in events and subscriptions. None becomes the year 1."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z" if when else NEVER


def wall_time(when: datetime, meeting: Meeting, prefer: Prefer) -> Json:
    """A `dateTimeTimeZone`, in UTC or in the client's preferred time zone. All-day meetings start at midnight in any
    requested zone.
    """
    zone = prefer.zone or "UTC"
    local = to_local(when, meeting.zone if meeting.all_day else zone)
    return {"dateTime": f"{local:%Y-%m-%dT%H:%M:%S.%f}0", "timeZone": zone}


def recipient(address: Address) -> Json:
    """A name and an address."""
    return {"emailAddress": {"name": address.name, "address": address.address}}


def body(text: Body, wanted: str | None) -> Json:
    """An `itemBody`. HTML is returned as a complete document without scripts. Plain text is only returned if the client
    prefers it.
    """
    if wanted == "text":
        return {"contentType": "text", "content": text.text}
    clean = _SCRIPT.sub("", text.html)
    if "<html" not in clean.casefold():
        clean = f"<html><head>\r\n{_META}</head><body>\r\n{clean}\r\n</body></html>"
    return {"contentType": "html", "content": clean}


def preview(text: Body) -> str:
    """The first 255 characters of the text."""
    return text.text.replace("\n", "\r\n")[:255]


def location(name: str) -> Json:
    """The location of an event."""
    common = {"displayName": name, "locationType": "default"}
    if not name:
        return {**common, "uniqueIdType": "unknown", "address": {}, "coordinates": {}}
    return {**common, "uniqueId": name, "uniqueIdType": "private"}


def recurrence(meeting: Meeting, *, as_message: bool = False) -> Json | None:
    """A `patternedRecurrence`, with the service's default values. In a message, the dates in the range are local
    midnights written as UTC dates. As a result, a series from Berlin seems to start and end a day early. A real capture
    from 2023 shows this. Expanding such a range gives wrong dates and wrong DST offsets.
    """
    rule = meeting.recurrence
    if rule is None:
        return None
    back = timedelta(days=-1 if as_message and _is_east_of_utc(meeting) else 0)
    zone = "UTC" if as_message else windows_name(meeting.zone)
    pattern: Json = {
        "type": rule.pattern,
        "interval": rule.interval,
        "month": rule.month,
        "dayOfMonth": rule.day_of_month,
        "firstDayOfWeek": rule.week_start,
        "index": rule.index,
    }
    if rule.days:
        pattern["daysOfWeek"] = list(rule.days)
    kind = "endDate" if rule.until else "numbered" if rule.count else "noEnd"
    limits: Json = {
        "type": kind,
        "startDate": (rule.first + back).isoformat(),
        "endDate": (rule.until + back).isoformat() if rule.until else "0001-01-01",
        "recurrenceTimeZone": "tzone://Microsoft/Utc" if zone == "UTC" else zone,
        "numberOfOccurrences": rule.count or 0,
    }
    return {"pattern": pattern, "range": limits}


def _is_east_of_utc(meeting: Meeting) -> bool:
    return to_local(meeting.start, meeting.zone) > to_local(meeting.start, "UTC")


def selected(item: Json, wanted: frozenset[str] | None) -> Json:
    """Keep only the requested properties, the id and annotations. The case of names is ignored, as in Graph."""
    if wanted is None:
        return item
    names = {name.casefold() for name in wanted} | {"id"}
    return {key: value for key, value in item.items() if key.startswith("@") or key.split("@")[0].casefold() in names}


def page(context: str, items: list[Json], next_link: str | None = None) -> Json:
    """A page of a collection, with a link to the next page if there is a next page."""
    link = {"@odata.nextLink": next_link} if next_link else {}
    return {"@odata.context": context, "value": items, **link}


def lowered(document: Any) -> Any:
    """A copy of a document with all keys in lower case, because Graph ignores the case of keys."""
    if isinstance(document, Mapping):
        return {str(key).casefold(): lowered(value) for key, value in document.items()}
    return [lowered(item) for item in document] if isinstance(document, list) else document
