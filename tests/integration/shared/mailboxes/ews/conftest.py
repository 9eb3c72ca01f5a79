from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from dev.exchange.app import running_exchange
from shared.mailboxes.ews.mailbox import EwsMailbox
from tests.support.ews_servers import opened_mailbox
from tests.support.exchange_world import ExchangeWorld


@pytest_asyncio.fixture
async def world() -> AsyncIterator[ExchangeWorld]:
    async with running_exchange() as running, httpx.AsyncClient(base_url=running.base_url, timeout=20) as http:
        yield ExchangeWorld(running, http)


@pytest_asyncio.fixture
async def mailbox(world: ExchangeWorld) -> AsyncIterator[EwsMailbox]:
    async with opened_mailbox(world.running) as mailbox:
        yield mailbox
