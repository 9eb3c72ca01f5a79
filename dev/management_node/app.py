"""The HTTP server, with the management API, its faults, and the local stack's control routes."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from dev.faults import Fault, FaultError
from dev.management_node.api import Answer, Api, Request
from dev.management_node.node import Node
from dev.movable_clock import MovableClock

MAX_BODY = 16 * 1024**2


class Server:
    """A node's HTTP routes."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._api = Api(node)

    def app(self) -> web.Application:
        """Create a node's aiohttp application."""
        app = web.Application(client_max_size=MAX_BODY)
        app.add_routes(
            [
                web.get("/dev/clock", self._clock),
                web.post("/dev/clock", self._move_clock),
                web.post("/dev/faults", self._add_faults),
                web.delete("/dev/faults", self._clear_faults),
                web.patch("/dev/variants", self._change_variants),
                web.get("/dev/rooms", self._rooms),
                web.get("/dev/dialled", self._dialled),
                web.get("/dev/requests", self._requests),
                web.patch("/dev/node", self._change_node),
                web.post("/dev/restart", self._restart),
                web.route("*", "/{path:.*}", self._answer),
            ]
        )
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method, path = request.method, request.path
        if late := self.node.faults.latency(method, path):
            await asyncio.sleep(late)
        fault = self.node.faults.for_request(method, path)
        headers = {name.lower(): value for name, value in request.headers.items()}
        origin = f"{request.scheme}://{request.host}"
        asked = Request(method, path, request.query_string, headers, await request.read(), origin)
        if fault is None:
            return _response(self._api.answer(asked))
        if fault.after_effect or fault.action == "truncate":
            return await self._failed(request, fault, self._api.answer(asked))
        self.node.takes(method, request.path_qs)
        return await self._failed(request, fault, None)

    async def _failed(self, request: web.Request, fault: Fault, answer: Answer | None) -> web.StreamResponse:
        match fault.action:
            case "status":
                wait = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
                return web.Response(status=fault.status, headers=wait)
            case "html":
                return web.Response(text="<html><body>Gateway</body></html>", content_type="text/html")
            case "hang":
                await asyncio.sleep(fault.seconds)
            case "truncate" if answer is not None and answer.body is not None:
                whole = json.dumps(answer.body).encode()
                half = web.StreamResponse(status=answer.status, headers={"Content-Length": str(len(whole))})
                await half.prepare(request)
                await half.write(whole[: len(whole) // 2])
        if request.transport:
            request.transport.close()
        return web.Response(status=500)

    async def _clock(self, _: web.Request) -> web.Response:
        return web.json_response({"now": self.node.clock.now().isoformat()})

    async def _move_clock(self, request: web.Request) -> web.Response:
        clock = self.node.clock
        if isinstance(clock, MovableClock):
            try:
                clock.catch_up(datetime.fromisoformat((await request.json())["now"]))
            except (KeyError, TypeError, ValueError) as error:
                return web.json_response({"error": str(error)}, status=400)
        return await self._clock(request)

    async def _add_faults(self, request: web.Request) -> web.Response:
        try:
            for each in (await request.json())["faults"]:
                self.node.faults.add(each)
        except (FaultError, KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({})

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self.node.faults.clear()
        return web.json_response({})

    async def _change_variants(self, request: web.Request) -> web.Response:
        try:
            self.node.variants.change(await request.json())
        except (ValueError, AttributeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(vars(self.node.variants))

    async def _change_node(self, request: web.Request) -> web.Response:
        given: dict[str, Any] = await request.json()
        self.node.limit = int(given.get("limit", self.node.limit))
        self.node.replication = timedelta(
            seconds=float(given.get("replication_seconds", self.node.replication.total_seconds()))
        )
        return web.json_response(
            {"limit": self.node.limit, "replication_seconds": self.node.replication.total_seconds()}
        )

    async def _restart(self, _: web.Request) -> web.Response:
        """Restart with empty state, and with the clock set to the real time."""
        self.node.begin_again()
        return web.json_response({})

    async def _rooms(self, _: web.Request) -> web.Response:
        return web.json_response({"rooms": self.node.rooms()})

    async def _dialled(self, request: web.Request) -> web.Response:
        room = self.node.dialled(request.query.get("alias", ""))
        return web.json_response({"room": room}, status=200 if room else 404)

    async def _requests(self, _: web.Request) -> web.Response:
        asked = [f"{method} {path}" for method, path in self.node.requests]
        return web.json_response({"requests": asked, "most_in_a_minute": self.node.most_in_a_minute})


def _response(answer: Answer) -> web.Response:
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)


@dataclass(frozen=True)
class Running:
    """A running Management Node, with its URL. Tests can inspect its state."""

    base_url: str
    node: Node


@asynccontextmanager
async def running_node(
    node: Node | None = None, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Running]:
    """Run a simulated node on 127.0.0.1, by default on a free port. With https, its host name is "localhost"."""
    node = node or Node()
    runner = web.AppRunner(Server(node).app(), shutdown_timeout=1.0, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
        chosen = runner.addresses[0][1]
        yield Running(f"https://localhost:{chosen}" if tls else f"http://127.0.0.1:{chosen}", node)
    finally:
        await runner.cleanup()
