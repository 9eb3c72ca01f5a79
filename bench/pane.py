"""The cost of opening the pane, and of a click in it, in Chromium over the local stack's real HTTP.

Outlook and Office.js are the demo page's replacements, so that the figures cover the pane alone. Nothing is
intercepted, so the browser caches and revalidates as the response headers specify.
"""

import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import BrowserContext, Frame, Page, async_playwright

from bench.result import Result
from dev.__main__ import Stack
from dev.environment import MANAGEMENT, Addresses
from dev.install.browser import chromium
from dev.processes import free_port

OPENINGS = 7
CONNECTORS = "/api/admin/configuration/v1/ms_exchange_connector/"
SMALL = 1024  # bytes; the size of a response without new content
FIRST_OPENING_MAX_BYTES = 60_000
"""The maximum size of what the pane loads before it can be used, without Microsoft's libraries."""

WATCH = """
const seen = (name, ready) => new MutationObserver((_, observer) => {
  if (!document.querySelector(ready)) return;
  globalThis[name] = performance.now();
  observer.disconnect();
}).observe(document, { childList: true, subtree: true, attributes: true });
seen('usableAt', '#pane[aria-busy=false] #choices button');
seen('addedAt', '#pane[data-tone=good] #heading:not([hidden])');
"""
LOADED = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .map(({ name, transferSize: bytes, duration }) => ({ path: new URL(name).pathname, bytes, duration }))"""
OUTLOOK = """async ([url, token]) => {
    const { FakeOutlook } = await import('/demo/outlook.js');
    const user = { name: 'Alice', address: 'alice@example.com' };
    globalThis.outlook = new FakeOutlook({ user, identityToken: async () => token });
    outlook.open(document.body, url);
}"""
CLICK = """() => { globalThis.clickedAt = performance.now(); document.querySelector('#choices button').click(); }"""


@dataclass(frozen=True)
class Opening:
    """An opened pane. `requests` are the paths requested from the server so far, with their sizes in bytes."""

    frame: Frame
    usable_ms: float
    requests: dict[str, int]

    @property
    def on_the_wire(self) -> dict[str, int]:
        """The requests for resources that the browser had not cached. The request for the placeholder is not counted,
        because the pane does not wait for it.
        """
        return {path: size for path, size in self.requests.items() if size and not path.endswith("/config")}


async def measure() -> list[Result]:
    """Open the pane in a fresh browser, open it again, and click. Without Chromium, nothing is measured."""
    if not (executable := chromium()):
        print("pane: skipped, because Chromium was not found (set CHROMIUM to its executable)", file=sys.stderr)
        return []
    async with _pane() as (url, token), async_playwright() as playwright:
        # The sandbox is switched off, because Chromium refuses to use it as root.
        browser = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        context = await browser.new_context()
        await context.add_init_script(WATCH)
        first = await _open(context, url, token)
        again = [await _open(context, url, token) for _ in range(OPENINGS)]
        added, answered, asked = await _click(again[-1].frame)
        await browser.close()
    return [*_openings(first, again), *_clicks(added, answered, asked)]


def _openings(first: Opening, again: list[Opening]) -> list[Result]:
    wire = max((opening.on_the_wire for opening in again), key=len)
    new = sum(first.on_the_wire.values())
    return [
        Result("pane, first opening: usable after", first.usable_ms, "ms"),
        Result("pane, first opening: on the wire", new, "bytes", FIRST_OPENING_MAX_BYTES),
        Result("pane, second opening: usable after", median(one.usable_ms for one in again), "ms"),
        Result("pane, second opening: requests", len(wire), "requests", 1),
        Result("pane, second opening: on the wire", sum(wire.values()), "bytes", SMALL),
    ]


def _clicks(added: float, answered: float, asked: int) -> list[Result]:
    note = f"{answered:.0f} ms of it for the server's response"
    return [
        Result("pane, click to instructions: round trips to the server", asked, "round trips", 1),
        Result("pane, click to instructions", added, "ms", note=note),
    ]


async def _open(context: BrowserContext, url: str, token: str) -> Opening:
    page = await context.new_page()
    # Any page of the same origin will do, because Outlook replaces its content.
    await page.goto(url.partition("/addin/")[0] + "/demo/outlook.js")
    await page.evaluate(OUTLOOK, [url, token])
    frame = await _frame(page)
    await frame.wait_for_function("() => globalThis.usableAt")
    loaded: list[dict[str, Any]] = await frame.evaluate(LOADED)
    ours = {entry["path"]: int(entry["bytes"]) for entry in loaded if entry["path"].startswith("/addin/")}
    return Opening(frame, float(await frame.evaluate("usableAt")), ours)


async def _frame(page: Page) -> Frame:
    element = await page.wait_for_selector("iframe")
    frame = await element.content_frame() if element else None
    if frame is None:
        raise RuntimeError("the pane's frame does not appear")
    return frame


async def _click(frame: Frame) -> tuple[float, float, int]:
    """Click. Returns the milliseconds until the instructions are inserted, the server's share of them, and the number
    of requests.
    """
    await frame.evaluate("performance.clearResourceTimings()")
    await frame.evaluate(CLICK)
    await frame.wait_for_function("() => globalThis.addedAt")
    asked = [entry for entry in await frame.evaluate(LOADED) if entry["path"].startswith("/api/")]
    return await frame.evaluate("addedAt - clickedAt"), sum(entry["duration"] for entry in asked), len(asked)


@asynccontextmanager
async def _pane() -> AsyncIterator[tuple[str, str]]:
    """Start a separate stack. Returns an integration's pane there, and a user's token for it."""
    at = Addresses(free_port(), free_port())
    with tempfile.TemporaryDirectory() as folder, httpx.Client(trust_env=False) as glance:
        stack = Stack(at, None, Path(folder))
        try:
            stack.wait_until_up(glance)
            async with httpx.AsyncClient(base_url=at.functions, auth=MANAGEMENT, trust_env=False) as client:
                yield await _integration(client, at)
        finally:
            stack.stop()


async def _integration(client: httpx.AsyncClient, at: Addresses) -> tuple[str, str]:
    uuid = str(uuid4())
    url = f"{at.functions}/addin/{uuid}/pane"
    fields = {
        "uuid": uuid,
        "name": "Measured",
        "addin_server_domain": "vmr.example.com",
        "authentication_method": "GRAPH",
        "room_mailbox_name": "VMR",
        "room_mailbox_email_address": "measured@example.com",
        "scheduled_alias_prefix": "meet",
        "scheduled_alias_domain": "example.com",
        "domains": [{"domain": f"{at.exchange}/autodiscover/metadata/json/1"}],
        "use_custom_add_in_sources": True,
        "office_js_url": f"{at.functions}/demo/office.js",
    }
    (await client.post(CONNECTORS, json=fields)).raise_for_status()
    who = {"user": "alice@example.com", "audience": url}
    answer = (await client.post(f"{at.exchange}/dev/identity-token", json=who)).raise_for_status()
    return url, str(answer.json()["token"])
