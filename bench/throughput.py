"""The rate at which invitations are handled at Graph's latency, compared with four plain clients that send the same
requests.

Four is the number of concurrent requests that Graph allows for one mailbox (docs/facts/exchange.md §5).
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import httpx

from bench.result import Result
from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import MAILBOX
from shared.intake.notice import Notice, decode, encode

GRAPH_LATENCY = 0.1  # seconds
CONCURRENT = 4
MEETINGS = 60
ROUNDS = 2


async def measure() -> list[Result]:
    """Measure the product and the plain clients alternately."""
    mine, plain, throttled = 0.0, 0.0, 0
    async with deployed() as world:
        for _ in range(ROUNDS):
            mine += await _worked_off(world, await invited(world, MEETINGS))
            throttled += world.exchange.exchange.traffic.throttled
            plain += await _sent(world, await invited(world, MEETINGS))
        assert len(await world.answers()) == 2 * ROUNDS * MEETINGS
    note = f"{ROUNDS * MEETINGS} meetings in {mine:.1f} s, plain clients {plain:.1f} s, {throttled} throttled"
    return [Result("throughput for one mailbox", 100 * plain / mine, "% of Graph's", 90, at_least=True, note=note)]


async def invited(world: Deployment, count: int) -> list[Notice]:
    """The queue messages for `count` invitations, which arrive without any latency."""
    await world.clear_faults()
    start = (world.now + timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)
    for number in range(count):
        room = await world.click()
        await world.invite(start, room["instructions"], attendees=[MAILBOX], subject=f"{room['alias']} {number}")
    await world.exchange.exchange.notifier.idle()
    queue = world.memory.queue("meeting-requests")
    notices = [notice for text, _ in queue.sent for notice in decode(text)]
    assert len(notices) == count
    queue.sent.clear()
    await world.faults({"on": "*", "action": "latency", "ms": 1000 * GRAPH_LATENCY})
    world.exchange.exchange.traffic.reset()
    return notices


async def _worked_off(world: Deployment, notices: list[Notice]) -> float:
    [body] = encode(notices)
    start = time.perf_counter()
    await world.services.scheduling.worker.handle(body, last_try=False)
    return time.perf_counter() - start


async def _sent(world: Deployment, notices: list[Notice]) -> float:
    """Send the two requests that every meeting needs, and nothing else."""
    headers = {"Authorization": "Bearer plain", "Prefer": 'IdType="ImmutableId"'}
    mailbox, left = f"{world.exchange.graph_url}/users/{MAILBOX}", iter(notices)
    async with httpx.AsyncClient(headers=headers) as http:
        start = time.perf_counter()
        await asyncio.gather(*(_plain(http, mailbox, left) for _ in range(CONCURRENT)))
        return time.perf_counter() - start


async def _plain(http: httpx.AsyncClient, mailbox: str, left: Iterator[Notice]) -> None:
    for notice in left:
        path = f"{mailbox}/messages/{quote(notice.message, safe='')}"
        read = await http.get(path, params={"$expand": "microsoft.graph.eventMessage/event"})
        event = quote(read.raise_for_status().json()["event"]["id"], safe="")
        answer = {"comment": "Accepted", "sendResponse": True}
        (await http.post(f"{mailbox}/events/{event}/accept", json=answer)).raise_for_status()
