"""Delivery of change and lifecycle notifications to webhooks (docs/facts/exchange.md §3)."""

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import aiohttp

from dev.exchange.faults import Faults
from dev.movable_clock import MovableClock

Notice = Mapping[str, Any]

HANDSHAKE_LIMIT = 10.0
ANSWER_LIMIT = 3.0
GIVE_UP_AFTER = timedelta(hours=4)
#: Notifications created within this many seconds are sent in one POST.
GATHERING = 0.01
FIRST_RETRY, LAST_RETRY = 0.2, 10.0
#: How many seconds a notification with the fault "reorder" waits for another notification to overtake it.
OVERTAKING = 1.0

_log = logging.getLogger(__name__)


class Notifier:
    """Posts notifications to webhooks in groups, and retries with growing delays until they are accepted.

    Retries use real time, so a test can see one without moving the clock. When the simulated clock moves, all retries
    become due immediately. Four simulated hours after the first attempt, a notification is dropped, and ``on_dropped``
    is called with the subscription ids. ``witness`` is called with everything that is posted.
    """

    witness: ClassVar[Callable[[Notice], None]] = staticmethod(lambda _document: None)

    def __init__(self, clock: MovableClock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self._session: aiohttp.ClientSession | None = None
        self._outbox: defaultdict[str, list[Notice]] = defaultdict(list)
        self._tasks: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()
        self._overtaken = asyncio.Event()
        self.on_dropped: Callable[[set[str]], None] = lambda _ids: None

    async def start(self) -> None:
        """Open the HTTP client."""
        self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        """Drop all undelivered notifications, and close the HTTP client."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    async def idle(self) -> None:
        """Wait until there are no more notifications to deliver."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def clock_moved(self) -> None:
        """Make all waiting notifications due now."""
        self._moved.set()
        self._moved = asyncio.Event()

    # --- events that cause notifications

    def change(self, url: str, notice: Notice) -> None:
        """Send a change notification to a subscription's URL."""
        fault = self._faults.for_notification()
        action = fault.action if fault else ""
        self._overtaken.set()
        if fault and action == "delay":
            self._run(self._later(self._moved, fault.seconds, url, notice))
        elif action == "reorder":
            self._overtaken = asyncio.Event()
            self._run(self._later(self._overtaken, OVERTAKING, url, notice))
        elif action != "lose":
            self._enqueue(url, notice)
        if action == "duplicate":
            self._run(self._deliver(url, [notice]))

    def lifecycle(self, url: str, notice: Notice) -> None:
        """Send a lifecycle notification to a subscription's URL."""
        self._enqueue(url, notice)

    # --- delivery

    async def shake_hands(self, url: str) -> str:
        """Ask a webhook to return a decoded validation token within 10 s, with status 200 and as text/plain. Returns an
        error message, or "" if the response is correct.
        """
        token = f"Validation: Testing client application reachability for subscription Request-Id: {uuid.uuid4()}"
        target = f"{url}{'&' if '?' in url else '?'}validationToken={quote(token, safe='')}"
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        limit = aiohttp.ClientTimeout(total=HANDSHAKE_LIMIT)
        try:
            async with self._client.post(target, data=b"", headers=headers, timeout=limit) as answer:
                if answer.status != 200:
                    return (
                        f"HTTP status code is '{answer.reason}'. "
                        "Notification endpoint must respond with 200 OK to validation request."
                    )
                is_echo = answer.content_type == "text/plain" and await answer.text() == token
                return "" if is_echo else "Response must exactly match validationToken query parameter."
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return "The operation has timed out or the endpoint cannot be reached."

    @property
    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the notifier was not started")
        return self._session

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _enqueue(self, url: str, notice: Notice) -> None:
        waiting = self._outbox[url]
        waiting.append(notice)
        if len(waiting) == 1:
            self._run(self._flush(url))

    async def _flush(self, url: str) -> None:
        await asyncio.sleep(GATHERING)
        await self._deliver(url, self._outbox.pop(url))

    async def _later(self, signal: asyncio.Event, seconds: float, url: str, notice: Notice) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await signal.wait()
        await asyncio.sleep(5 * GATHERING)
        self._enqueue(url, notice)

    async def _deliver(self, url: str, notices: list[Notice]) -> None:
        first, pause = self._clock.now(), FIRST_RETRY
        while not await self._post(url, notices):
            if self._clock.now() - first > GIVE_UP_AFTER:
                self.on_dropped({notice["subscriptionId"] for notice in notices})
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._moved.wait()
            pause = min(2 * pause, LAST_RETRY)

    async def _post(self, url: str, notices: list[Notice]) -> bool:
        document = {"value": notices}
        type(self).witness(document)
        limit = aiohttp.ClientTimeout(total=ANSWER_LIMIT)
        try:
            async with self._client.post(url, json=document, timeout=limit) as answer:
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.debug("notification not accepted: %s", type(error).__name__)
            return False
