"""One Exchange server for one account: its own threads, a limit on every call, and the server's back-off honoured.

exchangelib blocks, so every call runs in a thread. Whatever happens there, the caller waits no longer than
EWS_CALL_TIMEOUT, and calls to other servers do not wait at all. A call that timed out may still take effect: see
Mailbox.answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from exchangelib import DELEGATE, IMPERSONATION, Account

from shared.clock import Clock
from shared.errors import RateLimited, SchedulingError
from shared.mailboxes.ews.connection import Line, Way
from shared.mailboxes.ews.error_mapping import translated
from shared.mailboxes.ews.failures import EwsUnavailable, Trouble

T = TypeVar("T")

CONCURRENCY = 4
"""Concurrent calls, and so connections; Exchange's default policy allows an account 27."""

EWS_CALL_TIMEOUT = timedelta(seconds=40)
"""For one call, its NTLM handshake included."""

HESITATION = timedelta(seconds=5)
"""Wait for a free connection. If none becomes free in that time, nobody waits for one during the next seconds,
either.
"""

DOWN_AFTER = 3
DOWN = timedelta(seconds=30)
"""After so many calls in a row without any response, a server is left alone for a while: callers waiting for it would
only occupy what other integrations need.
"""

_WHOLE_SERVER = ""

_NO_ANSWER = (Trouble.SILENT, Trouble.UNREACHABLE)

Secret = Callable[[], Awaitable[str]]
"""Fetches the password, or a currently valid access token."""


class EwsServer:
    """Runs calls. `method` is exchangelib's name of the authentication method, "" for access tokens.

    Integrations with the same server and account share it, and so its connections, whichever references their secrets
    have.
    """

    def __init__(self, way: Way, method: str, username: str, clock: Clock) -> None:
        self._way, self._method, self._username = way, method, username
        self._clock = clock
        self._threads = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="ews")
        self._free: asyncio.LifoQueue[Line | None] = asyncio.LifoQueue()
        for _ in range(CONCURRENCY):
            self._free.put_nowait(None)
        self._alone_until: dict[str, datetime] = {}
        self._unanswered = 0

    async def call(self, secret: str, address: str, work: Callable[[Account], T], *, impersonate: bool = True) -> T:
        """The result of `work` on the mailbox of an address. Raises Unavailable, RateLimited, and EwsError if
        permanent.
        """
        self._leave_alone(address)
        line = await self._line(secret)
        try:
            account = line.account(address, IMPERSONATION if impersonate else DELEGATE)
            running = asyncio.get_running_loop().run_in_executor(self._threads, work, account)
        except Exception as error:
            self._free.put_nowait(line)
            raise translated(error) from error
        running.add_done_callback(lambda done: self._release(line, done))
        try:
            async with asyncio.timeout(EWS_CALL_TIMEOUT.total_seconds()):
                result = await asyncio.shield(running)
        except TimeoutError:
            # otherwise a server that sends a byte now and then would hold the thread, and soon all threads
            line.abort()
            raise self._noted(address, EwsUnavailable(Trouble.SILENT)) from None
        except Exception as error:
            raise self._noted(address, translated(error)) from error
        self._unanswered = 0
        return result

    def _leave_alone(self, address: str) -> None:
        """A server that has asked us to back off, or is down, is not called at all."""
        now = self._clock.now()
        left = max((self._alone_until.get(name, now) - now).total_seconds() for name in (address, _WHOLE_SERVER))
        if left <= 0 and self._unanswered >= DOWN_AFTER and self._free.qsize() < CONCURRENCY:
            left = HESITATION.total_seconds()  # one call is enough to detect that it is up again
        if left > 0:
            raise RateLimited("Exchange has asked to wait, or is not answering.", left)

    def _noted(self, address: str, failure: SchedulingError) -> SchedulingError:
        """The mapped failure, after applying its consequences for the next calls. Exchange throttles by mailbox."""
        is_silence = isinstance(failure, EwsUnavailable) and failure.trouble in _NO_ANSWER
        self._unanswered = self._unanswered + 1 if is_silence else 0
        if isinstance(failure, RateLimited):
            self._alone_until[address] = self._clock.now() + timedelta(seconds=failure.retry_after)
        elif self._unanswered >= DOWN_AFTER:
            self._leave_alone_for(DOWN)
        return failure

    def _leave_alone_for(self, time: timedelta) -> None:
        now = self._clock.now()
        self._alone_until[_WHOLE_SERVER] = max(self._alone_until.get(_WHOLE_SERVER, now), now + time)

    async def _line(self, secret: str) -> Line:
        """An idle connection; open ones first. One authenticated with another password is not reused."""
        try:
            async with asyncio.timeout(HESITATION.total_seconds()):
                line = await self._free.get()
        except TimeoutError:
            self._leave_alone_for(HESITATION)
            raise RateLimited("Exchange is not answering fast enough.", HESITATION.total_seconds()) from None
        try:
            if line and not line.takes(secret):
                line.close()
                line = None
            line = line or Line(self._way, self._method, self._username, secret)
        except Exception as error:
            self._free.put_nowait(None)
            raise translated(error) from error
        return line

    def _release(self, line: Line, done: "asyncio.Future[T]") -> None:
        if not done.cancelled():
            done.exception()  # whoever timed out is no longer waiting for it
        if line.aborted:
            line.close()
        self._free.put_nowait(None if line.aborted else line)

    async def close(self) -> None:
        """Close all connections; running calls end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        while not self._free.empty():
            if line := self._free.get_nowait():
                line.close()


@dataclass(frozen=True)
class EwsLogin:
    """An account at a server, by one integration's settings."""

    server: EwsServer
    secret: Secret

    async def call(self, address: str, work: Callable[[Account], T], *, impersonate: bool = True) -> T:
        """See EwsServer.call."""
        return await self.server.call(await self.secret(), address, work, impersonate=impersonate)
