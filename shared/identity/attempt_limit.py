"""A rate limit for authentication attempts, because each attempt costs us work."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.errors import RateLimited
from shared.identity.passwords import sender_of

ATTEMPTS_PER_MINUTE = 300
ATTEMPTS_PER_MINUTE_OF_ONE = 30
"""Maximum number of attempts per minute from one address. Each process counts separately."""

_MINUTE = timedelta(minutes=1)


class AttemptLimit:
    """Counts attempts per minute, both successful and failed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: datetime | None = None
        self._counts: Counter[str] = Counter()

    def count(self, forwarded_for: str | None) -> None:
        """Count an attempt by the sender in X-Forwarded-For. Raises RateLimited if there were too many."""
        now, address = self._clock.now(), sender_of(forwarded_for)
        if self._since is None or now - self._since >= _MINUTE:
            self._since, self._counts = now, Counter()
        if self._counts.total() >= ATTEMPTS_PER_MINUTE or self._counts[address] >= ATTEMPTS_PER_MINUTE_OF_ONE:
            left = (self._since + _MINUTE - now).total_seconds()
            raise RateLimited("Too many attempts. Please try again in a minute.", left)
        self._counts[address] += 1
