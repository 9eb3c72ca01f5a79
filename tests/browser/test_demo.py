"""The demo page, used as a visitor would: one meeting from the click in the pane to the room that opens and closes."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, FrameLocator, Locator, Page, expect

from dev.environment import Addresses
from tests.browser.outlook import HANGING
from tests.browser.single_use import ADD
from tests.browser.stack import running_stack
from tests.browser.tools import AXE


class Visit:
    """A visitor's browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)

    @property
    def pane(self) -> FrameLocator:
        return self.page.frame_locator("#pane iframe")

    async def add_room(self) -> None:
        await self.pane.get_by_role("button", name=ADD).click()
        await expect(self.pane.locator("#heading")).to_have_text("Success")

    async def fill(self, subject: str, start: str = "", end: str = "", repeat: str = "0") -> None:
        await self.page.fill("#subject", subject)
        if start:
            await self.page.fill("#from", start)
            await self.page.fill("#to", end)
        await self.page.select_option("#repeat", repeat)

    async def send(self, subject: str) -> None:
        await self.page.click("#send")
        await expect(self.meeting(subject).locator(".chip.accepted")).to_be_visible()

    def meeting(self, subject: str) -> Locator:
        return self.page.locator("#meetings > li", has_text=subject)

    async def next_day(self, times: int = 1) -> None:
        for _ in range(times):
            await self.page.click("#following")

    async def drag_clock(self, time: str) -> None:
        """Drag the clock to a time of the day that shows."""
        moment = datetime.strptime(time, "%H:%M")  # noqa: DTZ007
        await self.page.locator("#slider").fill(str(moment.hour * 60 + moment.minute))
        await expect(self.page.locator("#time")).to_have_text(time)
        await expect(self.page.locator("body")).not_to_have_attribute("aria-busy", "true")

    async def day_of(self, subject: str, occurrence: int = 0) -> None:
        await self.meeting(subject).locator("ul li").nth(occurrence).get_by_role("button").first.click()


@pytest.fixture
async def visit(browser: Browser, stack: Addresses) -> AsyncIterator[Visit]:
    async with visiting(browser, stack) as visit:
        yield visit


@asynccontextmanager
async def visiting(browser: Browser, stack: Addresses) -> AsyncIterator[Visit]:
    async with httpx.AsyncClient(base_url=stack.functions, trust_env=False, timeout=HANGING / 1000) as client:
        (await client.post("/dev/run/sweep")).raise_for_status()  # subscribes to the mailbox, as `make run` does
    context = await browser.new_context(
        viewport={"width": 1280, "height": 820}, device_scale_factor=1.5, locale="en-GB"
    )
    context.set_default_timeout(HANGING)
    visit = Visit(await context.new_page())
    await visit.page.goto(f"{stack.functions}/demo")
    await expect(visit.pane.get_by_role("button", name=ADD)).to_be_visible()
    yield visit
    await context.close()


async def test_a_meeting_from_the_click_to_the_open_room(visit: Visit, images: Path) -> None:
    page = visit.page
    await visit.next_day()
    await visit.fill("Budget")
    await page.fill("#day", await tomorrow(visit))
    await visit.fill("Budget", "10:00", "11:00")
    await visit.add_room()
    await expect(page.locator("#attendees")).to_have_value("bob@example.com, vmr@example.com")
    await expect(page.locator("#location")).to_have_value("Video meeting rooms")
    await visit.send("Budget")
    room = visit.meeting("Budget").locator(".room")
    await expect(room).to_contain_text("closed")
    await visit.day_of("Budget")
    await visit.drag_clock("10:15")
    await expect(room).to_contain_text("open")
    if os.environ.get("PICTURES"):
        await page.click("#new")
        await visit.add_room()
        await page.screenshot(path=images / "demo.png")
    await visit.drag_clock("15:00")
    await expect(room).to_contain_text("closed")
    assert visit.complaints == []


