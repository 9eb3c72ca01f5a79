"""An invitation to a mailbox, handled on its own and while thousands of notices for another mailbox are waiting (S2).

Messages are delivered as specified in host.json. The simulated Exchange runs in the same process, so a busy machine
affects both sides.
"""

import asyncio
import itertools
import statistics
import time
from datetime import timedelta

from bench.burst import handle_messages, instructions, integration
from bench.result import Result
from bench.throughput import GRAPH_LATENCY
from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION, MAILBOX
from shared.intake.notice import Notice, decode, encode

WAITING, MEETINGS = 5000, 200
"""The number of waiting notices, and the number of meetings that they concern. Most notices are duplicates."""

QUIET_MAILBOX = "vmr0@example.com"
BOB = "bob@example.com"
TRIES = 3


async def measure() -> list[Result]:
    """Measure the seconds from an invitation to its answer."""
    async with deployed() as world:
        await integration(world, 0, QUIET_MAILBOX)
        await world.open_to_graph(MAILBOX, QUIET_MAILBOX)
        await world.services.scheduling.timers.renew()
        notices = await _flood(world)
        await world.faults({"on": "*", "action": "latency", "ms": 1000 * GRAPH_LATENCY})
        done = asyncio.Event()
        worker = asyncio.create_task(handle_messages(world, done))
        quiet = statistics.median([await _answered(world) for _ in range(TRIES)])
        queue = world.memory.queue("meeting-requests")
        for notice in notices:
            for body in encode([notice]):
                await queue.send(body)
        busy = statistics.median([await _answered(world) for _ in range(TRIES)])
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        done.set()
    most = 1.5 * quiet + GRAPH_LATENCY
    note = f"{quiet:.2f} s alone"
    what = f"an invitation while {WAITING:,} notices for another mailbox are waiting"
    return [Result(what, busy, "s", most, note=note)]


async def _flood(world: Deployment) -> list[Notice]:
    owner, when = await world.services.foundation.integrations.get(INTEGRATION), world.now + timedelta(days=1)
    for number in range(MEETINGS):
        tagged = await instructions(world, owner)
        await world.invite(when, tagged, attendees=[MAILBOX], subject=f"Flood {number}")
    await world.exchange.exchange.notifier.idle()
    queue = world.memory.queue("meeting-requests")
    found = [notice for text, _ in queue.sent for notice in decode(text)]
    queue.sent.clear()
    return list(itertools.islice(itertools.cycle(found), WAITING))


async def _answered(world: Deployment) -> float:
    owners = {each.mailbox: each for each in await world.services.foundation.integrations.list()}
    tagged = await instructions(world, owners[QUIET_MAILBOX])
    start = time.perf_counter()
    when = world.now + timedelta(days=1)
    uid = await world.invite(when, tagged, attendees=[QUIET_MAILBOX], organizer=BOB)
    while not await world.answers(uid, BOB):  # noqa: ASYNC110  # Bob's mailbox is queried over HTTP
        await asyncio.sleep(0.01)
    return time.perf_counter() - start
