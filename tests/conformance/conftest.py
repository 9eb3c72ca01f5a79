"""The product in the functions host. Microsoft's worker indexes an app only once per process, so all tests share one
host."""

import os
from collections.abc import AsyncIterator

import httpx
import pytest

from dev.environment import Addresses, app_settings
from dev.host.host import FunctionsHost, running_host
from dev.movable_clock import MovableClock
from dev.seed import Places, seed
from shared.azure_storage import AzureStorage
from shared.composition import build, install
from shared.settings import load_settings
from tests.support import ROOT

NOWHERE = Addresses(port=9, exchange_port=9)


@pytest.fixture(scope="session")
async def host(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FunctionsHost]:
    """The functions host, with the local stack's integration."""
    settings = app_settings(NOWHERE, azurite, tmp_path_factory.mktemp("secrets"))
    known = load_settings(settings)
    storage = AzureStorage(known.storage)
    await storage.create()
    await storage.close()
    clock = MovableClock()
    services = build(known, clock)
    install(services)
    await seed(services.foundation.integrations, Places(NOWHERE.exchange, NOWHERE.functions))
    async with running_host(ROOT, {**os.environ, **settings}, clock) as host:
        yield host
    await services.close()


@pytest.fixture
async def client(host: FunctionsHost) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client for the host."""
    async with httpx.AsyncClient(base_url=host.url, trust_env=False) as client:
        yield client
