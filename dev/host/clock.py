"""A running clock that can be moved forward: the time source of the whole local stack."""

import asyncio
from datetime import UTC, datetime, timedelta


class MovableClock:
    """Real time plus the offset by which it has been moved forward. A shared.clock.Clock."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC) + self._ahead

    def move_to(self, moment: datetime) -> None:
        """Move it forward. Raises ValueError for a moment in the past or without an offset."""
        if moment.tzinfo is None:
            raise ValueError("a time needs an offset from UTC, as in 2026-12-01T09:00:00+00:00")
        step = moment - self.now()
        if step < timedelta(0):
            raise ValueError(f"the clock only goes forward: it is {self.now().isoformat()} already")
        self._ahead += step
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def wait_until(self, moment: datetime) -> None:
        """Wait until the clock has reached a moment, by running or by being moved."""
        while (left := (moment - self.now()).total_seconds()) > 0:
            try:
                await asyncio.wait_for(self._moved.wait(), left)
            except TimeoutError:
                continue
