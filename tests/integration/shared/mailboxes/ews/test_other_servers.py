"""EWS servers that deviate from Exchange's documentation. Many of the deviations were seen in grommunio's gromox."""

from datetime import UTC, datetime

import pytest

from shared.calendar.request import Answer, CalendarItem, Kind, MeetingRequest, Shape
from shared.errors import RateLimited
from shared.mailboxes.ews.back_off import DEFAULT_BACK_OFF_SECONDS
from shared.mailboxes.ews.failures import EwsUnavailable
from shared.mailboxes.ews.mailbox import EwsMailbox
from shared.mailboxes.mailbox import Folder, Mail
from tests.support.exchange_world import ALICE, BOB, WEEKLY, ExchangeWorld

TWELVE = {**WEEKLY, "range": {"type": "numbered", "startDate": "2030-03-04", "numberOfOccurrences": 12}}


async def switch(world: ExchangeWorld, **flags: bool) -> None:
    answer = await world.http.patch("/dev/ews", json=flags)
    assert answer.status_code == 200, answer.text


async def newest(mailbox: EwsMailbox) -> MeetingRequest:
    """The latest meeting message."""
    found = []
    for known in (await mailbox.changes(Folder.INBOX, "")).message_ids:
        request = await mailbox.read(known)
        assert request is not None
        found.append(request)
    return max(found, key=lambda request: request.received)


def asked(world: ExchangeWorld, operation: str) -> int:
    return world.exchange.traffic.requests[f"EWS {operation}"]


async def test_a_state_that_never_reaches_its_end_is_requested_once(world: ExchangeWorld, mailbox: EwsMailbox) -> None:
    await switch(world, never_at_end=True)
    await world.meet()
    first = await mailbox.changes(Folder.INBOX, "")
    assert len(first.message_ids) == 1
    before = asked(world, "SyncFolderItems")
    again = await mailbox.changes(Folder.INBOX, first.state)
    assert (again.state, again.more, list(again.message_ids)) == (first.state, False, [])
    assert asked(world, "SyncFolderItems") == before + 1


async def test_a_fault_without_an_xml_declaration_and_with_another_prefix_is_a_refusal(
    world: ExchangeWorld, mailbox: EwsMailbox
) -> None:
    """The organizer's mailbox is not accessible, so the e-mail is sent from the equipment mailbox."""
    await world.meet()
    request = await newest(mailbox)
    assert request.item is not None
    await world.fault(on="EWS CreateItem", action="plain_fault", code="Cannot impersonate")
    mail = Mail((BOB,), "Come in", "<p>Hello</p>", sender=ALICE, item_id=request.item.id)
    draft = await mailbox.draft(mail)
    await mailbox.send(draft)
    [received] = [m for m in await world.received(BOB) if m["kind"] == "mail"]
    assert received["from"] == "vmr@example.com"


async def test_the_default_wait_applies_if_a_busy_server_requests_none(
    world: ExchangeWorld, mailbox: EwsMailbox
) -> None:
    """exchangelib itself would assume ten seconds."""
    await world.fault(on="EWS SyncFolderItems", action="server_busy", back_off_ms=0)
    with pytest.raises(RateLimited) as caught:
        await mailbox.changes(Folder.INBOX, "")
    assert caught.value.retry_after == DEFAULT_BACK_OFF_SECONDS


async def test_an_idle_connection_ended_by_408_is_opened_again(world: ExchangeWorld, mailbox: EwsMailbox) -> None:
    await world.meet()
    await world.fault(on="EWS SyncFolderItems", status=408)
    assert len((await mailbox.changes(Folder.INBOX, "")).message_ids) == 1


async def test_a_server_that_always_returns_408_counts_as_silent(world: ExchangeWorld, mailbox: EwsMailbox) -> None:
    await world.fault(on="EWS SyncFolderItems", status=408, times=2)
    with pytest.raises(EwsUnavailable, match="in time"):
        await mailbox.changes(Folder.INBOX, "")


async def test_saved_mail_that_does_not_count_as_a_draft_is_sent_once(
    world: ExchangeWorld, mailbox: EwsMailbox
) -> None:
    await switch(world, marks_drafts=False)
    draft = await mailbox.draft(Mail((BOB,), "Come in", "<p>Hello</p>"))
    for _ in range(2):
        await mailbox.send(draft)
    assert [m["kind"] for m in await world.received(BOB)] == ["mail"]


class TestViewsThatDoNotExpandSeries:
    async def test_occurrences_are_requested_by_their_index(self, world: ExchangeWorld, mailbox: EwsMailbox) -> None:
        uid = await world.meet(recurrence=TWELVE)
        await world.edit(uid, occurrence="2030-03-11", start="2030-03-12T09:00:00", end="2030-03-12T10:00:00")
        await world.cancel(uid, "2030-03-18")
        request = await newest(mailbox)
        assert request.item is not None
        now = datetime(2030, 3, 1, tzinfo=UTC)
        expanded = await mailbox.calendar(request.item, now)
        await switch(world, expands_views=False)
        assert await mailbox.calendar(request.item, now) == expanded
        assert len(expanded.occurrences) == 11

    async def test_an_endless_series_is_read_up_to_the_horizon(self, world: ExchangeWorld, mailbox: EwsMailbox) -> None:
        await world.meet(recurrence=WEEKLY)
        request = await newest(mailbox)
        assert request.item is not None
        await switch(world, expands_views=False)
        calendar = await mailbox.calendar(request.item, datetime(2031, 6, 1, tzinfo=UTC))
        assert len(calendar.occurrences) == 13
        assert calendar.known_until is not None


