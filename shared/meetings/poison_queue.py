"""Handles messages in poison queues. A message is moved there after failing too often."""

import logging
from dataclasses import dataclass

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.conferences.room_work import is_room_work
from shared.errors import NotFound
from shared.intake.notice import Notice, decode
from shared.meetings.handlers import HandlersOf
from shared.metrics import Metric, measure

log = logging.getLogger(__name__)

_SHOWN_LENGTH = 300
"""How many characters of a round's message are logged. They contain its name, times and uuids."""


@dataclass(frozen=True)
class PoisonQueue:
    """Records messages that could not be handled, and raises alarms."""

    handlers: HandlersOf
    alarms: Alarms

    async def record(self, body: str) -> None:
        """Record a message about meetings or rooms, so that the backlog retries it. This works for any content. If the
        message cannot be recorded, raises Unavailable; the poison queue then keeps the message and delivers it again.
        """
        if is_room_work(body):
            log.error("rooms on a Management Node could not be updated; their rows will queue them again")
            measure(Metric.SET_ASIDE, 1)
            return
        try:
            notices = decode(body)
        except ValueError:
            log.error("dropped a message that is not ours")
            measure(Metric.SET_ASIDE, 1)
            return
        for notice in notices:
            log.error("a notice for integration %s could not be handled", notice.integration)
            measure(Metric.SET_ASIDE, 1, notice.integration)
            if notice.message:  # a notice without a message requests a sweep, and sweeps are repeated anyway
                await self._note(notice)

    def record_round(self, body: str) -> None:
        """Log a round's message. It can only end up here because of a bug in our code. The next round does its work."""
        log.error("part of a round could not be processed: %s", body[:_SHOWN_LENGTH])
        measure(Metric.SET_ASIDE, 1)

    async def _note(self, notice: Notice) -> None:
        try:
            handlers = await self.handlers(notice.integration)
        except NotFound:
            return  # the integration has been deleted
        correlation = await handlers.processor.wait(notice, "Moved to the poison queue.", is_fault=True)
        await self.alarms.raise_(notice.integration, AlarmKind.POISON, f"Correlation id {correlation}.")
