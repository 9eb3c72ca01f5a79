"""The pane's side of personal VMRs and of the sign-in dialog (P1, P3, X5). The server's side is a stub."""

from typing import Any

import pytest
from playwright.async_api import Route

from tests.browser.outlook import PERSONAL, Outlook
from tests.browser.personal import LIST, sign_in
from tests.browser.single_use import ADD, AGENDA, FAILED, REMOVE, TAG, writes
from tests.browser.stubs import PersonalVmrs, vmr

ALICE, BOB = vmr("Alice"), vmr("Bob", name="<b>Bob & co</b>")


async def test_one_of_the_users_vmrs_is_added_to_the_meeting(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE, BOB])
    await outlook.open({"body": AGENDA})
    assert await outlook.buttons() == [ADD, LIST]
    await outlook.click(LIST)
    assert await outlook.text("message") == "Select the VMR you want to add to the meeting"
    assert await outlook.buttons() == ["Alice's room", "<b>Bob & co</b>", "Back"]
    await outlook.click("Alice's room")
    assert await outlook.text("heading") == "Success"
    assert await outlook.text("hint") == "", "no hint contradicts the message"
    meeting = await outlook.meeting()
    assert meeting["body"] == AGENDA.replace("<p>", f"<div>{ALICE['instructions']}<div><br></div></div><p>")
    assert meeting["location"] == ALICE["location"]
    assert meeting["required"] == [], "no mailbox is invited"


async def test_the_description_is_shown_on_hover_and_on_keyboard_focus(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE])
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    button = outlook.pane.get_by_role("button", name="Alice's room")
    assert await button.get_attribute("title") == "The room of Alice"
    about = button.locator(".about")
    assert not await about.is_visible()
    await outlook.page.keyboard.press("Tab")
    await outlook.page.keyboard.press("Shift+Tab")
    assert await about.is_visible()


async def test_undo_removes_a_personal_vmr(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE])
    await outlook.open({"body": AGENDA})
    before = await outlook.meeting()
    await outlook.click(LIST)
    await outlook.click("Alice's room")
    await outlook.click(REMOVE)
    assert await outlook.meeting() == before
    assert await outlook.buttons() == [ADD, LIST]


async def test_a_pane_opened_later_finds_a_personal_vmr_and_removes_it(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE])
    await outlook.open({"body": AGENDA})
    before = await outlook.meeting()
    await outlook.click(LIST)
    await outlook.click("Alice's room")
    await outlook.reopen()
    await outlook.click(LIST)
    assert await outlook.text("heading") == "VMR already assigned"
    await outlook.click(REMOVE)
    assert await outlook.meeting() == before


async def test_a_meeting_with_a_personal_vmr_does_not_get_another(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE, BOB])
    await outlook.open({"body": f"<p class=x_a>{ALICE['instructions'].replace(' ', '&nbsp; ')}</p>"})
    await outlook.click(LIST)
    assert await outlook.text("heading") == "VMR already assigned"
    assert writes(await outlook.calls()) == []


async def test_a_plain_text_meeting_gets_a_personal_vmr_as_text(outlook: Outlook) -> None:
    PersonalVmrs(
        outlook,
        [
            vmr(
                "Alice",
                instructions='<a href="https://a.example/">Join</a>',
                instructions_text="Join <https://a.example/>",
            )
        ],
    )
    await outlook.open({"format": "text", "body": "Agenda"})
    await outlook.click(LIST)
    await outlook.click("Alice's room")
    assert await outlook.text("heading") == "Success"
    assert (await outlook.meeting())["body"] == "Join <https://a.example/>\n\nAgenda"


async def test_a_user_without_personal_vmrs_is_told_so(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [])
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    assert await outlook.text("message") == "You do not have any personal VMRs"
    assert await outlook.buttons() == ["Back"]
    await outlook.click("Back")
    assert await outlook.buttons() == [ADD, LIST]


async def hundreds(outlook: Outlook) -> None:
    """Alice's list of 300 VMRs."""
    numbers = [f"{number:03}" for number in range(299)]
    rooms = [vmr(f"Room{at}", name=f"Room {at}", description=f"Floor {int(at) % 7}") for at in numbers]
    PersonalVmrs(outlook, [*rooms, vmr("Jose", name="José's studio")])
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)


