from collections.abc import Iterator

import pytest
from exchangelib.protocol import BaseProtocol, close_connections

from tests.integration.exchange.ews.client import Client
from tests.support.exchange_world import ExchangeWorld


@pytest.fixture(autouse=True)
def _connections_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(BaseProtocol, "TIMEOUT", 20)
    yield
    close_connections()


@pytest.fixture
def client(world: ExchangeWorld) -> Client:
    return Client(world)
