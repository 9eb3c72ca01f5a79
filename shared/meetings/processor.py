"""The processor: decides on meeting messages and has the decision carried out, once, whatever happens (M5).

Its steps stand in operation.py. After a crash the queue hands the message out again, the decision is found written
down, and the work is taken up where it ended.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.aliases.marks import find_marks_in_turns
from shared.clock import Clock
from shared.conferences.conference import Calendar
from shared.conferences.platform import Platform
from shared.errors import Conflict, RateLimited, Unavailable
from shared.integrations import Integration
from shared.mailboxes.mailbox import Mailbox, MessageNotFound
from shared.meetings.cause import cause_of
from shared.meetings.completion import Completion
from shared.meetings.decision import Ignore, Known, Reject, Rejected
from shared.meetings.judge import Judge
from shared.meetings.notice import Notice, encode
from shared.meetings.operation import Operation, correlation_id
from shared.meetings.plan import Plan, make_plan
from shared.meetings.records import Lease, Records
from shared.meetings.request import CalendarItem, Kind, MeetingRequest, Shape, meeting_key
from shared.operations.metrics import Metric, measure
from shared.storage import Queue, RowExists

log = logging.getLogger(__name__)

INVITATION_DELAY = timedelta(seconds=10)
"""Time for a sweep, and for the invitation that it may find."""

_ROUNDS = 4
"""How often a decision is made anew when somebody else changes the same records meanwhile."""


@dataclass(frozen=True)
class Processor:
    """Works off notices of one integration."""

    integration: Integration
    mailbox: Mailbox
    platform: Platform
    records: Records
    judge: Judge
    queue: Queue
    clock: Clock

    @property
    def completion(self) -> Completion:
        """What carries decisions out."""
        return Completion(self.integration, self.mailbox, self.platform, self.records, self.clock)

    async def process(self, notice: Notice, *, last_try: bool = False) -> None:
        """Do what the message asks for, if it is a meeting message.

        Raises Unavailable, RateLimited, Conflict and MessageNotFound when it should be tried again later. Anything
        unexpected is raised too, but on the last try the organizer is told of a general error instead (M1).
        """
        request = await self._read(notice)
        if request and request.item is None and request.uid:
            request = await self._with_own_item(request)
        elif request and request.item and request.item.day:
            request = await self._with_series(request, request.item)
        if request is None or (request.item is None and request.kind is Kind.REQUEST):
            await self._without_item(notice, request)
            return
        try:
            await self._handle(request, notice)
        except (Unavailable, RateLimited, Conflict):
            raise
        except Exception as error:
            if not last_try or request.item is None:
                raise
            log.exception("general error, correlation id %s", self._correlation(notice.message))
            await self._handle(request, notice, instead=Reject(Rejected.GENERAL_ERROR, cause=cause_of(error)))

    async def _read(self, notice: Notice) -> MeetingRequest | None:
        """The message; None when there is nothing to decide on. Raises MessageNotFound for one that nobody has seen."""
        try:
            return await self.mailbox.read(notice.message)
        except MessageNotFound:
            if await self.records.operation(self._correlation(notice.message)) is None:
                raise
            return None

    async def resume_all(self) -> None:
        """Finish everything that was left unfinished and whose lease has run out."""
        left = [operation.correlation_id async for operation in self.records.unfinished(self.clock.now())]
        for correlation in left:
            await self.completion.resume(correlation)

    async def set_aside(self, notice: Notice) -> str:
        """Record that a notice could not be worked off; returns the correlation id."""
        correlation, now = self._correlation(notice.message), self.clock.now()
        failed = Operation(
            correlation_id=correlation,
            message_id=notice.message,
            created=now.isoformat(),
            received=now.isoformat(),
            what="message",
            decision="none",
            reason="could not be worked off",
        )
        try:
            await self.records.note(failed.finished(now, error="poison_message"), now)
        except RowExists:
            log.info("%s was decided on before it was set aside", correlation)
        return correlation

    def _correlation(self, message_id: str) -> str:
        return correlation_id(self.integration.uuid, message_id)

    async def _with_own_item(self, request: MeetingRequest) -> MeetingRequest:
        """A cancellation whose item is gone, with what is left of its meeting.

        If the series that we know goes on, only an occurrence of it was cancelled (M4).
        """
        key, day = meeting_key(request.uid), request.day
        own = await self.records.booking_of(key) or (await self.records.booking_of(key, day) if day else None)
        item = await self.mailbox.item(own.item_id) if own and own.item_id else None
        if item is None:
            return request
        return replace(request, item=replace(item, shape=Shape.OCCURRENCE, original_day=day))

    async def _with_series(self, request: MeetingRequest, item: CalendarItem) -> MeetingRequest:
        """A message of an occurrence; if its series is unknown though it has the same tag, one of the series instead.

        The series' own invitation was lost, or comes later.
        """
        if request.kind is Kind.CANCELLATION or await self.records.booking_of(meeting_key(item.uid)):
            return request
        series = await self.mailbox.item(item.series_id)
        if series is None or series.cancelled:
            return request
        theirs, ours = await find_marks_in_turns(series.body), await find_marks_in_turns(request.body)
        return replace(request, item=series, body=series.body) if set(theirs.tags) & set(ours.tags) else request

    async def _without_item(self, notice: Notice, request: MeetingRequest | None) -> None:
        """A message without a calendar item: it may be decided on already, or Exchange may not be ready yet."""
        correlation = self._correlation(notice.message)
        if await self.records.operation(correlation):
            await self.completion.resume(correlation)
        elif request is not None and (later := notice.again()):
            again, delay = later
            for body in encode([again]):
                await self.queue.send(body, delay)
        elif request is not None:
            now = self.clock.now()
            ignored = Ignore("Exchange made no calendar item for this request")
            plan = make_plan(self.integration, request, ignored, now)
            await self.records.note(plan.operation.finished(now, error="no_calendar_item"), now)

    async def _handle(self, request: MeetingRequest, notice: Notice, instead: Reject | None = None) -> None:
        """Decide on the message, write the decision down, and carry it out; again when others were faster."""
        item = request.item
        calendar = await self.mailbox.calendar(item, self.clock.now()) if item else Calendar(())
        for attempt in range(_ROUNDS):
            decision, known = await self.judge.decide(request, calendar, thorough=attempt > 0)
            decision = instead or decision
            if isinstance(decision, Reject) and not decision.certain and notice.attempt == 0:
                return await self._look_for_invitation(notice)
            plan = make_plan(self.integration, request, decision, self.clock.now())
            try:
                lease = await self._write(plan, known)
            except Conflict:
                if await self.records.operation(plan.operation.correlation_id):
                    return await self.completion.resume(plan.operation.correlation_id)
            else:
                self._tell(plan.operation, notice)
                return await self.completion.complete(lease) if lease else None
        raise Conflict("the records of this meeting keep changing")

    async def _write(self, plan: Plan, known: Known) -> Lease | None:
        """Write a plan down; None when nothing is left to do. Raises Conflict if others were faster."""
        now = self.clock.now()
        if plan.operation.done:
            await self.records.note(plan.operation, now)
            return None
        # The name is claimed while the decision is written: it belongs to the tag, so a lost race does no harm.
        lease, named = await asyncio.gather(
            self.records.open(plan.operation, now, plan.changed, plan.assigned, known),
            asyncio.gather(*(self.platform.name(booking) for booking in plan.changed)),
        )
        pairs = zip(named, lease.bookings, strict=True)
        return replace(lease, bookings=tuple(replace(booking, etag=written.etag) for booking, written in pairs))

    def _tell(self, operation: Operation, notice: Notice) -> None:
        """Log and metrics of a decision (O4)."""
        log.info("%s: %s (%s)", operation.correlation_id, operation.decision, operation.reason)
        measure(Metric.OUTCOME, 1, self.integration.uuid, outcome=operation.reason or operation.decision)
        if notice.swept:
            measure(Metric.SWEEP_REPAIRS, 1, self.integration.uuid)

    async def _look_for_invitation(self, notice: Notice) -> None:
        """Sweep the mailbox for messages that were not seen, then look at this one again."""
        for body in encode([Notice.resync(notice.integration)]):
            await self.queue.send(body)
        for body in encode([replace(notice, attempt=1)]):
            await self.queue.send(body, INVITATION_DELAY)
