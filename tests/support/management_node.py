"""A simulated Management Node for testing its clients. It can be made to return any response."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dev.management_node.app import Server
from dev.management_node.model import CONFERENCE
from dev.management_node.node import Node as SimulatedNode
from tests.fakes.clock import FakeClock

USERNAME, PASSWORD = "api", "correct staple"
CLIENT = "scheduling"


class Node:
    """A running node. It first returns the prepared `answers`, and then real responses. `asked` lists the requests."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.simulated = SimulatedNode(self.clock)
        self.url = ""
        self.port = 0
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.simulated.auth.basic = (USERNAME, PASSWORD)
        self.simulated.auth.clients[CLIENT] = self.key.public_key()
        self.asked: list[web.Request] = []
        self.answers: list[web.Response] = []

    @property
    def private_key(self) -> str:
        """The client's private key in PEM format."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def tokens(self) -> dict[str, float]:
        """The tokens that the node has issued and still accepts."""
        return self.simulated.auth.tokens

    async def create(self, name: str, owner: str, *aliases: str, **more: Any) -> None:
        """Create a VMR on the node."""
        fields = {"name": name, "primary_owner_email_address": owner, **more}
        fields["aliases"] = [{"alias": alias} for alias in aliases]
        self.simulated.store.create(CONFERENCE, fields, self.clock.now())

    @web.middleware
    async def canned(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Record a request, and return a prepared response if there is one."""
        if not request.path.startswith("/api/"):
            return await handler(request)
        self.asked.append(request)
        return self.answers.pop(0) if self.answers else await handler(request)


@asynccontextmanager
async def running_node(tls: ssl.SSLContext | None = None) -> AsyncIterator[Node]:
    """A node on a free port. With a certificate, it uses https and the host name "localhost"."""
    node = Node()
    app = Server(node.simulated).app()
    app.middlewares.append(node.canned)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        node.port = runner.addresses[0][1]
        node.url = f"https://localhost:{node.port}" if tls else f"http://127.0.0.1:{node.port}"
        yield node
    finally:
        await runner.cleanup()
