"""The pane in Outlooks that misbehave the way real ones do (docs/facts/outlook-addin.md)."""

import re
from typing import Any

import pytest

from dev.environment import MAILBOX
from tests.browser.outlook import PANE, SIGN_IN, Outlook
from tests.browser.single_use import ADD, AGENDA, FAILED, REMOVE, TAG, writes

NO_ANSWER = 15_000  # milliseconds that the pane waits for Outlook

# Outlook prefixes ids and classes, turns div elements into paragraphs, drops comments and attributes, and wraps links.
REWRITE = """html => html
    .replace(/ (id|class)="/g, ' $1="x_').replace(/<(\\/?)div\\b/g, '<$1p')
    .replace(/style="[^"]*"/g, 'style="margin:0"')
    .replace(/href="([^"]*)"/g, (_, url) =>
        `href="https://safelinks.example/?url=${encodeURIComponent(url)}&amp;data=05" originalsrc="${url}"`)
    .replace(/\\n/g, '\\r\\n').replace(/: /g, ':&nbsp; ')"""


async def heading_of(outlook: Outlook, button: str = ADD) -> str:
    await outlook.click(button)
    return await outlook.text("heading")


async def test_the_pane_recovers_from_a_prepend_that_reports_success_but_does_nothing(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, faults={"prependBody": "silent"})
    assert await heading_of(outlook) == "Success"
    meeting = await outlook.meeting()
    assert len(TAG.findall(meeting["body"])) == 1
    assert meeting["body"].startswith('<html><head></head><body dir="ltr"><div>')
    assert writes(await outlook.calls()) == ["prependBody", "setBody", "addAttendees", "setLocation"]
    await outlook.click(REMOVE)
    assert (await outlook.meeting())["body"] == AGENDA


async def test_undo_works_if_outlook_rewrites_html_while_inserting_it(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, rewrite=REWRITE)
    assert await heading_of(outlook) == "Success"
    assert "safelinks" in (await outlook.meeting())["body"]
    await outlook.page.evaluate("outlook.rewrite = html => html")  # otherwise it would also rewrite what undo restores
    await outlook.click(REMOVE)
    assert (await outlook.meeting())["body"] == AGENDA


async def test_undo_works_if_outlook_rewrites_html_after_inserting_it(outlook: Outlook) -> None:
    """Undo then finds the block by its text, and leaves the rest of the document unchanged."""
    await outlook.open({"body": AGENDA})
    await outlook.click(ADD)
    rewritten = await outlook.page.evaluate(f"({REWRITE})(outlook.meeting.body)")
    await outlook.change(body=rewritten)
    await outlook.click(REMOVE)
    body = (await outlook.meeting())["body"]
    assert re.sub(r"<[^>]+>|\s", "", body) == "Agenda"
    assert body.endswith("<p>Agenda</p></body></html>")


@pytest.mark.parametrize("faults", [{"prependBody": {"code": 9002}}, {"prependBody": "silent"}])
async def test_a_body_that_cannot_be_changed_leaves_the_meeting_as_it_was(
    outlook: Outlook, faults: dict[str, Any]
) -> None:
    await outlook.open({"body": AGENDA}, faults=faults | {"setBody": {"code": 9002}})
    before = await outlook.meeting()
    assert await heading_of(outlook) == "Error"
    assert await outlook.text("message") == FAILED
    assert await outlook.meeting() == before
    await outlook.break_()
    assert await heading_of(outlook) == "Success"


async def test_a_mailbox_that_cannot_be_invited_leaves_the_meeting_as_it_was(outlook: Outlook) -> None:
    """A meeting with a tag but without the mailbox would have a room that never opens."""
    await outlook.open({"body": AGENDA}, faults={"addAttendees": {"code": 9002}})
    before = await outlook.meeting()
    assert await heading_of(outlook) == "Error"
    assert await outlook.meeting() == before
    await outlook.break_()
    assert await heading_of(outlook) == "Success"
    assert (await outlook.meeting())["required"] == [MAILBOX]


async def test_a_mailbox_that_is_not_listed_counts_as_added_and_the_user_is_asked_to_check(outlook: Outlook) -> None:
    """Outlook does not list people that it has not resolved yet."""
    outlook.behaviour = "the mailbox is not listed"
    await outlook.open({"body": AGENDA})
    assert await heading_of(outlook) == "Success"
    assert "check that it is among the attendees" in await outlook.text("hint")
    await outlook.click(REMOVE)
    assert 'also remove "' in await outlook.text("hint")
    assert not TAG.search((await outlook.meeting())["body"])
    await outlook.click(ADD)
    assert (await outlook.meeting())["required"] == [MAILBOX], "never twice"


