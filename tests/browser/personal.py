"""The list of personal VMRs, and how to get there."""

from playwright.async_api import Page

from tests.browser.outlook import Outlook

LIST = "Add a Personal VMR"


async def sign_in(outlook: Outlook) -> Page:
    """Click "Sign In", and let Office.js open the dialog that it asks about; returns the dialog's page."""
    await outlook.pane.get_by_role("button", name="Sign In").click()
    async with outlook.page.expect_popup() as popup:
        await outlook.pane.get_by_role("button", name="Allow").click()
    return await popup.value
