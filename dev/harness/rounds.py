"""Rounds without a queue worker. Messages sent by a timer are processed before the timer returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dev.harness.storage import MemoryQueue
from shared.meetings.rounds import Rounds
from shared.meetings.stretch import Round


@dataclass(frozen=True)
class RoundsInPlace(Rounds):
    """Rounds that process their `sent` messages immediately. Messages with a delay stay in the queue."""

    sent: MemoryQueue

    async def start(self, round_: Round, *, by_hand: bool = False, delays: Sequence[timedelta] = (timedelta(),)) -> int:
        count = await super().start(round_, by_hand=by_hand, delays=delays)
        await self.handle_all()
        return count

    async def handle_all(self) -> None:
        """Process all visible messages in the queue."""
        while visible := [each for each in self.sent.sent if not each[1]]:
            self.sent.sent.remove(visible[0])
            await self.handle(visible[0][0])


def in_place(rounds: Rounds, sent: MemoryQueue) -> RoundsInPlace:
    """Return the same rounds without a queue worker. `sent` is their queue."""
    parts = rounds.integrations, rounds.turns, rounds.chores, rounds.alarms, rounds.queue, rounds.clock
    return RoundsInPlace(*parts, rounds.due_rooms, sent)
