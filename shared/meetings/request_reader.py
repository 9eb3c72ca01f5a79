"""Reads the meeting request that a notice refers to: the message, and the meeting's current state in the calendar."""

from contextlib import suppress
from dataclasses import dataclass, replace

from shared.aliases.body_search import find_marks_in_turns
from shared.bookings.booking import Booking
from shared.bookings.operation import correlation_id
from shared.calendar.request import CalendarItem, Kind, MeetingRequest, Shape, meeting_key
from shared.clock import Clock
from shared.mailboxes.mailbox import ForeignItem, Mailbox, MessageNotFound
from shared.meetings.booked_item import booked_item
from shared.meetings.comparison import compared_request, is_compared
from shared.meetings.records import Records
from shared.meetings.resending import is_resending


@dataclass(frozen=True)
class RequestReader:
    """Reads the meeting requests in one integration's mailbox."""

    integration: str
    mailbox: Mailbox
    records: Records
    clock: Clock

    async def read(self, message: str) -> MeetingRequest | None:
        """The meeting request with this message id; None if there is nothing to decide on. Raises the errors in AWAY,
        and MessageNotFound for a message that is gone and was never decided on.
        """
        request = await self._message(message)
        if request and request.item is None and request.uid:
            return await self._with_own_item(request)
        if request and request.item and request.item.day:
            return await self._with_series(request, request.item)
        return request

    async def _message(self, message: str) -> MeetingRequest | None:
        """The message, with the calendar item that Exchange has associated with it."""
        if is_resending(message):
            return None
        if is_compared(message):
            return await compared_request(self.mailbox, message, self.clock.now())
        try:
            return await self.mailbox.read(message)
        except MessageNotFound:
            if await self.records.operation(correlation_id(self.integration, message)) is None:
                raise
            return None

    async def _with_own_item(self, request: MeetingRequest) -> MeetingRequest:
        """The request, with the known meeting's item in the calendar. If a cancelled meeting still has an item, it is a
        series of which only one occurrence was cancelled (M4). An invitation to a non-existent occurrence gets no item,
        because there is nothing to open a room for.
        """
        if request.kind is Kind.REQUEST and request.day:
            return request
        key, day = meeting_key(request.uid), request.day
        own = await self.records.booking_of(key) or (await self.records.booking_of(key, day) if day else None)
        item = await self._booked_item(own) if own else None
        if item is None or request.kind is Kind.REQUEST:
            return replace(request, item=item)
        return replace(request, item=replace(item, shape=Shape.OCCURRENCE, original_day=day))

    async def _booked_item(self, booking: Booking) -> CalendarItem | None:
        with suppress(ForeignItem):  # the cancelled meeting is not at its booked times
            return await booked_item(self.mailbox, booking, self.clock.now())
        return None

    async def _with_series(self, request: MeetingRequest, item: CalendarItem) -> MeetingRequest:
        """A request about an occurrence. If its series is unknown but has the same tag, the request is about the series
        instead, because the series' own invitation was lost or will arrive later.
        """
        if item.is_orphan or request.kind is Kind.CANCELLATION or await self.records.booking_of(meeting_key(item.uid)):
            return request
        series = await self.mailbox.item(item.series_id)
        if series is None or series.cancelled:
            return request
        theirs, ours = await find_marks_in_turns(series.body), await find_marks_in_turns(request.body)
        return replace(request, item=series, body=series.body) if set(theirs.tags) & set(ours.tags) else request
