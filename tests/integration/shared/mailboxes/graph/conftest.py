"""A Graph client and the server that it speaks to."""

from collections.abc import AsyncIterator

import pytest

from shared.mailboxes.graph.client import GraphClient
from tests.integration.shared.mailboxes.graph.server import Script, running_script


class FixedTokens:
    """A Tokens."""

    async def token(self) -> str:
        return "access-token"

    async def close(self) -> None:
        pass


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    async with running_script() as running:
        yield running


@pytest.fixture
async def client(script: Script) -> AsyncIterator[GraphClient]:
    client = GraphClient(f"{script.url}/v1.0/", FixedTokens())
    yield client
    await client.close()
