"""The processor: decides on meeting messages, and has each decision carried out exactly once, whatever happens (M5).

shared/bookings/operation.py describes its steps. After a crash, the queue delivers the message again, the recorded
decision is found, and work resumes where it stopped.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.alarms import Alarms
from shared.bookings.operation import correlation_id
from shared.calendar.conference import Calendar
from shared.calendar.request import CalendarItem, Kind, MeetingRequest
from shared.clock import Clock
from shared.conferences.platform import Platform
from shared.errors import AWAY, Conflict, Unavailable
from shared.intake.notice import Notice, enqueue
from shared.integrations import Integration
from shared.mailboxes.mailbox import Mailbox, MessageNotFound
from shared.meetings.cause import cause_of
from shared.meetings.completion import Completion
from shared.meetings.decider import Decider
from shared.meetings.decision import Ignore, Known, Reject, Rejected
from shared.meetings.lease import Lease, Pending
from shared.meetings.plan import Plan, in_place_of, make_plan
from shared.meetings.records import Records
from shared.meetings.request_reader import RequestReader
from shared.meetings.undecided import holds_others, undecided_beside
from shared.metrics import Metric, measure
from shared.statistics import counts
from shared.statistics.counters import Counting
from shared.storage import Queue

log = logging.getLogger(__name__)

INVITATION_DELAY = timedelta(seconds=10)
"""The time allowed for a sweep, including handling an invitation that it may find."""

LATE = timedelta(minutes=1)
"""A message older than this may have been followed by further messages about the same meeting."""

TICK = timedelta(seconds=2)
"""A delay longer than the resolution of Exchange's times."""

_MAX_DECISIONS = 4
"""How many times a decision is attempted if another process keeps changing the same records."""


