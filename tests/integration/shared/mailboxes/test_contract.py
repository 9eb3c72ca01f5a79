"""The contract of every Mailbox, tested over real HTTP with the simulated Exchange, for Graph and EWS."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from dev.exchange.app import Running, running_exchange
from shared.bookings.operation import correlation_id
from shared.calendar.conference import Calendar, Occurrence
from shared.calendar.request import Answer, CalendarItem, Kind, MeetingRequest, Shape, Update
from shared.errors import RateLimited, Unavailable
from shared.mailboxes.ews import operations
from shared.mailboxes.graph import events as graph_events
from shared.mailboxes.graph.client import GraphClient
from shared.mailboxes.graph.credentials import LocalTokens
from shared.mailboxes.graph.mailbox import GraphMailbox
from shared.mailboxes.horizon import HORIZON
from shared.mailboxes.known_addresses import known_addresses
from shared.mailboxes.mailbox import CalendarEntry, CalendarItemGone, Folder, Mail, Mailbox, MessageNotFound
from tests.support.ews_servers import opened_mailbox
from tests.support.exchange_world import ALICE, BOB, VMR, WEEKLY, ExchangeWorld, Json

PRIMARY = "video.rooms@corp.example.com"
DN = "/o=Example/ou=Exchange Administrative Group/cn=Recipients/cn=vmr"
INTEGRATION = "11111111-1111-4111-8111-111111111111"
NINE, HOUR = datetime(2030, 3, 4, 8, 0, tzinfo=UTC), timedelta(hours=1)
"""Nine in the morning in Berlin, when the meeting created by ExchangeWorld.meet begins."""


@asynccontextmanager
async def by_graph(running: Running) -> AsyncIterator[Mailbox]:
    client = GraphClient(running.graph_url, LocalTokens())
    try:
        yield GraphMailbox(client, VMR)
    finally:
        await client.close()


@asynccontextmanager
async def by_ews(running: Running) -> AsyncIterator[Mailbox]:
    async with opened_mailbox(running) as mailbox:
        yield mailbox


@asynccontextmanager
async def by_delegate_access(running: Running) -> AsyncIterator[Mailbox]:
    async with opened_mailbox(running, impersonate=False) as mailbox:
        yield mailbox


@dataclass
class Office:
    """A mailbox and the simulated Exchange that contains it."""

    world: ExchangeWorld
    mailbox: Mailbox
    call: Callable[[str], str]
    """Returns the name that faults use for "read", "answer", "send" or "changes" over this protocol."""
    states: dict[Folder, str]

    async def news(self, folder: Folder = Folder.INBOX) -> list[str]:
        """The messages that have arrived since the previous call."""
        found: list[str] = []
        more = True
        while more:
            changes = await self.mailbox.changes(folder, self.states.get(folder, ""))
            self.states[folder], more = changes.state, changes.more
            found += changes.message_ids
        return found

    async def newest(self) -> MeetingRequest:
        """The latest meeting message."""
        request = await self.mailbox.read((await self.news())[-1])
        assert request is not None
        return request

    @property
    def now(self) -> datetime:
        """The simulated current time."""
        return self.world.exchange.clock.now()

    async def responses(self, user: str = ALICE) -> list[Json]:
        """Meeting responses in a mailbox."""
        return [m for m in await self.world.received(user) if m["kind"] in ("accepted", "declined", "tentative")]

    async def mails(self, user: str) -> list[Json]:
        """Ordinary mail in a mailbox."""
        return [m for m in await self.world.received(user) if m["kind"] == "mail"]


GRAPH = {"read": "GET /messages", "answer": "POST accept", "send": "POST /send", "changes": "GET /delta"}
EWS = {"read": "EWS GetItem", "answer": "EWS CreateItem", "send": "EWS SendItem", "changes": "EWS SyncFolderItems"}


@pytest_asyncio.fixture(params=[by_graph, by_ews, by_delegate_access], ids=lambda by: by.__name__)
async def office(request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    calls = GRAPH if request.param is by_graph else EWS
    async with (
        running_exchange() as running,
        httpx.AsyncClient(base_url=running.base_url, timeout=20) as http,
        request.param(running) as mailbox,
    ):
        yield Office(ExchangeWorld(running, http), mailbox, calls.__getitem__, {})


def _correlation(message: str) -> str:
    return correlation_id(INTEGRATION, message)


def on_mondays(first: int, last: int) -> tuple[Occurrence, ...]:
    """The weekly meeting's occurrences from one week to another. Summer time begins in Berlin on 2030-03-31."""
    starts = [NINE + timedelta(weeks=n) - (HOUR if n >= 4 else timedelta(0)) for n in range(first, last)]
    return tuple(Occurrence(start, start + HOUR) for start in starts)


