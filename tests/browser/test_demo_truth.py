"""The demo page never contradicts itself: what it shows about a room matches the product's records at that moment."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Route, expect

from dev.environment import DEMO, Addresses
from tests.browser.demo import Visit, visiting
from tests.browser.outlook import NEXT_TURN
from tests.browser.stack import now, running_stack
from tests.browser.timeouts import hanging

RAW = re.compile(r"\b(?:request|tentativelyAccepted|notResponded|singleInstance|undefined|null|NaN)\b")


@pytest.fixture
async def visit(browser: Browser, stack: Addresses) -> AsyncIterator[Visit]:
    async with visiting(browser, stack) as visit:
        yield visit


async def book(visit: Visit, subject: str, start: str = "10:00", end: str = "11:00") -> None:
    await visit.fill(subject, await visit.tomorrow(), start, end)
    await visit.add_room()
    await visit.send(subject)


async def test_a_meeting_with_promised_instructions_gets_a_room(visit: Visit) -> None:
    """The text contains a promise instead of a number. There is still a room once the back end is available again."""
    page, name = visit.page, "While it was away"
    await visit.fill(name, await visit.tomorrow(), "10:00", "11:00")
    await visit.go_away()
    await visit.pane.get_by_role("button", name="Add a Single-use VMR").click()
    await expect(visit.pane.locator("#heading")).to_have_text("Cannot assign a VMR right now")
    await visit.send(name, answered=False)
    await expect(visit.meeting(name).locator(".room")).to_have_text("Unknown while the back end is down")
    await page.uncheck("#away")
    await expect(visit.meeting(name).locator(".alias")).to_contain_text(DEMO.prefix)
    await expect(page.locator("#inbox .chip.mail").first).to_have_text("Mail")
    assert DEMO.prefix + "0" not in await page.locator("#body").inner_text()


async def test_a_declined_meeting_has_no_room_and_no_join_window(visit: Visit) -> None:
    await book(visit, "The original")
    await visit.meeting("The original").get_by_role("button", name="Copy").click()
    await visit.page.fill("#subject", "The copy")
    await visit.send("The copy", answered=False)
    copy = visit.meeting("The copy")
    await expect(copy.locator(".chip.declined")).to_have_text("Declined")
    await expect(copy.locator(".room")).to_have_text("No room: it was declined")
    await copy.locator("button.link").click()
    line = visit.page.locator("#windows")
    await expect(line.get_by_text("The copy")).to_be_visible()
    lane = await line.get_by_text("The copy").evaluate("element => element.style.getPropertyValue('--lane')")
    windows = line.locator(".around")
    lanes = [await windows.nth(at).evaluate("one => one.style.getPropertyValue('--lane')")
             for at in range(await windows.count())]  # fmt: skip
    assert lane not in lanes, "a dotted join window would suggest that people can join"


async def test_an_answer_to_an_older_version_of_a_meeting_is_ignored(visit: Visit) -> None:
    """Somebody moves the meeting while no notification gets through, so the new version has no answer yet."""
    await book(visit, "To be moved")
    found = (await visit.control("GET", "meetings?user=alice@example.com"))["meetings"]
    [uid] = [one["uid"] for one in found if one["subject"] == "To be moved"]
    await visit.control("POST", "faults", {"faults": [{"on": "notification", "action": "lose", "times": 9}]})
    later = {"start": f"{await visit.tomorrow()}T15:00:00", "end": f"{await visit.tomorrow()}T16:00:00"}
    await visit.control("PATCH", f"meetings/{uid}", later)
    meeting = visit.meeting("To be moved")
    await expect(meeting.locator(".when")).to_contain_text("15:00")
    await expect(meeting.locator(".head .chip")).to_have_text("Sent")
    await visit.control("DELETE", "faults")
    await visit.page.request.post(f"{visit.stack.functions}/dev/run/sweep")
    await expect(meeting.locator(".head .chip")).to_have_text("Accepted")


async def test_a_reload_keeps_the_meetings_buttons_and_the_add_ins_notes(visit: Visit) -> None:
    await book(visit, "Kept")
    await visit.reload()
    meeting = visit.meeting("Kept")
    await expect(meeting.locator(".chip")).to_have_text("Accepted")
    await meeting.get_by_role("button", name="Edit").click()
    await expect(visit.pane.locator("#heading")).to_have_text("VMR already assigned")
    await expect(visit.pane.get_by_role("button", name="Remove from the meeting")).to_be_visible()
    await visit.meeting("Kept").get_by_role("button", name="Cancel").click()
    await expect(visit.meeting("Kept")).to_have_count(0)


async def test_while_the_clock_moves_the_page_says_so_and_shows_no_outdated_rooms(visit: Visit) -> None:
    page = visit.page
    await book(visit, "Not yet", "20:00", "21:00")
    await visit.meeting("Not yet").locator("button.link").click()
    gate: list[Route] = []
    await page.route("**/demo/exchange/clock", lambda route: gate.append(route))
    await page.locator("#slider").fill(str(20 * 60 + 15))
    await expect(page.locator("#moving")).to_have_text("Moving to 20:15 …")
    await expect(page.locator("body")).to_have_attribute("aria-busy", "true")
    await expect(visit.meeting("Not yet").locator(".room")).to_contain_text("Opens")
    await gate[0].continue_()
    await expect(visit.meeting("Not yet").locator(".room")).to_contain_text("Open until")
    await expect(page.locator("#moving")).to_be_empty()
    await expect(page.locator("#time")).to_have_text("20:15")


async def test_the_timeline_and_the_list_agree(visit: Visit) -> None:
    await visit.in_a_while("Open in both")
    await expect(visit.meeting("Open in both").locator(".room.open")).to_be_visible()
    await visit.meeting("Open in both").locator("button.link").click()
    await expect(visit.page.locator("#windows span.open", has_text="Open in both")).to_be_visible()


async def test_a_meeting_late_in_the_evening_ends_on_the_next_day(browser: Browser, tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            late = (await now(stack) + timedelta(days=1)).replace(hour=22, minute=40)
            (await client.post(f"{stack.exchange}/dev/clock", json={"now": late.isoformat()})).raise_for_status()
        async with visiting(browser, stack) as visit:
            await expect(visit.page.locator("#from")).to_have_value("23:30")
            await expect(visit.page.locator("#to")).to_have_value("00:30")
            await visit.fill("Night shift")
            await visit.add_room()
            await visit.send("Night shift")
            meeting = visit.meeting("Night shift")
            await expect(meeting).to_contain_text("23:30–00:30")
            await meeting.get_by_role("button", name="Edit").click()
            await visit.page.fill("#subject", "Longer night shift")
            await visit.send("Longer night shift")
            await visit.page.fill("#to", "00:15")
            await visit.page.click("#send")
            await expect(visit.page.locator("#notice.fault")).to_have_text("The meeting must end after it starts.")


async def test_the_page_keeps_updating_while_it_shows_an_error(visit: Visit) -> None:
    page = visit.page
    await visit.fill("Backwards", "", "11:00", "10:00")
    await page.click("#send")
    await expect(page.locator("#notice.fault")).to_have_text("The meeting must end after it starts.")
    start = await visit.now() + timedelta(days=2)
    meeting = {
        "organizer": "alice@example.com", "subject": "From another Outlook", "attendees": ["bob@example.com"],
        "start": f"{start:%Y-%m-%dT%H:%M:%S}", "end": f"{start:%Y-%m-%dT%H:%M:%S}",
    }  # fmt: skip
    await visit.control("POST", "meetings", meeting)
    await expect(visit.meeting("From another Outlook")).to_be_visible()
    await expect(page.locator("#notice.fault")).to_be_visible()


@pytest.mark.parametrize(
    ("invited", "said"),
    [("bob", "“bob” is not an e-mail address."), ("", "Invite at least one person.")],
)
async def test_the_page_explains_why_a_meeting_cannot_be_sent(visit: Visit, invited: str, said: str) -> None:
    await visit.page.fill("#attendees", invited)
    await visit.page.click("#send")
    await expect(visit.page.locator("#notice")).to_have_text(said)


async def test_the_page_shows_no_api_terms(visit: Visit) -> None:
    await book(visit, "In words")
    for user in ("Alice", "Bob"):
        await visit.be(user)
        shown = await visit.page.locator("body").inner_text()
        assert RAW.findall(shown) == []
        chips = await visit.page.locator(".chip").all_inner_texts()
        assert {chip for chip in chips if chip and not chip[0].isupper()} == set()


async def test_sending_shows_the_recipients_and_the_result(visit: Visit) -> None:
    """The text is in a live region, so that screen reader users hear it, too."""
    notice = visit.page.locator("#notice[role=status]")
    await visit.fill("Said aloud", await visit.tomorrow(), "10:00", "11:00")
    await visit.add_room()
    await visit.page.click("#send")
    await expect(notice).to_contain_text("“Said aloud” was sent to bob@example.com, rooms@example.com.")
    await expect(notice).to_contain_text("It was accepted.")


async def test_a_visitor_can_look_at_other_days_and_return_to_the_present(visit: Visit) -> None:
    page = visit.page
    today = await page.locator("#date").inner_text()
    await expect(page.locator("#clock")).to_contain_text("UTC")
    for _ in range(3):
        await page.click("#following")
    await page.click("#previous")
    assert await page.locator("#date").inner_text() != today
    await page.click("#present")
    await expect(page.locator("#date")).to_have_text(today)
    await expect(page.locator("#present")).to_be_disabled()


async def test_a_refresh_that_began_before_a_switch_was_changed_does_not_undo_it(visit: Visit) -> None:
    """The response to such a refresh shows the former state of the switch, which the page must not restore."""
    page, looking, looked, turned = visit.page, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        looking.set()
        await turned.wait()
        await route.fulfill(response=answer)

    async def later(route: Route) -> None:
        turned.set()
        await looked.wait()
        await route.continue_()

    await page.route("**/demo/overview*", late, times=1)
    await page.route("**/demo/away", later)
    async with asyncio.timeout(hanging() / 1000):
        await looking.wait()
        async with page.expect_request_finished(lambda request: "/demo/overview" in request.url):
            await page.locator("#away").evaluate("one => one.click()")
        await page.evaluate(NEXT_TURN)
        await expect(page.locator("#away")).to_be_checked()
        looked.set()
    await expect(page.locator("#banner")).to_contain_text("The back end is down")
    await page.unroute("**/demo/away")
    await page.uncheck("#away")
    await expect(page.locator("#banner")).to_be_hidden()


async def test_the_page_says_that_the_stack_has_ended_and_keeps_what_it_shows(visit: Visit) -> None:
    page = visit.page
    await page.route("**/demo/overview*", lambda route: route.abort("connectionrefused"))
    await expect(page.locator("#banner")).to_contain_text("The local stack is not responding")
    await page.unroute("**/demo/overview*")
    await expect(page.locator("#banner")).to_be_hidden()
