"""The front end of Graph. It authenticates, counts, throttles and dispatches requests, and applies faults."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from aiohttp import web

from dev.exchange.ews.tokens import JsonWebKeys
from dev.exchange.faults import Fault
from dev.exchange.graph import (
    containers,
    directory,
    events,
    message_delta,
    messages,
    organizing,
    rights,
    sending,
    subscriptions_api,
)
from dev.exchange.graph.call import Call
from dev.exchange.graph.delegation import Delegation
from dev.exchange.graph.errors import GraphError, error_response, throttled, with_status
from dev.exchange.graph.query import prefer
from dev.exchange.graph.routing import Route, Routes
from dev.exchange.state import Exchange

ROOT = "/v1.0"
#: Maximum number of concurrent requests to one mailbox.
CONCURRENT = 4
#: The value of Retry-After in seconds. It is taken from the documentation's sample.
RETRY_AFTER = "2.128"

_ROUTES = Routes(
    {
        **message_delta.ROUTES,
        **messages.ROUTES,
        **sending.ROUTES,
        **events.ROUTES,
        **organizing.ROUTES,
        **containers.ROUTES,
        **directory.ROUTES,
        **subscriptions_api.ROUTES,
    }
)


def _nobody(_request: web.Request, _content: bytes, _answer: web.StreamResponse) -> None:
    """The default witness, which does nothing."""


class Gateway:
    """Handles requests under `/v1.0`. ``keys`` returns the JWKS for delegated access tokens.

    ``witness`` is called with every request, its body and the response.
    """

    witness: ClassVar[Callable[[web.Request, bytes, web.StreamResponse], None]] = staticmethod(_nobody)

    def __init__(self, exchange: Exchange, keys: JsonWebKeys) -> None:
        self._exchange = exchange
        self._delegation = Delegation(exchange, keys)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Handle a request. Errors are returned in Graph's error envelope."""
        content = await request.read()
        try:
            answer = await self._answer(request)
        except GraphError as error:
            answer = error_response(error, self._exchange.clock.now())
        type(self).witness(request, content, answer)
        return answer

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not token.strip():
            raise GraphError(401, "InvalidAuthenticationToken", "Access token is empty.")
        caller = self._delegation.caller(token.strip())
        path = request.rel_url.raw_path.removeprefix(ROOT)
        if path == "/me" and caller:
            return web.json_response({"userPrincipalName": caller.address})
        found = _ROUTES.find(request.method, path)
        if found is None:
            raise GraphError(400, "BadRequest", f"Resource not found for {request.method} and the path's segments.")
        route, params = found
        self._delegation.check(token.strip(), caller, params.get("user"))
        if caller is None or route.template in directory.ROUTES_OF_APPLICATIONS:
            rights.check(self._exchange.withheld, route.template, params)
        self._exchange.traffic.requests[f"{request.method} /{route.template}"] += 1
        call = Call(self._exchange, request, params, prefer(request.headers.getall("Prefer", [])), _base(request))
        with self._one_of_few(params.get("user")):
            return await self._handle(call, route, path)

    async def _handle(self, call: Call, route: Route, path: str) -> web.StreamResponse:
        faults, method = self._exchange.faults, call.request.method
        delay = faults.latency(method, path)
        if delay:
            await asyncio.sleep(delay)
        fault = faults.for_request(method, path)
        if fault is None:
            return await route.handler(call)
        if fault.after_effect:
            await route.handler(call)
        return _struck(call.request, fault)

    @contextmanager
    def _one_of_few(self, mailbox: str | None) -> Iterator[None]:
        """Limit the concurrent requests to a mailbox, and reject any others."""
        traffic = self._exchange.traffic
        user = self._exchange.directory.find(mailbox) if mailbox else None
        if user is None:
            yield
            return
        if traffic.running[user.guid] >= CONCURRENT:
            traffic.throttled += 1
            raise throttled(RETRY_AFTER)
        traffic.running[user.guid] += 1
        traffic.most_at_once = max(traffic.most_at_once, traffic.running[user.guid])
        try:
            yield
        finally:
            traffic.running[user.guid] -= 1


def _base(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}{ROOT}"


def _struck(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.action == "crash":
        # The client sees the connection close without a response.
        if request.transport:
            request.transport.close()
        return web.Response(status=500)
    raise with_status(fault.status, fault.retry_after, fault.code)
