"""A clock that shows the same time until a test moves it."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """A Clock."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by

    def set(self, now: datetime) -> None:
        """Move the clock to the given time."""
        self._now = now
