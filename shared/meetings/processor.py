"""The processor: carries out what is decided on meeting messages, once, whatever happens in between (M5).

Its steps stand in operation.py. Every step can be repeated: after a crash the queue hands the message out again, the
decision is found written down, and the work is taken up where it ended.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime

from shared.aliases.booking import Booking
from shared.aliases.tags import find_tags
from shared.clock import Clock
from shared.conferences.conference import Calendar
from shared.conferences.platform import Platform
from shared.errors import Conflict, RateLimited, TemplateInvalid, Unavailable
from shared.integrations import Integration
from shared.mailboxes.mailbox import CalendarItemGone, Mailbox
from shared.meetings import texts
from shared.meetings.decision import Accept, Close, Decision, Ignore, Refresh, Reject, Rejected, decide
from shared.meetings.notice import Notice, encode
from shared.meetings.operation import Operation, correlation_id
from shared.meetings.records import Lease, Records
from shared.meetings.request import Answer, CalendarItem, Kind, MeetingRequest, meeting_key
from shared.storage import Queue, RowChanged, RowExists, Storage

log = logging.getLogger(__name__)

_ROUNDS = 4
"""How often a decision is made anew when somebody else changes the same records meanwhile."""


@dataclass(frozen=True)
class Plan:
    """A decision with everything that is to be written for it.

    `changed` are bookings as they are to be, `assigned` the one that the meeting gets when it gets another.
    """

    operation: Operation
    changed: tuple[Booking, ...] = ()
    assigned: Booking | None = None

    def also_closing(self, booking: Booking) -> "Plan":
        """This plan with another room closed."""
        operation = replace(self.operation, tags=f"{self.operation.tags} {booking.tag}")
        return Plan(operation, (*self.changed, booking.closed()), self.assigned)


class Processor:
    """Works off notices of one integration."""

    def __init__(
        self,
        integration: Integration,
        mailbox: Mailbox,
        platform: Platform,
        storage: Storage,
        queue: Queue,
        clock: Clock,
    ) -> None:
        self._integration = integration
        self._mailbox = mailbox
        self._platform = platform
        self._records = Records(storage, integration.uuid)
        self._queue = queue
        self._clock = clock

    async def process(self, notice: Notice, *, last_try: bool = False) -> None:
        """Do what the message asks for, if it is a meeting message.

        Raises Unavailable, RateLimited and Conflict when it should be tried again later. Anything unexpected is raised
        too, but on the last try the organizer is told of a general error instead (M1).
        """
        request = await self._mailbox.read(notice.message)
        if request is None or (request.item is None and request.kind is Kind.REQUEST):
            await self._without_item(notice, request)
            return
        try:
            await self._handle(request)
        except (Unavailable, RateLimited, Conflict):
            raise
        except Exception:
            if not last_try or request.item is None:
                raise
            log.exception("general error, correlation id %s", self._correlation(notice.message))
            await self._handle(request, instead=Reject(Rejected.GENERAL_ERROR))

    async def resume(self, correlation: str) -> None:
        """Finish an operation that some run has left unfinished; nothing when it is done or being worked on."""
        lease = await self._records.take_over(correlation, self._clock.now())
        if lease:
            named = await asyncio.gather(*(self._platform.name(booking) for booking in lease.bookings))
            await self._complete(replace(lease, bookings=tuple(named)), resumed=True)

    async def resume_all(self) -> int:
        """Finish everything whose lease has run out; how many operations that were."""
        left = [operation.correlation_id async for operation in self._records.unfinished(self._clock.now())]
        for correlation in left:
            await self.resume(correlation)
        return len(left)

    async def set_aside(self, notice: Notice) -> str:
        """Record that a notice could not be worked off; returns the cause for the alarm."""
        correlation = self._correlation(notice.message)
        now = self._clock.now().isoformat()
        failed = Operation(
            correlation, notice.message, created=now, received=now, what="message", decision="none",
            reason="could not be worked off", done=now, error="poison_message",
        )  # fmt: skip
        try:
            await self._records.note(failed)
        except RowExists:
            log.info("%s was decided on before it was set aside", correlation)
        return f"Correlation id {correlation}"

    def _correlation(self, message_id: str) -> str:
        return correlation_id(self._integration.uuid, message_id)

    async def _without_item(self, notice: Notice, request: MeetingRequest | None) -> None:
        """A message without a calendar item: it may be decided on already, or Exchange may not be ready yet."""
        correlation = self._correlation(notice.message)
        if await self._records.operation(correlation):
            await self.resume(correlation)
        elif request is not None and (later := notice.again()):
            again, delay = later
            for body in encode([again]):
                await self._queue.send(body, delay)
        elif request is not None:
            operation = self._operation(request, Ignore("Exchange made no calendar item for this request"))
            await self._records.note(operation.finished(self._clock.now(), error="no_calendar_item"))

    async def _handle(self, request: MeetingRequest, instead: Reject | None = None) -> None:
        item = request.item
        calendar = await self._mailbox.calendar(item, self._clock.now()) if item else Calendar(())
        for attempt in range(_ROUNDS):
            try:
                lease = await self._decide(request, calendar, thorough=attempt > 0, instead=instead)
            except Conflict:
                if await self._records.operation(self._correlation(request.message_id)):
                    return await self.resume(self._correlation(request.message_id))
            else:
                return await self._complete(lease) if lease else None
        raise Conflict("the records of this meeting keep changing")

    async def _decide(
        self, request: MeetingRequest, calendar: Calendar, *, thorough: bool, instead: Reject | None
    ) -> Lease | None:
        """Decide, and write it down; None when nothing is left to do. Raises Conflict if others were faster."""
        now = self._clock.now()
        item = request.item
        key = meeting_key(item.uid) if item else ""
        known = await self._records.known(key, find_tags(request.body), thorough=thorough)
        plan = self._plan(request, instead or decide(request, calendar, known, now))
        log.info("%s: %s (%s)", plan.operation.correlation_id, plan.operation.decision, plan.operation.reason)
        if plan.operation.done:
            await self._records.note(plan.operation)
            return None
        # The name is claimed while the decision is written: it belongs to the tag, so a lost race does no harm.
        lease, named = await asyncio.gather(
            self._records.open(plan.operation, now, plan.changed, plan.assigned, known),
            asyncio.gather(*(self._platform.name(booking) for booking in plan.changed)),
        )
        pairs = zip(named, lease.bookings, strict=True)
        return replace(lease, bookings=tuple(replace(booking, etag=written.etag) for booking, written in pairs))

    def _plan(self, request: MeetingRequest, decision: Decision) -> Plan:
        try:
            return self._planned(request, decision)
        except TemplateInvalid:
            log.exception("a template failed, correlation id %s", self._correlation(request.message_id))
            return self._planned(request, Reject(Rejected.GENERAL_ERROR))

    def _planned(self, request: MeetingRequest, decision: Decision) -> Plan:
        operation = self._operation(request, decision)
        item = request.item
        match decision:
            case Accept(_, booking, calendar, tell, replaced) if item:
                text = texts.acceptance(self._integration, decision, item) if tell else ""
                plan = self._scheduled(operation, booking, item, calendar, Answer.ACCEPTED, text)
                return plan.also_closing(replaced) if replaced else plan
            case Refresh(booking, calendar) if item:
                answer = Answer.NONE if item.answer is Answer.ACCEPTED else Answer.ACCEPTED
                return self._scheduled(operation, booking, item, calendar, answer, "")
            case Reject():
                text = texts.rejection(self._integration, decision, operation.correlation_id)
                return Plan(replace(operation, answer=Answer.DECLINED, text=text))
            case Close(booking):
                return Plan(replace(operation, tags=booking.tag), (booking.closed(),))
        return Plan(operation.finished(self._clock.now()))

    def _scheduled(
        self, operation: Operation, booking: Booking, item: CalendarItem, calendar: Calendar, answer: Answer, text: str
    ) -> Plan:
        key = meeting_key(item.uid)
        conference = texts.conference(self._integration, item, booking, calendar, self._clock.now())
        scheduled = booking.scheduled(key, conference)
        if answer is Answer.NONE and scheduled == booking:
            return Plan(operation.finished(self._clock.now()))
        assigned = scheduled if booking.meeting != key else None
        return Plan(replace(operation, answer=answer, text=text, tags=booking.tag), (scheduled,), assigned)

    def _operation(self, request: MeetingRequest, decision: Decision) -> Operation:
        item = request.item
        reason = decision.why if isinstance(decision, Ignore) else getattr(decision, "reason", "")
        return Operation(
            correlation_id=self._correlation(request.message_id),
            message_id=request.message_id,
            created=self._clock.now().isoformat(),
            received=request.received.isoformat(),
            what=f"{request.update} {request.kind} {item.shape if item else ''}".strip(),
            decision=type(decision).__name__.lower(),
            reason=str(reason),
            meeting=meeting_key(item.uid) if item else "",
            item_id=item.id if item else "",
        )

    async def _complete(self, lease: Lease, *, resumed: bool = False) -> None:
        """Everything that follows from a decision: the room, then the answer, then the record."""
        try:
            await self._show(lease)
            error = await self._answer(lease.operation, resumed=resumed)
            await self._finish(lease, lease.operation.finished(self._clock.now(), error))
        except Exception:
            await self._records.give_back(lease, self._clock.now())
            raise

    async def _show(self, lease: Lease) -> None:
        await asyncio.gather(*(self._platform.show(booking) for booking in lease.bookings))

    async def _finish(self, lease: Lease, operation: Operation) -> None:
        for _ in range(_ROUNDS):
            try:
                return await self._records.finish(lease, operation)
            except RowChanged:
                lease = await self._records.reread(lease)
                await self._show(lease)
        raise Conflict("the booking keeps changing")

    async def _answer(self, operation: Operation, *, resumed: bool) -> str:
        """Answer the organizer, unless an earlier run got that far; returns an error code, "" normally."""
        if operation.answer is Answer.NONE:
            return ""
        if resumed and await self._was_answered(operation):
            return ""
        try:
            await self._mailbox.answer(operation.item_id, operation.answer, operation.text or None)
        except CalendarItemGone as gone:
            return gone.code
        return ""

    async def _was_answered(self, operation: Operation) -> bool:
        """Whether Exchange has this very answer on record. A declined item leaves the calendar."""
        item = await self._mailbox.item(operation.item_id)
        if item is None:
            return operation.answer is Answer.DECLINED
        received = datetime.fromisoformat(operation.received)
        return item.answer is operation.answer and item.answered_at is not None and item.answered_at >= received
