from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from dev.exchange.app import running_exchange
from tests.support.exchange_world import ExchangeWorld, Webhook, listening_webhook


@pytest_asyncio.fixture
async def world() -> AsyncIterator[ExchangeWorld]:
    async with running_exchange() as running, httpx.AsyncClient(base_url=running.base_url, timeout=20) as http:
        yield ExchangeWorld(running, http)


@pytest_asyncio.fixture
async def webhook() -> AsyncIterator[Webhook]:
    async with listening_webhook() as listening:
        yield listening
