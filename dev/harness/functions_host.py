"""The product's functions host, in this process. It does what functions/mailbox.py does in Azure.

Exchange's notifications arrive at a real HTTP endpoint. A queue message is delivered as many times as in Azure.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web

from dev.exchange.app import Running
from dev.harness.node_wire import wire_to
from dev.harness.outages import Outages
from dev.harness.rounds import in_place
from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from dev.management_node.node import Node
from shared.composition import Services
from shared.errors import SchedulingError, Unavailable
from shared.queues import MEETING_REQUESTS, ROUNDS
from shared.settings import Settings, StorageAccount
from shared.storage import Storage

MAX_DELIVERIES = 5
"""How many times Azure delivers a message before moving it to the poison queue."""

_TAG_SIGNING_KEY = b"k" * 32


@dataclass
class FunctionsHost:
    """Runs the product's services at `url`, with the tables and queues in `memory`."""

    exchange: Running
    memory: MemoryStorage
    outages: Outages
    secrets: MemorySecrets
    node: Node | None
    url: str = ""
    services: Services = field(init=False)
    poisoned: list[str] = field(default_factory=list)
    """The poison queue: messages that the host has moved there and that the product has not yet recorded."""

    def start(self, storage: Storage | None = None) -> None:
        """Start the product. By default, its storage can have outages."""
        settings = Settings(
            storage=StorageAccount("unused"),
            public_base_url=self.url,
            tag_signing_key=_TAG_SIGNING_KEY,
            graph_base_url=self.exchange.graph_url,
            secrets_file="unused",
        )
        self.services = Services(settings, storage or self.outages, self.secrets, self.exchange.exchange.clock)
        scheduling = self.services.scheduling
        scheduling.__dict__["rounds"] = in_place(scheduling.rounds, self.memory.queue(ROUNDS))
        if self.node:
            wire_to(self.node, self.services)

    async def restart(self, storage: Storage | None = None) -> None:
        """Stop the product, and start it again with `start`."""
        await self.services.close()
        self.start(storage)

    async def receive(self, request: web.Request) -> web.Response:
        """Handle a notification from Exchange, or the validation request for a new subscription."""
        if "validationToken" in request.query:
            return web.Response(text=request.query["validationToken"])
        for message in self.services.scheduling.webhook.receive(await request.read()):
            try:
                await self.outages.queue(MEETING_REQUESTS).send(message)
            except Unavailable:  # the host's output binding fails
                return web.Response(status=500)
        return web.Response(status=202)

    async def deliver(self, body: str) -> None:
        """Deliver a message until it is processed. After the last attempt, move it to the poison queue."""
        for attempt in range(1, MAX_DELIVERIES + 1):
            with suppress(Exception):  # Azure's host logs the exception
                await self.services.scheduling.worker.handle(body, last_try=attempt == MAX_DELIVERIES)
                return
        self.poisoned.append(body)
        await self.deliver_poisoned()

    async def deliver_poisoned(self) -> None:
        """Deliver the messages in the poison queue. Those that fail stay there, because Azure delivers them again."""
        for body in list(self.poisoned):
            with suppress(SchedulingError):
                await self.services.scheduling.poison_queue.record(body)
                self.poisoned.remove(body)


@asynccontextmanager
async def running_host(
    exchange: Running, outages: Outages, secrets: MemorySecrets, node: Node | None
) -> AsyncIterator[FunctionsHost]:
    """Run a host on 127.0.0.1, on a free port."""
    host = FunctionsHost(exchange, outages.memory, outages, secrets, node)
    app = web.Application()
    app.add_routes([web.post(f"/mailbox/{name}", host.receive) for name in ("notifications", "lifecycle")])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        host.start()
        try:
            yield host
        finally:
            await host.services.close()
    finally:
        await runner.cleanup()
