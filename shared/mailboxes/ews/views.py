"""What a calendar holds of one meeting between two moments, by EWS's calendar views."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from shared.errors import Unavailable
from shared.mailboxes.ews import operations, payloads
from shared.mailboxes.ews.node import Node

LONGEST_VIEW = timedelta(days=730)
"""EWS refuses calendar views of more than two years."""

VIEW_MAX_PAGES = 60
"""Pages of calendar views for one series: 60,000 meetings in its horizon. The same for its numbered occurrences."""

AROUND = timedelta(minutes=1)

_STEP = timedelta(minutes=1)

Call = Callable[..., Awaitable[Any]]
"""Runs one of `operations` with the mailbox's account."""


async def entries(call: Call, uid: str, first: datetime, last: datetime, most: int) -> list[Node]:
    """The meeting's entries, by rising start, without cancelled ones; no more than `most` are needed.

    EWS expands series in views of the whole calendar only, so they are picked from one. A server may answer with the
    series' master instead (grommunio does); its occurrences are asked for by their numbers then.
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
    """A page of the whole calendar from `start` on, and where the next one begins (None: this was the last).

    On a server that shows masters instead of occurrences, each series costs a call.
    """
    shown, more = await call(operations.view, start, last)
    found: list[Node] = []
    for entry in shown:
        if payloads.is_series(entry):
            found += [node async for node in _numbered(call, entry.id, first, last)]
        else:
            found.append(entry)
    return found, max(last_start(shown), start + _STEP) if more and shown else None


async def occurrence_id(call: Call, uid: str, original: datetime, now_at: datetime) -> str:
    """The id of the occurrence that the series' pattern has at `original`, and that perhaps is at `now_at`; or ""."""
    for moment in dict.fromkeys((now_at, original)):
        for entry in await entries(call, uid, moment - AROUND, moment + AROUND, operations.VIEW):
            if (payloads.original_start(entry) or entry.moment("Start")) == original:
                return entry.id
    return ""


def last_start(page: list[Node]) -> datetime:
    """When the last entry of a page starts."""
    return max(start for entry in page if (start := entry.moment("Start")))


async def _pages(call: Call, first: datetime, last: datetime) -> AsyncIterator[list[Node]]:
    start, end = first, min(last, first + LONGEST_VIEW)
    for _ in range(VIEW_MAX_PAGES):
        page, more = await call(operations.view, start, end)
        yield page
        if more and page:
            # The next page begins with the last entry's start: entries are sorted by it, and those come again.
            start = max(last_start(page), start + _STEP)
        elif end >= last:
            return
        else:
            start, end = end, min(last, end + LONGEST_VIEW)
    raise Unavailable("The mailbox has more meetings than can be looked through.")


async def _numbered(call: Call, master_id: str, first: datetime, last: datetime) -> AsyncIterator[Node]:
    """The occurrences of a series that overlap a time, by their numbers from the first on."""
    for batch in range(VIEW_MAX_PAGES):
        page, more = await call(operations.occurrences, master_id, 1 + batch * operations.BATCH)
        for node in page:
            times = payloads.occurrence(node)
            if times.start < last and first < times.end:
                yield node
        if not more or (page and all((node.moment("Start") or last) >= last for node in page)):
            return
    raise Unavailable("The series has more occurrences than can be looked through.")


def _in_order(found: list[Node]) -> list[Node]:
    kept = (entry for entry in found if not entry.flag("IsCancelled"))
    return sorted(kept, key=lambda entry: payloads.occurrence(entry).start)