class TestReading:
    async def test_an_invitation_is_read_with_its_calendar_item(self, office: Office) -> None:
        uid = await office.world.meet(body_html="<p>Hello <b>all</b></p>")
        request = await office.newest()
        assert (request.kind, request.update, request.outdated, request.uid) == (Kind.REQUEST, Update.NEW, False, uid)
        assert office.now - timedelta(minutes=1) < request.received <= office.now
        assert "Hello <b>all</b>" in request.body
        item = request.item
        assert item is not None
        assert (item.uid, item.shape, item.series_id, item.subject) == (uid, Shape.SINGLE, "", "Review")
        assert (item.organizer.name, item.organizer.email) == ("Alice Adams", ALICE)
        assert (item.occurrence, item.zone) == (Occurrence(NINE, NINE + HOUR), "Europe/Berlin")
        assert (item.cancelled, item.response_requested, item.answer) == (False, True, Answer.NONE)
        assert set(item.attendees) == {VMR, BOB}

    async def test_a_delegates_invitation_contains_both_people(self, office: Office) -> None:
        """The invitation may contain either person's tag (A6)."""
        await office.world.meet(sender="bob@example.com")
        request = await office.newest()
        assert {ALICE, "bob@example.com"} <= set(request.people)

    async def test_an_invitation_to_a_series_is_read(self, office: Office) -> None:
        until = {"type": "endDate", "startDate": "2030-03-04", "endDate": "2030-05-06"}
        await office.world.meet(recurrence=WEEKLY | {"range": until})
        item = (await office.newest()).item
        assert item is not None
        assert (item.shape, item.series_id, item.last_day) == (Shape.SERIES, item.id, datetime(2030, 5, 6, tzinfo=UTC))

    async def test_an_update_to_a_moved_occurrence_is_recognized(self, office: Office) -> None:
        uid = await office.world.meet(recurrence=WEEKLY)
        series = (await office.newest()).item
        await office.world.edit(uid, occurrence="2030-03-11", start="2030-03-12T15:00:00", end="2030-03-12T16:00:00")
        item = (await office.newest()).item
        assert series is not None
        assert item is not None
        assert (item.shape, item.series_id, item.uid) == (Shape.OCCURRENCE, series.id, uid)
        assert item.occurrence.start == datetime(2030, 3, 12, 14, 0, tzinfo=UTC)
        assert item.day == "20300311"
        found = await office.mailbox.item(item.id)
        assert found is not None
        assert found.original_start == NINE + timedelta(weeks=1)

    async def test_an_all_day_meeting_lasts_a_day_in_the_organizers_zone(self, office: Office) -> None:
        await office.world.meet(is_all_day=True, start="2030-03-04T00:00:00", end="2030-03-05T00:00:00")
        item = (await office.newest()).item
        assert item is not None
        midnight = datetime(2030, 3, 3, 23, 0, tzinfo=UTC)
        assert item.occurrence == Occurrence(midnight, midnight + timedelta(days=1))

    async def test_a_cancellation_is_read(self, office: Office) -> None:
        uid = await office.world.meet()
        await office.news()
        await office.world.cancel(uid)
        request = await office.newest()
        assert (request.kind, request.uid) == (Kind.CANCELLATION, uid)
        assert request.item is None or request.item.cancelled

    async def test_the_cancellation_of_an_occurrence_is_read(self, office: Office) -> None:
        uid = await office.world.meet(recurrence=WEEKLY)
        await office.news()
        await office.world.cancel(uid, "2030-03-11")
        request = await office.newest()
        assert (request.kind, request.uid) == (Kind.CANCELLATION, uid)

    async def test_ordinary_mail_is_not_read_as_a_meeting(self, office: Office) -> None:
        body = {"message": {"subject": "Hi", "toRecipients": [{"emailAddress": {"address": VMR}}]}}
        sent = await office.world.graph("POST", f"/users/{ALICE}/sendMail", json=body)
        assert sent.is_success, sent.text
        assert [await office.mailbox.read(message) for message in await office.news()] in ([], [None])

    async def test_a_deleted_message_is_not_found(self, office: Office) -> None:
        await office.world.meet()
        [message] = await office.news()
        stored = (await office.world.folder())[0]["id"]
        for _ in range(2):  # first moved to Deleted Items, where Graph's ids stay valid, and then deleted for good
            assert (await office.world.graph("DELETE", f"/users/{VMR}/messages/{stored}")).is_success
        with pytest.raises(MessageNotFound):
            await office.mailbox.read(message)


