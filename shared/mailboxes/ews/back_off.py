"""Decides when a server must not be called: it has asked us to wait, is down, or has no connection free."""

from datetime import datetime, timedelta

from shared.clock import Clock
from shared.errors import RateLimited, SchedulingError
from shared.mailboxes.ews.failures import EwsUnavailable, Trouble

DEFAULT_BACK_OFF_SECONDS = 60.0
"""Seconds to wait before calling a busy server again if it does not specify a delay."""

MAX_BACK_OFF_SECONDS = 3600.0

DOWN_AFTER = 3
DOWN_PAUSE = timedelta(seconds=30)
"""After DOWN_AFTER consecutive calls without any response, a server is not called for DOWN_PAUSE. Callers waiting for
it would only tie up resources that other integrations need.
"""

CONNECTION_WAIT = timedelta(seconds=5)
"""How long a call waits for a free connection. If none becomes free in that time, calls fail immediately for the
next few seconds.
"""

_WHOLE_SERVER = ""

_NO_ANSWER = (Trouble.SILENT, Trouble.UNREACHABLE)


class BackOff:
    """Tracks how long one server must not be called. Pauses are per mailbox, because Exchange throttles per mailbox."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, datetime] = {}
        self._unanswered = 0

    def check(self, address: str, *, has_calls: bool) -> None:
        """Check that the mailbox with this address may be called. Raises RateLimited if it may not. `has_calls` means
        that another call is in progress. That call is enough to detect that an unresponsive server is up again.
        """
        now = self._clock.now()
        left = max((self._until.get(name, now) - now).total_seconds() for name in (address, _WHOLE_SERVER))
        if left <= 0 and self._unanswered >= DOWN_AFTER and has_calls:
            left = CONNECTION_WAIT.total_seconds()
        if left > 0:
            raise RateLimited("Exchange has asked us to wait, or is not responding.", left)

    def succeeded(self) -> None:
        """Note that a call received a response."""
        self._unanswered = 0

    def failed(self, address: str, failure: SchedulingError) -> None:
        """Note that a call to the mailbox with this address failed, which may delay the next calls."""
        is_silence = isinstance(failure, EwsUnavailable) and failure.trouble in _NO_ANSWER
        self._unanswered = self._unanswered + 1 if is_silence else 0
        if isinstance(failure, RateLimited):
            self._until[address] = self._clock.now() + timedelta(seconds=failure.retry_after)
        elif self._unanswered >= DOWN_AFTER:
            self._pause(DOWN_PAUSE)

    def no_connection(self) -> RateLimited:
        """Note that no connection became free within CONNECTION_WAIT. Returns the error to raise."""
        self._pause(CONNECTION_WAIT)
        return RateLimited("Exchange is not responding fast enough.", CONNECTION_WAIT.total_seconds())

    def _pause(self, time: timedelta) -> None:
        now = self._clock.now()
        self._until[_WHOLE_SERVER] = max(self._until.get(_WHOLE_SERVER, now), now + time)
