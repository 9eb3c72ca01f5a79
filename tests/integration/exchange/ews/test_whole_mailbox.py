"""Use of a complete mailbox through exchangelib's ordinary high-level interface, without the product's own client."""

import datetime as dt
from typing import Any

import pytest
from exchangelib import Account, CalendarItem, HTMLBody, Message, Q
from exchangelib.folders import Calendar, Contacts, Drafts, Inbox, SentItems, Tasks
from exchangelib.items import (
    SEND_ONLY_TO_ALL,
    SEND_TO_ALL_AND_SAVE_COPY,
    SEND_TO_NONE,
    MeetingCancellation,
    MeetingRequest,
    MeetingResponse,
)
from exchangelib.properties import AlternateId
from exchangelib.recurrence import Recurrence, WeeklyPattern

from tests.integration.exchange.ews.client import VMR_EWS, Client, at
from tests.support.exchange_world import ALICE, BOB, ExchangeWorld

NINE, TEN = at(2030, 3, 4, 9), at(2030, 3, 4, 10)


@pytest.fixture
def alice(client: Client) -> Account:
    return client.mailbox(ALICE)


@pytest.fixture
def vmr(client: Client) -> Account:
    return client.mailbox(VMR_EWS)


def meeting(account: Account, **fields: Any) -> CalendarItem:
    """Save and send one of Alice's meetings, to which the equipment mailbox is invited."""
    item = CalendarItem(
        account=account,
        folder=account.calendar,
        **(
            {"subject": "Review", "start": NINE, "end": TEN, "required_attendees": [VMR_EWS], "resources": [BOB]}
            | fields
        ),
    )
    return item.save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)


async def test_folders_can_be_opened(client: Client, vmr: Account) -> None:
    def work() -> tuple[set[str], str, list[type]]:
        found = {folder.name for folder in vmr.root.walk()}
        kinds = [type(folder) for folder in (vmr.inbox, vmr.calendar, vmr.drafts, vmr.sent, vmr.contacts, vmr.tasks)]
        return found, vmr.root.tree(), kinds

    found, tree, kinds = await client.do(work)
    assert {"Inbox", "Calendar", "Drafts", "Sent Items", "Deleted Items", "Top of Information Store"} <= found
    assert "Inbox" in tree
    assert kinds == [Inbox, Calendar, Drafts, SentItems, Contacts, Tasks]


async def test_the_hierarchy_can_be_synchronized(client: Client, vmr: Account) -> None:
    def work() -> tuple[list[str], list[Any]]:
        first = [folder.name for kind, folder in vmr.msg_folder_root.sync_hierarchy()]
        return first, list(vmr.msg_folder_root.sync_hierarchy(sync_state=vmr.msg_folder_root.folder_sync_state))

    first, again = await client.do(work)
    assert "Inbox" in first
    assert again == []


async def test_a_meeting_is_sent_answered_moved_and_cancelled(
    world: ExchangeWorld, client: Client, alice: Account, vmr: Account
) -> None:
    def work() -> None:
        item = meeting(alice, body=HTMLBody("<p>Hello</p>"), location="Room 1")
        [request] = vmr.inbox.all()
        assert isinstance(request, MeetingRequest)
        assert (request.subject, request.start, request.location) == ("Review", NINE, "Room 1")
        assert [r.mailbox.email_address for r in request.resources] == [BOB]
        request.accept(body=HTMLBody("<p>Welcome</p>"))
        [answer] = alice.inbox.all()
        assert isinstance(answer, MeetingResponse)
        assert answer.response_type == "Accept"
        assert "<p>Welcome</p>" in answer.body
        item.refresh()
        assert [a.response_type for a in item.required_attendees] == ["Accept"]

        item.start, item.end = item.start + dt.timedelta(hours=2), item.end + dt.timedelta(hours=2)
        item.save(update_fields=["start", "end"], send_meeting_invitations=SEND_ONLY_TO_ALL)
        [update] = vmr.inbox.filter(subject="Review")
        assert (update.meeting_request_type, update.start) == ("FullUpdate", at(2030, 3, 4, 11))
        update.tentatively_accept()
        [shown] = vmr.calendar.view(at(2030, 3, 4), at(2030, 3, 5))
        assert (shown.start, shown.my_response_type) == (at(2030, 3, 4, 11), "Tentative")

        alice.calendar.get(subject="Review").cancel()
        [gone] = vmr.inbox.filter(subject__startswith="Canceled")
        assert isinstance(gone, MeetingCancellation)
        assert list(alice.calendar.all()) == []

    await client.do(work)


async def test_a_meeting_can_be_created_without_notifications(client: Client, alice: Account, vmr: Account) -> None:
    def work() -> tuple[int, int, int]:
        item = CalendarItem(account=alice, folder=alice.calendar, subject="Alone", start=NINE, end=TEN)
        item.save(send_meeting_invitations=SEND_TO_NONE)
        item.subject = "Still alone"
        item.save(update_fields=["subject"], send_meeting_invitations=SEND_TO_NONE)
        before = alice.calendar.filter(subject="Still alone").count()
        item.delete(send_meeting_cancellations=SEND_TO_NONE)
        return before, alice.calendar.all().count(), vmr.inbox.all().count()

    assert await client.do(work) == (1, 0, 0)


