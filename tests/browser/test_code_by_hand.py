"""Signing in when the dialog cannot reach the pane (X5): a browser window shows a code, which the user types into the
pane. There are no stubs.
"""

import os
import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page

from tests.browser.looks import violations
from tests.browser.outlook import OFFICE
from tests.browser.personal import sign_in
from tests.browser.sign_in_dialog import NO_TOKEN, PROVIDERS, Deployment
from tests.browser.single_use import ADD, TAG

CODE = re.compile(r"[0-9A-Z]{5}-[0-9A-Z]{5}")


async def code_of(page: Page) -> str:
    """Sign in as Alice on the provider's page. Returns the code that is shown afterwards."""
    await page.get_by_role("button", name="alice@example.com").click()
    shown = page.locator("#typed")
    await shown.wait_for()
    return (await shown.inner_text()).strip()


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def pictures(page: Page, images: Path) -> None:
    """If PICTURES is set, take a picture for the documentation, with a made-up code."""
    if not os.environ.get("PICTURES"):
        return
    await page.set_viewport_size({"width": 420, "height": 250})
    await page.locator("#typed code").evaluate("code => { code.textContent = 'K7QX2-M9PAT'; }")
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await page.screenshot(path=images / f"sign-in-code-{scheme}.png")


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_user_signs_in_using_a_browser_window_and_types_the_code(
    deployment: Deployment, provider: str, images: Path
) -> None:
    outlook = deployment.outlook
    await deployment.open(await deployment.integration(provider), faults=NO_TOKEN)
    await outlook.click(ADD)
    await outlook.pane.get_by_role("button", name="Sign In").click()
    await outlook.pane.get_by_role("button", name="Ignore").click()
    await outlook.settled()
    async with outlook.page.context.expect_page() as opened:
        await outlook.pane.get_by_role("link", name="browser window").click()
    window = await opened.value
    code = await code_of(window)
    assert CODE.fullmatch(code)
    assert await violations(window) == []
    await outlook.pane.get_by_label("code").fill(code.lower())
    await outlook.click("Use this code")
    assert await outlook.text("heading") == "Success"
    await pictures(window, images)
    assert len(TAG.findall((await outlook.meeting())["body"])) == 1
    assert not [url for url in outlook.requests if code in url]


async def test_a_dialog_without_office_js_shows_a_code(deployment: Deployment) -> None:
    """If the dialog's page cannot load Office.js, only the user can pass the code on to the pane."""
    outlook = deployment.outlook
    await deployment.open(await deployment.integration(), faults=NO_TOKEN)
    await outlook.click(ADD)
    dialog = await sign_in(outlook)
    outlook.unreachable = {OFFICE}
    code = await code_of(dialog)
    await outlook.pane.get_by_label("code").fill(code)
    async with dialog.expect_event("close"):
        await outlook.page.keyboard.press("Enter")
    await outlook.settled()
    assert await outlook.text("heading") == "Success"


async def test_a_code_works_once_and_in_one_pane(deployment: Deployment) -> None:
    outlook = deployment.outlook
    await deployment.open(await deployment.integration(), faults=NO_TOKEN)
    await outlook.click(ADD)
    dialog = await sign_in(outlook)
    outlook.unreachable = {OFFICE}
    code = await code_of(dialog)
    outlook.unreachable = set()
    await dialog.close()
    await outlook.settled()
    await sign_in(outlook)  # this is another sign-in, which does not accept the first sign-in's code
    await outlook.pane.get_by_label("code").fill(code)
    await outlook.page.keyboard.press("Enter")
    await outlook.settled()
    assert await outlook.text("message") == "There was a problem signing you in. Please try again."
    assert "no longer valid" in await outlook.text("hint")
