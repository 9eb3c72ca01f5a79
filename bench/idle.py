"""The requests that EWS polling sends to the Exchange server of an integration whose mailbox is idle (M9).

Bytes are counted on the wire, in both directions and including headers, by a relay between the product and the
simulated Exchange.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from bench.result import Result
from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION, By
from dev.harness.times import tomorrow

MINUTES = 60


async def measure() -> list[Result]:
    """Measure an hour of polling a mailbox that has already had a meeting."""
    async with deployed(By.EWS) as world, _counting_relay(world.exchange.ews_url) as (url, sizes):
        await world.services.foundation.integrations.update(INTEGRATION, {"url": url})
        await world.invite(tomorrow(world), (await world.click())["instructions"])
        await world.drain()
        await _minutes(world, 1)
        sizes.clear()
        world.exchange.exchange.traffic.reset()
        await _minutes(world, MINUTES)
        calls = world.exchange.exchange.traffic.requests.total()
        return [
            Result("idle EWS integration: calls per minute", calls / MINUTES, "calls", 1),
            Result("idle EWS integration: bytes on the wire per minute", sum(sizes) / MINUTES / 1024, "KiB"),
        ]


async def _minutes(world: Deployment, many: int) -> None:
    """Let this many minutes pass, running every timer that becomes due."""
    for minute in range(1, many + 1):
        await world.move_to(world.now + timedelta(minutes=1))
        await world.services.scheduling.timers.poll()
        if minute % 5 == 0:
            await world.services.scheduling.timers.sweep()


@asynccontextmanager
async def _counting_relay(url: str) -> AsyncIterator[tuple[str, list[int]]]:
    """Start a relay to `url`. Returns the relay's URL, and the sizes of what it has forwarded."""
    to, sizes, pumps = urlsplit(url), list[int](), set[asyncio.Task[None]]()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            sizes.append(len(data))
            writer.write(data)
            await writer.drain()
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(to.hostname, to.port)
        both = {asyncio.create_task(pump(reader, far_writer)), asyncio.create_task(pump(far_reader, writer))}
        pumps.update(both)
        await asyncio.wait(both)

    server = await asyncio.start_server(relay, "127.0.0.1")
    try:
        port = server.sockets[0].getsockname()[1]
        yield to._replace(netloc=f"127.0.0.1:{port}").geturl(), sizes
    finally:
        server.close()
        for task in pumps:
            task.cancel()
