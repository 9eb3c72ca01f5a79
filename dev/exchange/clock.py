"""The simulated time: it flows with the real one, and can be moved forward."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class ClockError(ValueError):
    """The requested time cannot be set: it is in the past."""


class Clock:
    """Real time plus an offset that only grows. All times are aware and in UTC."""

    def __init__(self, real: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._real = real
        self._offset = timedelta()

    def now(self) -> datetime:
        """The simulated present."""
        return self._real() + self._offset

    def move_to(self, when: datetime) -> None:
        """Set the time to ``when``, which must have an offset and not be in the past; raises `ClockError` otherwise."""
        if when.tzinfo is None:
            raise ClockError(f"'now' needs an offset, as in 2030-01-31T09:00:00+00:00; got {when.isoformat()}")
        if when < self.now():
            raise ClockError(
                f"the clock only moves forward: it is {self.now().isoformat()}, asked was {when.isoformat()}"
            )
        self._offset = when.astimezone(UTC) - self._real()