class TestCalendar:
    async def test_a_series_is_read_up_to_the_horizon(self, office: Office) -> None:
        await office.world.meet(recurrence=WEEKLY)
        await office.world.meet(subject="Another", start="2030-03-06T09:00:00", end="2030-03-06T10:00:00")
        item = await self._series(office)
        calendar = await office.mailbox.calendar(item, NINE - timedelta(days=3))
        assert calendar == Calendar(on_mondays(0, 13), NINE - timedelta(days=3) + HORIZON)

    async def test_moved_and_cancelled_occurrences_are_read(self, office: Office) -> None:
        uid = await office.world.meet(recurrence=WEEKLY)
        await office.world.edit(uid, occurrence="2030-03-11", start="2030-03-12T15:00:00", end="2030-03-12T16:00:00")
        await office.world.cancel(uid, "2030-03-18")
        moved = datetime(2030, 3, 12, 14, 0, tzinfo=UTC)
        calendar = await office.mailbox.calendar(await self._series(office), NINE - timedelta(days=3))
        expected = (*on_mondays(0, 1), Occurrence(moved, moved + HOUR), *on_mondays(3, 13))
        assert calendar.occurrences == expected

    async def test_a_series_that_ends_is_read_completely(self, office: Office) -> None:
        until = {"type": "numbered", "startDate": "2030-03-04", "numberOfOccurrences": 3}
        await office.world.meet(recurrence=WEEKLY | {"range": until})
        calendar = await office.mailbox.calendar(await self._series(office), NINE)
        assert calendar.occurrences == on_mondays(0, 3)
        assert not Calendar(calendar.occurrences, None).has_future(NINE + timedelta(weeks=3))

    async def test_a_yearly_series_has_a_future_beyond_the_horizon(self, office: Office) -> None:
        yearly = {
            "pattern": {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 4, "month": 3},
            "range": {"type": "noEnd", "startDate": "2030-03-04"},
        }
        await office.world.meet(recurrence=yearly)
        item = await self._series(office)
        after = NINE + timedelta(days=30)
        assert (await office.mailbox.calendar(item, after)).has_future(after)

    async def test_a_view_shows_every_meeting(self, office: Office) -> None:
        uid = await office.world.meet(recurrence=WEEKLY)
        await office.world.edit(uid, occurrence="2030-03-11", start="2030-03-12T15:00:00", end="2030-03-12T16:00:00")
        await office.world.cancel(uid, "2030-03-18")
        other = await office.world.meet(subject="Other", start="2030-03-06T09:00:00", end="2030-03-06T10:00:00")
        gone = await office.world.meet(subject="Gone", start="2030-03-07T09:00:00", end="2030-03-07T10:00:00")
        await office.world.cancel(gone)
        late = await office.world.meet(subject="Late", start="2030-03-25T09:00:00", end="2030-03-25T10:00:00")
        series = await self._series(office)
        await office.mailbox.answer(series.id, Answer.ACCEPTED, "Welcome")
        entries = await self._view(office, NINE, NINE + timedelta(weeks=3))
        moved, wednesday = (datetime(2030, 3, *at, 0, tzinfo=UTC) for at in ((12, 14), (6, 8)))
        assert [(e.uid, e.occurrence.start, e.answer, e.is_exception) for e in entries] == [
            (uid, NINE, Answer.ACCEPTED, False),
            (other, wednesday, Answer.NONE, False),
            (uid, moved, Answer.NONE, True),
        ]
        assert late not in {entry.uid for entry in entries}
        assert {entry.series_id for entry in entries} <= {"", series.id}
        assert all(office.now - entry.modified < timedelta(minutes=1) for entry in entries)
        for entry in entries:
            item = await office.mailbox.item(entry.item_id)
            assert item is not None
            assert (item.uid, item.occurrence, item.answer) == (entry.uid, entry.occurrence, entry.answer)

    async def test_a_view_is_read_page_by_page(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(graph_events, "VIEW", 3)
        monkeypatch.setattr(operations, "VIEW", 3)
        weekly = await office.world.meet(recurrence=WEEKLY)
        other = await office.world.meet(recurrence=WEEKLY)
        entries = await self._view(office, NINE, NINE + timedelta(weeks=4))
        assert {(e.uid, e.occurrence) for e in entries} == {
            (uid, when) for uid in (weekly, other) for when in on_mondays(0, 5)
        }
        assert [e.occurrence for e in entries] == sorted(e.occurrence for e in entries)

    async def test_series_masters_in_a_view_are_expanded(self, office: Office) -> None:
        """grommunio returns series masters. Unless they are expanded, every series seems to have left the calendar."""
        office.world.exchange.ews.expands_views = False
        uid = await office.world.meet(recurrence=WEEKLY)
        entries = await self._view(office, NINE, NINE + timedelta(weeks=3))
        assert [(e.uid, e.occurrence) for e in entries] == [(uid, when) for when in on_mondays(0, 3)]

    async def test_an_all_day_meeting_is_shown_in_a_view(self, office: Office) -> None:
        await office.world.meet(is_all_day=True, start="2030-03-06T00:00:00", end="2030-03-07T00:00:00")
        request = await office.newest()
        assert request.item is not None
        [entry] = await self._view(office, NINE, NINE + timedelta(weeks=1))
        assert entry.occurrence == request.item.occurrence

    async def _view(self, office: Office, first: datetime, last: datetime) -> list[CalendarEntry]:
        """The entries on all pages, without duplicates."""
        found: list[CalendarEntry] = []
        state, asked = "", True
        while asked or state:
            page, asked = await office.mailbox.view(first, last, state), False
            found += (entry for entry in page.entries if entry not in found)
            state = page.state
        return found

    async def _series(self, office: Office) -> CalendarItem:
        found = [await office.mailbox.read(message) for message in await office.news()]
        return next(r.item for r in found if r and r.item and r.item.shape is Shape.SERIES)


class TestAnswering:
    @pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.DECLINED])
    async def test_the_organizer_receives_the_answer(self, office: Office, answer: Answer) -> None:
        uid = await office.world.meet()
        item = (await office.newest()).item
        assert item is not None
        await office.mailbox.answer(item.id, answer, "Welcome")
        [response] = await office.responses()
        assert (response["kind"], response["uid"], response["from"]) == (answer, uid, VMR)
        assert "Welcome" in response["body_text"]

    async def test_exchange_records_the_answer(self, office: Office) -> None:
        await office.world.meet()
        request = await office.newest()
        assert request.item is not None
        await office.mailbox.answer(request.item.id, Answer.ACCEPTED, "Welcome")
        item = await office.mailbox.item(request.item.id)
        assert item is not None
        assert item.answer is Answer.ACCEPTED
        assert item.answered_at is not None
        assert item.answered_at >= request.received

    async def test_a_silent_answer_is_not_sent(self, office: Office) -> None:
        await office.world.meet()
        item = (await office.newest()).item
        assert item is not None
        await office.mailbox.answer(item.id, Answer.ACCEPTED, None)
        again = await office.mailbox.item(item.id)
        assert again is not None
        assert again.answer is Answer.ACCEPTED
        assert await office.responses() == []

    async def test_a_declined_item_is_removed_from_the_calendar(self, office: Office) -> None:
        await office.world.meet()
        item = (await office.newest()).item
        assert item is not None
        await office.mailbox.answer(item.id, Answer.DECLINED, "Sorry")
        assert await office.mailbox.item(item.id) is None
        with pytest.raises(CalendarItemGone):
            await office.mailbox.answer(item.id, Answer.ACCEPTED, "Welcome")

    async def test_a_cancelled_meeting_cannot_be_answered(self, office: Office) -> None:
        uid = await office.world.meet()
        item = (await office.newest()).item
        assert item is not None
        await office.world.cancel(uid)
        with pytest.raises(CalendarItemGone):
            await office.mailbox.answer(item.id, Answer.ACCEPTED, "Welcome")
        assert await office.responses() == []

    async def test_an_answer_that_may_have_been_sent_is_not_sent_again(self, office: Office) -> None:
        await office.world.meet()
        item = (await office.newest()).item
        assert item is not None
        await office.world.fault(on=office.call("answer"), action="crash", after_effect=True)
        with pytest.raises(Unavailable):
            await office.mailbox.answer(item.id, Answer.ACCEPTED, "Welcome")
        assert len(await office.responses()) == 1
        again = await office.mailbox.item(item.id)
        assert again is not None
        assert again.answer is Answer.ACCEPTED

    async def test_one_occurrence_can_be_answered(self, office: Office) -> None:
        uid = await office.world.meet(recurrence=WEEKLY)
        await office.news()
        await office.world.edit(uid, occurrence="2030-03-11", start="2030-03-12T15:00:00", end="2030-03-12T16:00:00")
        item = (await office.newest()).item
        assert item is not None
        await office.mailbox.answer(item.id, Answer.ACCEPTED, "Welcome")
        [response] = await office.responses()
        assert (response["uid"], response["occurrence"]) == (uid, "2030-03-11")