async def test_hundreds_of_vmrs_are_shown_a_page_at_a_time(outlook: Outlook) -> None:
    await hundreds(outlook)
    assert await outlook.text("hint") == "25 of 300 shown."
    assert len(await outlook.buttons()) == 25 + 2
    await outlook.click("Show more")
    assert await outlook.text("hint") == "50 of 300 shown."
    assert len(await outlook.buttons()) == 50 + 2


async def test_one_of_hundreds_of_vmrs_is_found_by_its_name(outlook: Outlook) -> None:
    await hundreds(outlook)
    await outlook.pane.get_by_label("Find a VMR").fill("jose")
    assert await outlook.buttons() == ["José's studio", "Back"]
    assert await outlook.text("hint") == "1 of 1 shown."
    await outlook.pane.get_by_label("Find a VMR").fill("floor 3 room")
    assert len(await outlook.buttons()) == 25 + 2
    await outlook.pane.get_by_label("Find a VMR").fill("cellar")
    assert await outlook.buttons() == ["Back"]
    assert "No VMR has this" in await outlook.text("hint")
    await outlook.pane.get_by_label("Find a VMR").fill("298")
    await outlook.click("Room 298")
    assert await outlook.text("heading") == "Success"
    assert "room298" in (await outlook.meeting())["body"]


async def test_one_of_hundreds_of_vmrs_is_chosen_with_only_the_keyboard(outlook: Outlook) -> None:
    await hundreds(outlook)

    async def press(*keys: str) -> str:
        for key in keys:
            await outlook.page.keyboard.press(key)
        return str(await outlook.frame().evaluate("document.activeElement.firstChild?.textContent ?? 'the field'"))

    assert await press("Shift+Tab") == "the field"
    await outlook.page.keyboard.type("Room 12")
    assert (await outlook.buttons())[0] == "Room 012"
    assert await press("Enter") == "the field", "Enter sends nothing"
    assert await press(*["Backspace"] * 7) == "the field"
    assert await press(*["Tab"] * 26) == "Show more"
    assert await press("Enter") == "Room 025", "the focus is where the user stopped reading"
    await press("Enter")
    await outlook.settled()
    assert await outlook.text("heading") == "Success"


async def test_a_short_list_has_no_search_field(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE, BOB])
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    assert not await outlook.pane.locator("#entry").is_visible()
    assert await outlook.text("hint") == ""


async def test_a_list_that_cannot_be_loaded_is_reported(outlook: Outlook) -> None:
    async def down(route: Route) -> None:
        await route.fulfill(status=503, body="")

    PersonalVmrs(outlook, [])
    outlook.answers[PERSONAL] = down
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    assert await outlook.text("heading") == "Error"
    assert await outlook.text("message") == "There was a problem getting your personal VMRs. Please try again."
    assert await outlook.buttons() == [ADD, LIST]


async def test_a_personal_vmr_that_outlook_does_not_accept_is_reported(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE])
    await outlook.open({"body": AGENDA}, faults={"prependBody": "silent", "setBody": {"code": 9002}})
    await outlook.click(LIST)
    await outlook.click("Alice's room")
    assert await outlook.text("heading") == "Error"
    assert await outlook.text("message") == FAILED
    assert (await outlook.meeting())["body"] == AGENDA


async def test_a_user_signs_in_through_the_dialog(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE], signed_in=False)
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    assert await outlook.buttons() == ["Sign In", "Back"]
    await sign_in(outlook)
    await outlook.settled()
    assert await outlook.buttons() == ["Alice's room", "Sign out", "Back"]
    assert outlook.complaints == [complaint for complaint in outlook.complaints if "401" in complaint]


async def test_the_dialog_also_identifies_the_user_for_single_use_vmrs(outlook: Outlook) -> None:
    """After sign-in the pane continues with the original action. The stub's session is not valid for the real back end,
    which rejects it.
    """
    PersonalVmrs(outlook, [])
    await outlook.open({"body": AGENDA}, faults={"identityToken": {"code": 9018}})
    await outlook.click(ADD)
    assert await outlook.buttons() == ["Sign In", "Back"]
    async with outlook.page.expect_request("**/meeting_details") as asked:
        await sign_in(outlook)
    assert await (await asked.value).header_value("token") == "session-of-alice"


