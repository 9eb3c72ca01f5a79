"""What follows once a decision is written down: room, answer, mail, record. Each step may be repeated."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from shared.clock import Clock
from shared.conferences.platform import Platform
from shared.errors import Conflict
from shared.integrations import Integration
from shared.mailboxes.mailbox import CalendarItemGone, Mail, Mailbox
from shared.meetings import texts
from shared.meetings.itip import can_reply
from shared.meetings.operation import Mailing, Operation
from shared.meetings.records import Lease, Records
from shared.meetings.request import Answer, CalendarItem
from shared.operations.metrics import Metric, measure
from shared.storage import RowChanged

_ROUNDS = 4


@dataclass(frozen=True)
class Completion:
    """Finishes operations of one integration."""

    integration: Integration
    mailbox: Mailbox
    platform: Platform
    records: Records
    clock: Clock

    async def complete(self, lease: Lease, *, resumed: bool = False) -> None:
        """Do everything that is left of a leased operation. The lease is given back when something fails."""
        try:
            await self._show(lease)
            lease = await self._prepare_mails(lease)
            error = await self._answer(lease.operation, resumed=resumed)
            for draft in lease.operation.drafts.split():
                await self.mailbox.send(draft)
            await self._finish(lease, lease.operation.finished(self.clock.now(), error))
            self._measure(lease.operation)
        except Exception:
            await self.records.give_back(lease, self.clock.now())
            raise

    async def resume(self, correlation: str) -> None:
        """Finish an operation that some run has left unfinished; nothing when it is done or being worked on."""
        lease = await self.records.take_over(correlation, self.clock.now())
        if lease:
            named = await asyncio.gather(*(self.platform.name(booking) for booking in lease.bookings))
            await self.complete(replace(lease, bookings=tuple(named)), resumed=True)

    async def _show(self, lease: Lease) -> None:
        await asyncio.gather(*(self.platform.show(booking) for booking in lease.bookings))

    async def _finish(self, lease: Lease, operation: Operation) -> None:
        for _ in range(_ROUNDS):
            try:
                return await self.records.finish(lease, operation)
            except RowChanged:
                lease = await self.records.reread(lease)
                await self._show(lease)
        raise Conflict("the booking keeps changing")

    async def _answer(self, operation: Operation, *, resumed: bool) -> str:
        """Answer the organizer, unless an earlier run got that far; returns an error code, "" normally."""
        if operation.answer is Answer.NONE:
            return ""
        if resumed and await self._was_answered(operation):
            return ""
        told = None if Mailing.RESPONSE in operation.mails.split() else operation.text or None
        try:
            await self.mailbox.answer(operation.item_id, operation.answer, told)
        except CalendarItemGone as gone:
            return gone.code
        return ""

    async def _was_answered(self, operation: Operation) -> bool:
        """Whether Exchange has this very answer on record. A declined item leaves the calendar."""
        item = await self.mailbox.item(operation.item_id)
        if item is None:
            return operation.answer is Answer.DECLINED
        received = datetime.fromisoformat(operation.received)
        return item.answer is operation.answer and item.answered_at is not None and item.answered_at >= received

    def _measure(self, operation: Operation) -> None:
        if operation.answer is not Answer.NONE:
            lag = self.clock.now() - datetime.fromisoformat(operation.received)
            measure(Metric.ANSWER_LAG, lag.total_seconds(), self.integration.uuid)

    async def _prepare_mails(self, lease: Lease) -> Lease:
        """Draft what is to be mailed, and write the drafts' ids down before anything is sent: so each goes out once.

        This comes before the answer, since a declined item leaves the calendar.
        """
        mails, drafts = lease.operation.mails.split(), lease.operation.drafts.split()
        if len(drafts) == len(mails):
            return lease
        item = await self.mailbox.item(lease.operation.item_id)
        if item is None:
            return lease
        if Mailing.RESPONSE in mails and not drafts and not can_reply(item):
            lease = await self.records.update(lease, texts.plain_response(lease.operation))
            return await self._prepare_mails(lease)
        for mailing in mails[len(drafts) :]:
            drafts.append(await self.mailbox.draft(self._mail(Mailing(mailing), item, lease)))
            lease = await self.records.update(lease, replace(lease.operation, drafts=" ".join(drafts)))
        return lease

    def _mail(self, mailing: Mailing, item: CalendarItem, lease: Lease) -> Mail:
        if mailing is Mailing.INSTRUCTIONS:
            return texts.late_instructions(self.integration, item, lease.bookings[0])
        return texts.html_response(self.integration, item, lease.operation, self.clock.now())
