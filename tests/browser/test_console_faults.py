"""What can go wrong, tested in all views of the console: failures of the deployment and of the network, hostile
strings, right-to-left text, and work without a mouse. Also the cost of opening the console.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from playwright.async_api import Route, expect

from dev.environment import MANAGEMENT, Addresses
from tests.browser.console import LOOKS, VIEWS, Admin, book
from tests.browser.looks import violations

API = "**/api/admin/**"
OPENING_MAX_BYTES = 200 * 1024
SHIFT_MAX = 0.1
"""The maximum cumulative layout shift that Web Vitals rates as good."""

COUNT_SHIFTS = """
    window.shift = 0;
    const counted = list => list.getEntries().forEach(entry => { window.shift += entry.value; });
    new PerformanceObserver(counted).observe({ type: 'layout-shift', buffered: true });
"""

MADE_BY_TEXT = """
    [...document.querySelectorAll('main script, main svg[onload], main [onerror], main img[src=x]')].length
    + [...document.querySelectorAll('main a')].filter(a => !/^(#|[/]|https?:)/.test(a.getAttribute('href'))).length
"""
"""The number of elements and links that can only come from a hostile string."""

HOSTILE_TEXTS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "\"'><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}} ${7*7} {% raw %}",
    "\u202egnp.exe\u2066 reversed",
    "Å" * 60 + "x" * 200,
    "e\u0301\u0300\u0316" * 20 + "👩‍👩‍👧",
    "مرحبا بالعالم",
]
_NO_TEXT = re.compile(r"/|https?:|\d{4}-\d\d-\d\dT|[0-9a-f-]{36}$|[\d.:]*$")
_CHOSEN = {"state", "level", "decision", "what", "authentication_method", "kind", "type", "role", "action"}
"""Fields whose values the API chooses."""


def hostile(value: Any, turn: list[int], key: str = "") -> Any:
    """An API response with a hostile string wherever user-written text may appear."""
    match value:
        case dict():
            return {name: hostile(each, turn, name) for name, each in value.items()}
        case list():
            return [hostile(each, turn, key) for each in value]
        case str() if value and key not in _CHOSEN and not _NO_TEXT.match(value):
            turn[0] += 1
            return HOSTILE_TEXTS[turn[0] % len(HOSTILE_TEXTS)]
    return value


@asynccontextmanager
async def answering(admin: Admin, answer: Callable[[Route], Awaitable[None]]) -> AsyncIterator[None]:
    """Within the context, respond to requests to the management API with this handler."""
    await admin.page.route(API, answer)
    yield
    await admin.page.unroute_all(behavior="wait")


async def open_view(admin: Admin, view: str) -> None:
    """Load a view again, even if it is the current one."""
    await admin.page.evaluate("location.hash = '#/nowhere'")
    await expect(admin.page.get_by_text("There is no such page")).to_be_visible()
    await admin.page.evaluate("path => { location.hash = '#/' + path; }", view)
    await expect(admin.page.get_by_text("There is no such page")).to_have_count(0)


async def fits(admin: Admin, view: str) -> None:
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await admin.page.evaluate(wide) <= 0, view


@pytest.fixture
async def views(stack: Addresses, api: httpx.AsyncClient) -> list[str]:
    """All views, including those of a single object."""
    subject = "Walked through"
    await book(stack, api, subject)
    [meeting, *_] = (await api.get("/api/admin/status/v1/meeting/", params={"text": subject})).json()["objects"]
    pages = [f"integrations/1/{page}" for page in ("overview", "addin", "sign-in")]
    return [*VIEWS, "people/users", *pages, f"meetings/{meeting['id']}"]


@pytest.mark.parametrize("status", [429, 503, 0], ids=["too many requests", "unavailable", "offline"])
async def test_every_view_says_what_is_wrong_and_recovers_on_retry(admin: Admin, views: list[str], status: int) -> None:
    said = {429: "Too many requests", 503: "cannot respond right now", 0: "cannot be reached"}[status]

    async def fail(route: Route) -> None:
        await (route.fulfill(status=status, json={}) if status else route.abort("internetdisconnected"))

    await admin.sign_in()
    for view in views:
        async with answering(admin, fail):
            await open_view(admin, view)
            await expect(admin.page.get_by_role("alert").first).to_contain_text(said)
            if view == "integrations":
                assert await violations(admin.page) == []
        await admin.page.evaluate("document.querySelectorAll('.problem button').forEach(each => each.click())")
        await expect(admin.page.get_by_role("alert")).to_have_count(0)
        await admin.settled()


async def test_every_view_continues_after_an_expired_session_is_renewed(admin: Admin, views: list[str]) -> None:
    async def refuse(route: Route) -> None:
        await route.fulfill(status=401, json={"error": "The password has been changed."})

    await admin.sign_in()
    user, password = MANAGEMENT
    for view in views:
        async with answering(admin, refuse):
            await open_view(admin, view)
            dialog = admin.page.get_by_role("dialog", name="Your session has ended")
            await expect(dialog).to_be_visible()
        await dialog.get_by_label("User name").fill(user)
        await dialog.get_by_label("Password").fill(password)
        await dialog.get_by_role("button", name="Sign in").click()
        await expect(dialog).to_have_count(0)
        await open_view(admin, view)
        await admin.settled()
        await expect(admin.page.get_by_role("alert")).to_have_count(0)


async def test_a_slow_deployment_causes_no_layout_shifts(admin: Admin, views: list[str]) -> None:
    await admin.page.add_init_script(COUNT_SHIFTS)
    await admin.sign_in()
    for view in views:
        released = asyncio.Event()
        async with answering(admin, holding(released)):
            await open_view(admin, view)
            await expect(admin.page.get_by_role("status").first).to_contain_text("Loading")
            await admin.page.evaluate("window.shift = 0")
            released.set()
            await admin.settled()
        assert await admin.page.evaluate("window.shift") <= SHIFT_MAX, view


def holding(released: asyncio.Event) -> Callable[[Route], Awaitable[None]]:
    """Holds responses back until they are released."""

    async def hold(route: Route) -> None:
        await released.wait()
        await route.continue_()

    return hold


@pytest.mark.parametrize("admin", [LOOKS["narrow"], LOOKS["wide dark"]], ids=["narrow", "wide"], indirect=True)
async def test_every_view_shows_what_others_have_written_as_plain_text(admin: Admin, views: list[str]) -> None:
    turn = [0]

    async def write(route: Route) -> None:
        answer = await route.fetch()
        if "json" not in answer.headers.get("content-type", "") or "/schema/" in route.request.url:
            await route.fulfill(response=answer)
            return
        await route.fulfill(response=answer, body=json.dumps(hostile(await answer.json(), turn)))

    opened: list[str] = []
    admin.page.on("dialog", lambda dialog: opened.append(dialog.message))
    admin.page.on("console", lambda said: opened.append(said.text) if "Content Security Policy" in said.text else None)
    await admin.sign_in()
    for view in views:
        async with answering(admin, write):
            await open_view(admin, view)
            await admin.settled()
            assert await admin.page.evaluate(MADE_BY_TEXT) == 0, view
            await fits(admin, view)
    assert turn[0] > len(HOSTILE_TEXTS), "hostile strings were shown"
    assert opened == []


async def test_every_view_supports_right_to_left_text_and_reduced_motion(admin: Admin, views: list[str]) -> None:
    await admin.page.emulate_media(reduced_motion="reduce")
    await admin.page.set_viewport_size({"width": 320, "height": 700})
    await admin.sign_in()
    await admin.page.evaluate("document.documentElement.dir = 'rtl'")
    moving = (
        "[...document.querySelectorAll('*')].filter(each => { const style = getComputedStyle(each);"
        " return parseFloat(style.transitionDuration) > 0 || style.animationName !== 'none'; }).length"
    )
    for view in views:
        await admin.show(view)
        await fits(admin, view)
        assert await admin.page.evaluate(moving) == 0, view


async def test_an_admin_without_a_mouse_can_change_a_setting(admin: Admin, corp: dict[str, Any]) -> None:
    keys = admin.page.keyboard
    await admin.sign_in("integrations")
    await admin.page.get_by_role("link", name="Skip to the content").focus()
    await keys.press("Enter")
    assert await admin.page.evaluate("document.activeElement.id") == "main"
    await reach(admin, "INPUT")
    await keys.type(corp["room_mailbox_email_address"])
    await expect(admin.page.locator("tbody tr")).to_have_count(1)
    await reach(admin, corp["name"])
    await keys.press("Enter")
    await expect(admin.page.locator("h1")).to_have_text(corp["name"])
    await admin.settled()
    await reach(admin, "Duplicate")
    await reach(admin, "description")
    await keys.type("by keys")
    await keys.press("Enter")
    await expect(admin.page.get_by_text("Saved.", exact=True)).to_be_visible()


async def focused(admin: Admin) -> str:
    """The focused element: its text, or else its id or tag name."""
    return str(await admin.page.evaluate("(e => e.innerText || e.id || e.tagName)(document.activeElement)"))


async def reach(admin: Admin, wanted: str) -> None:
    """Press Tab until the element has the focus, and check that the focus is visible."""
    for _ in range(40):
        await admin.page.keyboard.press("Tab")
        if await focused(admin) == wanted:
            outline = await admin.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", wanted
            return
    raise AssertionError(f"Tab does not reach {wanted}")


async def test_the_first_opening_loads_little_and_the_next_needs_one_round_trip(admin: Admin) -> None:
    cdp = await admin.context.new_cdp_session(admin.page)
    await cdp.send("Network.enable")
    sizes: dict[str, float] = {}
    urls: dict[str, str] = {}
    cdp.on("Network.responseReceived", lambda e: urls.update({e["requestId"]: e["response"]["url"]}))
    cdp.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))
    await admin.sign_in()
    console = {urls[id_]: size for id_, size in sizes.items() if "/console" in urls.get(id_, "")}
    assert len(console) > 10
    assert sum(console.values()) <= OPENING_MAX_BYTES
    sizes.clear()
    urls.clear()
    await admin.page.reload()
    await admin.settled()
    asked = [url for id_, url in urls.items() if sizes.get(id_, 0) > 0]
    assert [url for url in asked if "/console" in url] == [f"{admin.url}/console"], "the page alone, before its data"
