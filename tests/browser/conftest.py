"""A browser with the genuine Office.js in a fake Outlook, running against the whole local stack.

Outlook, Microsoft's script hosts and the add-in's server have their real names. Every request that the page makes is
intercepted, recorded, and served from disk or by the functions host. Nothing else is reachable.
"""

import json
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import httpx
import pytest
from playwright.async_api import Browser, Route, async_playwright, expect

from dev.environment import MANAGEMENT, Addresses
from dev.install.browser import chromium
from tests.browser import timeouts
from tests.browser.console import LOOKS, Admin, made_integration
from tests.browser.outlook import ADDIN, USUAL, Outlook
from tests.browser.sign_in_dialog import Deployment
from tests.browser.stack import running_stack
from tests.browser.timeouts import fault_of, hanging
from tests.browser.tools import OFFICE_JS

# Tests wait for a state, however long a busy machine takes to reach it. This timeout only ends tests that hang.
expect.set_options(timeout=hanging())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """After two failures in a row, later tests no longer wait two minutes each."""
    report = yield
    timeouts.note(report)
    expect.set_options(timeout=hanging())
    return report


@pytest.fixture(autouse=True)
def _stack_is_whole(request: pytest.FixtureRequest) -> None:
    """Once a test has failed, later tests first check whether their stack still responds."""
    if "stack" in request.fixturenames and (fault := fault_of(request.getfixturevalue("stack"))):
        pytest.fail(f"An earlier test has broken the local stack: {fault}", pytrace=False)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """The product, the simulated Exchange and Azurite, as `make run` starts them."""
    with running_stack(tmp_path_factory.mktemp("stack")) as addresses:
        yield addresses


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    executable = chromium()
    if not executable:
        pytest.skip("Chromium is missing: run `apt-get install chromium-headless-shell`, or set CHROMIUM")
    if not OFFICE_JS.is_dir():
        pytest.skip("the genuine Office.js is missing: `python3 -m dev.setup test` fetches it (npm)")
    async with async_playwright() as playwright:
        # The sandbox is switched off because Chromium refuses to use it as root, the usual user in containers. The
        # browser opens only our own pages.
        running = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield running
        await running.close()


@pytest.fixture
async def outlook(browser: Browser, stack: Addresses, request: pytest.FixtureRequest) -> AsyncIterator[Outlook]:
    """An Outlook whose window is not open yet. It has one of the behaviours of real Outlooks, always the same one for a
    given test."""
    behaviour = USUAL[crc32(request.node.nodeid.encode()) % len(USUAL)]
    async with httpx.AsyncClient(trust_env=False, timeout=hanging() / 1000) as client:
        window = Outlook(browser, stack, client, behaviour)
        yield window
        await window.close()


@pytest.fixture
async def admin(browser: Browser, stack: Addresses, request: pytest.FixtureRequest) -> AsyncIterator[Admin]:
    """An admin's browser, not signed in yet. A parameter contains its browser context options."""
    context = await browser.new_context(**getattr(request, "param", LOOKS["wide"]))
    admin = Admin(context, await context.new_page(), stack.functions)
    admin.page.set_default_timeout(hanging())
    yield admin
    assert admin.complaints == []
    await context.close()


@pytest.fixture
async def api(stack: Addresses) -> AsyncIterator[httpx.AsyncClient]:
    """The management API, accessed as the local stack's admin."""
    async with httpx.AsyncClient(
        base_url=stack.functions, auth=MANAGEMENT, trust_env=False, timeout=hanging() / 1000
    ) as client:
        yield client


@pytest.fixture
async def corp(api: httpx.AsyncClient) -> AsyncIterator[dict[str, Any]]:
    """An integration that only this test uses."""
    async with made_integration(api, "Console Corp", "console@example.com", "88") as made:
        yield made


@pytest.fixture
def images() -> Path:
    """The folder for the documentation's screenshots."""
    return Path(__file__).resolve().parents[2] / "docs" / "images"


@pytest.fixture
async def deployment(outlook: Outlook, stack: Addresses) -> AsyncIterator[Deployment]:
    async with (
        httpx.AsyncClient(
            base_url=stack.functions, auth=MANAGEMENT, trust_env=False, timeout=hanging() / 1000
        ) as admin,
        httpx.AsyncClient(trust_env=False, timeout=hanging() / 1000) as network,
    ):

        async def loopback(route: Route) -> None:
            """Pass requests to the provider, as a reverse proxy with a public name would, because the stack itself only
            has a loopback address.

            A redirect becomes a page that navigates there, because Playwright does not intercept redirected requests.
            """
            url = urlsplit(route.request.url)
            if route.request.url.startswith(stack.functions):
                await route.fulfill(content_type="text/html", body=_going(f"https://{ADDIN}{url.path}?{url.query}"))
                return
            request = route.request
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if request.method == "POST" else {}
            content = request.post_data_buffer
            answer = await network.request(request.method, request.url, content=content, headers=headers)
            if answer.is_redirect:
                await route.fulfill(content_type="text/html", body=_going(answer.headers["Location"]))
            else:
                await route.fulfill(status=answer.status_code, content_type="text/html", body=answer.text)

        outlook.hosts_of_others["127.0.0.1"] = loopback
        yield Deployment(outlook, stack, admin)


def _going(url: str) -> str:
    return f"<!doctype html><title>Going on</title><script>location.replace({json.dumps(url)})</script>"
