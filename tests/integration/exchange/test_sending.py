"""Sending mail: sendMail, replies, drafts, and MIME replies that become meeting responses."""

import base64
from email.message import EmailMessage

import pytest

from tests.support.exchange_world import ALICE, BOB, VMR, WEEKLY, ExchangeWorld


def to(*addresses: str) -> list[dict[str, dict[str, str]]]:
    return [{"emailAddress": {"address": address}} for address in addresses]


async def test_mail_can_be_sent_as_json(world: ExchangeWorld) -> None:
    message = {
        "Subject": "Joining instructions",
        "Body": {"ContentType": "HTML", "Content": "<p>Dial <b>7</b></p>"},
        "ToRecipients": to(ALICE),
        "CcRecipients": to(BOB),
        "internetMessageHeaders": [{"name": "X-Auto-Response-Suppress", "value": "All"}],
    }
    answer = await world.graph("POST", f"/users/{VMR}/sendMail", json={"Message": message})
    assert answer.status_code == 202
    for user in (ALICE, BOB):
        [mail] = await world.received(user)
        assert (mail["kind"], mail["from"], mail["uid"]) == ("mail", VMR, None)
        assert mail["body_html"] == "<p>Dial <b>7</b></p>"
        assert mail["body_text"] == "Dial 7"
    assert len(await world.folder(VMR, "sentitems")) == 1
    answer = await world.graph(
        "POST", f"/users/{VMR}/sendMail", json={"message": message | {}, "saveToSentItems": False}
    )
    assert len(await world.folder(VMR, "sentitems")) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": {"subject": "x"}},
        {"message": {"toRecipients": [{"address": ALICE}]}},
        {"message": {"toRecipients": to(ALICE), "body": "text"}},
        {"message": {"toRecipients": to(ALICE), "internetMessageHeaders": [{"name": "Auto-Submitted", "value": "x"}]}},
    ],
)
async def test_mail_that_cannot_be_sent_is_refused(world: ExchangeWorld, body: dict[str, object]) -> None:
    assert (await world.graph("POST", f"/users/{VMR}/sendMail", json=body)).status_code == 400


async def test_a_reply_goes_to_the_organizer_with_a_comment_or_a_body(world: ExchangeWorld) -> None:
    await world.meet()
    path = f"/users/{VMR}/messages/{(await world.folder())[0]['id']}"
    both = {"comment": "x", "message": {"body": {"contentType": "HTML", "content": "y"}}}
    assert (await world.graph("POST", f"{path}/reply", json=both)).status_code == 400
    body = {"message": {"body": {"contentType": "HTML", "content": "<p>Answer</p>"}}}
    assert (await world.graph("POST", f"{path}/reply", json=body)).status_code == 202
    assert (await world.graph("POST", f"{path}/reply", json={"comment": "a < b"})).status_code == 202
    first, second = await world.received(ALICE)
    assert (first["kind"], first["subject"], first["body_html"]) == ("mail", "RE: Review", "<p>Answer</p>")
    assert second["body_html"].startswith("a &lt; b<hr>")
    assert "Hello" in second["body_text"], "a comment appears above the quoted original"


async def test_a_reply_can_be_created_as_a_draft(world: ExchangeWorld) -> None:
    await world.meet()
    path = f"/users/{VMR}/messages/{(await world.folder())[0]['id']}"
    draft = (await world.graph("POST", f"{path}/createReply", json={"comment": "Soon"})).json()
    assert draft["isDraft"] is True
    assert await world.received(ALICE) == []
    changed = {"body": {"contentType": "html", "content": "<p>Now</p>"}}
    assert (await world.graph("PATCH", f"/users/{VMR}/messages/{draft['id']}", json=changed)).status_code == 200
    assert (await world.graph("POST", f"/users/{VMR}/messages/{draft['id']}/send")).status_code == 202
    assert [(m["subject"], m["body_text"]) for m in await world.received(ALICE)] == [("RE: Review", "Now")]
    assert (await world.graph("POST", f"{path}/send")).status_code == 400


async def test_a_sent_draft_keeps_its_immutable_id(world: ExchangeWorld) -> None:
    message = {"subject": "Hi", "body": {"contentType": "html", "content": "<p>x</p>"}, "toRecipients": to(BOB)}
    created = await world.graph("POST", f"/users/{VMR}/messages", json=message)
    assert created.status_code == 201
    path = f"/users/{VMR}/messages/{created.json()['id']}"
    assert (await world.graph("POST", f"{path}/send", json={})).status_code == 202
    assert (await world.get(path, select="isDraft"))["isDraft"] is False
    assert [item["subject"] for item in await world.folder(VMR, "sentitems")] == ["Hi"]
    assert len(await world.received(BOB)) == 1
    assert (await world.graph("POST", f"{path}/send")).status_code == 400, "a sent message is no longer a draft"


