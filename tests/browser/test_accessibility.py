"""WCAG 2.2 AA (X7): axe in every state and colour scheme at 320 × 570; keyboard use, focus, reflow, and right-to-left
text."""

import pytest

from tests.browser.looks import LOOKS, violations
from tests.browser.outlook import Outlook
from tests.browser.single_use import ADD, AGENDA, REMOVE
from tests.browser.states import LIST, STATES, choose, personal_list, success
from tests.browser.stubs import PersonalVmrs, vmr


async def overflow(outlook: Outlook) -> int:
    """The number of pixels by which the pane scrolls sideways."""
    return int(
        await outlook.frame().evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", STATES)
async def test_every_state_is_accessible(outlook: Outlook, state: str, look: str) -> None:
    await STATES[state](outlook, LOOKS[look])
    assert await violations(outlook.frame()) == []
    assert await overflow(outlook) <= 0


@pytest.mark.parametrize("width", [256, 320])
async def test_long_words_and_markup_do_not_scroll_sideways(outlook: Outlook, width: int) -> None:
    word = "Videokonferenzraumreservierungsbestätigung" * 3
    outlook.config = {
        "texts": {
            "pane_title": f"<b>{word}</b>",
            "pane_description": f"<table><tr><td style='padding: 9px'>{word}</td><td>{word}</td></tr></table>",
            "single_use_button": f"<i>{word}</i>",
        }
    }
    await outlook.open({"body": AGENDA}, look={"viewport": {"width": width, "height": 570}})
    assert await overflow(outlook) <= 0
    assert await violations(outlook.frame()) == []


async def test_everything_works_with_only_the_keyboard(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [vmr("Alice"), vmr("Bob")])
    await outlook.open({"body": AGENDA})

    async def press(*keys: str) -> str:
        for key in keys:
            await outlook.page.keyboard.press(key)
        await outlook.settled()
        return str(await outlook.frame().evaluate("document.activeElement.textContent.trim()"))

    assert await press("Tab") == ADD
    assert await press("Tab") == LIST
    assert await press("Enter") == "Alice's roomThe room of Alice"
    assert await press("Tab") == "Bob's roomThe room of Bob"
    assert await press("Space") == "Success"
    assert await outlook.text("heading") == "Success"
    assert await press("Tab") == REMOVE
    assert await press("Enter") == ADD
    assert (await outlook.meeting())["body"] == AGENDA
    assert await press("Enter") == "Success"


async def test_tab_moves_through_the_debug_log_and_out_of_the_pane(outlook: Outlook) -> None:
    outlook.config = {"debug": True}
    await outlook.open({"body": AGENDA})
    seen = []
    for _ in range(3):
        await outlook.page.keyboard.press("Tab")
        seen.append(await outlook.frame().evaluate("document.activeElement.textContent"))
    assert seen[:2] == [ADD, "Debug log"]
    await outlook.page.wait_for_function("document.activeElement === document.body")


async def test_the_focus_stays_where_it_is_until_the_user_acts(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA})
    assert await outlook.frame().evaluate("document.activeElement === document.body")


async def test_the_focused_element_is_visible(outlook: Outlook) -> None:
    await choose(outlook, LOOKS["light"])
    await outlook.page.keyboard.press("Tab")
    outline = await outlook.frame().evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


async def test_results_are_announced_to_screen_readers(outlook: Outlook) -> None:
    """The live region exists, and is empty, before any text is put into it."""
    await outlook.open({"body": AGENDA})
    region = outlook.pane.get_by_role("status")
    assert await region.get_attribute("aria-live") == "polite"
    assert (await region.inner_text()).strip() == ""
    await outlook.click(ADD)
    assert (await region.inner_text()).startswith("Success")


async def test_buttons_keep_the_focus_while_an_action_is_in_progress(outlook: Outlook) -> None:
    await STATES["working"](outlook, LOOKS["light"])
    assert await outlook.pane.locator("#pane").get_attribute("aria-busy") == "true"
    button = outlook.pane.get_by_role("button", name=ADD)
    assert await button.get_attribute("aria-disabled") == "true"
    assert await button.evaluate("button => button === document.activeElement")


async def test_buttons_are_large_enough_to_touch(outlook: Outlook) -> None:
    await personal_list(outlook, LOOKS["light"])
    for button in await outlook.pane.get_by_role("button").all():
        box = await button.bounding_box()
        assert box
        assert box["height"] >= 44


@pytest.mark.parametrize(
    ("language", "direction"), [("ar-SA", "rtl"), ("he-IL", "rtl"), ("de-DE", "ltr"), ("arn-CL", "ltr")]
)
async def test_the_page_follows_outlooks_language_and_text_direction(
    outlook: Outlook, language: str, direction: str
) -> None:
    await outlook.open({"body": AGENDA}, language=language)
    root = outlook.pane.locator("html")
    assert await root.get_attribute("lang") == language
    assert await root.get_attribute("dir") == direction


async def test_the_pane_works_right_to_left(outlook: Outlook) -> None:
    outlook.config = {"texts": {"success_heading": "تم بنجاح", "success_message": "تم إعداد هذا الاجتماع."}}
    await outlook.open({"body": AGENDA}, language="ar-SA")
    await outlook.click(ADD)
    status = outlook.pane.locator("#status")
    assert await status.evaluate("element => getComputedStyle(element).borderRightWidth") == "4px"
    assert await overflow(outlook) <= 0
    assert await violations(outlook.frame()) == []


async def test_users_who_prefer_reduced_motion_see_no_animation(outlook: Outlook) -> None:
    await STATES["working"](outlook, {"reduced_motion": "reduce"})
    animation = await outlook.frame().evaluate(
        "getComputedStyle(document.getElementById('progress'), '::before').animationName"
    )
    assert animation == "none"


async def test_the_page_has_the_panes_title(outlook: Outlook) -> None:
    await success(outlook, LOOKS["light"])
    assert await outlook.frame().evaluate("document.title") == "Add a VMR"
