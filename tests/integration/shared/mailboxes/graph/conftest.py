"""A Graph client and the scripted server that it calls."""

from collections.abc import AsyncIterator

import pytest

from shared.mailboxes.graph.client import GraphClient
from tests.support.graph_server import FixedTokens, Script, running_script


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    async with running_script() as running:
        yield running


@pytest.fixture
async def client(script: Script) -> AsyncIterator[GraphClient]:
    client = GraphClient(f"{script.url}/v1.0/", FixedTokens())
    yield client
    await client.close()
