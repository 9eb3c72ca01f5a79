"""Bursts of thousands of invitations, none of which may be lost or answered twice.

The queue follows host.json: it delivers batchSize messages at a time, and another batch once only newBatchThreshold are
left. Delays use real time.
"""

import asyncio
import time
from collections import Counter
from datetime import timedelta

from bench.result import Result
from bench.throughput import CONCURRENT, GRAPH_LATENCY
from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import MAILBOX
from dev.host.config import messages_at_once
from shared.aliases.allocation import alias_format
from shared.aliases.instructions import joining_instructions
from shared.identity.caller import Caller
from shared.integrations import Integration

ONE_MAILBOX = 1000
MAILBOXES, EACH = 200, 10


async def measure() -> list[Result]:
    """Send a thousand invitations to one mailbox, and then ten to each of two hundred mailboxes."""
    return await _one_mailbox() + await _many_mailboxes()


async def _one_mailbox() -> list[Result]:
    async with deployed() as world:
        await world.faults({"on": "*", "action": "latency", "ms": 1000 * GRAPH_LATENCY})
        taken = await _burst(world, [MAILBOX] * ONE_MAILBOX)
        least = world.exchange.exchange.traffic.requests.total() * GRAPH_LATENCY / CONCURRENT
        note = f"{taken:.0f} s, {world.exchange.exchange.traffic.throttled} throttled"
        return [
            Result(f"burst of {ONE_MAILBOX} to one mailbox: lost", await _lost(world, ONE_MAILBOX), "meetings", 0),
            Result("burst: share of Graph's limit, including the simulation", 100 * least / taken, "%", note=note),
        ]


async def _many_mailboxes() -> list[Result]:
    mailboxes = [f"vmr{number}@example.com" for number in range(MAILBOXES)]
    async with deployed() as world:
        for number, address in enumerate(mailboxes):
            await integration(world, number, address)
        await world.open_to_graph(MAILBOX, *mailboxes)
        await world.services.scheduling.timers.renew()
        assert len(list(world.exchange.exchange.subscriptions)) == 1 + MAILBOXES
        await world.faults({"on": "*", "action": "latency", "ms": 1000 * GRAPH_LATENCY})
        taken = await _burst(world, mailboxes * EACH)
        what = f"burst of {EACH} to each of {MAILBOXES} mailboxes"
        return [Result(f"{what}: lost", await _lost(world, MAILBOXES * EACH), "meetings", 0, note=f"{taken:.0f} s")]


async def _lost(world: Deployment, expected: int) -> int:
    """The number of meetings that were not answered exactly once."""
    answers = Counter(answer["uid"] for answer in await world.answers() if answer["kind"] == "accepted")
    return expected - sum(count == 1 for count in answers.values())


async def integration(world: Deployment, number: int, address: str) -> None:
    """Create another integration like the existing one, with its own equipment mailbox."""
    await world.control("PATCH", f"/dev/mailboxes/{address}", {"automate_processing": "AutoUpdate"})
    model = (await world.integration()).resource()
    fields = {name: model[name] for name in ("authentication_method", "room_mailbox_name", "scheduled_alias_prefix")}
    own = {"name": f"Number {number}", "room_mailbox_email_address": address, "addin_server_domain": "vmr.example.com"}
    domains = [{"domain": entry["domain"]} for entry in model["domains"]]
    more = {"scheduled_alias_domain": "example.com", "scheduled_alias_suffix_length": 8, "domains": domains}
    await world.services.foundation.integrations.create(fields | own | more)


async def _burst(world: Deployment, mailboxes: list[str]) -> float:
    """Send invitations while the queue is already being handled. Returns the seconds until all have been handled."""
    start, done = time.perf_counter(), asyncio.Event()
    workers = asyncio.create_task(handle_messages(world, done))
    await _invitations(world, mailboxes)
    await world.exchange.exchange.notifier.idle()
    done.set()
    await workers
    return time.perf_counter() - start


async def _invitations(world: Deployment, mailboxes: list[str]) -> None:
    when = (world.now + timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)
    owners = {integration.mailbox: integration for integration in await world.services.foundation.integrations.list()}
    for number, address in enumerate(mailboxes):
        tagged = await instructions(world, owners[address])
        await world.invite(when, tagged, attendees=[address], subject=f"Number {number}")


async def instructions(world: Deployment, integration: Integration) -> str:
    """The joining instructions that Alice gets when she clicks in an integration's add-in."""
    form, lifetime = alias_format(integration), timedelta(days=integration.reservation_days)
    booking = await world.services.foundation.allocator.allocate(
        integration.uuid, form, Caller("alice", "test"), lifetime
    )
    return joining_instructions(integration, booking)


async def handle_messages(world: Deployment, done: asyncio.Event) -> None:
    """Deliver messages, including hidden ones, until none are left."""
    queue, slots = world.memory.queue("meeting-requests"), asyncio.Semaphore(messages_at_once())
    busy: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as tasks:
        while queue.sent or busy or not done.is_set():
            while queue.sent:
                task = tasks.create_task(_hand_out(world, slots, *queue.sent.pop(0)))
                busy.add(task)
                task.add_done_callback(busy.discard)
            await asyncio.sleep(0.005)
    assert world.host.poisoned == []


async def _hand_out(world: Deployment, slots: asyncio.Semaphore, body: str, delay: timedelta) -> None:
    await asyncio.sleep(delay.total_seconds())
    async with slots:
        await world.host.deliver(body)
