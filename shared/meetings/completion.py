"""Carries out a recorded decision: updates the room, answers, sends e-mails, and completes the record. Every step can
safely be repeated.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.bookings.booking import State
from shared.bookings.operation import REFUSED, SUPERSEDED, DecisionKind, Mailing, Operation
from shared.calendar.request import Answer, CalendarItem
from shared.clock import Clock
from shared.conferences.platform import Platform
from shared.errors import Conflict, RateLimited, SchedulingError, Unavailable
from shared.intake.notice import LOOKS, jittered
from shared.integrations import Integration
from shared.mailboxes.mailbox import CalendarItemGone, ForeignItem, Mail, Mailbox
from shared.meetings import texts
from shared.meetings.booked_item import booked_item
from shared.meetings.cause import cause_of
from shared.meetings.itip import can_reply
from shared.meetings.lease import Lease
from shared.meetings.records import Records
from shared.meetings.standing import Standing, standing
from shared.metrics import Metric, measure
from shared.statistics import counts
from shared.statistics.counters import Counting
from shared.storage import RowChanged

log = logging.getLogger(__name__)

_MAX_REREADS = 4
PAUSE = timedelta(minutes=20)
"""The pause between retries once the queue's own retries have failed."""

REFUSED_FOR = timedelta(minutes=15)
"""How long to keep retrying an answer or e-mail that Exchange explicitly refuses, although the meeting exists and has
no newer version.
"""

FAILED_FOR = timedelta(days=1)
"""How long to keep retrying an answer or e-mail after failures that may be temporary, if all other calls to Exchange
work.
"""


NOBODY_TO_MAIL = "nobody_to_mail"
"""The error code for an operation whose e-mail has no recipient."""


class AnswerRefused(Unavailable):
    """Exchange refuses this answer although its meeting exists."""

    code = REFUSED


