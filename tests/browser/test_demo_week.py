"""The week of meetings that the demo page starts with. Runs on a separate stack, whose clock is never moved."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from playwright.async_api import Browser, expect

from dev.environment import ONLINE, Addresses
from dev.proof import Proof
from tests.browser.demo import Visit, visiting
from tests.browser.stack import running_stack


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture
async def visit(browser: Browser, week: Addresses) -> AsyncIterator[Visit]:
    async with visiting(browser, week) as visit:
        yield visit
        assert visit.complaints == []


async def test_the_page_starts_with_a_week_of_meetings(visit: Visit) -> None:
    states = {
        "Project kick-off": "Open until",
        "Stand-up": "Opens",
        "Company day": "Opens",
        "Customer call": "Opens",
        "Budget, copied from the kick-off": "it was declined",
    }
    for subject, state in states.items():
        await expect(visit.meeting(subject).locator(".room")).to_contain_text(state)
    changes = visit.meeting("Stand-up").locator("details .chip")
    assert await changes.all_text_contents() == ["Moved", "Cancelled"]
    numbers = await visit.meeting("Project kick-off").locator(".alias").inner_text()
    assert numbers.partition("@")[0].isdecimal(), "a telephone can dial it"
    await visit.be("Bob")
    await expect(visit.meeting("Retrospective").locator(".room")).to_contain_text("88")


async def test_answers_contain_the_time_the_join_window_the_link_and_the_date(visit: Visit) -> None:
    mail = visit.page.locator("#inbox > li", has_text="Accepted: Stand-up")
    texts = " ".join(await mail.all_text_contents())
    assert "open from 30 minutes before the meeting until 60 minutes after it" in texts
    assert "https://vmr.example.com/webapp/#/?conference=88" in texts
    assert "One date of your series was changed" in texts


async def test_a_copied_meeting_is_offered_a_new_room(visit: Visit) -> None:
    await visit.meeting("Project kick-off").get_by_role("button", name="Copy").click()
    await expect(visit.pane.locator("#message")).to_contain_text("belong to another meeting")
    await visit.pane.get_by_role("button", name="Replace with a new VMR").click()
    await expect(visit.pane.locator("#heading")).to_have_text("Success")
    await visit.page.fill("#subject", "Kick-off, again")
    await visit.send("Kick-off, again")


async def test_the_meeting_that_make_run_books_is_listed(visit: Visit, week: Addresses) -> None:
    def prove() -> None:
        with httpx.Client(trust_env=False, timeout=60) as client:
            client.post(f"{week.functions}/dev/run/renew").raise_for_status()
            Proof(week, client, ONLINE).book()

    await asyncio.to_thread(prove)
    meeting = visit.meeting("The local stack's own meeting")
    await expect(meeting.locator(".alias")).to_contain_text(ONLINE.prefix)
    await expect(meeting.locator(".room")).to_contain_text("Open until")
