"""`python -m dev.functions`: the product in the functions host, with a movable clock and the seeded integrations.

It listens on PORT. Requests to the path in DEV_HELD_ROUTE, if set, get 503 until `POST /dev/ready`.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from dev.demo.app import demo
from dev.emptying import empty
from dev.environment import seeds
from dev.host.config import HostError
from dev.host.host import running_host
from dev.movable_clock import MovableClock
from dev.seed import Places, seed, seed_vmrs
from shared.azure_storage import AzureStorage
from shared.composition import build, install
from shared.personal.store import VmrStore
from shared.settings import Settings, load_settings

APP = Path(__file__).resolve().parent.parent


class End:
    """A signal to shut the product down, either permanently or for a restart with empty storage."""

    def __init__(self) -> None:
        self.has_come = asyncio.Event()
        self.begins_again = False

    def come(self) -> None:
        """Shut the product down permanently."""
        self.has_come.set()

    def come_and_begin_again(self) -> None:
        """Shut the product down and restart it with empty storage, for the demo page's reset."""
        self.begins_again = True
        self.has_come.set()


async def serve(settings: Mapping[str, str], port: int, end: End) -> None:
    """Host the product until `end` is signalled. Raises HostError, SettingsError, OSError."""
    known, clock = load_settings(settings), MovableClock()
    exchange, node = settings["GRAPH_BASE_URL"].removesuffix("/v1.0"), settings.get("NODE_URL", "")
    places = Places(exchange, known.public_base_url, node)
    await _prepare_storage(known, clock)
    services = build(known, clock)
    install(services)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(services.close)
        chosen = seeds(settings)
        await seed(services.foundation.integrations, places, chosen)
        held = settings.get("DEV_HELD_ROUTE", "")
        host = await stack.enter_async_context(running_host(APP, settings, clock, held=held, port=port))
        page = await stack.enter_async_context(demo(places, chosen, end.come_and_begin_again))
        host.pages["demo"] = page.handle
        await end.has_come.wait()
    if end.begins_again:
        await empty(settings["SchedulingStorage"])
        async with httpx.AsyncClient(trust_env=False) as client:
            for part in filter(None, (places.node, places.exchange)):
                (await client.post(f"{part}/dev/restart")).raise_for_status()


async def _prepare_storage(known: Settings, clock: MovableClock) -> None:
    storage = AzureStorage(known.storage)
    try:
        await storage.create()
        await seed_vmrs(VmrStore(storage, clock), clock.now())
    finally:
        await storage.close()


async def _main() -> bool:
    """Host the product until it is shut down. Returns whether to restart it."""
    end = End()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end.come)
    await serve(os.environ, int(os.environ["PORT"]), end)
    return end.begins_again


def _begin_again() -> None:
    """Restart in the same process, so that the parent process keeps running. No client waits for the health route any
    longer.
    """
    os.environ.pop("DEV_HELD_ROUTE", None)
    os.execv(sys.executable, [sys.executable, "-m", "dev.functions"])  # noqa: S606  # ourselves


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="functions  %(levelname)s %(name)s: %(message)s")
    for chatty in ("azure", "httpx", "shared.metrics"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        if asyncio.run(_main()):
            _begin_again()
    except HostError as error:
        sys.exit(f"The functions cannot be hosted: {error}")
