"""A server that returns prepared responses and records the requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Asked:
    """A received request."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Script:
    """A script of `answers`. They are returned in order, and the last one is then repeated. `asked` lists
    all requests.
    """

    url: str = ""
    answers: list[web.Response] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    _running: int = 0
    _arrival: asyncio.Condition = field(default_factory=asyncio.Condition)
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._open.set()

    def hold(self) -> None:
        """Make requests wait until `release` is called."""
        self._open.clear()

    def release(self) -> None:
        """Respond to the waiting requests and to all later ones."""
        self._open.set()

    async def arrived(self, many: int) -> None:
        """Wait until this many requests have arrived and any others have had time to arrive."""
        async with asyncio.timeout(10):
            async with self._arrival:
                await self._arrival.wait_for(lambda: len(self.asked) >= many)
        await asyncio.sleep(0.05)

    def answer(self, status: int = 200, payload: Any = None, **headers: str) -> None:
        """Add a response. Underscores in header names stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(payload, str):
            self.answers.append(web.Response(status=status, text=payload, headers=named))
        elif payload is None:
            self.answers.append(web.Response(status=status, headers=named))
        else:
            self.answers.append(web.json_response(payload, status=status, headers=named))

    def refuse(self, status: int, code: str = "ErrorItemNotFound", **headers: str) -> None:
        """Add an error response in Graph's format."""
        self.answer(status, {"error": {"code": code, "message": "Not for alice@example.com."}}, **headers)

    async def handle(self, request: web.Request) -> web.Response:
        """Handle one request."""
        body = (
            await request.json() if request.can_read_body and "json" in request.content_type else await request.text()
        )
        self.asked.append(Asked(request.method, request.path_qs, dict(request.headers), body))
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        async with self._arrival:
            self._arrival.notify_all()
        await self._open.wait()
        self._running -= 1
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        # A response object can be sent only once, so it is copied.
        return web.Response(status=given.status, body=given.body, headers=given.headers)


@asynccontextmanager
async def running_script() -> AsyncIterator[Script]:
    """A server on a free port that runs until the context ends."""
    script = Script()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    script.url = f"http://{host}:{port}"
    try:
        yield script
    finally:
        await runner.cleanup()


class FixedTokens:
    """A `Tokens` that always returns the same token."""

    async def token(self) -> str:
        return "access-token"

    async def close(self) -> None:
        pass
