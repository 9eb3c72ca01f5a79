"""EWS servers as one account each, and the mailboxes behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dev.exchange.app import Running
from shared.mailboxes.ews.line import Way
from shared.mailboxes.ews.mailbox import EwsMailbox
from shared.mailboxes.ews.server import EwsServer, Secret
from tests.integration.exchange.world import VMR

SERVICE, PASSWORD = "svc-vmr@example.com", "local-ews"


def fixed(secret: str) -> Secret:
    """A secret that never changes."""

    async def value() -> str:
        return secret

    return value


@asynccontextmanager
async def opened(
    running: Running, method: str = "NTLM", secret: str | Secret = PASSWORD, *, url: str = "", proxy: str = ""
) -> AsyncIterator[EwsServer]:
    """The simulated Exchange's EWS as the service account, perhaps by another URL."""
    got = fixed(secret) if isinstance(secret, str) else secret
    server = EwsServer(Way(url or running.ews_url, proxy), method, SERVICE, got, running.exchange.clock)
    try:
        yield server
    finally:
        await server.close()


@asynccontextmanager
async def opened_mailbox(running: Running, *, impersonate: bool = True) -> AsyncIterator[EwsMailbox]:
    """The equipment mailbox."""
    async with opened(running) as server:
        yield EwsMailbox(server, VMR, impersonate=impersonate)
