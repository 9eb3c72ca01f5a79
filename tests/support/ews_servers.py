"""EWS servers with one account each, and the mailboxes on them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from dev.exchange.app import Running
from shared.mailboxes.ews import operations
from shared.mailboxes.ews.connection import Way
from shared.mailboxes.ews.failures import EwsUnavailable, Trouble
from shared.mailboxes.ews.mailbox import EwsMailbox
from shared.mailboxes.ews.server import EwsLogin, EwsServer, Secret
from tests.support.exchange_world import VMR

SERVICE, PASSWORD = "svc-vmr@example.com", "local-ews"


def fixed(secret: str) -> Secret:
    """A function that always returns the same secret."""

    async def value() -> str:
        return secret

    return value


@asynccontextmanager
async def opened(
    running: Running, method: str = "NTLM", secret: str | Secret = PASSWORD, *, url: str = "", proxy: str = ""
) -> AsyncIterator[EwsLogin]:
    """The service account's connection to the simulated Exchange's EWS, or to another URL."""
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


async def look(at: EwsLogin, address: str = VMR, *, impersonate: bool = True) -> None:
    await at.call(address, operations.look, impersonate=impersonate)


async def trouble(at: EwsLogin, address: str = VMR, *, impersonate: bool = True) -> Trouble:
    with pytest.raises(EwsUnavailable) as caught:
        await look(at, address, impersonate=impersonate)
    return caught.value.trouble


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """A server that accepts requests and never responds."""
    held: list[asyncio.StreamWriter] = []

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    async with listening(serve) as there:
        yield f"http://127.0.0.1:{there}/EWS/Exchange.asmx"
    for writer in held:
        writer.close()


@asynccontextmanager
async def listening(serve: Callable[..., object], context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)  # type: ignore[arg-type]
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
