"""How the pane starts (X6): without a host, without Office.js, and in offline deployments."""

from tests.browser.outlook import ADDIN, AJAX, OFFICE, OUTLOOK, PANE, Outlook
from tests.browser.single_use import ADD, AGENDA

OFFICE_JS_TIMEOUT = 10_000  # milliseconds that the pane waits for Office.js


async def test_a_pane_in_a_browser_without_outlook_says_where_it_works(outlook: Outlook) -> None:
    await outlook.open({}, wait=False)
    await outlook.page.goto(PANE)
    await outlook.page.locator("#message", has_text="works inside Outlook").wait_for()
    assert await outlook.page.locator("#choices button").count() == 0


async def test_without_microsoft_ajax_the_user_sees_an_error_in_time(outlook: Outlook) -> None:
    outlook.unreachable = {AJAX}
    await outlook.open({"body": AGENDA}, wait=False, clock=True)
    await outlook.pane.locator("#title", has_text="Add a VMR").wait_for()
    await outlook.pass_time(OFFICE_JS_TIMEOUT)
    await outlook.unresponsive()
    assert "MicrosoftAjax.js could not be loaded" in await outlook.text("hint")


async def test_without_office_js_the_user_sees_an_error_in_time(outlook: Outlook) -> None:
    outlook.unreachable = {OFFICE}
    await outlook.open({"body": AGENDA}, wait=False, clock=True)
    await outlook.pane.locator("#title", has_text="Add a VMR").wait_for()
    await outlook.pass_time(OFFICE_JS_TIMEOUT)
    await outlook.unresponsive()


async def test_the_pane_says_so_if_office_js_hangs(outlook: Outlook) -> None:
    outlook.hanging = {OFFICE}
    await outlook.open({"body": AGENDA}, wait=False, clock=True)
    await outlook.pane.locator("#title", has_text="Add a VMR").wait_for()
    await outlook.pass_time(OFFICE_JS_TIMEOUT)
    await outlook.unresponsive()


async def test_an_outlook_that_responds_late_still_works(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, wait=False, clock=True, delayed=True)
    await outlook.pane.locator("#title", has_text="Add a VMR").wait_for()
    await outlook.pass_time(OFFICE_JS_TIMEOUT)
    await outlook.unresponsive()
    await outlook.page.evaluate("outlook.awake()")
    await outlook.pane.get_by_role("button", name=ADD).wait_for()
    assert await outlook.text("heading") == ""


async def test_no_other_hosts_are_contacted(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA})
    await outlook.click(ADD)
    assert outlook.hosts() == {OUTLOOK, ADDIN, OFFICE, AJAX}
    assert outlook.lost == []
