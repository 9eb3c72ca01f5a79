"""The demo page as a visitor uses it: meetings from the click in the pane to the room that opens and closes.

tests/browser/test_demo_truth.py tests that the page never contradicts itself, and test_demo_looks.py tests its layout.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from dev.environment import Addresses
from tests.browser.demo import Visit, visiting
from tests.browser.stack import running_stack


@pytest.fixture
async def visit(browser: Browser, stack: Addresses) -> AsyncIterator[Visit]:
    async with visiting(browser, stack) as visit:
        yield visit
        assert visit.complaints == []


async def test_a_meeting_goes_from_the_click_to_the_open_room(visit: Visit) -> None:
    page = visit.page
    await visit.fill("Yearly budget", await visit.tomorrow(), "10:00", "11:00")
    await visit.add_room()
    await expect(page.locator("#attendees")).to_have_value("bob@example.com, rooms@example.com")
    await expect(page.locator("#location")).to_have_value("Video meeting rooms")
    await visit.send("Yearly budget")
    room = visit.meeting("Yearly budget").locator(".room")
    await expect(room).to_contain_text("Opens")
    await visit.drag_clock("10:15")
    await expect(room).to_contain_text("Open until 12:00")
    await visit.drag_clock("15:00")
    await expect(room).to_contain_text("Over")


async def test_meetings_and_single_dates_are_edited_moved_and_cancelled(visit: Visit) -> None:
    page = visit.page
    await visit.fill("Four weeks", await visit.tomorrow(), "09:00", "10:00", repeat="4")
    await visit.add_room()
    await visit.send("Four weeks")
    series = visit.meeting("Four weeks")
    await series.locator("summary").click()
    days = series.locator("details li")
    await expect(days).to_have_count(4)
    # One date is moved to another hour …
    await days.nth(0).get_by_role("button", name="by an hour").click()
    await expect(days.nth(0)).to_contain_text("10:00–11:00")
    await expect(days.nth(0).locator(".chip")).to_have_text("Moved")
    await days.nth(0).get_by_role("button").first.click()
    await visit.drag_clock("10:55")
    await expect(series.locator(".room")).to_contain_text("Open until")
    # … another is cancelled …
    await days.nth(1).get_by_role("button", name="Cancel").click()
    await expect(days.nth(1).locator(".chip")).to_have_text("Cancelled")
    # … the series gets a new title …
    await series.get_by_role("button", name="Edit").click()
    await expect(visit.pane.locator("#heading")).to_have_text("VMR already assigned")
    await page.fill("#subject", "Four weeks in a row")
    await visit.send("Four weeks in a row")
    # … and is cancelled.
    await visit.meeting("Four weeks in a row").get_by_role("button", name="Cancel “").click()
    await expect(visit.meeting("Four weeks in a row")).to_have_count(0)


async def test_an_endless_series_has_a_room_on_each_of_its_dates(visit: Visit) -> None:
    await visit.fill("For ever", await visit.tomorrow(), "16:00", "17:00", repeat="endless")
    await visit.add_room()
    await visit.send("For ever")
    await expect(visit.meeting("For ever").locator("summary")).to_have_text("Weekly, no end")
    await expect(visit.meeting("For ever").locator("details li")).to_have_count(12)


async def test_each_user_has_meetings_of_their_own(visit: Visit) -> None:
    await visit.fill("Only Alice's")
    await visit.send("Only Alice's", answered=False)
    await visit.be("Bob")
    await expect(visit.meeting("Only Alice's")).to_have_count(0)
    await expect(visit.page.locator("#attendees")).to_have_value("alice@example.com")


async def test_a_plain_text_meeting_is_sent_as_plain_text(visit: Visit) -> None:
    page = visit.page
    await page.check("#plain")
    await visit.fill("Plain", await visit.tomorrow(), "13:00", "13:30")
    await visit.add_room()
    body = await page.locator("#body").inner_text()
    assert "PXPS:-" in body
    assert await page.locator("#body a").count() == 0
    await visit.send("Plain")
    await visit.meeting("Plain").get_by_role("button", name="Edit").click()
    await expect(page.locator("#plain")).to_be_checked()
    assert "PXPS:-" in await page.locator("#body").inner_text()


async def test_a_delegate_sends_a_meeting_for_somebody_else(visit: Visit) -> None:
    page = visit.page
    await page.check("#delegate")
    await expect(page.locator("#form-heading")).to_have_text("New meeting for Bob")
    await visit.fill("Bob's review", await visit.tomorrow(), "11:00", "12:00")
    await visit.add_room()
    await page.click("#send")
    await expect(visit.meeting("Bob's review").locator(".room")).to_contain_text("88")
    await expect(visit.meeting("Bob's review")).to_contain_text("Sent by Alice for Bob")
    await visit.be("Bob")
    await expect(visit.meeting("Bob's review").locator(".chip.accepted")).to_be_visible()


async def test_a_phone_has_a_switch_and_no_pane(visit: Visit) -> None:
    page = visit.page
    await page.check("#phone")
    await visit.fill("From the train", await visit.tomorrow(), "07:00", "07:30")
    switch = page.get_by_role("switch", name="Video meeting")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    await expect(page.locator("#body")).to_contain_text("PXPS:-")
    await visit.send("From the train")


async def test_after_a_one_click_sign_in_a_personal_vmr_can_be_chosen(visit: Visit) -> None:
    """Sign-in takes place in a separate window, on the provider's page. The demo page then recognizes the room from the
    product's records."""
    pane, page = visit.pane, visit.page
    await visit.be("Bob")
    await visit.fill("At Bob's", await visit.tomorrow(), "18:00", "18:30")
    await pane.get_by_role("button", name="Add a Personal VMR").click()
    async with page.expect_popup() as popup:
        await pane.get_by_role("button", name="Sign In").click()
    window = await popup.value
    async with window.expect_event("close"):
        await window.get_by_role("button", name="bob@example.com").click()
    await pane.get_by_role("button", name="Bob's room").click()
    await expect(pane.locator("#heading")).to_have_text("Success")
    await visit.send("At Bob's", answered=False)
    await expect(visit.meeting("At Bob's").locator(".room")).to_have_text("Bob's room, a personal VMR")