class TestOccurrencesWhoseMessagesNameTheMaster:
    @pytest.mark.parametrize("expands", [True, False])
    async def test_a_moved_occurrence_is_found_by_its_recurrence_id(
        self, world: ExchangeWorld, mailbox: EwsMailbox, expands: bool
    ) -> None:
        await switch(world, names_occurrences=False, expands_views=expands)
        uid = await world.meet(recurrence=WEEKLY)
        await world.edit(uid, occurrence="2030-03-11", start="2030-03-14T09:00:00", end="2030-03-14T10:00:00")
        request = await newest(mailbox)
        assert request.item is not None
        assert request.item.shape is Shape.OCCURRENCE
        assert request.item.day == "20300311"
        assert request.item.occurrence.start == datetime(2030, 3, 14, 8, tzinfo=UTC)
        assert request.item.series_id != request.item.id
        await mailbox.answer(request.item.id, Answer.DECLINED, "No")
        series = await mailbox.item(request.item.series_id)
        assert series is not None
        calendar = await mailbox.calendar(series, datetime(2030, 3, 1, tzinfo=UTC))
        assert len(calendar.occurrences) == 13 - 1, "the series keeps its other occurrences"

    async def test_an_occurrence_that_has_since_been_moved_is_found_at_its_new_time(
        self, world: ExchangeWorld, mailbox: EwsMailbox
    ) -> None:
        await switch(world, names_occurrences=False)
        uid = await world.meet(recurrence=WEEKLY)
        before = await mailbox.changes(Folder.INBOX, "")
        await world.edit(uid, occurrence="2030-03-11", subject="Only this one")
        [update] = (await mailbox.changes(Folder.INBOX, before.state)).message_ids
        await world.edit(uid, occurrence="2030-03-11", start="2030-03-14T09:00:00", end="2030-03-14T10:00:00")
        renamed = await mailbox.read(update)
        assert renamed is not None
        assert renamed.item is not None
        assert (renamed.item.shape, renamed.item.day) == (Shape.OCCURRENCE, "20300311")
        assert renamed.item.occurrence.start == datetime(2030, 3, 14, 8, tzinfo=UTC)

    async def test_an_invitation_shows_that_its_occurrence_has_since_been_cancelled(
        self, world: ExchangeWorld, mailbox: EwsMailbox
    ) -> None:
        await switch(world, names_occurrences=False)
        uid = await world.meet(recurrence=WEEKLY)
        before = await mailbox.changes(Folder.INBOX, "")
        await world.edit(uid, occurrence="2030-03-11", subject="Only this one")
        [update] = (await mailbox.changes(Folder.INBOX, before.state)).message_ids
        await world.cancel(uid, "2030-03-11")
        renamed = await mailbox.read(update)
        assert renamed is not None
        assert (renamed.kind, renamed.day) == (Kind.REQUEST, "20300311")
        assert renamed.item is None or renamed.item.cancelled

    async def test_a_cancelled_occurrence_is_not_mistaken_for_the_series(
        self, world: ExchangeWorld, mailbox: EwsMailbox
    ) -> None:
        await switch(world, names_occurrences=False)
        uid = await world.meet(recurrence=WEEKLY)
        await world.cancel(uid, "2030-03-18")
        request = await newest(mailbox)
        assert request.kind is Kind.CANCELLATION
        assert request.item is not None
        assert request.item.shape is Shape.OCCURRENCE
        assert request.item.day == "20300318"


async def test_a_meeting_is_found_on_servers_that_cannot_search_binary_properties(
    world: ExchangeWorld, mailbox: EwsMailbox
) -> None:
    await switch(world, searches_binary=False)
    await world.meet()
    request = await newest(mailbox)
    assert request.item is not None
    await mailbox.answer(request.item.id, Answer.ACCEPTED, "Welcome")  # the answer gives the item a new id
    item = await mailbox.item(request.item.id)
    assert item is not None
    assert item.answer is Answer.ACCEPTED


async def test_a_cancellation_of_a_removed_occurrence_shows_the_occurrences_day(
    world: ExchangeWorld, mailbox: EwsMailbox
) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    await world.cancel(uid, "2030-03-18")
    cancelled = await newest(mailbox)
    assert cancelled.item is not None
    await mailbox.answer((await invited(mailbox)).id, Answer.DECLINED, None)  # removes the series from the calendar
    request = await newest(mailbox)
    assert (request.kind, request.item, request.day) == (Kind.CANCELLATION, None, "20300318")


async def invited(mailbox: EwsMailbox) -> CalendarItem:
    """The calendar item of the only invitation."""
    for known in (await mailbox.changes(Folder.INBOX, "")).message_ids:
        request = await mailbox.read(known)
        if request and request.item and request.kind is Kind.REQUEST:
            return request.item
    raise AssertionError("no invitation")
