"""When a server is not called: it has asked us to wait, is down, or has no free connection for us."""

from datetime import datetime, timedelta

from shared.clock import Clock
from shared.errors import RateLimited, SchedulingError
from shared.mailboxes.ews.failures import EwsUnavailable, Trouble

DEFAULT_BACK_OFF_SECONDS = 60.0
"""If a busy server states no delay."""

MAX_BACK_OFF_SECONDS = 3600.0

DOWN_AFTER = 3
DOWN_PAUSE = timedelta(seconds=30)
"""After so many calls in a row without any response, a server is left alone for a while: callers waiting for it would
only occupy what other integrations need.
"""

CONNECTION_WAIT = timedelta(seconds=5)
"""Wait for a free connection. If none becomes free in that time, nobody waits for one during the next seconds,
either.
"""

_WHOLE_SERVER = ""

_NO_ANSWER = (Trouble.SILENT, Trouble.UNREACHABLE)


class BackOff:
    """What one server has asked for, by mailbox: Exchange throttles by mailbox."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, datetime] = {}
        self._unanswered = 0

    def check(self, address: str, *, has_calls: bool) -> None:
        """Before a call on the mailbox of an address. Raises RateLimited if there must be none now.

        `has_calls`: one that is under way is enough to detect that a silent server is up again.
        """
        now = self._clock.now()
        left = max((self._until.get(name, now) - now).total_seconds() for name in (address, _WHOLE_SERVER))
        if left <= 0 and self._unanswered >= DOWN_AFTER and has_calls:
            left = CONNECTION_WAIT.total_seconds()
        if left > 0:
            raise RateLimited("Exchange has asked to wait, or is not answering.", left)

    def succeeded(self) -> None:
        """A call was answered."""
        self._unanswered = 0

    def failed(self, address: str, failure: SchedulingError) -> None:
        """A call on the mailbox of an address failed, with consequences for the next calls."""
        is_silence = isinstance(failure, EwsUnavailable) and failure.trouble in _NO_ANSWER
        self._unanswered = self._unanswered + 1 if is_silence else 0
        if isinstance(failure, RateLimited):
            self._until[address] = self._clock.now() + timedelta(seconds=failure.retry_after)
        elif self._unanswered >= DOWN_AFTER:
            self._pause(DOWN_PAUSE)

    def no_connection(self) -> RateLimited:
        """No connection became free within CONNECTION_WAIT; the error to raise."""
        self._pause(CONNECTION_WAIT)
        return RateLimited("Exchange is not answering fast enough.", CONNECTION_WAIT.total_seconds())

    def _pause(self, time: timedelta) -> None:
        now = self._clock.now()
        self._until[_WHOLE_SERVER] = max(self._until.get(_WHOLE_SERVER, now), now + time)
