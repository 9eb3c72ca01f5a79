"""The real msgraph-sdk as a client of the simulated Exchange."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.request_information import RequestInformation
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph_core import GraphClientFactory

from tests.support.exchange_world import ExchangeWorld


class AnyToken(AuthenticationProvider):
    """A token provider for the SDK. The simulated Exchange accepts an application's bearer token whatever
    it contains.
    """

    async def authenticate_request(
        self, request: RequestInformation, additional_authentication_context: dict[str, Any] | None = None
    ) -> None:
        """Add the token to the request."""
        request.headers.add("Authorization", "Bearer sdk")


@pytest.fixture
async def sdk(world: ExchangeWorld) -> AsyncIterator[Any]:
    # The SDK's transport does not close the transport that it wraps, so a reference to the wrapped one is kept.
    wire = httpx.AsyncHTTPTransport()
    client = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(transport=wire, timeout=20))
    adapter = GraphRequestAdapter(AnyToken(), client=client)
    adapter.base_url = world.running.graph_url
    yield GraphServiceClient(request_adapter=adapter)
    await client.aclose()
    await wire.aclose()
