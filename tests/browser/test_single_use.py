"""A single-use VMR is added to a meeting by the genuine Office.js, and removed again (X3)."""

import re

import pytest
from playwright.async_api import Route

from dev.environment import MAILBOX
from tests.browser.outlook import DETAILS, TAG_STATE, Outlook
from tests.browser.single_use import ADD, AGENDA, OTHER_TAG, REMOVE, TAG, reserved, writes


async def test_instructions_mailbox_and_location_are_added_to_the_meeting(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA, "required": [{"name": "Bob", "address": "bob@example.com"}]})
    await outlook.click(ADD)
    assert await outlook.text("heading") == "Success"
    assert "not scheduled until you select Send" in await outlook.text("message")
    meeting = await outlook.meeting()
    assert len(TAG.findall(meeting["body"])) == 1
    assert meeting["body"].startswith('<html><head></head><body dir="ltr"><div>')
    assert meeting["body"].endswith("</div><p>Agenda</p></body></html>")
    assert meeting["required"] == ["bob@example.com", MAILBOX]
    assert meeting["location"] == "Video meeting rooms"
    assert writes(await outlook.calls()) == ["prependBody", "addAttendees", "setLocation"]
    assert outlook.complaints == []


async def test_one_click_makes_one_request_to_the_back_end(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA})
    before = len(outlook.requests)
    await outlook.click(ADD)
    asked = [url for url in outlook.requests[before:] if "/config" not in url]
    assert [url.partition("/api/")[2] for url in asked] == [DETAILS.partition("/api/")[2]]


async def test_a_plain_text_meeting_gets_plain_text(outlook: Outlook) -> None:
    await outlook.open({"format": "text", "body": "Agenda"})
    await outlook.click(ADD)
    assert await outlook.text("heading") == "Success"
    body = (await outlook.meeting())["body"]
    assert TAG.search(body)
    assert "<" not in body.replace("<https://", "")
    assert body.endswith("\n\nAgenda")


async def test_the_pane_says_immediately_that_a_meeting_has_a_vmr_and_does_not_change_it(outlook: Outlook) -> None:
    outlook.answers[TAG_STATE] = reserved
    body = f"<p>Join: <b>PXPS:-0b1c2d3e-</b><span>4f50-4617&#8203;-8829</span>-{OTHER_TAG[-13:]}</p>"
    await outlook.open({"body": body, "required": [{"name": "VMR", "address": MAILBOX}]})
    assert await outlook.text("heading") == "VMR already assigned"
    assert "already been set up" in await outlook.text("message")
    assert await outlook.buttons() == []
    assert not any("meeting_details" in url for url in outlook.requests)
    assert writes(await outlook.calls()) == []


async def test_a_tag_that_the_server_does_not_know_can_be_replaced(outlook: Outlook) -> None:
    """The invitation is quoted or copied, so it would be declined if it were sent."""
    quoted = f"<div>Join with Outlook<br>{OTHER_TAG}</div>"
    people = [{"name": "VMR", "address": MAILBOX}]
    await outlook.open({"body": AGENDA.replace("<p>", f"{quoted}<p>"), "required": people})
    assert "belong to another meeting" in await outlook.text("message")
    assert await outlook.buttons() == ["Replace with a new VMR"]
    assert writes(await outlook.calls()) == []
    await outlook.click("Replace with a new VMR")
    assert await outlook.text("heading") == "Success"
    meeting = await outlook.meeting()
    [tag, *_] = TAG.findall(meeting["body"])
    assert tag != OTHER_TAG
    assert meeting["required"] == [MAILBOX]
    assert "delete the previous joining instructions" in await outlook.text("hint"), "not the template's instructions"


async def test_a_copied_meeting_gets_a_new_room_in_place_of_the_originals(outlook: Outlook) -> None:
    """The original has been sent, but its copy has not."""

    async def scheduled(route: Route) -> None:
        state = {"state": "scheduled", "starts_here": True, "alias": "1@x"}
        await route.fulfill(json={"status": "success", "result": state})

    await outlook.open({"body": AGENDA}, mailbox="1.15")
    await outlook.click(ADD)
    copied = await outlook.meeting()
    outlook.answers[TAG_STATE] = scheduled
    await outlook.reopen()
    assert await outlook.buttons() == ["Replace with a new VMR", REMOVE]
    await outlook.click("Replace with a new VMR")
    assert await outlook.text("heading") == "Success"
    meeting = await outlook.meeting()
    [old], [new] = TAG.findall(copied["body"]), TAG.findall(meeting["body"])
    assert new != old
    assert re.sub(r"[0-9]+", "", meeting["body"]).count("Agenda") == 1
    assert (meeting["required"], meeting["location"]) == (copied["required"], copied["location"])
    await outlook.click(REMOVE)
    meeting = await outlook.meeting()
    assert (meeting["body"], meeting["required"]) == (AGENDA, [])


