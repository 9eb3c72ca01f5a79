"""A meeting's entries in the calendar between two times, from EWS's calendar views."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from shared.errors import Unavailable
from shared.mailboxes.ews import operations, payloads
from shared.mailboxes.ews.node import Node

LONGEST_VIEW = timedelta(days=730)
"""The longest calendar view that EWS accepts: two years."""

VIEW_MAX_PAGES = 60
"""Maximum number of calendar view pages to read for one series: 60,000 meetings within its horizon. The same limit
applies when its occurrences are read by number.
"""

AROUND = timedelta(minutes=1)

_STEP = timedelta(minutes=1)

Call = Callable[..., Awaitable[Any]]
"""Runs a function from `operations` with the mailbox's account."""


async def entries(call: Call, uid: str, first: datetime, last: datetime, most: int) -> list[Node]:
    """The meeting's entries, except cancelled ones, in ascending order of start. The caller needs at most `most`.

    EWS expands series only in views of the whole calendar, so the entries are picked from such a view. If a server
    returns the series' master instead (grommunio does), the occurrences are requested by number.
    """
    found: dict[str, Node] = {}
    async for page in _pages(call, first, last):
        ours = [entry for entry in page if payloads.uid(entry) == uid]
        for entry in ours:
            if payloads.is_series(entry):
                return _in_order([node async for node in _numbered(call, entry.id, first, last)])
            found[entry.id] = entry
        if sum(not entry.flag("IsCancelled") for entry in found.values()) >= most:
            break
    return _in_order(list(found.values()))


async def page(call: Call, first: datetime, last: datetime, start: datetime) -> tuple[list[Node], datetime | None]:
    """A page of the whole calendar from `start` on, and the start of the next page, or None if this is the last page.

    On a server that shows masters instead of occurrences, each series takes another call.
    """
    shown, more = await call(operations.view, start, last)
    found: list[Node] = []
    for entry in shown:
        if payloads.is_series(entry):
            found += [node async for node in _numbered(call, entry.id, first, last)]
        else:
            found.append(entry)
    return found, max(last_start(shown), start + _STEP) if more and shown else None


async def occurrence_id(call: Call, master: Node, original: datetime, now_at: datetime) -> str:
    """The id of the occurrence that the pattern places at `original` and that may now be at `now_at`; "" if there is
    none.

    If the occurrence is at neither time, another message has since moved it, and it can only be found by its number.
    """
    for moment in dict.fromkeys((now_at, original)):
        for entry in await entries(call, payloads.uid(master), moment - AROUND, moment + AROUND, operations.VIEW):
            if _pattern_start(entry) == original:
                return entry.id
    return await _numbered_id(call, master.id, original)


def _pattern_start(entry: Node) -> datetime | None:
    return payloads.original_start(entry) or entry.moment("Start")


def _is_after(entry: Node, original: datetime) -> bool:
    start = _pattern_start(entry)
    return start is not None and start > original


async def _numbered_id(call: Call, master_id: str, original: datetime) -> str:
    """The id of the occurrence, even if it has been moved; "" if there is none. Occurrences are numbered in the order
    of the pattern.
    """
    async for page in _numbered_pages(call, master_id):
        if found := next((node.id for node in page if _pattern_start(node) == original), ""):
            return found
        if any(node.text("CalendarItemType") == "Occurrence" and _is_after(node, original) for node in page):
            return ""
    return ""


def last_start(page: list[Node]) -> datetime:
    """When the last entry on a page starts."""
    return max(start for entry in page if (start := entry.moment("Start")))


async def _pages(call: Call, first: datetime, last: datetime) -> AsyncIterator[list[Node]]:
    start, end = first, min(last, first + LONGEST_VIEW)
    for _ in range(VIEW_MAX_PAGES):
        page, more = await call(operations.view, start, end)
        yield page
        if more and page:
            # Entries are sorted by start. The next page begins at the last entry's start, so it repeats some entries.
            start = max(last_start(page), start + _STEP)
        elif end >= last:
            return
        else:
            start, end = end, min(last, end + LONGEST_VIEW)
    raise Unavailable("The mailbox contains too many meetings to search.")


async def _numbered(call: Call, master_id: str, first: datetime, last: datetime) -> AsyncIterator[Node]:
    """The occurrences of a series that overlap a period, read by number from the first occurrence on."""
    async for page in _numbered_pages(call, master_id):
        for node in page:
            times = payloads.occurrence(node)
            if times.start < last and first < times.end:
                yield node
        if page and all((node.moment("Start") or last) >= last for node in page):
            return


async def _numbered_pages(call: Call, master_id: str) -> AsyncIterator[list[Node]]:
    """All occurrences of a series. Raises Unavailable if there are too many to search."""
    for batch in range(VIEW_MAX_PAGES):
        page, more = await call(operations.occurrences, master_id, 1 + batch * operations.BATCH)
        yield page
        if not more:
            return
    raise Unavailable("The series has too many occurrences to search.")


def _in_order(found: list[Node]) -> list[Node]:
    kept = (entry for entry in found if not entry.flag("IsCancelled"))
    return sorted(kept, key=lambda entry: payloads.occurrence(entry).start)
