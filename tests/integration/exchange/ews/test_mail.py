"""CreateItem, SendItem, UpdateItem, MoveItem, DeleteItem, ResolveNames."""

from typing import Any

import pytest
from exchangelib import HTMLBody, Mailbox, Message
from exchangelib.errors import (
    ErrorCalendarIsCancelledForAccept,
    ErrorCalendarIsOrganizerForAccept,
    ErrorCalendarMeetingRequestIsOutOfDate,
    ErrorInvalidRecipients,
    ErrorInvalidReferenceItem,
    ErrorItemNotFound,
    ErrorNameResolutionNoResults,
    ErrorSendAsDenied,
    ErrorStaleObject,
)
from exchangelib.items import SAVE_ONLY, SEND_ONLY, AcceptItem
from exchangelib.properties import ReferenceItemId

from tests.integration.exchange.ews.client import VMR_EWS, Client, at
from tests.support.exchange_world import ALICE, BOB, CAROL, VMR, ExchangeWorld


def letter(account: Any, folder: str | None = "drafts", **more: Any) -> Message:
    draft = {"subject": "Late", "body": HTMLBody("<i>Join here</i>"), "to_recipients": [ALICE], **more}
    return Message(account=account, folder=getattr(account, folder) if folder else None, **draft)


async def test_a_draft_is_sent_once(world: ExchangeWorld, client: Client) -> None:
    def drafted() -> Any:
        return letter(client.mailbox()).save()

    draft = await client.do(drafted)
    assert await world.received(ALICE) == []
    item_id = (draft.id, draft.changekey)
    await client.do(draft.send)
    [got] = await world.received(ALICE)
    assert (got["kind"], got["from"], got["body_html"]) == ("mail", VMR_EWS, "<i>Join here</i>")
    [again] = await client.do(lambda: list(client.mailbox().fetch([item_id])))
    assert isinstance(again, ErrorItemNotFound), "a message that was sent is no longer a draft"
    [refused] = await client.do(lambda: client.mailbox().bulk_send([item_id]))
    assert isinstance(refused, ErrorItemNotFound)
    [copy] = await client.do(lambda: list(client.mailbox().sent.all()))
    assert copy.subject == "Late"
    assert len(await world.received(ALICE)) == 1


async def test_mail_can_be_sent_without_a_copy(world: ExchangeWorld, client: Client) -> None:
    await client.do(lambda: letter(client.mailbox(), None).send(save_copy=False))
    await client.do(lambda: letter(client.mailbox()).save().send(save_copy=False))
    assert [message["subject"] for message in await world.received(ALICE)] == ["Late", "Late"]
    assert await client.do(lambda: client.mailbox().sent.all().count()) == 0


async def test_mail_can_be_sent_without_a_draft_with_a_copy_and_headers(world: ExchangeWorld, client: Client) -> None:
    more = {"cc_recipients": [BOB], "reply_to": [CAROL]}
    await client.do(lambda: letter(client.mailbox(), None, **more).send_and_save())
    got = await client.newest(ALICE)
    assert got.cc_recipients == [Mailbox(name=BOB, email_address=BOB, routing_type="SMTP", mailbox_type="Mailbox")]
    assert got.reply_to[0].email_address == CAROL
    assert len(await world.received(BOB)) == 1
    assert await client.do(lambda: client.mailbox().sent.all().count()) == 1


async def test_the_sender_of_mail_depends_on_how_the_mailbox_is_opened(world: ExchangeWorld, client: Client) -> None:
    await client.do(lambda: letter(client.mailbox(ALICE), None, to_recipients=[BOB]).send(save_copy=False))
    [got] = await world.received(BOB)
    assert got["from"] == ALICE, "the organizer, through impersonation"
    with pytest.raises(ErrorSendAsDenied):
        await client.do(lambda: letter(client.mailbox(), author=Mailbox(email_address=ALICE)).save())
    await client.do(lambda: letter(client.delegate(), author=Mailbox(email_address=VMR)).save().send())


async def test_mail_needs_recipients(client: Client) -> None:
    with pytest.raises(ErrorInvalidRecipients):
        await client.do(lambda: letter(client.mailbox(), None, to_recipients=[]).send(save_copy=False))


async def test_a_draft_can_be_changed_but_a_stale_one_cannot_be_sent(world: ExchangeWorld, client: Client) -> None:
    def work() -> tuple[Any, Any]:
        draft = letter(client.mailbox()).save()
        old = (draft.id, draft.changekey)
        draft.subject, draft.body = "Later", "Plain"
        draft.save(update_fields=["subject", "body"])
        return draft, old

    draft, old = await client.do(work)
    with pytest.raises(ErrorStaleObject):
        await client.do(lambda: client.mailbox().bulk_send([old]))
    await client.do(draft.send)
    [got] = await world.received(ALICE)
    assert (got["subject"], got["body_text"]) == ("Later", "Plain")


