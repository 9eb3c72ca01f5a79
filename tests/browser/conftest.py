"""A browser with the genuine Office.js under a fake Outlook, against the whole local stack.

Outlook, Microsoft's script hosts and the add-in's server have their real names; every request of the page is caught,
recorded, and answered from disk or by the functions host. Nothing else is reachable.
"""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from dev.__main__ import Stack
from dev.environment import Addresses
from dev.install.browser import chromium
from tests.browser.outlook import USUAL, Outlook
from tests.browser.tools import OFFICE_JS


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """The product, the simulated Exchange and Azurite, as `make run` starts them."""
    with running_stack(tmp_path_factory.mktemp("stack")) as addresses:
        yield addresses


@contextmanager
def running_stack(folder: Path) -> Iterator[Addresses]:
    """A local stack of one's own."""
    addresses = Addresses(_free_port(), _free_port())
    running = Stack(addresses, None, folder)
    try:
        with httpx.Client(trust_env=False) as client:
            running.wait_until_up(client)
        yield addresses
    finally:
        running.stop()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    executable = chromium()
    if not executable:
        pytest.skip("no Chromium here: install it (`apt-get install chromium-headless-shell`), or name it in CHROMIUM")
    if not OFFICE_JS.is_dir():
        pytest.skip("the genuine Office.js is not here: `python3 -m dev.setup test` fetches it (npm)")
    async with async_playwright() as playwright:
        # Without the sandbox, as Chromium refuses it to root, whom containers run as. It sees our own pages only.
        running = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield running
        await running.close()


@pytest.fixture
async def outlook(browser: Browser, stack: Addresses, request: pytest.FixtureRequest) -> AsyncIterator[Outlook]:
    """An Outlook with its window still closed. It behaves as one of the real ones, for each test always the same."""
    behaviour = USUAL[crc32(request.node.nodeid.encode()) % len(USUAL)]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        window = Outlook(browser, stack, client, behaviour)
        yield window
        await window.close()


@pytest.fixture
def images() -> Path:
    """Where screenshots for the documentation are."""
    return Path(__file__).resolve().parents[2] / "docs" / "images"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
