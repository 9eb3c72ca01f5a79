"""The decider: gathers the facts about a message, and applies the pure rules."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.aliases.allocation import Allocator, alias_format
from shared.aliases.body_search import Marks, find_marks_in_turns
from shared.aliases.promises import Promise, Promises
from shared.aliases.quota import of_copy, of_user
from shared.bookings.booking import Booking, State
from shared.bookings.operation import correlation_id
from shared.calendar.conference import Calendar
from shared.calendar.request import Answer, MeetingRequest, Update, meeting_key
from shared.clock import Clock
from shared.errors import NotAuthenticated, RateLimited
from shared.identity.caller import Caller
from shared.integrations import Integration
from shared.meetings.acceptance import decide
from shared.meetings.comparison import is_compared
from shared.meetings.decision import Accept, Decision, Known, Provide, Reject
from shared.meetings.records import Records

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decider:
    """Decides on one integration's messages."""

    integration: Integration
    records: Records
    allocator: Allocator
    promises: Promises
    clock: Clock

    async def decide(self, request: MeetingRequest, calendar: Calendar, *, thorough: bool) -> tuple[Decision, Known]:
        """The decision, and the records on which it is based. For `thorough`, see Records.known."""
        uid = request.item.uid if request.item else request.uid
        key, day = meeting_key(uid) if uid else request.meeting, request.item.day if request.item else request.day
        marks, untagged = await _marks(request), await _is_untagged(request)
        promise = self._first_valid(marks.promises, request.people)
        known = await self.records.known(key, marks.tags, day, thorough=thorough or request.item is None)
        known = replace(known, untagged=untagged)
        decision = await self._decide(request, calendar, self._completed(known, promise, request))
        if known.guessed and not isinstance(decision, Accept):
            known = await self.records.known(key, marks.tags, day, thorough=True)
            known = replace(known, untagged=untagged)
            decision = await self._decide(request, calendar, self._completed(known, promise, request))
        return decision, known

    async def _decide(self, request: MeetingRequest, calendar: Calendar, known: Known) -> Decision:
        """The decision, with a newly allocated alias if one has to be provided (M8, A4). If another meeting has already
        redeemed the promise, it is treated as a copied tag, hence the loop. If too many aliases have been provided
        recently, the decision is made without a new alias.
        """
        copies, now = self.integration.copied_tag_action == "new_alias", self.clock.now()
        decision = decide(request, calendar, known, now, copies_get_new_alias=copies)
        provided, exhausted = False, False
        while isinstance(decision, Provide):
            try:
                booking = await self._provide(decision, request)
                known, provided = replace(known, tagged=(*known.tagged, booking), promise=None), True
            except RateLimited:
                exhausted, copies, known = True, copies and bool(decision.promise), replace(known, promise=None)
            decision = decide(request, calendar, known, now, copies_get_new_alias=copies)
        if isinstance(decision, Reject) and exhausted:
            return replace(decision, cause="Too many VMRs have been provided recently. See the alarm allocation_quota.")
        return replace(decision, mail_instructions=provided) if isinstance(decision, Accept) else decision

    async def _provide(self, decision: Provide, request: MeetingRequest) -> Booking:
        """Allocate an alias for a meeting that arrived without one. Repeating this returns the same alias."""
        promise, correlation = decision.promise, correlation_id(self.integration.uuid, request.message_id)
        return await self.allocator.allocate(
            self.integration.uuid,
            alias_format(self.integration),
            promise.caller if promise else Caller(f"meeting:{correlation}", "provided"),
            timedelta(days=self.integration.reservation_days),
            promise.id if promise else correlation,
            limits=of_user(promise.caller)
            if promise
            else of_copy(request.item.organizer.email if request.item else ""),
        )

    def _completed(self, known: Known, promise: Promise | None, request: MeetingRequest) -> Known:
        """The records, with the owner of each tag (A6). If a meeting was accepted before its records were lost,
        ownership was checked at that time. It cannot be checked again, because the calendar item alone does not show
        which delegate sent the meeting.
        """
        item = request.item
        if is_compared(request.message_id) and item and item.answer is Answer.ACCEPTED and known.own is None:
            return replace(known, promise=promise)
        unused = (booking for booking in known.tagged if booking.state is State.RESERVED and not booking.meeting)
        others = frozenset(
            booking.tag for booking in unused if not self._is_for(map(bytes.fromhex, booking.people), request.people)
        )
        return replace(known, promise=promise, others=others)

    def _first_valid(self, promises: Sequence[str], people: Sequence[str]) -> Promise | None:
        for text in promises:
            try:
                promise = self.promises.verify(self.integration.uuid, text)
            except NotAuthenticated:
                log.info("ignored a promise with an invalid signature")
                continue
            if self._is_for(promise.people, people):
                return promise
            log.info("ignored a promise for another person's meetings")
        return None

    def _is_for(self, marks: Iterable[bytes], people: Sequence[str]) -> bool:
        return self.promises.are_for(self.integration.uuid, marks, people)


async def _marks(request: MeetingRequest) -> Marks:
    """The tags in the message, or in its occurrence's calendar item. An older message about one occurrence may arrive
    after its series has been given a different tag, and Exchange does not always mark such a message as outdated. The
    calendar item therefore takes precedence.
    """
    if request.item and request.item.day and (current := await find_marks_in_turns(request.item.body)).tags:
        return current
    return await find_marks_in_turns(request.body)


async def _is_untagged(request: MeetingRequest) -> bool:
    """Whether the message is outdated and its calendar item contains no tag."""
    outdated = request.outdated or request.update is Update.OUTDATED
    return bool(outdated and request.item and not (await find_marks_in_turns(request.item.body)).tags)