class TestMail:
    async def test_a_draft_is_sent_once(self, office: Office) -> None:
        draft = await office.mailbox.draft(Mail((BOB,), "Come in", "<p>Here is <b>how</b></p>"))
        assert " " not in draft, "an id contains no space, because stored ids are separated by spaces"
        assert await office.mails(BOB) == []
        await office.mailbox.send(draft)
        await office.mailbox.send(draft)
        [mail] = await office.mails(BOB)
        assert (mail["subject"], mail["from"]) == ("Come in", VMR)
        assert "<b>how</b>" in mail["body_html"]


class TestWatching:
    async def test_all_messages_are_found_first_and_then_only_new_ones(self, office: Office) -> None:
        for number in range(3):
            await office.world.meet(subject=f"Meeting {number}")
        assert len(await office.news()) == 3
        assert await office.news() == []
        await office.world.meet()
        assert len(await office.news()) == 1

    async def test_a_message_that_was_filed_away_is_still_the_same_message(self, office: Office) -> None:
        """A message that has been filed away is not processed a second time (rule 2)."""
        await office.world.meet()
        [first] = await office.news()
        request = await office.mailbox.read(first)
        assert request is not None
        assert request.item is not None
        await office.mailbox.answer(request.item.id, Answer.ACCEPTED, "Welcome")
        [filed] = await office.news(Folder.DELETED_ITEMS)
        assert correlation_id(INTEGRATION, filed) == correlation_id(INTEGRATION, first)
        again = await office.mailbox.read(filed)
        assert again is not None
        assert replace(again, message_id="", item=None) == replace(request, message_id="", item=None)

    async def test_all_messages_of_one_meeting_are_found(self, office: Office) -> None:
        """Messages are found in every folder, including messages about single occurrences."""
        uid = await office.world.meet(recurrence=WEEKLY)
        series = await office.newest()
        await office.world.meet(subject="Another meeting")
        await office.news()
        assert series.item is not None
        await office.mailbox.answer(series.item.id, Answer.ACCEPTED, "Welcome")  # files the invitation away
        before = office.now
        await office.world.post("/dev/clock", {"now": (before + HOUR).isoformat()})
        await office.world.edit(uid, occurrence="2030-03-11", start="2030-03-12T15:00:00", end="2030-03-12T16:00:00")
        [update] = await office.news()

        async def found(since: datetime) -> list[str]:
            assert series.item is not None
            return [_correlation(each) for each in await office.mailbox.messages_of(series.item, since)]

        assert await found(before - HOUR) == [_correlation(series.message_id), _correlation(update)]
        assert await found(before + HOUR / 2) == [_correlation(update)]
        assert await found(before + 2 * HOUR) == []

    async def test_a_state_that_the_server_has_forgotten_starts_over(self, office: Office) -> None:
        await office.world.meet()
        await office.news()
        office.states[Folder.INBOX] += "x"
        assert len(await office.news()) == 1

    async def test_the_requested_wait_of_a_busy_server_is_reported(self, office: Office) -> None:
        await office.world.fault(on=office.call("changes"), status=429, retry_after=7)
        with pytest.raises(RateLimited) as caught:
            await office.mailbox.changes(Folder.INBOX, "")
        assert caught.value.retry_after == 7