@pytest.mark.parametrize("message", [{"error": "access_denied"}, {"code": "stolen"}, {}])
async def test_a_failed_sign_in_is_reported(outlook: Outlook, message: dict[str, Any]) -> None:
    stub = PersonalVmrs(outlook, [ALICE], signed_in=False)
    stub.message = message
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    await sign_in(outlook)
    await outlook.settled()
    assert await outlook.text("heading") == "Error"
    assert await outlook.text("message") == "There was a problem signing you in. Please try again."
    stub.message = {"code": "one-time-code"}
    await sign_in(outlook)
    await outlook.settled()
    assert await outlook.buttons() == ["Alice's room", "Sign out", "Back"]


async def test_a_dialog_that_the_user_closes_is_not_an_error(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE], signed_in=False).message = None
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    await (await sign_in(outlook)).close()
    await outlook.settled()
    assert await outlook.text("heading") == ""
    assert await outlook.buttons() == ["Sign In", "Back"]


async def test_the_user_types_a_code_if_the_dialog_cannot_reach_the_pane(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE], signed_in=False).message = None
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    dialog = await sign_in(outlook)
    await outlook.pane.get_by_label("code").fill(" one-time-code ")
    async with dialog.expect_event("close"):
        await outlook.page.keyboard.press("Enter")
    await outlook.settled()
    assert await outlook.buttons() == ["Alice's room", "Sign out", "Back"]


async def test_a_wrong_code_is_reported_and_another_may_be_typed(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE], signed_in=False).message = None
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    await (await sign_in(outlook)).close()
    await outlook.settled()
    await outlook.pane.get_by_label("code").fill("wrong")
    await outlook.click("Use this code")
    assert await outlook.text("message") == "There was a problem signing you in. Please try again."
    assert "This sign-in is not valid." in await outlook.text("hint")
    await outlook.pane.get_by_label("code").fill("one-time-code")
    await outlook.click("Use this code")
    assert await outlook.buttons() == ["Alice's room", "Sign out", "Back"]


async def test_a_blocked_dialog_leaves_a_link_for_the_browser(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE], signed_in=False)
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    assert not await outlook.pane.get_by_role("link").is_visible()
    await outlook.pane.get_by_role("button", name="Sign In").click()
    await outlook.pane.get_by_role("button", name="Ignore").click()
    await outlook.settled()
    async with outlook.page.context.expect_page() as opened:
        await outlook.pane.get_by_role("link", name="browser window").click()
    assert "challenge=" in (await opened.value).url
    await outlook.pane.get_by_label("code").fill("one-time-code")
    await outlook.click("Use this code")
    assert await outlook.buttons() == ["Alice's room", "Sign out", "Back"]


async def test_the_sign_in_window_is_ignored_after_the_user_goes_back(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE], signed_in=False).message = None
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    dialog = await sign_in(outlook)
    await outlook.click("Back")
    await dialog.close()
    assert await outlook.buttons() == [ADD, LIST]
    await outlook.click(LIST)
    assert await outlook.buttons() == ["Sign In", "Back"]
    await (await sign_in(outlook)).close()


async def test_a_dialog_that_the_user_does_not_allow_is_reported(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE], signed_in=False)
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    await outlook.pane.get_by_role("button", name="Sign In").click()
    await outlook.pane.get_by_role("button", name="Ignore").click()
    await outlook.settled()
    assert await outlook.text("message") == "There was a problem signing you in. Please try again."
    assert "Allow pop-up windows" in await outlook.text("hint")


async def test_a_dialog_that_the_browser_blocks_is_reported(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE], signed_in=False)
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    await outlook.pane.locator("body").evaluate("() => { window.open = () => null; }")
    await outlook.pane.get_by_role("button", name="Sign In").click()
    await outlook.pane.get_by_role("button", name="Allow").click()
    await outlook.settled()
    assert await outlook.text("message") == "There was a problem signing you in. Please try again."
    assert "Allow pop-up windows" in await outlook.text("hint")


async def test_a_meeting_with_a_single_use_vmr_does_not_get_a_personal_one(outlook: Outlook) -> None:
    PersonalVmrs(outlook, [ALICE])
    await outlook.open({"body": AGENDA})
    await outlook.click(LIST)
    await outlook.change(body="<p>PXPS:-0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f#</p>")
    await outlook.click("Alice's room")
    assert await outlook.text("heading") == "VMR already assigned"
    assert len(TAG.findall((await outlook.meeting())["body"])) == 1
