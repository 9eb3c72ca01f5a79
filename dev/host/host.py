"""The functions host as a whole: an app, a port, queues and timers."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web

from dev.host import worker
from dev.host.config import HostConfig, load_config
from dev.host.control import Control
from dev.host.http import HttpTriggers
from dev.host.queues import QueueListener
from dev.host.routes import Route, Router
from dev.host.runner import Runner
from dev.host.storage import Queues
from dev.host.timers import Timer
from dev.host.worker import Function
from dev.movable_clock import MovableClock

Page = Callable[[web.BaseRequest], Awaitable[web.Response]]
LARGEST_BODY = 100 * 1024 * 1024  # bytes; the most that Azure accepts


class FunctionsHost:
    """Hosts the functions in an app directory. `settings` are the app settings. The worker itself reads them from
    os.environ.

    Requests to the `held` path get 503 until `POST /dev/ready`. This makes clients also wait for work that follows the
    host's start.
    """

    def __init__(
        self, app_dir: Path, settings: Mapping[str, str], clock: MovableClock, *, key: str = "", held: str = ""
    ) -> None:
        self.functions: list[Function] = []
        self.url = ""
        self.pages: dict[str, Page] = {}
        """Additional handlers, keyed by the first segment of their paths. They do not exist in Azure."""
        self._app_dir = app_dir
        self._settings = settings
        self.clock = clock
        self._key = key or secrets.token_urlsafe()
        self._held = held
        self._config: HostConfig = load_config(app_dir / "host.json")
        self._queues = Queues(settings, self._config.message_encoding)
        self._runner = Runner(self._queues, self._config.function_timeout, self._expect_messages)
        self._listeners: list[QueueListener] = []
        self._timers: dict[str, Timer] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._server: web.ServerRunner | None = None

    async def start(self, port: int = 0) -> None:
        """Index the app and listen on 127.0.0.1. With port 0, a free port is used. Raises HostError, OSError."""
        self.functions = await worker.index(self._app_dir)
        router = Router([Route(f, self._config.route_prefix) for f in self._of_kind("httpTrigger")])
        for function in self._of_kind("timerTrigger"):
            self._timers[function.name.lower()] = Timer(function, self.clock, self._runner, self._settings)
        self._listeners = [await self._listener(function) for function in self._of_kind("queueTrigger")]
        self._queues.on_send = self._wake
        await self._serve(HttpTriggers(router, self._runner, self._key), port)
        for listener in self._listeners:
            self._keep(listener.listen())
        for timer in self._timers.values():
            self._keep(timer.keep())

    async def settle(self) -> None:
        """Wait until all queues are quiet: no visible messages, and no running functions."""
        while True:
            before = self._deliveries()
            await asyncio.gather(*(listener.settle() for listener in self._listeners))
            if self._deliveries() == before:
                return

    def release(self) -> None:
        """Stop rejecting requests to the held path."""
        self._held = ""

    async def close(self) -> None:
        """Stop listening, and release all resources. Messages in progress will be redelivered to a later host."""
        if self._server:
            await self._server.cleanup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listener in self._listeners:
            await listener.close()
        await self._queues.close()
        worker.stop()

    def _of_kind(self, kind: str) -> list[Function]:
        return [function for function in self.functions if function.kind == kind]

    async def _listener(self, function: Function) -> QueueListener:
        queue = await self._queues.open(function.trigger)
        poison = await self._queues.open(function.trigger, "-poison")
        return QueueListener(function, queue, poison, self._config, self._runner)

    def _wake(self, queue: str) -> None:
        for listener in self._listeners:
            if listener.queue_name == queue:
                listener.wake()

    def _expect_messages(self) -> None:
        for listener in self._listeners:
            listener.expect()

    def _deliveries(self) -> int:
        return sum(listener.deliveries for listener in self._listeners)

    async def _serve(self, triggers: HttpTriggers, port: int) -> None:
        control = Control(self.clock, self._timers, self.settle, self.release, self._runner.is_up)

        async def handle(request: web.BaseRequest) -> web.Response:
            if page := self.pages.get(request.path.split("/", 2)[1]):
                return await page(request)
            if self._held and request.path == self._held:
                return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
            return await (control if request.path.startswith("/dev/") else triggers).handle(request)

        # The host uses aiohttp's low-level server, because aiohttp's routing would take more time than the rest of the
        # host.
        self._server = web.ServerRunner(web.Server(handle, request_factory=_request, access_log=None))
        await self._server.setup()
        site = web.TCPSite(self._server, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._server.addresses[0][1]}"

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    """Create a request whose body may be as large as Azure allows."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=LARGEST_BODY)


@asynccontextmanager
async def running_host(
    app_dir: Path, settings: Mapping[str, str], clock: MovableClock, *, key: str = "", held: str = "", port: int = 0
) -> AsyncIterator[FunctionsHost]:
    """Run a host while the context is open."""
    host = FunctionsHost(app_dir, settings, clock, key=key, held=held)
    try:
        await host.start(port)
        yield host
    finally:
        await host.close()
