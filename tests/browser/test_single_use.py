"""A single-use VMR put into a meeting by genuine Office.js, and taken out again."""

import re

from dev.environment import MAILBOX
from tests.browser.outlook import Outlook

AGENDA = "<html><head></head><body><p>Agenda</p></body></html>"
TAG = re.compile(r"PXPS:-[0-9a-f-]{36}#")


async def test_instructions_mailbox_and_location_go_into_the_meeting(outlook: Outlook) -> None:
    await outlook.open({"body": AGENDA})
    await outlook.click("Add a Single-use VMR")
    assert await outlook.text("heading") == "Success"
    assert "not scheduled until you select Send" in await outlook.text("message")
    meeting = await outlook.meeting()
    assert len(TAG.findall(meeting["body"])) == 1
    assert meeting["body"].startswith("<div>")
    assert meeting["body"].endswith("<p>Agenda</p></body></html>")
    assert meeting["required"] == [MAILBOX]
    assert meeting["location"] == "Video meeting rooms"
