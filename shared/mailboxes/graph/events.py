"""Events that may take more than one request to Graph: occurrences, and events with properties that are only returned
on request.

Facts and their sources are in docs/facts/graph.md.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlencode

from shared.calendar.conference import Occurrence
from shared.calendar.request import CalendarItem, Shape
from shared.errors import Unavailable
from shared.mailboxes.graph.client import GraphClient, get_whole
from shared.mailboxes.graph.error_mapping import GraphError
from shared.mailboxes.graph.event_payload import EVENT_BUT_BODY, SEQUENCE, Event, Exceptions, parse_event, parse_events
from shared.mailboxes.graph.other_payloads import Page
from shared.mailboxes.graph.payload import parse
from shared.mailboxes.mailbox import CalendarEntry, CalendarPage, ItemGone

EVENTS_PAGE_SIZE = 100
VIEW = 500
"""Entries per page of the calendar, about 300 KB."""

_ENTRY_FIELDS = (
    "id,seriesMasterId,iCalUId,type,start,end,isAllDay,isCancelled,isOrganizer,originalStartTimeZone,responseStatus,"
    "lastModifiedDateTime"
)
_OCCURRENCE_FIELDS = "id,type,start,end,isAllDay,isCancelled,originalStartTimeZone"


class GraphEvents:
    """The calendar of one mailbox; `root` is the mailbox's path."""

    def __init__(self, client: GraphClient, root: str) -> None:
        self._client = client
        self._root = root

    def _path(self, event_id: str) -> str:
        return f"{self._root}/events/{quote(event_id, safe='')}"

    async def event(self, event_id: str) -> Event | None:
        """An event with its sequence number if Graph has one; None if the event is gone."""
        path = self._path(event_id)
        try:
            return parse_event(await self._get(path, expanding(SEQUENCE)))
        except ItemGone:
            return None

    async def _get(self, path: str, query: dict[str, str]) -> Any:
        """An event with the additional properties of a query, or without them if Graph refuses the query."""
        try:
            return await get_whole(self._client, path, EVENT_BUT_BODY, query)
        except GraphError as error:
            if error.status != 400:
                raise
            return await get_whole(self._client, path, EVENT_BUT_BODY)

    async def item(self, event_id: str) -> CalendarItem | None:
        """See Mailbox.item. An occurrence is returned with everything needed to respond to it."""
        event = await self.event(event_id)
        item = event.item() if event else None
        return item and await self.completed(item, for_response=True)

    async def completed(self, item: CalendarItem, *, for_response: bool = False) -> CalendarItem | None:
        """The item. An occurrence is completed with its series' uid and its original place in the pattern.

        `originalStart` is only returned on request. None if the uid is missing and the series is gone.
        """
        if item.shape is not Shape.OCCURRENCE:
            return item
        if item.original_start is None and (for_response or not item.original_day):
            item = replace(item, original_start=await self._original_start(item.id))
        lacks_start = item.original_start is None and item.original_day and for_response
        if item.uid and not lacks_start:
            return item
        series = await self.event(item.series_id) if item.series_id else None
        if series is None:
            return item if item.uid else None
        master = series.item()
        start = _start_on(item.original_day, master) if lacks_start else item.original_start
        return replace(item, uid=item.uid or master.uid, original_start=start)

    async def _original_start(self, event_id: str) -> datetime | None:
        try:
            payload = await self._client.get(self._path(event_id), {"$select": "id,start,end,originalStart"})
        except GraphError as error:
            if error.status not in (400, 404):
                raise
            return None
        start = parse_event(payload).original_start
        return start.astimezone(UTC) if start else None

    async def instances(self, series_id: str, first: datetime, last: datetime, most: int) -> tuple[Occurrence, ...]:
        """Occurrences and exceptions in a range, except cancelled ones. The caller needs at most `most`.

        Graph may return cancelled occurrences as well, with `isCancelled`.
        """
        range_ = {"startDateTime": first.isoformat(), "endDateTime": last.isoformat()}
        query = {**range_, "$select": _OCCURRENCE_FIELDS, "$top": str(EVENTS_PAGE_SIZE)}
        link = f"{self._path(series_id)}/instances?{urlencode(query)}"
        found: list[Occurrence] = []
        while link and len(found) < most:
            page = parse(Page, await self._client.get(link, of=self._root))
            found += _taking_place(parse_events(page.value))
            link = page.next_link
        return tuple(sorted(found))

    async def instances_with_exceptions(
        self, series_id: str, first: datetime, last: datetime, most: int
    ) -> tuple[Occurrence, ...]:
        """The occurrences in a range, plus the exceptions that the series master lists, in case `/instances` omits
        them.
        """
        found = await self.instances(series_id, first, last, most)
        if not all(occurrence.is_plain for occurrence in found):
            return found
        exceptions = await self._exceptions(series_id)
        return tuple(sorted({*found, *(each for each in exceptions if first < each.end and each.start < last)}))

    async def view(self, first: datetime, last: datetime, state: str) -> CalendarPage:
        """See Mailbox.view. `state` is Graph's own link.

        `uid` is not selected, because v1.0 does not declare it and refuses to select undeclared properties.
        """
        range_ = {"startDateTime": first.isoformat(), "endDateTime": last.isoformat()}
        query = {**range_, "$select": _ENTRY_FIELDS, "$orderby": "start/dateTime", "$top": str(VIEW)}
        link = state or f"{self._root}/calendarView?{urlencode(query)}"
        page = parse(Page, await self._client.get(link, of=self._root))
        events = parse_events(page.value)
        entries = [_entry(event) for event in events if not (event.is_cancelled or event.is_organizer)]
        return CalendarPage(entries, page.next_link, events[-1].start.utc() if events else first)

    async def _exceptions(self, series_id: str) -> list[Occurrence]:
        """All occurrences that the organizer has changed; none if Graph does not return them."""
        query = {"$select": f"{_OCCURRENCE_FIELDS},exceptionOccurrences", "$expand": "exceptionOccurrences"}
        try:
            payload = await self._client.get(self._path(series_id), query)
        except GraphError as error:
            if error.status not in (400, 404):
                raise
            return []
        return _taking_place(parse(Exceptions, payload).events())


def _entry(event: Event) -> CalendarEntry:
    item, modified = event.item(), event.last_modified_date_time.astimezone(UTC)
    is_exception = event.type == "exception"
    return CalendarEntry(item.id, item.series_id, item.uid, item.occurrence, item.answer, is_exception, modified)


def expanding(*names: str) -> dict[str, str]:
    """The query that requests extended properties."""
    condition = " or ".join(f"id eq '{name}'" for name in names)
    return {"$expand": f"singleValueExtendedProperties($filter={condition})"}


def _taking_place(events: list[Event]) -> list[Occurrence]:
    return [event.occurrence() for event in events if not event.is_cancelled]


def _start_on(day: str, series: CalendarItem) -> datetime:
    """When the occurrence on a given date (yyyymmdd) starts according to its series. This is at the series' time of day
    in the organizer's zone.
    """
    try:
        wanted = date.fromisoformat(day)
    except ValueError as error:
        raise Unavailable("Graph's response could not be read: iCalUId.") from error
    first = series.occurrence.start.astimezone(series.tz)
    return datetime.combine(wanted, first.time(), series.tz).astimezone(UTC)
