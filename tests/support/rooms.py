"""Rooms on a simulated Management Node, with in-memory versions of everything else."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from dev.harness.node_wire import ON_NODE, NodeWire, wire_to
from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from dev.management_node.model import CONFERENCE
from dev.management_node.node import Node
from shared.alarm_kinds import AlarmKind
from shared.bookings.booking import Booking
from shared.composition import Services
from shared.conferences.room_work import RoomWork, is_room_work
from shared.errors import Unavailable
from shared.integrations import Integration, IntegrationStore
from shared.settings import Settings, StorageAccount
from shared.storage import Put, Storage
from tests.fakes.clock import FakeClock
from tests.support.conferences import START, TAG, conference
from tests.support.integrations import graph_fields


async def no_rooms(work: RoomWork) -> None:
    """A replacement for RoomKeeper.keep in tests without a node."""
    raise AssertionError(f"no rooms were expected: {work}")


class NoMoves:
    """A replacement for RoomMoves in tests in which no integration changes its platform."""

    async def begin(self, integration: str) -> None:
        """See Moves."""


async def no_node(integration: str) -> None:
    """A replacement for Conferences.leave_node, which does nothing."""


def tag_of(number: int) -> str:
    """The tag of the meeting with this number."""
    return f"{number:08x}-0000-4000-8000-000000000000"


@dataclass
class RoomsWorld:
    """One integration whose rooms are on one node. `around` wraps the product's storage."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(START - timedelta(hours=2)))
    memory: MemoryStorage = field(default_factory=MemoryStorage)
    around: Callable[[Storage], Storage] = lambda storage: storage
    wire_around: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] = lambda wire: wire

    def __post_init__(self) -> None:
        self.node = Node(self.clock)
        self.secrets = MemorySecrets()
        self.integration: Integration
        self.restart()

    def restart(self, integrations: IntegrationStore | None = None) -> None:
        """Start another process, optionally with an existing deployment's `integrations`."""
        settings = Settings(StorageAccount("x"), "https://vmr.example.com", b"k" * 32, secrets_file="x")
        self.services = Services(settings, self.around(self.memory), self.secrets, self.clock)
        base = self.services.foundation
        if integrations:
            base.__dict__["integrations"] = integrations
        wire_to(self.node, self.services, self.wire_around(NodeWire(self.node)))

    async def integrate(self, **changes: Any) -> Integration:
        """Create the integration."""
        fields = graph_fields(**(ON_NODE | changes))
        self.integration = await self.services.foundation.integrations.create(fields)
        return self.integration

    def booking(self, number: int = 0, **changes: Any) -> Booking:
        """A booking for a meeting, by default at START, with `changes` to its conference."""
        tag = tag_of(number) if number else TAG
        alias, numeric = f"77{100000 + number}@example.com", f"77{100000 + number}"
        given = {"name": f"Room {number}", "alias": alias, "numeric_alias": numeric, "owner": "alice@example.com"}
        room = conference(service_tag=f"{self.integration.uuid}:{tag}", **(given | changes))
        booked = Booking(
            self.integration.uuid, tag, alias, "user", self.clock.now(), self.clock.now() + timedelta(days=9)
        )
        return booked.scheduled("meeting", "item", room).named(room.name)

    async def show(self, booking: Booking) -> Booking:
        """Store a booking and show its room, as the processor does after a decision. Return the booking as stored."""
        await self.memory.table("meetings").commit(booking.integration, Put(booking.key, booking.values()))
        platform = self.services.conferences.platform
        named = await platform.name(booking)
        await platform.show(named)
        return named

    async def drain(self) -> None:
        """Let the queue deliver all its messages."""
        queue = self.memory.queue("meeting-requests")
        for _ in range(10_000):
            if not queue.sent:
                return
            body, _ = queue.sent.pop(0)
            if not is_room_work(body):
                continue
            with suppress(Unavailable):  # the queue delivers the message again, and its rows fall due anyway
                await self.services.conferences.room_keeper.keep(RoomWork.decode(body))
        raise AssertionError("the queue never becomes empty")

    async def tick(self) -> None:
        """Run the timer, and do the work that it queues."""
        await self.services.conferences.room_timer.run()
        await self.drain()

    async def go_to(self, moment: datetime, step: timedelta = timedelta(minutes=1)) -> None:
        """Let time pass. The timer runs every minute, or in larger steps."""
        while self.clock.now() < moment:
            self.clock.set(min(self.clock.now() + step, moment))
            await self.tick()

    def aliases(self) -> list[list[str]]:
        """The aliases of each room on the node."""
        return [room["aliases"] for room in self.node.rooms()]

    def names(self) -> list[str]:
        """The names of the rooms on the node."""
        return [room["name"] for room in self.node.rooms()]

    def room(self, number: int = 0) -> dict[str, Any]:
        """The room with this number, which must be on the node exactly once."""
        alias = f"77{100000 + number}@example.com"
        [id_] = [
            id_
            for id_ in self.node.store.all("conference")
            if alias in [each["alias"] for each in self.node.store.shown("conference", id_)["aliases"]]
        ]
        return self.node.store.shown("conference", id_)

    def foreign(self, name: str, *aliases: str) -> int:
        """Create a conference on the node as an admin would, and return its id."""
        fields = {"name": name, "aliases": [{"alias": alias} for alias in aliases]}
        return self.node.store.create(CONFERENCE, fields, self.clock.now())

    @property
    def requests(self) -> list[str]:
        """The method and path of every request that reached the node."""
        return [f"{method} {path.partition('?')[0]}" for method, path in self.node.requests]

    async def alarms(self) -> dict[AlarmKind, str]:
        """The raised alarms, with their causes."""
        found = self.services.foundation.alarms.of(self.integration.uuid)
        return {alarm.kind: alarm.cause async for alarm in found}

    async def left(self) -> list[str]:
        """The keys of all rows for rooms and their times."""
        table = self.memory.table("meetings")
        return [row.key async for row in table.everything() if row.partition == "rooms" or row.key.startswith("room:")]