# --- responses that are refused or silent


async def test_a_response_can_be_saved_without_notifying_the_organizer(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS])
    request = await client.newest()
    await client.do(lambda: request.accept(message_disposition=SAVE_ONLY, folder=request.account.drafts))
    assert await world.received(ALICE) == []
    [shown] = await client.calendar(at(2030, 3, 1), at(2030, 4, 1))
    assert shown.my_response_type == "Accept"


async def test_a_response_can_be_sent_without_a_copy(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS])
    request = await client.newest()
    await client.do(lambda: request.accept(message_disposition=SEND_ONLY))
    assert [answer["kind"] for answer in await world.received(ALICE)] == ["accepted"]
    assert await client.do(lambda: client.mailbox().sent.all().count()) == 0


async def test_another_time_can_be_proposed(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS])
    request = await client.newest()
    start, end = at(2030, 3, 5, 8), at(2030, 3, 5, 9)
    await client.do(lambda: request.tentatively_accept(proposed_start=start, proposed_end=end))
    answer = await client.newest(ALICE)
    assert (answer.proposed_start, answer.proposed_end) == (start, end)


async def test_outdated_and_cancelled_requests_cannot_be_accepted(world: ExchangeWorld, client: Client) -> None:
    uid = await world.meet(attendees=[VMR_EWS])
    old = await client.newest()
    await world.edit(uid, start="2030-03-05T09:00:00")
    with pytest.raises(ErrorCalendarMeetingRequestIsOutOfDate):
        await client.do(old.accept)
    await world.cancel(uid)
    [shown] = await client.calendar(at(2030, 3, 1), at(2030, 4, 1))
    with pytest.raises(ErrorCalendarIsCancelledForAccept):
        await client.do(shown.accept)
    cancellation = await client.newest()
    reference = ReferenceItemId(id=cancellation.id, changekey=cancellation.changekey)
    answer = AcceptItem(account=cancellation.account, reference_item_id=reference)
    with pytest.raises(ErrorInvalidReferenceItem):
        await client.do(answer.send)
    assert await world.received(ALICE) == []


async def test_the_organizer_cannot_respond(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS])
    own = await client.do(lambda: client.mailbox(ALICE).calendar.all()[0])
    assert own.my_response_type == "Organizer"
    with pytest.raises(ErrorCalendarIsOrganizerForAccept):
        await client.do(own.accept)


# --- moving, deleting, resolving names


async def test_moving_an_item_changes_its_id(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS])
    request = await client.newest()
    old = request.id
    await client.do(lambda: request.move(client.mailbox().trash))
    assert request.id != old
    assert (await client.do(lambda: client.mailbox().trash.get(subject="Review"))).id == request.id


async def test_items_can_be_deleted(world: ExchangeWorld, client: Client) -> None:
    for _ in range(2):
        await world.post("/dev/mail", {"from": ALICE, "to": VMR_EWS, "subject": "Hello"})
    first, second = await client.inbox()
    await client.do(first.move_to_trash)
    await client.do(second.delete)
    assert await client.inbox() == []
    assert await client.do(lambda: client.mailbox().trash.all().count()) == 1


async def test_an_occurrence_can_be_deleted_from_the_calendar(world: ExchangeWorld, client: Client) -> None:
    recurrence = {"pattern": {"type": "daily", "interval": 1}, "range": {"type": "numbered", "numberOfOccurrences": 3}}
    await world.meet(attendees=[VMR_EWS], recurrence=recurrence)
    shown = await client.calendar(at(2030, 3, 1), at(2030, 4, 1))
    await client.do(shown[1].delete)
    assert [e.start.day for e in await client.calendar(at(2030, 3, 1), at(2030, 4, 1))] == [4, 6]
    assert await world.received(ALICE) == []


async def test_names_are_resolved(client: Client) -> None:
    protocol = await client.do(lambda: client.mailbox().protocol)
    [alice] = await client.do(lambda: protocol.resolve_names([ALICE]))
    assert (alice.name, alice.email_address) == ("Alice Adams", ALICE)
    several = await client.do(lambda: protocol.resolve_names(["vmr"]))
    assert {mailbox.email_address for mailbox in several} >= {VMR, VMR_EWS}
    [nobody] = await client.do(lambda: protocol.resolve_names(["nobody"]))
    assert isinstance(nobody, ErrorNameResolutionNoResults)