class TestAddresses:
    """X3: a mailbox's other addresses."""

    async def test_the_primary_address_is_found_if_another_one_is_configured(self, office: Office) -> None:
        directory = office.world.exchange.directory
        directory.give(directory.ensure(VMR), f"SMTP:{PRIMARY}", f"smtp:{VMR}")
        assert PRIMARY in known_addresses(VMR, await office.mailbox.addresses())

    async def test_a_mailbox_may_have_only_one_address(self, office: Office) -> None:
        assert known_addresses(VMR, await office.mailbox.addresses()) == (VMR,)

    async def test_finding_the_addresses_takes_at_most_two_calls(self, office: Office) -> None:
        office.world.exchange.traffic.reset()
        await office.mailbox.addresses()
        assert office.world.exchange.traffic.requests.total() <= 2


@pytest.mark.parametrize("by", [by_ews, by_delegate_access])
async def test_over_ews_the_legacy_distinguished_name_is_found(by: Callable[[Running], Any]) -> None:
    async with running_exchange() as running, by(running) as mailbox:
        directory = running.exchange.directory
        directory.give(directory.ensure(VMR), f"SMTP:{VMR}", f"EX:{DN}")
        directory.ensure(f"{VMR}.au")
        assert known_addresses(VMR, await mailbox.addresses()) == (VMR, DN.lower())


async def test_over_graph_the_directory_is_read_if_the_application_has_the_right() -> None:
    async with running_exchange() as running, by_graph(running) as mailbox:
        directory = running.exchange.directory
        directory.give(directory.ensure(VMR), f"SMTP:{PRIMARY}", f"smtp:{VMR}", "smtp:third@example.com", f"X500:{DN}")
        without = known_addresses(VMR, await mailbox.addresses())
        running.exchange.withheld.remove("User.Read.All")
        allowed = known_addresses(VMR, await mailbox.addresses())
    assert without == (VMR, PRIMARY), "the calendar reveals its owner's address"
    assert allowed == (VMR, PRIMARY, "third@example.com", DN.lower())


async def test_over_graph_a_mailbox_with_another_name_in_the_directory_is_found() -> None:
    async with running_exchange() as running:
        directory = running.exchange.directory
        directory.give(directory.ensure(VMR), f"SMTP:{VMR}", f"smtp:{PRIMARY}")
        running.exchange.withheld.remove("User.Read.All")
        client = GraphClient(running.graph_url, LocalTokens())
        try:
            assert await GraphMailbox(client, PRIMARY).addresses() == (VMR,)
        finally:
            await client.close()
