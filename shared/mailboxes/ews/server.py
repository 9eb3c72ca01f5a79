"""One account's calls to one Exchange server. They run in their own threads with a time limit, and respect the server's
back-off.

exchangelib blocks, so every call runs in a thread. Whatever happens in the thread, the caller waits no longer than
EWS_CALL_TIMEOUT, and calls to other servers are not delayed. A call that timed out may still take effect: see
Mailbox.answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from exchangelib import DELEGATE, IMPERSONATION, Account

from shared.clock import Clock
from shared.errors import SchedulingError
from shared.mailboxes.ews import back_off
from shared.mailboxes.ews.back_off import BackOff
from shared.mailboxes.ews.connection import Line, Way
from shared.mailboxes.ews.error_mapping import translated
from shared.mailboxes.ews.failures import EwsUnavailable, Trouble

T = TypeVar("T")

CONCURRENCY = 4
"""Maximum number of concurrent calls, and thus of connections. Exchange's default policy allows 27 per account."""

EWS_CALL_TIMEOUT = timedelta(seconds=40)
"""The time limit for one call, including its NTLM handshake."""

Secret = Callable[[], Awaitable[str]]
"""Fetches the password or a currently valid access token."""


class EwsServer:
    """Runs one account's calls to one server. `method` is exchangelib's name for the authentication method, or "" for
    access tokens.

    Integrations with the same server and account share one such object and its connections, even if their secrets have
    different names.
    """

    def __init__(self, way: Way, method: str, username: str, clock: Clock) -> None:
        self._way, self._method, self._username = way, method, username
        self._threads = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="ews")
        self._free: asyncio.LifoQueue[Line | None] = asyncio.LifoQueue()
        for _ in range(CONCURRENCY):
            self._free.put_nowait(None)
        self._back_off = BackOff(clock)

    async def call(self, secret: str, address: str, work: Callable[[Account], T], *, impersonate: bool = True) -> T:
        """The result of `work` on the mailbox with this address. Raises Unavailable, RateLimited, or EwsError for
        permanent errors.
        """
        self._back_off.check(address, has_calls=self._free.qsize() < CONCURRENCY)
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
            # otherwise a server that sends a byte now and then would block this thread, and before long all of them
            line.abort()
            raise self._failed(address, EwsUnavailable(Trouble.SILENT)) from None
        except Exception as error:
            raise self._failed(address, translated(error)) from error
        self._back_off.succeeded()
        return result

    def _failed(self, address: str, failure: SchedulingError) -> SchedulingError:
        self._back_off.failed(address, failure)
        return failure

    async def _line(self, secret: str) -> Line:
        """An idle connection, preferably an open one. A connection with a different password is not reused."""
        try:
            async with asyncio.timeout(back_off.CONNECTION_WAIT.total_seconds()):
                line = await self._free.get()
        except TimeoutError:
            raise self._back_off.no_connection() from None
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
            done.exception()  # the caller has timed out and no longer wants the result
        if line.aborted:
            line.close()
        self._free.put_nowait(None if line.aborted else line)

    async def close(self) -> None:
        """Close all connections. Calls in progress end on their own."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        while not self._free.empty():
            if line := self._free.get_nowait():
                line.close()


@dataclass(frozen=True)
class EwsLogin:
    """The account and server in an integration's settings."""

    server: EwsServer
    secret: Secret

    async def call(self, address: str, work: Callable[[Account], T], *, impersonate: bool = True) -> T:
        """See EwsServer.call."""
        return await self.server.call(await self.secret(), address, work, impersonate=impersonate)
