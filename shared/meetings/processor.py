"""The processor: decides on meeting messages and has the decision carried out, once, whatever happens (M5).

Its steps stand in operation.py. After a crash the queue hands the message out again, the decision is found written
down, and the work is taken up where it ended.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.aliases.allocation import Allocator, alias_format
from shared.aliases.booking import Booking
from shared.aliases.promises import Promise, Promises, find_promises
from shared.aliases.tags import find_tags
from shared.clock import Clock
from shared.conferences.conference import Calendar
from shared.conferences.platform import Platform
from shared.errors import Conflict, NotAuthenticated, RateLimited, Unavailable
from shared.identity.caller import Caller
from shared.integrations import Integration
from shared.mailboxes.mailbox import Mailbox
from shared.meetings.completion import Completion
from shared.meetings.decision import Accept, Decision, Ignore, Known, Provide, Reject, Rejected, decide
from shared.meetings.notice import Notice, encode
from shared.meetings.operation import Operation, correlation_id
from shared.meetings.plan import make_plan
from shared.meetings.records import Lease, Records
from shared.meetings.request import Kind, MeetingRequest, Shape, meeting_key
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
    allocator: Allocator
    promises: Promises
    queue: Queue
    clock: Clock

    @property
    def completion(self) -> Completion:
        """What carries decisions out."""
        return Completion(self.integration, self.mailbox, self.platform, self.records, self.clock)

    async def process(self, notice: Notice, *, last_try: bool = False) -> None:
        """Do what the message asks for, if it is a meeting message.

        Raises Unavailable, RateLimited and Conflict when it should be tried again later. Anything unexpected is raised
        too, but on the last try the organizer is told of a general error instead (M1).
        """
        request = await self.mailbox.read(notice.message)
        if request and request.item is None and request.uid:
            request = await self._with_own_item(request)
        if request is None or (request.item is None and request.kind is Kind.REQUEST):
            await self._without_item(notice, request)
            return
        try:
            await self._handle(request, notice)
        except (Unavailable, RateLimited, Conflict):
            raise
        except Exception:
            if not last_try or request.item is None:
                raise
            log.exception("general error, correlation id %s", self._correlation(notice.message))
            await self._handle(request, notice, instead=Reject(Rejected.GENERAL_ERROR))

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
        own = await self.records.booking_of(meeting_key(request.uid))
        item = await self.mailbox.item(own.item_id) if own and own.item_id else None
        return replace(request, item=replace(item, shape=Shape.OCCURRENCE)) if item else request

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
        item = request.item
        calendar = await self.mailbox.calendar(item, self.clock.now()) if item else Calendar(())
        for attempt in range(_ROUNDS):
            try:
                lease = await self._decide(request, calendar, thorough=attempt > 0, instead=instead, notice=notice)
            except Conflict:
                if await self.records.operation(self._correlation(request.message_id)):
                    return await self.completion.resume(self._correlation(request.message_id))
            else:
                return await self.completion.complete(lease) if lease else None
        raise Conflict("the records of this meeting keep changing")

    async def _decide(
        self, request: MeetingRequest, calendar: Calendar, *, thorough: bool, instead: Reject | None, notice: Notice
    ) -> Lease | None:
        """Decide, and write it down; None when nothing is left to do. Raises Conflict if others were faster."""
        now, item = self.clock.now(), request.item
        uid = item.uid if item else request.uid
        known = await self.records.known(
            meeting_key(uid) if uid else "", find_tags(request.body), thorough=thorough or item is None
        )
        decision = instead or await self._decision(request, calendar, known)
        if known.guessed and not isinstance(decision, Accept):
            return await self._decide(request, calendar, thorough=True, instead=instead, notice=notice)
        if isinstance(decision, Reject) and not decision.certain and notice.attempt == 0:
            await self._look_for_invitation(notice)
            return None
        plan = make_plan(self.integration, request, decision, now)
        log.info("%s: %s (%s)", plan.operation.correlation_id, plan.operation.decision, plan.operation.reason)
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

    async def _look_for_invitation(self, notice: Notice) -> None:
        """Sweep the mailbox for messages that were not seen, then look at this one again."""
        for body in encode([Notice.resync(notice.integration)]):
            await self.queue.send(body)
        for body in encode([replace(notice, attempt=1)]):
            await self.queue.send(body, INVITATION_DELAY)

    async def _decision(self, request: MeetingRequest, calendar: Calendar, known: Known) -> Decision:
        """The decision, with an alias allocated now where one has to be provided (M8, A4).

        A promise that another meeting has redeemed already is treated as a copied tag, hence the second round.
        """
        copies = self.integration.copied_tag_action == "new_alias"
        known = replace(known, promise=self._promise(request))
        decision = decide(request, calendar, known, self.clock.now(), copies_get_new_alias=copies)
        provided = False
        while isinstance(decision, Provide):
            booking = await self._provide(decision, self._correlation(request.message_id))
            known, provided = replace(known, tagged=(*known.tagged, booking), promise=None), True
            decision = decide(request, calendar, known, self.clock.now(), copies_get_new_alias=copies)
        return replace(decision, mail_instructions=provided) if isinstance(decision, Accept) else decision

    async def _provide(self, decision: Provide, correlation: str) -> Booking:
        """An alias for a meeting that came without one; the same one when this is done again."""
        promise = decision.promise
        return await self.allocator.allocate(
            self.integration.uuid,
            alias_format(self.integration),
            promise.caller if promise else Caller(f"meeting:{correlation}", "provided"),
            timedelta(days=self.integration.reservation_days),
            promise.id if promise else correlation,
        )

    def _promise(self, request: MeetingRequest) -> Promise | None:
        for text in find_promises(request.body):
            try:
                return self.promises.verify(self.integration.uuid, text)
            except NotAuthenticated:
                log.info("a promise that does not hold was passed over")
        return None
