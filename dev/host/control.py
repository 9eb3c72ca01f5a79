"""Routes that only exist in this host. The local stack and its tests use them to move the clock or run a timer."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus

from aiohttp import web

from dev.host.timers import Timer
from dev.host.worker import InvocationFailed
from dev.movable_clock import MovableClock

STARTS_MINUTES = frozenset({"poll", "rooms"})
"""The app's timers that also send delayed queue messages for the following minutes."""


class Control:
    """`POST /dev/clock` {"now"}, `POST /dev/run/{timer}`, `POST /dev/away` {"away": true | false}, `POST /dev/ready`.

    `settle` waits until the queues are quiet. `release` makes the host ready. `is_up` is cleared to simulate a stopped
    app: requests get 503, and timers wait.
    """

    def __init__(
        self,
        clock: MovableClock,
        timers: Mapping[str, Timer],
        settle: Callable[[], Awaitable[None]],
        release: Callable[[], None],
        is_up: asyncio.Event,
    ) -> None:
        self._clock = clock
        self._timers = timers
        self._settle = settle
        self._release = release
        self._is_up = is_up
        self._one_at_a_time = asyncio.Lock()

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Handle a request to a path under /dev/."""
        match request.method, request.path.split("/")[2:]:
            case "POST", ["clock"]:
                return await self._move_clock(await request.read())
            case "GET", ["clock"]:
                return web.json_response({"now": self._clock.now().isoformat()})
            case "POST", ["run", name]:
                return await self._run_timer(name)
            case "POST", ["away"]:
                return self._go_away(await request.read())
            case "POST", ["ready"]:
                self._release()
                return web.json_response({})
        known = "GET and POST /dev/clock, POST /dev/run/{timer}, POST /dev/away, POST /dev/ready"
        return _fault(HTTPStatus.NOT_FOUND, f"here are {known}")

    async def _move_clock(self, body: bytes) -> web.Response:
        async with self._one_at_a_time:
            before = self._failures()
            try:
                self._clock.move_to(datetime.fromisoformat(json.loads(body)["now"]))
            except (KeyError, TypeError, ValueError) as error:
                return _fault(HTTPStatus.BAD_REQUEST, f'expected {{"now": a later ISO time with an offset}}: {error!r}')
            await asyncio.gather(*(timer.catch_up() for timer in self._timers.values()))
            if self._is_up.is_set():
                await self._start_minutes()
            await self._settle()
        failed = [name for name, count in self._failures().items() if count > before[name]]
        return web.json_response({"now": self._clock.now().isoformat(), "failed": failed})

    def _go_away(self, body: bytes) -> web.Response:
        try:
            away = json.loads(body)["away"]
        except (KeyError, TypeError, ValueError) as error:
            return _fault(HTTPStatus.BAD_REQUEST, f'expected {{"away": true or false}}: {error!r}')
        (self._is_up.clear if away is True else self._is_up.set)()
        return web.json_response({"away": not self._is_up.is_set()})

    async def _start_minutes(self) -> None:
        """Make these timers' delayed messages visible. The queue would wait in real time, because it does not use the
        movable clock.
        """
        for name in STARTS_MINUTES & self._timers.keys():
            with suppress(InvocationFailed):
                await self._timers[name].run()

    def _failures(self) -> dict[str, int]:
        return {name: timer.failures for name, timer in self._timers.items()}

    async def _run_timer(self, name: str) -> web.Response:
        timer = self._timers.get(name.lower())
        if timer is None:
            return _fault(HTTPStatus.NOT_FOUND, f"there is no timer {name!r}, only: {', '.join(self._timers)}")
        try:
            await timer.run()
        except InvocationFailed as failure:
            return _fault(HTTPStatus.INTERNAL_SERVER_ERROR, f"{failure}\n{failure.stack_trace}")
        await self._settle()
        return web.json_response({"ran": timer.name})


def _fault(status: HTTPStatus, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)
