"""A server that answers as it is told and remembers what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Script:
    """`answers` are given in turn, the last one again and again; `asked` holds every request."""

    url: str = ""
    answers: list[web.Response] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, status: int = 200, payload: Any = None, **headers: str) -> None:
        """What the next request gets; underscores in names of headers stand for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(payload, str):
            self.answers.append(web.Response(status=status, text=payload, headers=named))
        elif payload is None:
            self.answers.append(web.Response(status=status, headers=named))
        else:
            self.answers.append(web.json_response(payload, status=status, headers=named))

    def refuse(self, status: int, code: str = "ErrorItemNotFound", **headers: str) -> None:
        """The next request gets an error as Graph words it."""
        self.answer(status, {"error": {"code": code, "message": "Not for alice@example.com."}}, **headers)

    async def handle(self, request: web.Request) -> web.Response:
        """One request."""
        body = (
            await request.json() if request.can_read_body and "json" in request.content_type else await request.text()
        )
        self.asked.append(Asked(request.method, request.path_qs, dict(request.headers), body))
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        # A response object can be sent only once.
        return web.Response(status=given.status, body=given.body, headers=given.headers)


@asynccontextmanager
async def running_script() -> AsyncIterator[Script]:
    """The server while the context lasts, on a free port."""
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
