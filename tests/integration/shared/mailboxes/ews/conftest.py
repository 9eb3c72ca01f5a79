from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from dev.exchange.app import running_exchange
from shared.mailboxes.ews.mailbox import EwsMailbox
from tests.integration.exchange.world import World
from tests.integration.shared.mailboxes.ews.servers import opened_mailbox


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with running_exchange() as running, httpx.AsyncClient(base_url=running.base_url, timeout=20) as http:
        yield World(running, http)


@pytest_asyncio.fixture
async def mailbox(world: World) -> AsyncIterator[EwsMailbox]:
    async with opened_mailbox(world.running) as mailbox:
        yield mailbox