async def test_closing_the_sign_in_window_leaves_the_pane_as_it_was(visit: Visit) -> None:
    pane, page = visit.pane, visit.page
    await pane.get_by_role("button", name="Add a Personal VMR").click()
    async with page.expect_popup() as popup:
        await pane.get_by_role("button", name="Sign In").click()
    await (await popup.value).close()
    await expect(pane.get_by_role("button", name="Sign In")).to_be_visible()


@pytest.mark.parametrize(
    ("alias", "kind", "said"),
    [("kick-off", "open", "You are in: Project kick-off"), ("5550102", "open", "You are in: Bob's room"),
     ("880", "unknown", "No room has this number")],
)  # fmt: skip
async def test_a_participant_joins_exactly_when_a_node_would_admit_them(
    visit: Visit, alias: str, kind: str, said: str
) -> None:
    page = visit.page
    if alias == "kick-off":
        alias = await visit.in_a_while("Now open")
        said = "You are in: Now open"
    await page.fill("#alias", alias)
    await page.click("#join button")
    await expect(page.locator(f"#verdict.{kind}")).to_contain_text(said)
    await page.click("#exchange-of-words summary")
    await expect(page.locator("#asked")).to_contain_text("GET /policy/v1/service/configuration?local_alias=")


async def test_starting_over_empties_the_stack_and_resets_the_clock(browser: Browser, tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        async with visiting(browser, stack) as visit:
            await visit.fill("Soon gone")
            await visit.send("Soon gone", answered=False)
            await visit.page.click("#following")
            await visit.drag_clock("12:00")
            day = await visit.page.locator("#date").inner_text()
            visit.page.on("dialog", lambda dialog: dialog.accept())
            async with visit.page.expect_navigation():
                await visit.page.click("#start-over")
            await visit.ready()
            await expect(visit.meeting("Soon gone")).to_have_count(0)
            await expect(visit.meeting("Project kick-off").locator(".room")).to_contain_text("Open")
            assert await visit.page.locator("#date").inner_text() != day


async def test_no_choice_of_exchange_is_offered_if_there_is_only_one(visit: Visit) -> None:
    await expect(visit.page.get_by_label("Exchange", exact=True)).to_be_hidden()


async def test_the_exchange_can_be_chosen_if_there_are_two(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EWS", "1")
    with running_stack(tmp_path) as stack:
        async with visiting(browser, stack) as visit:
            page = visit.page
            await page.get_by_label("Exchange", exact=True).select_option("Exchange on-premises (EWS)")
            await visit.accessible()
            await visit.fill("By EWS", await visit.tomorrow(), "10:00", "11:00")
            await visit.add_room()
            await expect(page.locator("#attendees")).to_have_value("bob@example.com, vmr-ews@example.com")
            await page.click("#send")
            await expect(page.locator("#notice")).to_contain_text("every minute")
            # Moving the clock also polls the mailbox, which then answers.
            await visit.drag_clock("10:15")
            await expect(visit.meeting("By EWS").locator(".chip.accepted")).to_be_visible()
            await expect(visit.meeting("By EWS").locator(".room")).to_contain_text("Open until")
            await expect(visit.meeting("By EWS").locator(".alias")).to_contain_text("room")
            assert visit.complaints == []
