"""The demo page's layout: on large and small screens, light and dark, with long texts and simultaneous meetings."""

from itertools import pairwise

import pytest
from playwright.async_api import Browser, Locator, expect

from dev.environment import Addresses
from tests.browser.demo import LOOKS, fits, visiting

LONG = "The sort of title copied from a ticket system: ACME-12345/Überarbeitung_der_gesamten_Projektplanung_2027"


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look['viewport']['width']}-{look['color_scheme']}")
async def test_every_state_fits_the_window_and_is_accessible(
    browser: Browser, stack: Addresses, look: dict[str, object]
) -> None:
    async with visiting(browser, stack, **look) as visit:
        page = visit.page
        await fits(visit)
        alias = await visit.in_a_while(LONG)
        await fits(visit)
        await page.fill("#alias", alias)
        await page.click("#join button")
        await page.click("#exchange-of-words summary")
        await fits(visit)
        await visit.meeting(LONG).get_by_role("button", name="Copy “").click()
        await page.check("#plain")
        await page.check("#phone")
        await expect(page.get_by_role("switch")).to_be_enabled()
        await fits(visit)
        await page.check("#away")
        await expect(page.locator("#banner.bad")).to_be_visible()
        await page.fill("#attendees", "bob")
        await page.click("#send")
        await expect(page.locator("#notice.fault")).to_be_visible()
        await fits(visit)
        await page.uncheck("#away")
        await expect(page.locator("#banner")).to_be_hidden()
        await visit.meeting(LONG).get_by_role("button", name="Cancel “").click()
        await visit.idle()


async def test_simultaneous_meetings_do_not_cover_each_other(browser: Browser, stack: Addresses) -> None:
    async with visiting(browser, stack) as visit:
        day = await visit.tomorrow()
        names = ["First of three", "Second of three", "Third of three"]
        for name in names:
            await visit.fill(name, day, "12:00", "13:00")
            await visit.send(name, answered=False)
        await visit.meeting(names[0]).locator("button.link").click()
        titles = [visit.page.locator("#windows").get_by_text(name) for name in names]
        spans = sorted([await span(title) for title in titles])
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


async def span(element: Locator) -> tuple[float, float]:
    """The element's top and bottom edges, in pixels."""
    await expect(element).to_be_visible()
    found = await element.bounding_box()
    assert found
    return found["y"], found["y"] + found["height"]