async def test_a_series_and_its_occurrences_can_be_changed(client: Client, alice: Account, vmr: Account) -> None:
    def work() -> None:
        pattern = WeeklyPattern(interval=1, weekdays=["Monday"], first_day_of_week="Monday")
        rule = Recurrence(pattern=pattern, start=dt.date(2030, 3, 4), number=4)
        item = meeting(alice, recurrence=rule)
        [request] = vmr.inbox.all()
        assert request.type == "RecurringMaster"
        request.accept()
        shown = list(vmr.calendar.view(at(2030, 3, 1), at(2030, 5, 1)))
        assert [each.start.day for each in shown] == [4, 11, 18, 25]
        master = vmr.calendar.get(subject="Review")
        assert master.recurrence.pattern.weekdays == [1]
        assert master.recurrence.boundary.number == 4

        second = item.occurrence(index=2)
        second.refresh()
        second.location = "Elsewhere"
        second.save(update_fields=["location"], send_meeting_invitations=SEND_ONLY_TO_ALL)
        item.occurrence(index=3).delete(send_meeting_cancellations=SEND_TO_ALL_AND_SAVE_COPY)
        left = list(alice.calendar.view(at(2030, 3, 1), at(2030, 5, 1)))
        assert [(each.start.day, each.location) for each in left] == [(4, None), (11, "Elsewhere"), (25, None)]

    await client.do(work)


async def test_mail_is_drafted_sent_and_answered(
    world: ExchangeWorld, client: Client, alice: Account, vmr: Account
) -> None:
    def work() -> None:
        draft = Message(
            account=alice, folder=alice.drafts, subject="Hello", body="How are you?", to_recipients=[VMR_EWS],
            cc_recipients=[BOB],
        )  # fmt: skip
        draft.save()
        assert alice.drafts.get(subject="Hello").is_draft
        draft.send()
        assert alice.sent.get(subject="Hello").to_recipients[0].email_address == VMR_EWS
        mail = vmr.inbox.get(subject="Hello")
        mail.is_read = True
        mail.save(update_fields=["is_read"])
        mail.reply(subject="RE: Hello", body="Well.", to_recipients=[ALICE])
        assert "Well." in alice.inbox.get(subject="RE: Hello").body
        mail.reply_all(subject="RE: Hello", body="All well.")
        mail.forward(subject="FW: Hello", body="See below", to_recipients=["carol@example.com"])
        mail.move_to_trash()
        assert vmr.inbox.filter(is_read=True).count() == 0
        assert vmr.trash.get(subject="Hello").sender.email_address == ALICE
        vmr.trash.get(subject="Hello").delete()
        assert vmr.trash.all().count() == 0

    await client.do(work)
    assert [m["subject"] for m in await world.received(BOB)] == ["Hello", "RE: Hello"]
    assert [m["subject"] for m in await world.received("carol@example.com")] == ["FW: Hello"]


async def test_a_mailbox_can_be_searched_and_synchronized(client: Client, alice: Account, vmr: Account) -> None:
    def work() -> None:
        for number in range(3):
            Message(account=alice, subject=f"Mail {number}", body="x", to_recipients=[VMR_EWS]).send_and_save()
        first = list(vmr.inbox.sync_items())
        assert [kind for kind, _ in first] == ["create"] * 3
        found = vmr.inbox.filter(Q(subject="Mail 1") | Q(subject__contains="nothing"))
        assert [item.subject for item in found.only("subject")] == ["Mail 1"]
        names = vmr.inbox.all().order_by("-datetime_received", "subject").values_list("subject", flat=True)
        assert sorted(names) == ["Mail 0", "Mail 1", "Mail 2"]
        vmr.inbox.filter(subject="Mail 1").delete()
        state = vmr.inbox.item_sync_state
        assert [kind for kind, _ in vmr.inbox.sync_items(sync_state=state)] == ["delete"]

    await client.do(work)


async def test_the_servers_time_zones_can_be_read(client: Client, vmr: Account) -> None:
    def work() -> Any:
        return {each.id: each for each in vmr.protocol.get_timezones(return_full_timezone_data=True)}

    found = await client.do(work)
    assert "W. Europe Standard Time" in found


async def test_names_are_resolved_and_ids_converted(client: Client, alice: Account) -> None:
    def work() -> tuple[str, str]:
        item = meeting(alice)
        [resolved] = alice.protocol.resolve_names([ALICE])
        given = AlternateId(id=item.id, format="EwsId", mailbox=ALICE)
        [converted] = alice.protocol.convert_ids([given], destination_format="HexEntryId")
        return resolved.email_address, converted.format

    assert await client.do(work) == (ALICE, "HexEntryId")