async def test_the_room_of_one_date_of_a_series_is_never_replaced_silently(outlook: Outlook) -> None:
    """The pane says which room the date has; a new room is for this date alone (for the server's part, see
    docs/architecture.md, "Series").
    """
    outlook.answers[TAG_STATE] = reserved
    meeting = {"body": f"<p>{OTHER_TAG}</p>", "id": "AAMk", "required": [{"name": "VMR", "address": MAILBOX}]}
    await outlook.open(meeting | {"seriesId": "AAMkS"}, mailbox="1.15")
    assert "one date of a series, with the series' VMR, meet.123456@example.com." in await outlook.text("hint")
    assert await outlook.buttons() == ["Give this date its own VMR"]
    await outlook.click("Give this date its own VMR")
    assert await outlook.text("heading") == "Success"
    assert "the other dates do not change" in await outlook.text("hint")


async def test_the_tag_is_not_in_the_url_of_the_request(outlook: Outlook) -> None:
    await outlook.open({"body": f"<p>{OTHER_TAG}</p>"})
    assert any(url.endswith("/tag_state") for url in outlook.requests)
    assert not any(OTHER_TAG[6:20] in url for url in outlook.requests)


async def test_a_vmr_that_was_added_in_the_meantime_is_found_on_click(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA})
    await outlook.change(body=f"<p>{OTHER_TAG}</p>")
    await outlook.click(ADD)
    assert await outlook.text("heading") == "VMR already assigned"
    assert not any("meeting_details" in url for url in outlook.requests)
    assert writes(await outlook.calls()) == []


async def test_a_double_click_adds_one_vmr(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA})
    await outlook.pane.get_by_role("button", name=ADD).dblclick()
    await outlook.settled()
    assert sum("meeting_details" in url for url in outlook.requests) == 1
    assert len(TAG.findall((await outlook.meeting())["body"])) == 1


async def test_a_mailbox_that_is_already_invited_is_not_invited_again(outlook: Outlook) -> None:
    people = [{"name": "VMR", "address": MAILBOX.upper()}]
    await outlook.open({"body": AGENDA, "optional": people})
    await outlook.click(ADD)
    meeting = await outlook.meeting()
    assert (meeting["required"], meeting["optional"]) == ([], [MAILBOX.upper()])
    await outlook.click(REMOVE)
    assert (await outlook.meeting())["optional"] == [MAILBOX.upper()]


async def test_somebody_elses_location_is_kept_and_the_user_is_told(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA, "places": [{"id": "Room 1", "type": "room"}]})
    await outlook.click(ADD)
    assert (await outlook.meeting())["location"] == "Room 1"
    assert "left unchanged" in await outlook.text("hint")
    await outlook.click(REMOVE)
    assert (await outlook.meeting())["location"] == "Room 1"


@pytest.mark.parametrize("mailbox", ["1.5", "1.15"])
async def test_undo_leaves_the_meeting_as_it_was(outlook: Outlook, mailbox: str) -> None:
    people = [{"name": "Bob", "address": "bob@example.com"}]
    await outlook.open({"body": AGENDA, "required": people}, mailbox=mailbox)
    before = await outlook.meeting()
    await outlook.click(ADD)
    assert (await outlook.meeting())["location"] == "Video meeting rooms"
    await outlook.click(REMOVE)
    assert await outlook.meeting() == before
    assert await outlook.text("hint") == "The VMR has been removed from the meeting."
    assert await outlook.buttons() == [ADD]


async def test_undo_keeps_what_the_user_has_written_since(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA})
    await outlook.click(ADD)
    body = (await outlook.meeting())["body"]
    people = [{"name": name, "address": f"{name}@example.com"} for name in ("vmr", "carol")]
    await outlook.change(body=body.replace("Agenda", "Agenda: 1. All"), required=people)
    await outlook.click(REMOVE)
    meeting = await outlook.meeting()
    assert meeting["body"] == AGENDA.replace("Agenda", "Agenda: 1. All")
    assert meeting["required"] == ["carol@example.com"]


@pytest.mark.parametrize("form", [{"body": AGENDA}, {"body": "Agenda", "format": "text"}], ids=["html", "text"])
async def test_a_pane_opened_later_removes_what_was_added(outlook: Outlook, form: dict[str, str]) -> None:
    people = [{"name": "Bob", "address": "bob@example.com"}]
    await outlook.open(form | {"required": people})
    before = await outlook.meeting()
    await outlook.click(ADD)
    await outlook.reopen()
    assert await outlook.text("heading") == "VMR already assigned"
    await outlook.click(REMOVE)
    assert await outlook.meeting() == before
    assert await outlook.buttons() == [ADD]


async def test_a_pane_opened_later_removes_nothing_that_is_ambiguous(outlook: Outlook) -> None:
    """The text contains the block twice, as after copying within the text, so it is unclear which block is ours."""
    await outlook.open({"body": AGENDA})
    await outlook.click(ADD)
    body = (await outlook.meeting())["body"]
    await outlook.change(body=body + body)
    await outlook.reopen()
    assert await outlook.text("heading") == "VMR already assigned"
    assert await outlook.buttons() == []


async def test_adding_again_after_undo_gives_the_same_alias(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA})
    tags = []
    for _ in range(2):
        await outlook.click(ADD)
        tags += TAG.findall((await outlook.meeting())["body"])
        await outlook.click(REMOVE)
    assert len(tags) == 2
    assert tags[0] == tags[1]


async def test_a_delegate_adds_a_vmr_in_somebody_elses_calendar(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA}, mailbox="1.15", isShared=True)
    await outlook.click(ADD)
    assert await outlook.text("heading") == "Success"
    assert "sharedProperties" in await outlook.calls()
