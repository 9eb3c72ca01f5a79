"""Drives the demo page (dev/demo) in a browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
from playwright.async_api import Browser, ConsoleMessage, FrameLocator, Locator, Page, Response, expect

from dev.environment import Addresses
from tests.browser.stack import now
from tests.browser.timeouts import hanging
from tests.browser.tools import AXE

ADD = "Add a Single-use VMR"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], "iframes": False}
LOOKS = [
    {"viewport": {"width": width, "height": 820}, "color_scheme": scheme}
    for width in (1280, 360)
    for scheme in ("light", "dark")
]
"""Window sizes and colour schemes of the page: a large and a small screen, light and dark."""


class Visit:
    """A visitor's browser."""

    def __init__(self, page: Page, stack: Addresses) -> None:
        self.page = page
        self.stack = stack
        self.complaints: list[str] = []
        self._placeholder = asyncio.Event()
        page.on("response", self._see)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, line: ConsoleMessage) -> None:
        # Chromium logs this line for a response that the pane expects when nobody is signed in.
        if line.type == "error" and "401 (Unauthorized)" not in line.text:
            self.complaints.append(line.text)

    def _see(self, response: Response) -> None:
        if response.ok and response.url.endswith("/config"):
            self._placeholder.set()

    @property
    def pane(self) -> FrameLocator:
        return self.page.frame_locator("#pane > iframe")

    async def ready(self) -> None:
        """Wait until the page, and the week of meetings, are ready."""
        await self.page.locator("body[data-ready]").wait_for()
        await expect(self.page.locator("#banner")).to_be_hidden()

    async def go_away(self) -> None:
        """Switch the back end off once the pane has fetched the placeholder that it inserts during an outage."""
        async with asyncio.timeout(hanging() / 1000):
            await self._placeholder.wait()
        await self.page.check("#away")
        await expect(self.page.locator("#banner")).to_contain_text("The back end is down")

    async def reload(self) -> None:
        await self.page.reload()
        await self.ready()

    async def be(self, user: str) -> None:
        await self.page.get_by_label(user, exact=True).check()
        await self.idle()

    async def idle(self) -> None:
        """Wait until no clicked action is still in progress."""
        await expect(self.page.locator("body")).not_to_have_attribute("aria-busy", "true")

    async def add_room(self) -> None:
        await self.pane.get_by_role("button", name=ADD).click()
        await expect(self.pane.locator("#heading")).to_have_text("Success")

    async def fill(self, subject: str, day: str = "", start: str = "", end: str = "", repeat: str = "") -> None:
        await self.page.fill("#subject", subject)
        for field, value in {"#day": day, "#from": start, "#to": end}.items():
            if value:
                await self.page.fill(field, value)
        await self.page.select_option("#repeat", repeat)

    async def send(self, subject: str, *, answered: bool = True) -> None:
        """Send the meeting in the form, and wait for the equipment mailbox's answer."""
        await self.page.click("#send")
        await expect(self.meeting(subject)).to_be_visible()
        if answered:
            await expect(self.meeting(subject).locator(".head .chip.accepted")).to_be_visible()

    def meeting(self, subject: str) -> Locator:
        title = self.page.locator("strong.title").and_(self.page.get_by_text(subject, exact=True))
        return self.page.locator("#meetings > li", has=title)

    async def drag_clock(self, time: str) -> None:
        """Drag the clock to a time on the day that is shown."""
        moment = datetime.strptime(time, "%H:%M")  # noqa: DTZ007
        await self.page.locator("#slider").fill(str(moment.hour * 60 + moment.minute))
        await expect(self.page.locator("#time")).to_have_text(time)
        await self.idle()

    async def now(self) -> datetime:
        """The stack's current time."""
        return await now(self.stack)

    async def tomorrow(self) -> str:
        """The day after the stack's current one, in the format of a date field."""
        return f"{await self.now() + timedelta(days=1):%Y-%m-%d}"

    async def in_a_while(self, subject: str) -> str:
        """Book a meeting whose room is already open. Returns its alias."""
        start = await self.now() + timedelta(minutes=10)
        end = start + timedelta(minutes=19)
        if end.day != start.day:  # the times typed into the form are on one day
            start, end = end.replace(minute=0), end.replace(minute=19)
        await self.fill(subject, f"{start:%Y-%m-%d}", f"{start:%H:%M}", f"{end:%H:%M}")
        await self.add_room()
        await self.send(subject)
        return await self.meeting(subject).locator(".alias").inner_text()

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Simulate an action in another Outlook, through a control route of the simulated Exchange."""
        answer = await self.page.request.fetch(f"{self.stack.exchange}/dev/{path}", method=method, data=body)
        assert answer.ok, await answer.text()
        return await answer.json()

    async def accessible(self) -> None:
        """Check that axe finds nothing outside the pane, which has its own tests."""
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate("rules => axe.run(rules)", RULES)
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]] == []


@asynccontextmanager
async def visiting(browser: Browser, stack: Addresses, **look: Any) -> AsyncIterator[Visit]:
    """Open the demo page of a stack, ready for use."""
    usual = {"viewport": {"width": 1280, "height": 820}, "device_scale_factor": 1.5, "locale": "en-GB"}
    context = await browser.new_context(**{**usual, **look})
    context.set_default_timeout(hanging())
    visit = Visit(await context.new_page(), stack)
    try:
        await visit.page.goto(f"{stack.functions}/demo")
        await visit.ready()
        yield visit
    finally:
        await context.close()
        # The switch belongs to the stack, not to the page, so a failed test must not leave the back end off for all
        # other tests.
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.post(f"{stack.functions}/dev/away", json={"away": False})


async def fits(visit: Visit) -> None:
    """Check that nothing is wider than the window, and that axe finds nothing."""
    wide = "[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)"
    assert await visit.page.evaluate(f"{wide}.map(one => one.outerHTML.slice(0, 200))") == []
    await visit.accessible()
