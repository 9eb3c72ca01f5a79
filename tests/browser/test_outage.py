"""If the back end cannot be reached (X4), a promise is inserted, and the equipment mailbox is still invited."""

import re

import pytest
from playwright.async_api import Route

from dev.environment import MAILBOX
from tests.browser.outlook import CONFIG, DETAILS, Answer, Outlook
from tests.browser.single_use import ADD, AGENDA, REMOVE

PROMISE = re.compile(r"TOK:-[A-Z2-7]{88}#")
SLOW = 8_000  # milliseconds that the pane waits for the back end
REFRESH = 5 * 60_000  # milliseconds between two requests for a placeholder


def status(code: int, body: str = "<h1>Bad gateway</h1>") -> Answer:
    return lambda route: route.fulfill(status=code, body=body, content_type="text/html")


async def refuse(route: Route) -> None:
    await route.abort("connectionrefused")


OUTAGES = {
    "no connection": refuse,
    "bad gateway": status(502),
    "down": status(503, '{"status":"failure","error":{"code":"unavailable","message":"Later.","correlation_id":"1"}}'),
    "overloaded": status(429, "{}"),
    "half an answer": status(200, '{"status":"succ'),
}


@pytest.mark.parametrize("outage", OUTAGES)
async def test_a_promise_is_inserted_and_the_mailbox_is_invited(outlook: Outlook, outage: str) -> None:
    await outlook.open({"body": AGENDA})
    await outlook.until_answered(CONFIG)
    outlook.answers[DETAILS] = OUTAGES[outage]
    await outlook.click(ADD)
    assert await outlook.text("heading") == "Cannot assign a VMR right now"
    assert "all attendees will be sent joining instructions later" in await outlook.text("message")
    meeting = await outlook.meeting()
    assert len(PROMISE.findall(meeting["body"])) == 1
    assert meeting["body"].endswith("<p>Agenda</p></body></html>")
    assert meeting["required"] == [MAILBOX]
    assert await outlook.buttons() == [REMOVE]


async def test_a_plain_text_meeting_gets_the_promise_as_text(outlook: Outlook) -> None:
    await outlook.open({"format": "text", "body": "Agenda"})
    await outlook.until_answered(CONFIG)
    outlook.answers[DETAILS] = refuse
    await outlook.click(ADD)
    body = (await outlook.meeting())["body"]
    assert PROMISE.search(body)
    assert "<" not in body


async def test_a_response_that_takes_too_long_is_treated_as_missing(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, clock=True)
    await outlook.until_answered(CONFIG)
    outlook.answers[DETAILS] = outlook.hang
    async with outlook.page.expect_request(f"**{DETAILS}"):
        await outlook.pane.get_by_role("button", name=ADD).click()
    assert await outlook.text("hint") == "One moment…"
    await outlook.pass_time(SLOW)
    await outlook.settled()
    assert await outlook.text("heading") == "Cannot assign a VMR right now"
    assert PROMISE.search((await outlook.meeting())["body"])


async def test_without_a_placeholder_nothing_is_promised(outlook: Outlook) -> None:
    outlook.answers = {DETAILS: refuse, CONFIG: refuse}
    await outlook.open({"body": AGENDA})
    before = await outlook.meeting()
    await outlook.click(ADD)
    assert await outlook.text("heading") == "Error"
    assert await outlook.meeting() == before


async def test_undo_removes_the_promise(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA})
    await outlook.until_answered(CONFIG)
    before = await outlook.meeting()
    outlook.answers[DETAILS] = refuse
    await outlook.click(ADD)
    await outlook.click(REMOVE)
    assert await outlook.meeting() == before
    del outlook.answers[DETAILS]
    await outlook.click(ADD)
    assert await outlook.text("heading") == "Success"


async def test_a_meeting_with_a_promise_counts_as_having_a_vmr(outlook: Outlook) -> None:
    await outlook.open({"body": f"<p>TOK:-{'AB' * 32}#</p>"})
    assert await outlook.text("heading") == "VMR already assigned"


async def test_the_placeholder_is_renewed_while_the_pane_is_open(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, clock=True)
    await outlook.until_answered(CONFIG)
    async with outlook.page.expect_request(f"**{CONFIG}"):
        await outlook.pass_time(REFRESH)


async def test_no_placeholder_is_fetched_if_single_use_vmrs_are_not_offered(outlook: Outlook) -> None:
    outlook.config = {"modes": {"single_use": False, "personal": True}}
    await outlook.open({"body": AGENDA})
    assert await outlook.buttons() == ["Add a Personal VMR"]
    assert not any(CONFIG in url for url in outlook.requests)
