"""Rooms on a Management Node: requests for one meeting, 5,000 meetings that begin in the same hour, and the nightly
comparison.

The simulated node is called over real HTTP and takes 50 ms per response; storage is in memory. The queue follows
host.json: it delivers batchSize messages at a time, and another batch once only newBatchThreshold are left.
"""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any

from bench.result import Result
from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from dev.host.config import messages_at_once
from dev.management_node.app import Running, running_node
from dev.management_node.auth import BASIC
from dev.management_node.model import CONFERENCE
from dev.management_node.node import Node
from dev.movable_clock import MovableClock
from shared.bookings.booking import Booking
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.composition import Services
from shared.conferences.room_work import RoomWork
from shared.integrations import Integration
from shared.queues import MEETING_REQUESTS
from shared.settings import Settings, StorageAccount
from shared.storage import Put

MEETINGS = 5_000
COMPARED = 10_000
NODE_LATENCY = 0.05  # seconds
LEAD = timedelta(minutes=5)


async def measure() -> list[Result]:
    """Measure one meeting, 5,000 meetings in one hour, and a comparison of 10,000 rooms."""
    return [*await _one(), *await _one_hour(), *await _comparison()]


class _World:
    """A deployment with one integration on a running node. The node uses `clock` as well."""

    def __init__(self, running: Running, clock: MovableClock) -> None:
        self.node, self.clock, self.memory = running.node, clock, MemoryStorage()
        settings = Settings(StorageAccount("x"), "http://127.0.0.1:7071", b"k" * 32, secrets_file="x")
        self.services = Services(settings, self.memory, MemorySecrets(), clock)
        self.url = running.base_url
        self.integration: Integration

    async def integrate(self) -> None:
        fields: dict[str, Any] = {
            "name": "Node", "authentication_method": "GRAPH", "room_mailbox_name": "VMR",
            "room_mailbox_email_address": "vmr@example.com", "scheduled_alias_prefix": "77",
            "scheduled_alias_domain": "example.com", "addin_server_domain": "vmr.example.com",
            "domains": [{"domain": "mail.example.com"}], "conference_platform": "management_api",
            "bridge_url": self.url, "bridge_username": BASIC[0], "bridge_password": BASIC[1],
        }  # fmt: skip
        self.integration = await self.services.foundation.integrations.create(fields)

    async def show(self, number: int, start: datetime, description: str = "") -> None:
        """Schedule a meeting, and show its room to the product."""
        uuid, tag = self.integration.uuid, f"{number:08x}-0000-4000-8000-000000000000"
        alias, hour = f"77{number:06}", timedelta(hours=1)
        room = Conference(
            f"Meeting {number}", description, "", f"{alias}@example.com", alias, f"{uuid}:{tag}", "", "",
            "disallow_all", 30, 60, Calendar((Occurrence(start, start + hour),)), "alice@example.com",
        )  # fmt: skip
        booking = Booking(uuid, tag, room.alias, "user", start - hour, start).scheduled("meeting", "item", room)
        await self.memory.table("meetings").commit(uuid, Put(booking.key, booking.values()))
        await self.services.conferences.platform.show(booking)

    async def handle_messages(self) -> None:
        """Enqueue what is due, and handle it."""
        await self.services.conferences.room_timer.run()
        queue, slots = self.memory.queue(MEETING_REQUESTS), asyncio.Semaphore(messages_at_once())

        async def handle(body: str) -> None:
            async with slots:
                await self.services.conferences.room_keeper.keep(RoomWork.decode(body))

        while queue.sent:
            bodies = [body for body, _ in queue.sent]
            queue.sent.clear()
            await asyncio.gather(*map(handle, bodies))


def _node(clock: MovableClock) -> Node:
    node = Node(clock)
    node.faults.add({"on": "*", "action": "latency", "ms": 1000 * NODE_LATENCY})
    return node


async def _one() -> list[Result]:
    clock = MovableClock()
    async with running_node(_node(clock)) as running:
        world = _World(running, clock)
        await world.integrate()
        start = _hour(clock)
        counts = []
        await world.show(1, start)
        clock.move_to(start - timedelta(minutes=30) - LEAD)
        for change in ("", "Changed"):
            before = len(world.node.requests)
            if change:
                await world.show(1, start, change)
            await world.handle_messages()
            counts.append(len(world.node.requests) - before)
        assert [room["description"] for room in world.node.rooms()] == ["Changed"]
        await world.services.close()
    return [
        Result("creating a room on a Management Node", counts[0], "requests", 2),
        Result("changing a room on a Management Node", counts[1], "requests", 1),
    ]


async def _one_hour() -> list[Result]:
    clock = MovableClock()
    async with running_node(_node(clock)) as running:
        world = _World(running, clock)
        await world.integrate()
        start = _hour(clock)
        for number in range(MEETINGS):
            await world.show(number, start)
        assert not world.node.requests
        clock.move_to(start - timedelta(minutes=30) - LEAD)
        began = time.perf_counter()
        await world.handle_messages()
        taken = time.perf_counter() - began
        missing = MEETINGS - _rooms(world)
        await world.services.close()
    what = f"{MEETINGS} meetings in one hour, node of {1000 * NODE_LATENCY:.0f} ms"
    requests = len(world.node.requests)
    return [
        Result(f"{what}: without a room", missing, "meetings", 0, note=f"{requests} requests"),
        Result("meetings in one hour: until all rooms exist", taken, "s", LEAD.total_seconds()),
        Result("meetings in one hour: in the busiest minute", world.node.most_in_a_minute, "requests", 1000),
    ]


async def _comparison() -> list[Result]:
    clock = MovableClock()
    async with running_node(_node(clock)) as running:
        world = _World(running, clock)
        await world.integrate()
        start = _hour(clock)
        for number in range(COMPARED):
            await world.show(number, start)
            alias, tag = f"77{number:06}", f"{number:08x}-0000-4000-8000-000000000000"
            aliases = [{"alias": alias}, {"alias": f"{alias}@example.com"}]
            room = {"name": f"Meeting {number}", "tag": f"{world.integration.uuid}:{tag}", "aliases": aliases}
            world.node.store.create(CONFERENCE, room, clock.now())
        clock.move_to(start)
        before = len(world.node.requests)
        await world.services.conferences.room_comparison.compare(world.integration.uuid)
        asked = len(world.node.requests) - before
        differing = [alarm async for alarm in world.services.foundation.alarms.of(world.integration.uuid)]
        assert differing == []
        await world.services.close()
    return [Result(f"nightly comparison of {COMPARED} rooms", asked, "requests", 60)]


def _rooms(world: _World) -> int:
    return len(world.node.store.objects["conference"])


def _hour(clock: MovableClock) -> datetime:
    return (clock.now() + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
