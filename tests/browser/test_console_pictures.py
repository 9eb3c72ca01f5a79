"""Pictures of the console's views for the documentation, light and dark. Written only if PICTURES is set."""

import os
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from dev.environment import ONLINE, Addresses
from dev.opening_week import OpeningWeek
from tests.browser.console import Admin

pytestmark = pytest.mark.skipif(not os.environ.get("PICTURES"), reason="set PICTURES=1 to write docs/images/console-*")

VIEWS = {
    "integrations": "integrations",
    "integration": "integrations/1",
    "meetings": "meetings",
    "history": "changes",
}
TEMPLATE = "accept_new_single_meeting_template"
LOOKS = [{"viewport": {"width": 1280, "height": 900}, "color_scheme": scheme} for scheme in ("light", "dark")]


@pytest.mark.parametrize("admin", LOOKS, ids=["light", "dark"], indirect=True)
async def test_a_picture_is_taken(
    admin: Admin, stack: Addresses, api: httpx.AsyncClient, images: Path, request: pytest.FixtureRequest
) -> None:
    with httpx.Client(trust_env=False, timeout=60) as client:
        (await api.post("/dev/run/renew")).raise_for_status()
        OpeningWeek(stack, client, ONLINE).make()
    look = request.node.callspec.id
    path = "/api/admin/configuration/v1/ms_exchange_connector/1/"
    (await api.patch(path, json={"description": f"Berlin, {look}"})).raise_for_status()

    async def take(name: str) -> None:
        picture = await admin.page.screenshot(path=images / f"console-{name}-{look}.png", animations="disabled")
        assert len(picture) > 1000

    await admin.sign_in()
    for name, view in VIEWS.items():
        await admin.show(view)
        await expect(admin.page.locator("[aria-label=Loading]")).to_have_count(0)
        await take(name)
    await admin.show("meetings")
    await admin.page.get_by_role("link", name="Customer workshop").click()
    await expect(admin.page.get_by_role("heading", name="Customer workshop")).to_be_visible()
    await admin.settled()
    await take("meeting")
    await admin.show("integrations/1")
    preview = admin.page.locator(f".setting:has(#{TEMPLATE}) + details")
    await preview.locator("summary").first.click()
    await preview.frame_locator("iframe").first.locator("div").first.wait_for()
    await admin.page.locator(f"#{TEMPLATE}").evaluate("e => e.closest('.setting').scrollIntoView()")
    await take("template")
