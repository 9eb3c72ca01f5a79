"""The parts that watch mailboxes and schedule rooms."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.queues import ROUNDS

if TYPE_CHECKING:
    from shared.composition.conferences import Conferences
    from shared.composition.foundation import Foundation
    from shared.composition.mailboxes import Mailboxes
    from shared.conferences.room_work import RoomWork
    from shared.intake.watcher import Watcher
    from shared.intake.webhook import Webhook
    from shared.integrations import Integration
    from shared.meetings.handlers import Handlers
    from shared.meetings.lifecycle import IntegrationLifecycle
    from shared.meetings.poison_queue import PoisonQueue
    from shared.meetings.retirement import Retirement
    from shared.meetings.rounds import Rounds
    from shared.meetings.timers import Timers
    from shared.meetings.worker import Worker
    from shared.record_lists.lists import RecordLists


class Scheduling:
    """The parts that the webhook, the queue and the timers use."""

    def __init__(self, foundation: Foundation, mailboxes: Mailboxes, conferences: Conferences) -> None:
        self.foundation = foundation
        self.mailboxes = mailboxes
        self.conferences = conferences

    @cached_property
    def webhook(self) -> Webhook:
        """Handles Graph's notifications."""
        from shared.intake.webhook import Webhook

        return Webhook(self.mailboxes.client_states)

    @cached_property
    def worker(self) -> Worker:
        """The queue's consumer."""
        from shared.meetings.lanes import Lanes
        from shared.meetings.worker import Worker

        async def keep_rooms(work: RoomWork) -> None:
            await self.conferences.room_keeper.keep(work)

        base = self.foundation
        lanes = Lanes(base.storage, base.clock)
        return Worker(self._handlers, self.mailboxes.queue, lanes, keep_rooms)

    @cached_property
    def poison_queue(self) -> PoisonQueue:
        """Records notices that could not be handled."""
        from shared.meetings.poison_queue import PoisonQueue

        return PoisonQueue(self._handlers, self.foundation.alarms)

    @cached_property
    def lists(self) -> RecordLists:
        """The lists of bookings and operations."""
        from shared.record_lists.lists import RecordLists

        base = self.foundation
        return RecordLists(base.storage, base.clock, base.integrations.uuid_after, base.integrations.id_of)

    @cached_property
    def timers(self) -> Timers:
        """The work that timers start for every integration."""
        from shared.meetings.timers import Timers

        base = self.foundation
        return Timers(base.integrations, self.rounds, self._handlers, base.alarms, self.retirement, self.lists)

    @cached_property
    def rounds(self) -> Rounds:
        """Handles the messages of the timers' rounds."""
        from shared.meetings.chores import Chores
        from shared.meetings.rounds import Rounds
        from shared.meetings.turns import Turns

        base, tokens = self.foundation, self.mailboxes.identity.service_tokens
        parts = base.integrations.get, tokens.renew, base.alarms, base.storage, base.clock
        chores, turns = Chores(self._handlers, self._watcher, *parts), Turns(base.storage, base.clock)
        return Rounds(
            base.integrations, turns, chores, base.alarms, base.storage.queue(ROUNDS), base.clock, self._due_rooms
        )

    @cached_property
    def retirement(self) -> Retirement:
        """Removes a deleted integration's rooms and records."""
        from shared.meetings.retirement import Retirement

        return Retirement(self.foundation.storage, self.conferences.platform)

    @cached_property
    def lifecycle(self) -> IntegrationLifecycle:
        """The steps that follow when an integration is saved or deleted."""
        from shared.meetings.lifecycle import IntegrationLifecycle
        from shared.personal.sources import served_by
        from shared.personal.store import VmrStore

        base = self.foundation
        vmrs = VmrStore(base.storage, base.clock, served_by(base.integrations))
        moves, leave = self.conferences.room_moves, self.conferences.leave_node
        return IntegrationLifecycle(self.timers, self.retirement, vmrs, moves, leave)

    async def _due_rooms(self) -> None:
        await self.conferences.room_timer.run()

    def _watcher(self, outline: Integration) -> Watcher:
        return self.mailboxes.watcher_of(outline, self.mailboxes.mailbox_of(outline))

    async def _handlers(self, uuid: str) -> Handlers:
        from shared.meetings.decider import Decider
        from shared.meetings.due_runner import DueRunner
        from shared.meetings.handlers import Handlers
        from shared.meetings.processor import Processor
        from shared.meetings.records import Records

        base = self.foundation
        integration = await base.integrations.cached(uuid)
        mailbox, queue, platform = (
            self.mailboxes.mailbox_of(integration),
            self.mailboxes.queue,
            self.conferences.platform,
        )
        records = Records(base.storage, integration.uuid)
        decider = Decider(integration, records, base.allocator, base.promises, base.clock)
        processor = Processor(
            integration, mailbox, platform, records, decider, queue, base.alarms, base.counters, base.clock
        )
        due_runner = DueRunner(uuid, mailbox, platform, records, base.storage, base.clock)
        return Handlers(processor, self.mailboxes.watcher_of(integration, mailbox), due_runner)
