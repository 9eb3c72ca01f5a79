"""The HTTP server with Graph, EWS, the control routes, the metadata document, and the OpenID provider for its users."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiohttp import web

from dev.exchange.control import control_routes, explain
from dev.exchange.ews import gateway as ews
from dev.exchange.graph.gateway import ROOT, Gateway
from dev.exchange.state import Exchange, Settings
from dev.movable_clock import MovableClock
from dev.provider.app import routes as provider_routes
from dev.provider.provider import Provider

#: The interval between checks for expired subscriptions, in real seconds.
_TICK = 1.0


def create_app(exchange: Exchange) -> web.Application:
    """Create the aiohttp application, which starts and stops `exchange`."""
    app = web.Application(middlewares=[explain], client_max_size=8 * 1024**2)
    app.add_routes(control_routes(exchange))
    provider = Provider(exchange.clock.now)
    app.router.add_route("*", f"{ROOT}/{{path:.*}}", Gateway(exchange, provider.keys.document).__call__)
    app.router.add_post(ews.ROUTE, ews.Gateway(exchange, provider.keys.document).__call__)
    app.add_routes(provider_routes(provider))

    async def living(_app: web.Application) -> AsyncIterator[None]:
        await exchange.notifier.start()
        ticking = asyncio.create_task(_tick(exchange))
        yield
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        await exchange.notifier.stop()

    app.cleanup_ctx.append(living)
    return app


async def _tick(exchange: Exchange) -> None:
    while True:
        await asyncio.sleep(_TICK)
        exchange.subscriptions.tick()


@dataclass(frozen=True)
class Running:
    """A running simulated Exchange, with its URL. Tests can inspect its state."""

    base_url: str
    exchange: Exchange

    @property
    def graph_url(self) -> str:
        """The value for GRAPH_BASE_URL."""
        return self.base_url + ROOT

    @property
    def ews_url(self) -> str:
        """The value for an integration's EWS URL."""
        return self.base_url + ews.PATH


@asynccontextmanager
async def running_exchange(
    settings: Settings | None = None, port: int = 0, clock: MovableClock | None = None
) -> AsyncIterator[Running]:
    """Run a simulated Exchange on 127.0.0.1, by default on a free port."""
    exchange = Exchange(settings, clock)
    runner = web.AppRunner(create_app(exchange), shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        chosen = runner.addresses[0][1]
        yield Running(f"http://127.0.0.1:{chosen}", exchange)
    finally:
        await runner.cleanup()
