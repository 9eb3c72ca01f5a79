"""`python -m dev.functions`: the product in the functions host, on the movable clock, with the seeded integrations.

PORT is where it listens; DEV_HELD_ROUTE, if set, a path that is held back until `POST /dev/ready`.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from dev.demo.app import demo
from dev.environment import seeds
from dev.host.clock import MovableClock
from dev.host.config import HostError
from dev.host.host import running_host
from dev.seed import seed
from shared.azure_storage import AzureStorage
from shared.composition import build, install
from shared.settings import load_settings

APP = Path(__file__).resolve().parent.parent


async def serve(settings: Mapping[str, str], port: int, stop: asyncio.Event) -> None:
    """Host the product until `stop` is set. Raises HostError, SettingsError, OSError."""
    known = load_settings(settings)
    storage = AzureStorage(known.storage)
    try:
        await storage.create()
    finally:
        await storage.close()
    clock = MovableClock()
    services = build(known, clock)
    install(services)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(services.close)
        exchange = settings["GRAPH_BASE_URL"].removesuffix("/v1.0")
        chosen = seeds(settings)
        await seed(services.foundation.integrations, exchange, chosen, settings.get("NODE_URL", ""))
        held = settings.get("DEV_HELD_ROUTE", "")
        host = await stack.enter_async_context(running_host(APP, settings, clock, held=held, port=port))
        host.pages["demo"] = (await stack.enter_async_context(demo(host.url, exchange, chosen))).handle
        await stop.wait()


async def _main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(os.environ, int(os.environ["PORT"]), stop)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="functions  %(levelname)s %(name)s: %(message)s")
    for chatty in ("azure", "httpx", "shared.metrics"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        asyncio.run(_main())
    except HostError as error:
        sys.exit(f"The functions cannot be hosted: {error}")
