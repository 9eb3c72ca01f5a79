"""The nightly comparison of the equipment mailbox's calendar with the records, in both directions.

A difference is handled like a lost message: it goes through the queue to the processor, which reads the calendar item
and decides on its current state. Each night, a limited number of calendar pages between now and the horizon are read,
and a limited number of differences handled. The next night continues where the last one stopped.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.bookings.operation import correlation_id
from shared.calendar.request import Answer, CalendarItem, MeetingRequest, Shape, Update
from shared.calendar.request import Kind as Request
from shared.clock import Clock
from shared.errors import SchedulingError
from shared.intake.notice import Notice, enqueue
from shared.intake.watch_state import WatchState
from shared.mailboxes.horizon import HORIZON
from shared.mailboxes.mailbox import ForeignItem, Mailbox
from shared.meetings.differences import CalendarPart, Difference, Kind
from shared.meetings.records import Records
from shared.metrics import Metric, measure
from shared.statistics import counts
from shared.statistics.counters import Counting
from shared.storage import Queue

MOST_PAGES = 25
"""Maximum number of calendar pages per night: 12,500 entries with Graph, 25,000 with EWS."""

MOST_REPAIRS = 500
"""Maximum number of differences handled per mailbox and night."""

MAX_ROOMS_WITHOUT_MEETING = 10
"""If the number of rooms without a meeting exceeds both this and the number of meetings in the calendar, either the
mailbox or the app's access to it must be wrong.
"""

SETTLED = timedelta(minutes=15)
"""Changes more recent than this are left for the next night, because their messages may still be on their way."""

_STATE = "compared"
_PREFIX = "compared:"


class CalendarDiffers(SchedulingError):
    """The calendar and the records differ."""

    code = "calendar_differs"


@dataclass(frozen=True)
class Comparison:
    """Compares one integration's mailbox with its records."""

    integration: str
    mailbox: Mailbox
    records: Records
    state: WatchState
    queue: Queue
    counting: Counting
    clock: Clock

    async def run(self) -> None:
        """Run the comparison, and queue the differences. Raises CalendarDiffers if there are any."""
        now, row = self.clock.now(), await self.state.read(_STATE)
        first = max(now, datetime.fromisoformat(str(row.values["until"]))) if row else now
        part = await self._part(first, now + HORIZON)
        found = [each async for each in self._differences(part, now - SETTLED)]
        missing = sum(each.kind is Kind.NO_MEETING for each in found)
        if missing > max(MAX_ROOMS_WITHOUT_MEETING, part.size):
            raise CalendarDiffers(
                f"The mailbox's calendar has {part.size} meetings, but none for {missing} of the scheduled rooms. "
                "These rooms have been left as they are. Check that this is the address of the right mailbox, "
                "and that the app has access to its calendar."
            )
        fresh = [each for each in found if not await self._was_handled(each)]
        repaired = [each for each in fresh[:MOST_REPAIRS] if not await self._has_come(each)]
        await enqueue(self.queue, (Notice(self.integration, message_of(each)) for each in repaired))
        if part.last < now + HORIZON:
            await self.state.write(_STATE, until=part.last.isoformat())
        else:
            await self.state.forget(_STATE)
        measure(Metric.COMPARE_REPAIRS, len(repaired), self.integration)
        self.counting.count(self.integration, [counts.COMPARE_REPAIRS] * len(repaired))
        await self.counting.write()
        # A declined meeting may stay in a calendar that ignores the decline. The decline is already recorded.
        lasting = [each for each in set(found) - set(fresh) if each.kind is not Kind.NO_ROOM]
        if repaired or lasting:
            raise CalendarDiffers(_told(now, repaired, len(fresh) - MOST_REPAIRS, len(lasting)))

    async def _was_handled(self, difference: Difference) -> bool:
        return await self.records.operation(correlation_id(self.integration, message_of(difference))) is not None

    async def _has_come(self, difference: Difference) -> bool:
        """Whether the booked meeting is in the calendar after all, because it was booked while the calendar was being
        read.
        """
        item = await _item(self.mailbox, difference.item_id) if difference.booked else None
        if item is None or item.cancelled or item.occurrence not in difference.booked:
            return False
        return difference.kind is Kind.NO_MEETING or item.shape is Shape.SINGLE

    async def _part(self, first: datetime, last: datetime) -> CalendarPart:
        """The part of the calendar, between two times, that is read in one night."""
        part, state = CalendarPart(first, last), ""
        for _ in range(MOST_PAGES):
            page = await self.mailbox.view(first, last, state)
            part.add(page.entries)
            state = page.state
            if not state:
                return part
        part.end_at(page.until)
        return part

    async def _differences(self, part: CalendarPart, settled: datetime) -> AsyncIterator[Difference]:
        async for booking in self.records.bookings():
            if found := part.compare(booking):
                yield found
        for found in part.differences(settled):
            yield found


def _told(now: datetime, repaired: list[Difference], more: int, lasting: int) -> str:
    counts = ", ".join(f"{n} {kind}" for kind in Kind if (n := sum(each.kind is kind for each in repaired)))
    parts: list[str] = []
    if repaired:
        parts.append(f"On {now:%Y-%m-%d} the calendar and the records differed for {len(repaired)} meetings: {counts}.")
    if more > 0:
        parts.append(f"{more} more will be handled in the coming nights.")
    if lasting:
        parts.append(f"{lasting} still differ after being handled.")
    return " ".join(parts)


def message_of(difference: Difference) -> str:
    """The text used in place of the lost message's id: `compared:<meeting>:<day>:<mark>|<calendar item>`.

    The same difference always results in the same id, because the part after the `|` is ignored (see correlation_id).
    """
    return f"{_PREFIX}{difference.meeting}:{difference.day}:{difference.mark}|{difference.item_id}"


def is_compared(message_id: str) -> bool:
    """Whether a message id stands for a difference. Exchange's own ids never contain a colon."""
    return message_id.startswith(_PREFIX)


async def _item(mailbox: Mailbox, item_id: str) -> CalendarItem | None:
    """The calendar item with the given id. If the id belongs to the other protocol, the meeting is gone, because the
    whole calendar has already been searched for its key.
    """
    with suppress(ForeignItem):
        return await mailbox.item(item_id)
    return None


async def compared_request(mailbox: Mailbox, message_id: str, now: datetime) -> MeetingRequest:
    """The meeting that differs, as if a message had announced the calendar item in its current state. Organizers who
    have already received an answer for the current times do not get another one.
    """
    name, _, item_id = message_id.removeprefix(_PREFIX).partition("|")
    meeting, day, *_ = [*name.split(":"), ""]
    item = await _item(mailbox, item_id)
    if item and item.shape is Shape.OCCURRENCE and item.series_id:
        series = await mailbox.item(item.series_id)
        # If the rest of the series has been answered, only the update to this occurrence was lost.
        if series and not (series.answer is Answer.ACCEPTED and item.answer is Answer.NONE):
            item = series
    if item and item.answer is Answer.ACCEPTED:
        item = replace(item, response_requested=False)
    return MeetingRequest(
        message_id=message_id,
        kind=Request.REQUEST if item else Request.CANCELLATION,
        update=Update.FULL,
        outdated=False,
        received=now,
        body=item.body if item else "",
        item=item,
        uid=item.uid if item else "",
        day=day,
        meeting=meeting,
    )
