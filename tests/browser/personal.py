"""The list of personal VMRs, and how tests open it."""

from playwright.async_api import Page

from tests.browser.outlook import Outlook

LIST = "Add a Personal VMR"


async def sign_in(outlook: Outlook) -> Page:
    """Click "Sign In", and allow Office.js to open the dialog. Returns the dialog's page."""
    await outlook.pane.get_by_role("button", name="Sign In").click()
    async with outlook.page.expect_popup() as popup:
        await outlook.pane.get_by_role("button", name="Allow").click()
    return await popup.value