async def test_the_pane_says_so_if_the_mailbox_cannot_be_added_and_the_body_cannot_be_restored(
    outlook: Outlook,
) -> None:
    await outlook.open({"body": AGENDA}, faults={"addAttendees": {"code": 9002}, "setBody": {"code": 9002}})
    assert await heading_of(outlook) == "Error"
    assert "delete them yourself" in await outlook.text("hint")


async def test_a_prepend_that_takes_effect_late_without_a_confirmation_is_not_repeated(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, faults={"prependBody": "hang"}, clock=True)
    await outlook.pane.get_by_role("button", name=ADD).click()
    await outlook.page.wait_for_function("outlook.calls.includes('prependBody')")
    await outlook.pass_time(NO_ANSWER)
    await outlook.settled()
    assert await outlook.text("heading") == "Error"
    assert writes(await outlook.calls()) == ["prependBody"], "writing again might insert twice"
    await outlook.break_()
    await outlook.page.evaluate("outlook.unanswered.forEach(work => work())")
    assert await heading_of(outlook) == "Success"
    meeting = await outlook.meeting()
    assert len(TAG.findall(meeting["body"])) == 1
    assert meeting["required"] == [MAILBOX]
    assert sum("meeting_details" in url for url in outlook.requests) == 1


async def test_a_prepend_that_works_without_a_confirmation_is_accepted(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, faults={"prependBody": "hang"}, clock=True)
    await outlook.pane.get_by_role("button", name=ADD).click()
    await outlook.page.wait_for_function("outlook.calls.includes('prependBody')")
    await outlook.page.evaluate("outlook.unanswered.forEach(work => work())")
    await outlook.pass_time(NO_ANSWER)
    await outlook.settled()
    assert await outlook.text("heading") == "Success"
    assert len(TAG.findall((await outlook.meeting())["body"])) == 1


async def test_a_location_that_was_appended_to_is_not_cleared_and_the_user_is_told(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, faults={"setLocation": "append"})
    assert await heading_of(outlook) == "Success"
    assert (await outlook.meeting())["location"] == "Video meeting rooms"
    assert await heading_of(outlook, REMOVE) == "Error"
    assert "check the text, the attendees and the location" in await outlook.text("message")
    assert (await outlook.meeting())["body"] == AGENDA


async def test_a_location_that_cannot_be_set_is_not_an_error(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, faults={"setLocation": {"code": 9002}})
    assert await heading_of(outlook) == "Success"
    assert "did not accept the location" in await outlook.text("hint")


@pytest.mark.parametrize("lost", [{"loadProperties": {"code": 9020}}, {"saveProperties": "silent"}])
async def test_lost_custom_properties_do_no_harm(outlook: Outlook, lost: dict[str, Any]) -> None:
    outlook.behaviour = "as documented"  # without them, no other address of the mailbox is known
    await outlook.open({"body": AGENDA}, faults=lost)
    before = await outlook.meeting()
    assert await heading_of(outlook) == "Success"
    await outlook.click(REMOVE)
    assert await outlook.meeting() == before
    await outlook.click(ADD)
    await outlook.reopen(noted=False)
    assert await outlook.text("heading") == "VMR already assigned", "the tag in the body shows it"
    assert await outlook.buttons() == [], "what cannot be identified is not removed"


async def test_the_pane_does_not_wait_for_custom_properties_that_hang(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, clock=True)
    await outlook.click(ADD)
    await outlook.break_(loadProperties="hang")
    await outlook.page.evaluate("url => outlook.open(document.querySelector('main'), url)", PANE)
    await outlook.page.wait_for_function("outlook.calls.filter(call => call === 'loadProperties').length > 1")
    await outlook.pass_time(3_000)
    await outlook.settled()
    assert await outlook.text("heading") == "VMR already assigned"


async def test_the_pane_works_if_shared_properties_fail_for_a_new_meeting(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, faults={"sharedProperties": {"code": 9020}}, mailbox="1.15", isShared=True)
    assert await heading_of(outlook) == "Success"


@pytest.mark.parametrize("fault", [{"code": 9017}, {"code": 9018}, {"code": 9042}])
async def test_without_an_identity_token_the_user_is_asked_to_sign_in(outlook: Outlook, fault: Any) -> None:
    outlook.config = {"identity": {"dialog_url": SIGN_IN}}
    await outlook.open({"body": AGENDA}, faults={"identityToken": fault})
    await outlook.click(ADD)
    assert await outlook.buttons() == ["Sign In", "Back"]
    assert writes(await outlook.calls()) == []