@dataclass(frozen=True)
class Processor:
    """Handles one integration's notices."""

    integration: Integration
    mailbox: Mailbox
    platform: Platform
    records: Records
    decider: Decider
    queue: Queue
    alarms: Alarms
    counting: Counting
    clock: Clock

    @property
    def completion(self) -> Completion:
        """The object that carries out decisions."""
        return Completion(
            self.integration, self.mailbox, self.platform, self.records, self.alarms, self.counting, self.clock
        )

    @property
    def reader(self) -> RequestReader:
        """The object that reads the meeting requests that notices refer to."""
        return RequestReader(self.integration.uuid, self.mailbox, self.records, self.clock)

    async def process(self, notice: Notice, *, last_try: bool = False) -> None:
        """Process the message if it is a meeting message. Raises MessageNotFound or one of the errors in AWAY if it
        should be retried later. Unexpected errors are raised too. On the last attempt, the organizer gets a general
        error instead (M1).
        """
        request = await self.reader.read(notice.message)
        if request is None or (request.item is None and request.kind is Kind.REQUEST):
            await self._without_item(notice, request)
            return
        try:
            await self._handle(request, notice)
        except AWAY:
            raise
        except Exception as error:
            if not last_try or request.item is None:
                raise
            log.exception("general error, correlation id %s", self._correlation(notice.message))
            await self._handle(request, notice, instead=Reject(Rejected.GENERAL_ERROR, cause=cause_of(error)))

    async def wait(self, notice: Notice, cause: str, *, is_fault: bool) -> str:
        """Record a message that could not be handled yet; returns the correlation id. A message that has been decided
        on already has a record, and needs no other.
        """
        correlation = self._correlation(notice.message)
        if await self.records.operation(correlation) is None:
            await self.records.waiting.add(correlation, notice.message, cause, self.clock.now(), is_fault=is_fault)
        return correlation

    async def handled(self, notice: Notice) -> None:
        """Note that a waiting message has been handled."""
        await self.records.waiting.remove(self._correlation(notice.message))

    def _correlation(self, message_id: str) -> str:
        return correlation_id(self.integration.uuid, message_id)

    async def _without_item(self, notice: Notice, request: MeetingRequest | None) -> None:
        """Handle a message without a calendar item: either it has been decided on, or Exchange has not created the item
        yet.
        """
        correlation = self._correlation(notice.message)
        if await self.records.operation(correlation):
            await self.completion.resume(correlation)
        elif request is not None and (later := notice.again_for_item()):
            await self._send(*later)
        elif request is not None:
            now = self.clock.now()
            ignored = Ignore("Exchange created no calendar item for this request")
            plan = make_plan(self.integration, request, ignored, now)
            await self.records.note(plan.operation.finished(now, error="no_calendar_item"), now)

    async def _handle(self, request: MeetingRequest, notice: Notice, instead: Reject | None = None) -> None:
        """Decide on the message. Before declining it for lack of a tag, look for an invitation that may contain one."""
        try:
            await self._decide(request, notice, instead)
        except _LacksInvitation:
            if not await self._is_sought(notice):
                return await self._look_for_invitation(notice)
            if request.item and await self._decide_beside(request, request.item):
                request = await self._again(notice) or request
            await self._decide(request, notice, instead, is_alone=True)

    async def _decide(
        self, request: MeetingRequest, notice: Notice, instead: Reject | None = None, *, is_alone: bool = False
    ) -> None:
        """Decide on the message, record the decision, and carry it out. Start again if the records have changed in the
        meantime. May raise _LacksInvitation, unless `is_alone`, i.e. no other message about the meeting is left to
        read.
        """
        for attempt in range(_MAX_DECISIONS):
            item = request.item
            now = self.clock.now()
            late = now - request.received > LATE
            calendar = await self.mailbox.calendar(item, now, late=late) if item else Calendar(())
            decision, known = await self.decider.decide(request, calendar, thorough=attempt > 0)
            decision = instead or decision
            if isinstance(decision, Reject) and not (decision.certain or is_alone):
                raise _LacksInvitation
            plan = make_plan(self.integration, request, decision, self.clock.now())
            if not notice.delayed and _is_too_soon(plan, request):
                return await self._send(replace(notice, delayed=True), TICK)
            older = await self._older(plan) if attempt else None
            try:
                lease = await self._write(plan, known, older)
            except Conflict:
                if await self.records.operation(plan.operation.correlation_id):
                    return await self.completion.resume(plan.operation.correlation_id)
                request = await self._again(notice) or request
            else:
                self._tell(plan, notice)
                if lease:
                    return await self.completion.complete(lease, resumed=lease.tried)
                return await self.counting.write()
        raise Conflict("this meeting's records keep changing")

    async def _again(self, notice: Notice) -> MeetingRequest | None:
        """The message in its current state. A concurrent change may be based on a newer version of the meeting."""
        fresh = await self.reader.read(notice.message)
        return fresh if fresh and fresh.item else None

    async def _is_sought(self, notice: Notice) -> bool:
        """Whether the mailbox was swept for the invitation. Raises Unavailable if the invitation may still be
        waiting.
        """
        correlation = self._correlation(notice.message)
        if notice.sought and await self.records.waiting.has_earlier(correlation, self.clock.now()):
            raise Unavailable("Earlier messages are waiting, and the invitation may be among them.")
        return notice.sought

    async def _decide_beside(self, request: MeetingRequest, item: CalendarItem) -> bool:
        """Decide on a meeting's other undecided messages; returns whether there were any. Raises the errors in AWAY if
        one of them cannot be read now, because it may contain what this message lacks.
        """
        uuid = self.integration.uuid
        others = await undecided_beside(request, item, self.mailbox, self.records, uuid)
        for message in others:
            notice = Notice(uuid, message)
            try:
                if (other := await self.reader.read(message)) and other.item:
                    await self._decide(other, notice)
            except (MessageNotFound, _LacksInvitation):
                log.info("another message about the same meeting is not an invitation")
            except AWAY:
                if holds_others(request, self.clock.now()):
                    raise
            except Exception:
                log.exception("a message about the same meeting could not be decided on and is left to its own notice")
        return bool(others)

    async def _older(self, plan: Plan) -> Pending | None:
        """The unfinished operation that this plan replaces. Raises Conflict while another process is working on it."""
        if plan.operation.done:
            return None
        older = await self.records.pending(plan.operation, self.clock.now())
        if older and older.is_leased:
            raise Conflict("An earlier version of this meeting is being answered.")
        return older

    async def _write(self, plan: Plan, known: Known, older: Pending | None) -> Lease | None:
        """Record a plan; returns None if nothing is left to do. Raises Conflict if another process has changed the
        records.
        """
        now = self.clock.now()
        if plan.operation.done:
            await self.records.note(plan.operation, now)
            return None
        if older:
            plan = in_place_of(plan, older.operation, tried=older.tried)
        # The name is claimed while the decision is being written. It belongs to the tag, so losing the race does no
        # harm.
        lease, named = await asyncio.gather(
            self.records.open(plan.operation, now, plan.changed, plan.assigned, known, older),
            asyncio.gather(*(self.platform.name(booking) for booking in plan.changed)),
        )
        names = {booking.tag: booking for booking in named}
        bookings = tuple(replace(names.get(each.tag, each), etag=each.etag) for each in lease.bookings)
        return replace(lease, bookings=bookings, tried=bool(older and plan.inherits_answer and older.tried))

    def _tell(self, plan: Plan, notice: Notice) -> None:
        """Log, measure and count a decision (O4, W5)."""
        operation, counted = plan.operation, [counts.outcome(plan.operation.reason, plan.operation.decision)]
        log.info("%s: %s (%s)", operation.correlation_id, operation.decision, operation.reason)
        measure(Metric.OUTCOME, 1, self.integration.uuid, outcome=operation.reason or operation.decision)
        if notice.swept:
            measure(Metric.SWEEP_REPAIRS, 1, self.integration.uuid)
            counted.append(counts.SWEEP_REPAIRS)
        if plan.assigned:
            counted.append(counts.ALIASES_USED)
        self.counting.count(self.integration.uuid, counted)

    async def _look_for_invitation(self, notice: Notice) -> None:
        """Sweep the mailbox for unseen messages, then handle this message again."""
        await self._send(Notice.resync(notice.integration))
        await self._send(replace(notice, sought=True), INVITATION_DELAY)

    async def _send(self, notice: Notice, delay: timedelta = timedelta(0)) -> None:
        await enqueue(self.queue, [notice], delay)


class _LacksInvitation(Exception):
    """An update to an unknown meeting: its invitation may not have been seen yet."""


def _is_too_soon(plan: Plan, request: MeetingRequest) -> bool:
    """Whether the answer would have the same time (in whole seconds) as the one that Exchange has on record. The times
    must differ, because after a crash, only the time of the response shows whether this answer was sent.
    """
    item = request.item
    if item is None or item.answered_at is None or plan.operation.answer is not item.answer:
        return False
    return request.received <= item.answered_at + TICK