@dataclass(frozen=True)
class Completion:
    """Finishes one integration's operations."""

    integration: Integration
    mailbox: Mailbox
    platform: Platform
    records: Records
    alarms: Alarms
    counting: Counting
    clock: Clock

    async def complete(self, lease: Lease, *, resumed: bool = False) -> None:
        """Do all the remaining work of a leased operation. If something fails, the lease is released."""
        try:
            await asyncio.gather(
                self._show(lease), self.records.announce([lease.operation.correlation_id], self.clock.now())
            )
            lease, error = await self._as_it_stands(lease) if resumed else (lease, None)
            again = lease.operation.decision is DecisionKind.RESEND
            lease = await (self._prepare_again(lease) if again else self._prepare_mails(lease))
            if error is None:
                lease, error = await self._answer(lease)
            lease = await self._send_mails(lease)
            self._measure(lease.operation)
            finished = lease.operation.finished(self.clock.now(), error)
            await asyncio.gather(self._finish(lease, finished), self.counting.write())
        except _AnswerFailed as failed:
            await self._give_back(failed.lease)
            raise failed.why from failed
        except Exception:
            await self._give_back(lease)
            raise
        finally:
            await self.counting.write()

    async def _give_back(self, lease: Lease) -> None:
        """Release the lease. Once the queue itself no longer retries, there is a pause before the next attempt."""
        pause = timedelta(0) if lease.tries < LOOKS else jittered(PAUSE, lease.operation.correlation_id)
        await self.records.give_back(lease, self.clock.now() + pause)

    async def resume(self, correlation: str) -> None:
        """Finish an operation left unfinished by an earlier run; does nothing if it is already done or being worked
        on.
        """
        lease = await self.records.take_over(correlation, self.clock.now())
        if lease:
            named = await asyncio.gather(*(self.platform.name(booking) for booking in lease.bookings))
            await self.complete(replace(lease, bookings=tuple(named)), resumed=True)

    async def _show(self, lease: Lease) -> None:
        await asyncio.gather(*(self.platform.show(booking) for booking in lease.bookings))

    async def _finish(self, lease: Lease, operation: Operation) -> None:
        for _ in range(_MAX_REREADS):
            try:
                return await self.records.finish(lease, operation)
            except RowChanged:
                lease = await self.records.reread(lease)
                await self._show(lease)
        raise Conflict("the booking keeps changing")

    async def _as_it_stands(self, lease: Lease) -> tuple[Lease, str | None]:
        """The lease, and the state of its answer: "" if it has been sent or is not needed, None if it has yet to be
        sent, or an error code.
        """
        operation = lease.operation
        if operation.answer is Answer.NONE:
            return lease, ""
        try:
            found = await standing(self.mailbox, lease, self.clock.now())
        except ForeignItem:
            return await self._by_the_other_protocol(lease)
        if found is not Standing.SUPERSEDED:
            return lease, "" if found is Standing.ANSWERED else None
        rest = replace(operation, mails=(), drafts=()).with_mails_of(operation, {Mailing.INSTRUCTIONS})
        return replace(lease, operation=rest), SUPERSEDED

    async def _by_the_other_protocol(self, lease: Lease) -> tuple[Lease, str | None]:
        """Handle an answer from before the mailbox was switched to another protocol. Its ids are now meaningless, so
        the meeting is found by its key. This is impossible for a single occurrence, or for a meeting to be declined. In
        those cases an alarm is raised.
        """
        operation, booking = lease.operation, lease.bookings[0] if lease.bookings else None
        is_whole = operation.answer is Answer.ACCEPTED and operation.about == operation.meeting
        with suppress(ForeignItem):
            if booking and is_whole and (item := await booked_item(self.mailbox, booking, self.clock.now())):
                moved = replace(operation, item_id=item.id, drafts=())
                return await self._as_it_stands(replace(lease, operation=moved))
        cause = f"Correlation id {operation.correlation_id}. The mailbox previously used another protocol."
        await self.alarms.raise_(self.integration.uuid, AlarmKind.ANSWER, cause)
        return replace(lease, operation=replace(operation, mails=(), drafts=())), CalendarItemGone.code

    async def _answer(self, lease: Lease) -> tuple[Lease, str]:
        """Answer the organizer; returns the lease and an error code, normally "". Raises _AnswerFailed."""
        operation = lease.operation
        if operation.answer is Answer.NONE:
            return lease, ""
        told = None if Mailing.RESPONSE in operation.mails else operation.text or None
        try:
            await self.mailbox.answer(operation.item_id, operation.answer, told)
        except CalendarItemGone as gone:
            item = await self.mailbox.item(operation.item_id)
            if item is None or item.cancelled:
                return lease, gone.code
            return await self._refused(lease, gone)
        except SchedulingError as error:
            return await self._refused(lease, error)
        except Exception as error:
            raise _AnswerFailed(replace(lease, tried=True, tries=lease.tries + 1), error) from error
        return replace(lease, tried=True), ""

    async def _refused(self, lease: Lease, error: SchedulingError) -> tuple[Lease, str]:
        """Schedule a retry or, after enough retries, tell the organizer by e-mail (M1)."""
        lease = replace(lease, tried=lease.tried or _may_pass(error))
        return await self._told_by_mail(await self._give_up(lease, error))

    async def _give_up(self, lease: Lease, error: SchedulingError) -> Lease:
        """If Exchange has refused an answer often enough, record the reason and raise the alarm. Otherwise raise
        _AnswerFailed, so that the answer is retried.
        """
        operation, may_pass = lease.operation, _may_pass(error)
        lease = replace(lease, tries=lease.tries + 1)
        age = self.clock.now() - datetime.fromisoformat(operation.created)
        if lease.tries < LOOKS or age < (FAILED_FOR if may_pass else REFUSED_FOR):
            raise _AnswerFailed(lease, error if may_pass else AnswerRefused(str(error)))
        correlation = operation.correlation_id
        log.error("%s: Exchange refused the answer: %s", correlation, error)
        await self.alarms.raise_(self.integration.uuid, AlarmKind.ANSWER, f"Correlation id {correlation}. {error}")
        return replace(lease, operation=replace(operation, error=operation.error or REFUSED, cause=cause_of(error)))

    async def _told_by_mail(self, lease: Lease) -> tuple[Lease, str]:
        """Send the answer as a separate e-mail, if the organizer should get an answer and no such e-mail is planned
        yet.
        """
        operation = lease.operation
        if operation.text and Mailing.RESPONSE not in operation.mails:
            lease = replace(lease, operation=replace(operation, mails=(*operation.mails, Mailing.RESPONSE)))
            lease = await self._prepare_mails(lease, refused=True)
        return lease, REFUSED

    def _measure(self, operation: Operation) -> None:
        if operation.answer is not Answer.NONE:
            lag = self.clock.now() - datetime.fromisoformat(operation.received)
            measure(Metric.ANSWER_LAG, lag.total_seconds(), self.integration.uuid)
            self.counting.count(self.integration.uuid, [counts.lag(lag.total_seconds())])

    async def _prepare_mails(self, lease: Lease, *, refused: bool = False) -> Lease:
        """Draft the e-mails, and record the drafts' ids before anything is sent, so that each e-mail is sent only once.
        This comes before the answer, because a declined item leaves the calendar. An e-mail that Exchange keeps
        refusing is dropped, and delays neither the answer nor the other e-mails. `refused` means that Exchange refused
        the answer.
        """
        item: CalendarItem | None = None
        while left := lease.operation.mails[len(lease.operation.drafts) :]:
            item = item or await self.mailbox.item(lease.operation.item_id)
            if item is None:
                return lease
            mailing = left[0]
            if mailing is Mailing.RESPONSE and not (texts.can_mail_to(item) if refused else can_reply(item)):
                lease = await self._without(lease, mailing, refused=refused)
                continue
            try:
                drafts = (*lease.operation.drafts, await self.mailbox.draft(self._mail(mailing, item, lease)))
            except SchedulingError as error:
                lease = await self._without(await self._give_up(lease, error), mailing, refused=refused)
            else:
                lease = await self.records.update(lease, replace(lease.operation, drafts=drafts))
        return lease

    async def _prepare_again(self, lease: Lease) -> Lease:
        """Draft the joining instructions that an admin has asked to resend, if the meeting still exists and there is a
        recipient.
        """
        if lease.operation.drafts or not lease.operation.mails:
            return lease
        try:
            mail = await self._instructions_again(lease)
            if mail is None:
                cause = "The meeting is closed, or its organizer has no address."
                return replace(lease, operation=replace(lease.operation, mails=(), error=NOBODY_TO_MAIL, cause=cause))
            drafts = (await self.mailbox.draft(mail),)
        except SchedulingError as error:
            return await self._without(await self._give_up(lease, error), Mailing.AGAIN, refused=True)
        return await self.records.update(lease, replace(lease.operation, drafts=drafts))

    async def _instructions_again(self, lease: Lease) -> Mail | None:
        booking = lease.bookings[0] if lease.bookings else None
        if booking is None or booking.state is not State.SCHEDULED:
            return None
        item: CalendarItem | None = None
        with suppress(ForeignItem):  # the item is not needed to send an e-mail to an owner chosen by an admin
            item = await booked_item(self.mailbox, booking, self.clock.now())
        return texts.instructions_again(self.integration, item, booking)

    async def _without(self, lease: Lease, mailing: Mailing, *, refused: bool) -> Lease:
        """Drop an e-mail. If it was the answer, Exchange's own response carries the answer instead, unless Exchange has
        refused that response.
        """
        operation = lease.operation
        if mailing is Mailing.RESPONSE and not refused:
            return await self.records.update(lease, texts.plain_response(operation))
        mails = tuple(each for each in operation.mails if each is not mailing)
        return await self.records.update(lease, replace(operation, mails=mails))

    async def _send_mails(self, lease: Lease) -> Lease:
        """Send each draft once. A refused draft does not delay the others."""
        failed: SchedulingError | None = None
        for draft in lease.operation.drafts:
            try:
                await self.mailbox.send(draft)
            except SchedulingError as error:
                failed = error
        return await self._give_up(lease, failed) if failed else lease

    def _mail(self, mailing: Mailing, item: CalendarItem, lease: Lease) -> Mail:
        if mailing is Mailing.INSTRUCTIONS:
            return texts.late_instructions(self.integration, item, lease.bookings[0])
        return texts.response_mail(self.integration, item, lease.operation, self.clock.now())


def _may_pass(error: SchedulingError) -> bool:
    return isinstance(error, Unavailable | RateLimited | Conflict)


class _AnswerFailed(Exception):
    """An answer or e-mail has to be retried. `lease` counts this attempt."""

    def __init__(self, lease: Lease, why: Exception) -> None:
        super().__init__(str(why))
        self.lease = lease
        self.why = why
