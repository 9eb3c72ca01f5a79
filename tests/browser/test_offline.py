"""A deployment without internet access (X6): custom sources in the product's order of precedence, and no requests to
other hosts."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Route

from dev.environment import MANAGEMENT, Addresses
from tests.browser.outlook import ADDIN, AJAX, OFFICE, OUTLOOK, Outlook
from tests.browser.single_use import AGENDA
from tests.browser.tools import HERE, OFFICE_JS

INTRANET = "static.intranet.example"
CONNECTORS = "/api/admin/configuration/v1/ms_exchange_connector/"


@pytest.fixture
async def pane(stack: Addresses) -> AsyncIterator[str]:
    """The pane of an integration with custom sources."""
    uuid = str(uuid4())
    wanted = {
        "uuid": uuid,
        "name": f"Offline {uuid}",
        "addin_server_domain": ADDIN,
        "enable_dynamic_vmrs": False,
        "use_custom_add_in_sources": True,
        "office_js_url": f"https://{INTRANET}/office/office.js",
        "microsoft_fabric_url": f"https://{INTRANET}/fabric.css",
        "microsoft_fabric_components_url": f"https://{INTRANET}/fabric.components.css",
        "additional_add_in_script_sources": f"https://{INTRANET}/MicrosoftAjax.js",
    }
    async with httpx.AsyncClient(base_url=stack.functions, auth=MANAGEMENT, trust_env=False) as client:
        answer = await client.post(CONNECTORS, json=wanted)
        assert answer.status_code == 201, answer.text
        yield f"https://{ADDIN}/addin/{uuid}/pane"
        await client.delete(answer.headers["Location"])


async def intranet(route: Route) -> None:
    """The configured host, with a full copy of Office.js's folder, MicrosoftAjax.js, and identical style sheets."""
    path = route.request.url.removeprefix(f"https://{INTRANET}/")
    if path == "MicrosoftAjax.js":
        await route.fulfill(path=HERE / "microsoft_ajax.js")
    elif path.startswith("office/"):
        await route.fulfill(path=OFFICE_JS / path.removeprefix("office/"))
    else:
        await route.fulfill(body="h1 { letter-spacing: 3px }", content_type="text/css")


async def opened(outlook: Outlook, pane: str) -> None:
    outlook.hosts_of_others[INTRANET] = intranet
    await outlook.open({"body": AGENDA}, url=pane)


async def test_everything_comes_from_the_configured_host(outlook: Outlook, pane: str) -> None:
    await opened(outlook, pane)
    assert outlook.hosts() == {OUTLOOK, ADDIN, INTRANET}
    scripts = [url for url in outlook.requests if INTRANET in url and url.endswith(".js")]
    assert scripts.index(f"https://{INTRANET}/MicrosoftAjax.js") < scripts.index(f"https://{INTRANET}/office/office.js")
    assert not [complaint for complaint in outlook.complaints if "script" in complaint.lower()]


async def test_fabric_is_loaded_and_our_own_style_sheet_comes_last(outlook: Outlook, pane: str) -> None:
    await opened(outlook, pane)
    title = outlook.pane.locator("h1")
    assert await title.evaluate("element => getComputedStyle(element).letterSpacing") == "3px"
    last = "document.styleSheets[document.styleSheets.length - 1].href"
    assert "pane.css" in await outlook.frame().evaluate(last)


async def test_the_pages_policy_does_not_allow_microsofts_hosts(outlook: Outlook, pane: str) -> None:
    await opened(outlook, pane)
    policy = next(headers for path, headers in outlook.headers.items() if path.endswith("/pane"))[
        "content-security-policy"
    ]
    assert OFFICE not in policy
    assert AJAX not in policy
    assert f"https://{INTRANET}" in policy