async def test_an_empty_identity_token_is_treated_as_missing(outlook: Outlook) -> None:
    outlook.token = ""
    outlook.config = {"identity": {"dialog_url": ""}}
    await outlook.open({"body": AGENDA})
    assert await heading_of(outlook) == "Error"
    assert await outlook.text("message") == FAILED
    assert not any("meeting_details" in url for url in outlook.requests)


async def test_a_token_that_the_server_rejects_is_reported(outlook: Outlook) -> None:
    outlook.token = "not.a.token"
    outlook.config = {"identity": {"dialog_url": ""}}
    await outlook.open({"body": AGENDA})
    assert await heading_of(outlook) == "Error"
    hint = await outlook.text("hint")
    assert hint.startswith("The identity token is not valid.")
    assert re.search(r"Reference: [0-9a-f-]{36}$", hint)
    assert writes(await outlook.calls()) == []


async def test_an_identity_token_that_never_arrives_is_reported(outlook: Outlook) -> None:
    outlook.config = {"identity": {"dialog_url": ""}}
    await outlook.open({"body": AGENDA}, faults={"identityToken": "hang"}, clock=True)
    await outlook.pane.get_by_role("button", name=ADD).click()
    await outlook.page.wait_for_function("outlook.calls.filter(call => call === 'identityToken').length > 1")
    await outlook.pass_time(NO_ANSWER)
    await outlook.settled()
    assert await outlook.text("heading") == "Error"


async def test_the_pane_does_not_wait_for_a_body_that_cannot_be_read(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, faults={"body": {"code": 9002}})
    assert await outlook.buttons() == [ADD]
    assert await heading_of(outlook) == "Error"
    assert writes(await outlook.calls()) == []


@pytest.mark.parametrize("options", [{"isReading": True}, {"mailbox": "1.1"}])
async def test_the_pane_explains_why_it_cannot_work_with_other_items_or_old_outlooks(
    outlook: Outlook, options: dict[str, Any]
) -> None:
    await outlook.open({"body": AGENDA}, **options)
    assert "open one of your meetings" in await outlook.text("message")
    assert await outlook.buttons() == []


PICTURE = AGENDA.replace("Agenda", 'Agenda <img src="cid:plan@1" alt="">')


async def test_pictures_are_not_put_at_risk_without_asking(outlook: Outlook) -> None:
    await outlook.open({"body": PICTURE})
    await outlook.click(ADD)
    assert 'src="cid:plan@1"' in (await outlook.meeting())["body"]
    before = await outlook.meeting()
    await outlook.click(REMOVE)
    assert "pictures may be lost" in await outlook.text("message")
    await outlook.click("Back")
    assert await outlook.meeting() == before
    assert await outlook.text("heading") == "Success"
    await outlook.click(REMOVE)
    await outlook.click("Continue")
    assert await outlook.buttons() == [ADD]
    meeting = await outlook.meeting()
    assert (meeting["required"], TAG.search(meeting["body"])) == ([], None)


async def test_a_user_who_deletes_the_instructions_manually_keeps_the_pictures(outlook: Outlook) -> None:
    await outlook.open({"body": PICTURE})
    await outlook.click(ADD)
    await outlook.click(REMOVE)
    await outlook.change(body=PICTURE)
    await outlook.click("Back")
    await outlook.click(REMOVE)
    meeting = await outlook.meeting()
    assert (meeting["body"], meeting["required"], meeting["location"]) == (PICTURE, [], "")


async def test_after_a_prepend_without_effect_text_with_pictures_is_not_rewritten_silently(outlook: Outlook) -> None:
    await outlook.open({"body": PICTURE}, faults={"prependBody": "silent"})
    await outlook.click(ADD)
    assert "pictures in it may be lost" in await outlook.text("message")
    assert writes(await outlook.calls()) == ["prependBody"]
    await outlook.click("Continue")
    assert await outlook.text("heading") == "Success"
    assert (await outlook.meeting())["required"] == [MAILBOX]


async def test_a_meeting_that_lacks_the_mailbox_is_completed(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, faults={"addAttendees": {"code": 9002}, "setBody": {"code": 9002}})
    await outlook.click(ADD)
    await outlook.break_()
    await outlook.reopen(noted=False)
    assert "was not found among the attendees" in await outlook.text("message")
    assert await outlook.buttons() == ["Add the mailbox"]
    await outlook.click("Add the mailbox")
    assert await outlook.text("heading") == "Success"
    meeting = await outlook.meeting()
    assert (meeting["required"], meeting["location"]) == ([MAILBOX], "Video meeting rooms")
    assert sum("meeting_details" in url for url in outlook.requests) == 1
