"""The page as a whole: its size, its requests, what the admin's texts may contain, the debug log (X2, X6, X7)."""

import re
from collections import Counter
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest

from tests.browser.outlook import ADDIN, CONFIG, DETAILS, PANE, Outlook
from tests.browser.single_use import ADD, AGENDA
from tests.browser.stubs import PersonalVmrs, vmr
from tests.browser.tools import ROOT
from tests.support import eventually

BUDGET = 60 * 1024  # bytes of everything except Office.js


async def test_the_pane_is_small(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA})
    names = {PurePosixPath(urlsplit(url).path).name.partition("-")[2] for url in outlook.requests if "/assets/" in url}
    assert names == {"pane.css", *(path.name for path in (ROOT / "addin" / "src").glob("*.js"))}
    assert sum(outlook.weights.values()) <= BUDGET, outlook.weights


async def test_the_pages_requests_do_not_depend_on_one_another(outlook: Outlook) -> None:
    """The HTML names everything that the page needs, and each file is fetched once."""
    await outlook.open({"body": AGENDA})
    ours = [url for url in outlook.requests if urlsplit(url).hostname == ADDIN]
    assert ours[0].startswith(PANE)
    assert max(Counter(ours).values()) == 1
    assert all(urlsplit(url).path in outlook.html for url in ours[1:] if CONFIG not in url)


async def test_every_file_may_be_cached_forever_and_the_page_is_revalidated(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA})
    await eventually(lambda: CONFIG in outlook.headers, "the pane requests its configuration")
    kept = {path: headers.get("cache-control", "") for path, headers in outlook.headers.items()}
    assert "no-cache" in kept.pop(urlsplit(PANE).path)
    assert "no-store" in kept.pop(CONFIG)
    assert kept
    assert all("immutable" in value for value in kept.values())


async def test_texts_may_be_formatted(outlook: Outlook) -> None:
    outlook.config = {
        "texts": {
            "pane_title": "<em>Rooms</em> &amp; more",
            "single_use_button": '<span style="color: rgb(1, 2, 3)">Add</span> one',
            "success_message": '<p>Done. <a href="https://help.example.com/">Help</a></p>',
        }
    }
    await outlook.open({"body": AGENDA})
    assert await outlook.pane.locator("h1 em").inner_text() == "Rooms"
    colour = await outlook.pane.locator("button span").evaluate("element => getComputedStyle(element).color")
    assert colour == "rgb(1, 2, 3)"
    await outlook.click("Add one")
    assert await outlook.pane.get_by_role("link", name="Help").get_attribute("href") == "https://help.example.com/"
    assert outlook.complaints == []


async def test_names_of_vmrs_are_shown_as_text_whatever_they_contain(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [vmr("x", name='<img src=x onerror="alert(1)">', description='"><script>alert(1)</script>')])
    await outlook.open({"body": AGENDA})
    await outlook.click("Add a Personal VMR")
    assert (await outlook.buttons())[0] == '<img src=x onerror="alert(1)">'
    assert await outlook.pane.locator("#choices img, #choices script").count() == 0


@pytest.mark.parametrize("debug", [True, False])
async def test_the_debug_log_is_shown_when_it_is_on(outlook: Outlook, debug: bool) -> None:
    outlook.config = {"debug": debug}
    await outlook.open({"body": AGENDA})
    assert await outlook.pane.locator("#debug").is_visible() == debug


async def test_the_debug_log_shows_what_happened_without_secrets(outlook: Outlook) -> None:
    outlook.config = {"debug": True, "identity": {"dialog_url": ""}}
    outlook.token = "header.payload.signature"
    await outlook.open({"body": AGENDA}, faults={"sharedProperties": {"code": 9020}}, mailbox="1.15", isShared=True)
    await outlook.click(ADD)
    await outlook.pane.get_by_text("Debug log").click()
    log = await outlook.pane.locator("#log").inner_text()
    for told in (
        r"Version \d",
        "Office.js is ready: Outlook",
        r"body\.getAsync \d+ ms",
        r"Back end: 401 [0-9a-f-]{36} ",
        "Failed: single",
        "Shared calendar: not known",
    ):
        assert re.search(told, log), told
    for secret in ("header.payload", "alice@example.com", "vmr@example.com", "Agenda"):
        assert secret not in log


async def test_a_style_sheet_that_hangs_does_not_block_the_page(outlook: Outlook) -> None:
    outlook.config = {"stylesheets": [f"https://{ADDIN}/fabric.css"]}
    outlook.answers["/fabric.css"] = outlook.hang
    await outlook.open({"body": AGENDA})
    await outlook.click(ADD)
    assert await outlook.text("heading") == "Success"
    first = outlook.pane.locator("link[rel=stylesheet]").first
    assert await first.get_attribute("href") == f"https://{ADDIN}/fabric.css", "our own style comes last and wins"


async def test_a_second_opening_uses_the_current_identity_token(outlook: Outlook) -> None:
    """Nothing is carried over from one meeting to the next: a different key gets a different alias."""
    keys = set()
    for _ in range(2):
        await outlook.open({"body": AGENDA})
        async with outlook.page.expect_request(f"**{DETAILS}") as asked:
            await outlook.click(ADD)
        keys.add(await (await asked.value).header_value("idempotency-key"))
    assert len(keys) == 2
