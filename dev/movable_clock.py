"""A clock that runs at normal speed and can be moved forward. Each part of the local stack has such a clock."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class ClockError(ValueError):
    """The requested time cannot be set, because it is in the past or has no offset from UTC."""


class MovableClock:
    """A shared.clock.Clock that returns the real time plus the offset by which it has been moved forward. Times are
    timezone-aware and in UTC.
    """

    def __init__(self, real: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._real = real
        self._ahead = timedelta(0)
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """The current time."""
        return self._real() + self._ahead

    def move_to(self, moment: datetime) -> None:
        """Move the clock forward. Raises ClockError if the time is in the past or has no offset."""
        step = self._until(moment)
        if step < timedelta(0):
            now = self.now().isoformat()
            raise ClockError(f"the clock can only be moved forward; it is at {now}; got {moment.isoformat()}")
        self._ahead += step
        self._wake()

    def catch_up(self, moment: datetime) -> None:
        """Move the clock forward, unless it has already passed the given time. Raises ClockError if the time has no
        offset.
        """
        self._ahead += max(self._until(moment), timedelta(0))
        self._wake()

    def reset(self) -> None:
        """Set the clock to the real time."""
        self._ahead = timedelta(0)
        self._wake()

    async def wait_until(self, moment: datetime) -> None:
        """Wait until the clock reaches a given time, whether time passes or the clock is moved."""
        while (left := (moment - self.now()).total_seconds()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._moved.wait()
            except TimeoutError:
                continue

    def _until(self, moment: datetime) -> timedelta:
        if moment.tzinfo is None:
            raise ClockError(f"a time must have an offset, as in 2030-01-31T09:00:00+00:00; got {moment.isoformat()}")
        return moment - self.now()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
