"""EWS servers as one account each, and the mailboxes behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dev.exchange.app import Running
from shared.mailboxes.ews.connection import Way
from shared.mailboxes.ews.mailbox import EwsMailbox
from shared.mailboxes.ews.server import EwsLogin, EwsServer, Secret
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
) -> AsyncIterator[EwsLogin]:
    """The service account at the simulated Exchange's EWS, perhaps by another URL."""
    server = EwsServer(Way(url or running.ews_url, proxy), method, SERVICE, running.exchange.clock)
    try:
        yield EwsLogin(server, fixed(secret) if isinstance(secret, str) else secret)
    finally:
        await server.close()


@asynccontextmanager
async def opened_mailbox(running: Running, *, impersonate: bool = True) -> AsyncIterator[EwsMailbox]:
    """The equipment mailbox."""
    async with opened(running) as login:
        yield EwsMailbox(login, VMR, impersonate=impersonate)