async def test_a_draft_without_recipients_is_not_sent(world: ExchangeWorld) -> None:
    draft = (await world.graph("POST", f"/users/{VMR}/messages", json={"subject": "Hi"})).json()
    assert (await world.graph("POST", f"/users/{VMR}/messages/{draft['id']}/send")).status_code == 400
    assert (await world.get(f"/users/{VMR}/messages/{draft['id']}"))["isDraft"] is True


async def test_a_mime_draft_becomes_a_response_when_it_is_sent(world: ExchangeWorld) -> None:
    uid = await world.meet()
    content, headers = response(uid, "ACCEPTED"), {"Content-Type": "text/plain"}
    draft = await world.graph("POST", f"/users/{VMR}/messages", content=content, headers=headers)
    assert draft.status_code == 201
    assert await world.received(ALICE) == []
    await world.graph("POST", f"/users/{VMR}/messages/{draft.json()['id']}/send")
    assert [m["kind"] for m in await world.received(ALICE)] == ["accepted"]


def response(uid: str, partstat: str, recurrence_id: str = "", recipient: str = ALICE) -> bytes:
    calendar = "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "METHOD:REPLY",
            "BEGIN:VEVENT",
            f"UID:{uid[:60]}",
            f" {uid[60:]}",
            f'ATTENDEE;CN="VMR: the room";PARTSTAT={partstat}:mailto:vmr@example.com',
            *([recurrence_id] if recurrence_id else []),
            "END:VEVENT",
            "END:VCALENDAR",
        ]
    )
    message = EmailMessage()
    message["Subject"], message["To"] = "Accepted: Review", f"Alice Adams <{recipient}>"
    message.set_content("plain")
    message.add_alternative("<p>Dial <b>7</b></p>", subtype="html")
    message.add_alternative(calendar, subtype="calendar", params={"method": "REPLY"})
    return base64.b64encode(message.as_bytes())


async def send(world: ExchangeWorld, content: bytes) -> int:
    headers = {"Content-Type": "text/plain"}
    return (await world.graph("POST", f"/users/{VMR}/sendMail", content=content, headers=headers)).status_code


@pytest.mark.parametrize(
    ("partstat", "kind", "shown"),
    [
        ("ACCEPTED", "accepted", "accepted"),
        ("DECLINED", "declined", "declined"),
        ("TENTATIVE", "tentative", "tentativelyAccepted"),
    ],
)
async def test_a_mime_reply_is_a_meeting_response_with_an_html_body(
    world: ExchangeWorld, partstat: str, kind: str, shown: str
) -> None:
    uid = await world.meet()
    assert await send(world, response(uid, partstat)) == 202
    [message] = await world.received(ALICE)
    assert (message["kind"], message["uid"]) == (kind, uid)
    assert "<b>7</b>" in message["body_html"]
    statuses = {a["emailAddress"]["address"]: a["status"]["response"] for a in (await world.event(ALICE))["attendees"]}
    assert statuses == {VMR: shown, BOB: "none"}


@pytest.mark.parametrize("line", ["RECURRENCE-ID:20300401T070000Z", "RECURRENCE-ID;TZID=Berlin:20300401T090000"])
async def test_a_mime_reply_can_respond_to_one_occurrence(world: ExchangeWorld, line: str) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    assert await send(world, response(uid, "ACCEPTED", line)) == 202
    [message] = await world.received(ALICE)
    assert (message["kind"], message["occurrence"]) == ("accepted", "2030-04-01")


@pytest.mark.parametrize(("said", "shown"), [(0, "none"), (1, "accepted")])
async def test_a_reply_to_an_older_version_is_shown_but_not_tracked(
    world: ExchangeWorld, said: int, shown: str
) -> None:
    """[MS-OXOCAL] 3.1.5.2, [MS-STANOICAL] 2.2.151: by its SEQUENCE."""
    uid = await world.meet()
    await world.edit(uid, start="2030-03-04T15:00:00")
    assert await send(world, response(uid, "ACCEPTED", f"SEQUENCE:{said}")) == 202
    assert [m["kind"] for m in await world.received(ALICE)] == ["accepted"]
    statuses = {a["emailAddress"]["address"]: a["status"]["response"] for a in (await world.event(ALICE))["attendees"]}
    assert statuses[VMR] == shown


async def test_mime_that_is_not_a_response_remains_mail(world: ExchangeWorld) -> None:
    assert await send(world, response("0400", "ACCEPTED")) == 202
    uid = await world.meet()
    assert await send(world, response(uid, "NEEDS-ACTION")) == 202
    assert [m["kind"] for m in await world.received(ALICE)] == ["mail", "mail"]


async def test_invalid_mime_is_refused(world: ExchangeWorld) -> None:
    assert await send(world, b"*** no base64 ***") == 400
    assert await send(world, base64.b64encode(b"Subject: nobody\r\n\r\nx")) == 400
    uid = await world.meet(recurrence=WEEKLY)
    assert await send(world, response(uid, "ACCEPTED", "RECURRENCE-ID:soon")) == 400
