"""Puts the pane into each of its states, for pictures and for the checks that every state must pass."""

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Route

from dev.environment import MAILBOX
from tests.browser.outlook import CONFIG, DETAILS, PERSONAL, TAG_STATE, Outlook
from tests.browser.single_use import ADD, AGENDA, OTHER_TAG, reserved
from tests.browser.stubs import PersonalVmrs, vmr

LIST = "Add a Personal VMR"
INVITED = {"name": "VMR", "address": MAILBOX}
Look = dict[str, Any]


async def _refuse(route: Route) -> None:
    await route.abort("connectionrefused")


async def _open(outlook: Outlook, look: Look, **more: Any) -> None:
    await outlook.open({"body": AGENDA}, look=look, **more)


async def choose(outlook: Outlook, look: Look) -> None:
    PersonalVmrs(outlook, [])
    await _open(outlook, look)


async def working(outlook: Outlook, look: Look) -> None:
    outlook.answers[DETAILS] = outlook.hang
    await _open(outlook, look)
    await outlook.pane.get_by_role("button", name=ADD).click()
    await outlook.pane.get_by_text("One moment…").wait_for()


async def success(outlook: Outlook, look: Look) -> None:
    await _open(outlook, look)
    await outlook.click(ADD)


async def already(outlook: Outlook, look: Look) -> None:
    outlook.answers[TAG_STATE] = reserved
    await outlook.open({"body": f"<p>{OTHER_TAG}</p>", "required": [INVITED]}, look=look)


async def removable(outlook: Outlook, look: Look) -> None:
    await success(outlook, look)
    await outlook.reopen()


async def foreign(outlook: Outlook, look: Look) -> None:
    await outlook.open({"body": f"<p>{OTHER_TAG}</p>"}, look=look)


async def moved(outlook: Outlook, look: Look) -> None:
    state = {"state": "scheduled", "starts_here": False, "alias": "meet.123456@example.com"}

    async def scheduled(route: Route) -> None:
        await route.fulfill(json={"status": "success", "result": state})

    outlook.answers[TAG_STATE] = scheduled
    await outlook.open({"body": f"<p>{OTHER_TAG}</p>", "id": "AAMk", "required": [INVITED]}, look=look, mailbox="1.15")


async def occurrence(outlook: Outlook, look: Look) -> None:
    outlook.answers[TAG_STATE] = reserved
    meeting = {"body": f"<p>{OTHER_TAG}</p>", "id": "AAMk", "seriesId": "AAMkS", "required": [INVITED]}
    await outlook.open(meeting, look=look, mailbox="1.15")


async def incomplete(outlook: Outlook, look: Look) -> None:
    outlook.answers[TAG_STATE] = reserved
    bob = {"name": "Bob", "address": "bob@example.com"}
    await outlook.open({"body": f"<p>{OTHER_TAG}</p>", "required": [bob]}, look=look)


async def rewrite(outlook: Outlook, look: Look) -> None:
    await outlook.open({"body": AGENDA.replace("Agenda", '<img src="cid:plan@1" alt="">')}, look=look)
    await outlook.click(ADD)
    await outlook.click("Remove from the meeting")


async def unable(outlook: Outlook, look: Look) -> None:
    await _open(outlook, look)
    await outlook.until_answered(CONFIG)
    outlook.answers[DETAILS] = _refuse
    await outlook.click(ADD)


async def error(outlook: Outlook, look: Look) -> None:
    await _open(outlook, look, faults={"addAttendees": {"code": 9002}})
    await outlook.click(ADD)


async def removed(outlook: Outlook, look: Look) -> None:
    await success(outlook, look)
    await outlook.click("Remove from the meeting")


async def personal_list(outlook: Outlook, look: Look) -> None:
    PersonalVmrs(outlook, [vmr("Alice"), vmr("Quality"), vmr("Board", name="Board of directors, Northern Europe")])
    await _open(outlook, look)
    await outlook.click(LIST)


async def personal_many(outlook: Outlook, look: Look) -> None:
    rooms = [f"{team}, floor {floor}" for floor in range(1, 11) for team in ("Design", "Finance", "Legal", "Sales")]
    PersonalVmrs(outlook, [vmr(room, name=room) for room in rooms])
    await _open(outlook, look)
    await outlook.click(LIST)


async def personal_none(outlook: Outlook, look: Look) -> None:
    PersonalVmrs(outlook, [])
    await _open(outlook, look)
    await outlook.click(LIST)


async def personal_error(outlook: Outlook, look: Look) -> None:
    PersonalVmrs(outlook, [])
    outlook.answers[PERSONAL] = _refuse
    await _open(outlook, look)
    await outlook.click(LIST)


async def sign_in(outlook: Outlook, look: Look) -> None:
    PersonalVmrs(outlook, [], signed_in=False)
    await _open(outlook, look)
    await outlook.click(LIST)


async def waiting(outlook: Outlook, look: Look) -> None:
    PersonalVmrs(outlook, [], signed_in=False).message = None
    await _open(outlook, look)
    await outlook.click(LIST)
    await outlook.pane.get_by_role("button", name="Sign In").click()
    async with outlook.page.expect_popup():
        await outlook.pane.get_by_role("button", name="Allow").click()
    await outlook.pane.get_by_label("code").wait_for()


async def sign_in_error(outlook: Outlook, look: Look) -> None:
    await sign_in(outlook, look)
    await outlook.pane.get_by_role("button", name="Sign In").click()
    await outlook.pane.get_by_role("button", name="Ignore").click()
    await outlook.settled()


async def unsuitable(outlook: Outlook, look: Look) -> None:
    await _open(outlook, look, isReading=True)


async def stuck(outlook: Outlook, look: Look) -> None:
    await _open(outlook, look, wait=False, clock=True, delayed=True)
    await outlook.pane.locator("#title", has_text="Add a VMR").wait_for()
    await outlook.pass_time(10_000)
    await outlook.unresponsive()


async def debug(outlook: Outlook, look: Look) -> None:
    outlook.config = {"debug": True}
    await success(outlook, look)
    await outlook.pane.get_by_text("Debug log").click()


STATES: dict[str, Callable[[Outlook, Look], Awaitable[None]]] = {
    state.__name__.replace("_", "-"): state
    for state in (
        choose, working, success, already, removable, foreign, moved, occurrence, incomplete, rewrite,
        unable, error, removed, personal_list, personal_many,
        personal_none, personal_error, sign_in, waiting, sign_in_error, unsuitable, stuck, debug,
    )
}  # fmt: skip