async def test_editing_moving_and_cancelling(visit: Visit) -> None:
    page = visit.page
    await page.fill("#day", await tomorrow(visit))
    await visit.fill("Weekly", "09:00", "10:00", repeat="4")
    await visit.add_room()
    await visit.send("Weekly")
    days = visit.meeting("Weekly").locator("ul li")
    await expect(days).to_have_count(4)
    # One occurrence is moved out of its old hour …
    await days.nth(0).get_by_title("Move this one by an hour").click()
    await expect(days.nth(0)).to_contain_text("10:00–11:00")
    await visit.day_of("Weekly")
    room = visit.meeting("Weekly").locator(".room")
    await visit.drag_clock("10:55")
    await expect(room).to_contain_text("open")
    # … another is cancelled …
    await days.nth(1).get_by_title("Cancel this one").click()
    await expect(days).to_have_count(3)
    # … the series gets a new title …
    await visit.meeting("Weekly").get_by_role("button", name="Edit").click()
    await expect(visit.pane.locator("#heading")).to_have_text("VMR already assigned")
    await page.fill("#subject", "Every week")
    await visit.send("Every week")
    # … and is cancelled.
    await visit.meeting("Every week").get_by_role("button", name="Cancel", exact=True).click()
    await expect(visit.meeting("Every week")).to_have_count(0)
    assert visit.complaints == []


async def test_each_user_has_meetings_of_their_own(visit: Visit) -> None:
    await visit.fill("Only Alice's")
    await visit.page.click("#send")
    await expect(visit.meeting("Only Alice's")).to_be_visible()
    await visit.page.get_by_label("Bob").check()
    await expect(visit.meeting("Only Alice's")).to_have_count(0)
    await expect(visit.page.locator("#attendees")).to_have_value("alice@example.com")


async def test_one_exchange_is_not_chosen(visit: Visit) -> None:
    await expect(visit.page.get_by_label("Exchange", exact=True)).to_be_hidden()


async def test_the_exchange_can_be_chosen_where_there_are_two(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EWS", "1")
    with running_stack(tmp_path) as stack:
        async with visiting(browser, stack) as visit:
            page = visit.page
            await page.get_by_label("Exchange", exact=True).select_option("Exchange on-premises (EWS)")
            await accessible(visit)
            await page.fill("#day", await tomorrow(visit))
            await visit.fill("By EWS", "10:00", "11:00")
            await visit.add_room()
            await expect(page.locator("#attendees")).to_have_value("bob@example.com, vmr-ews@example.com")
            await page.click("#send")
            await expect(page.locator("#notice")).to_contain_text("every minute")
            # The mailbox is looked at on the way, and answers.
            await visit.day_of("By EWS")
            await visit.drag_clock("10:15")
            await expect(visit.meeting("By EWS").locator(".chip.accepted")).to_be_visible()
            await expect(visit.meeting("By EWS").locator(".room")).to_contain_text("open: room")
            assert visit.complaints == []


async def test_what_the_stack_refuses_is_said(visit: Visit) -> None:
    await visit.fill("Backwards", "11:00", "10:00")
    await visit.page.click("#send")
    await expect(visit.page.locator("#notice")).to_have_text("The meeting ends before it begins.")


async def test_the_page_is_accessible(visit: Visit) -> None:
    await accessible(visit)


async def accessible(visit: Visit) -> None:
    """axe finds nothing, the pane aside, which has tests of its own."""
    await visit.page.evaluate(AXE.read_text())
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], "iframes": False}
    found = await visit.page.evaluate("rules => axe.run(rules)", rules)
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]] == []


async def tomorrow(visit: Visit) -> str:
    """The day after the stack's present one, as a date field takes it."""
    return str(
        await visit.page.evaluate(
            "async () => new Date(Date.parse((await (await fetch('/demo/exchange/clock')).json()).now) + 864e5)"
            ".toISOString().slice(0, 10)"
        )
    )
