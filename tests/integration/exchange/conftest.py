from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from dev.exchange.app import running_exchange
from tests.integration.exchange.world import Webhook, World, listening_webhook


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with running_exchange() as running, httpx.AsyncClient(base_url=running.base_url, timeout=20) as http:
        yield World(running, http)


@pytest_asyncio.fixture
async def webhook() -> AsyncIterator[Webhook]:
    async with listening_webhook() as listening:
        yield listening
