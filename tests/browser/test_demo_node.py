"""The demo page of a stack with a Management Node: its rooms, who can join them, and starting over."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from dev.environment import Addresses
from tests.browser.demo import LOOKS, Visit, fits, visiting
from tests.browser.stack import running_stack

EXCHANGE = "Rooms on a Management Node"


@pytest.fixture(scope="module")
def node_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NODE", "1")
        with running_stack(tmp_path_factory.mktemp("stack"), on_node=True) as addresses:
            yield addresses


def rooms(page: Page, name: str) -> Locator:
    return page.locator("#rooms > li", has_text=name)


async def pass_time(visit: Visit, span: timedelta) -> None:
    await visit.control("POST", "clock", {"now": (await visit.now() + span).isoformat()})


async def booked(visit: Visit, subject: str) -> str:
    """Book a meeting whose room is already due. Returns its alias."""
    await visit.page.get_by_label("Exchange", exact=True).select_option(EXCHANGE)
    return await visit.in_a_while(subject)


@pytest.mark.parametrize(
    "look", [LOOKS[0], LOOKS[-1]], ids=lambda look: f"{look['viewport']['width']}-{look['color_scheme']}"
)
async def test_the_page_shows_the_rooms_that_the_node_has(
    browser: Browser, node_stack: Addresses, look: dict[str, Any]
) -> None:
    subject = f"On the node, {look['viewport']['width']} {look['color_scheme']}"
    async with visiting(browser, node_stack, **look) as visit:
        alias = await booked(visit, subject)
        row = rooms(visit.page, subject)
        await expect(row.locator(".names")).to_have_text(f"{alias}, {alias.partition('@')[0]}")
        await expect(row.locator(".since")).to_contain_text("There since")
        await fits(visit)


async def test_a_participant_is_admitted_through_the_nodes_own_database(
    browser: Browser, node_stack: Addresses
) -> None:
    """People can join as soon as conferencing nodes have the room, even while the product is down."""
    async with visiting(browser, node_stack) as visit:
        page, verdict = visit.page, visit.page.locator("#verdict")
        await booked(visit, "Own database")
        row = rooms(page, "Own database")
        await expect(row.locator(".chip")).to_have_text("Not on all nodes yet")
        await row.get_by_role("button", name="Join").click()
        await expect(verdict).to_contain_text("no such room in its own database")
        await pass_time(visit, timedelta(minutes=2))
        await expect(row.locator(".chip")).to_have_text("On all nodes")
        await row.get_by_role("button", name="Join").click()
        await expect(page.locator("#verdict.node")).to_contain_text("You are in: Own database")
        await page.click("#exchange-of-words summary")
        await expect(page.locator("#answered")).to_contain_text("Its own database: Own database")


async def test_starting_over_empties_the_node_and_resets_its_clock(browser: Browser, node_stack: Addresses) -> None:
    async with visiting(browser, node_stack) as visit, httpx.AsyncClient(trust_env=False) as client:
        await booked(visit, "Soon gone")
        await expect(rooms(visit.page, "Soon gone")).to_be_visible()
        await pass_time(visit, timedelta(days=1))
        await client.patch(f"{node_stack.node}/dev/variants", json={"knows_in": False})
        visit.page.on("dialog", lambda dialog: dialog.accept())
        async with visit.page.expect_navigation():
            await visit.page.click("#start-over")
        await visit.ready()
        await expect(rooms(visit.page, "Soon gone")).to_have_count(0)
        clock = (await client.get(f"{node_stack.node}/dev/clock")).json()["now"]
        assert abs(datetime.fromisoformat(clock) - await visit.now()) < timedelta(hours=1)
        assert (await client.patch(f"{node_stack.node}/dev/variants", json={})).json()["knows_in"] is True
