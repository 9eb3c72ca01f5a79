"""The equipment mailbox over real HTTP: the requests that Graph receives, and the meaning of its responses."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.calendar.conference import Calendar, Occurrence
from shared.calendar.request import Answer, Shape
from shared.errors import Unavailable
from shared.mailboxes.graph import client as graph_client
from shared.mailboxes.graph.client import GraphClient
from shared.mailboxes.graph.error_mapping import GraphError
from shared.mailboxes.graph.mailbox import GraphMailbox
from shared.mailboxes.horizon import HORIZON
from shared.mailboxes.mailbox import CalendarItemGone, Changes, Folder, MessageNotFound
from tests.support.graph_payloads import TAG, event, message
from tests.support.graph_server import FixedTokens, Script
from tests.support.meetings import item

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROOT = "/v1.0/users/vmr@example.com"


@pytest.fixture
def mailbox(client: GraphClient) -> GraphMailbox:
    return GraphMailbox(client, "vmr@example.com")


def paths(script: Script) -> list[str]:
    """The method and path of each request, without parameters."""
    return [f"{asked.method} {asked.path.partition('?')[0]}" for asked in script.asked]


async def test_a_message_is_read_with_its_event_in_one_call(mailbox: GraphMailbox, script: Script) -> None:
    script.answer(200, message())
    request = await mailbox.read("AA/k+m=")
    assert request is not None
    assert request.item is not None
    [asked] = script.asked
    assert asked.path == f"{ROOT}/messages/AA%2Fk%2Bm%3D?%24expand=microsoft.graph.eventMessage%2Fevent"


async def test_a_deleted_message_is_not_found(mailbox: GraphMailbox, script: Script) -> None:
    """Outdated messages are deleted (RemoveOldMeetingMessages), and others are announced before they can be read."""
    script.refuse(404)
    with pytest.raises(MessageNotFound):
        await mailbox.read("m")


REFUSED = [(400, "RequestBroker--ParseUri"), (400, "ErrorInvalidRequest"), (500, "InternalServerError")]


@pytest.mark.parametrize(("status", "code"), REFUSED)
async def test_ordinary_mail_that_cannot_be_expanded_is_ignored(
    mailbox: GraphMailbox, script: Script, status: int, code: str
) -> None:
    script.refuse(status, code)
    script.answer(200, {"id": "m", "receivedDateTime": "2026-11-23T08:59:00Z"})
    assert await mailbox.read("m") is None


@pytest.mark.parametrize(("status", "code"), REFUSED)
async def test_a_meeting_message_that_cannot_be_expanded_is_read_in_two_calls(
    mailbox: GraphMailbox, script: Script, status: int, code: str
) -> None:
    script.answer(200, message())
    expected = await mailbox.read("m")
    assert expected is not None
    script.answers.clear()
    script.refuse(status, code)
    script.answer(200, message(event=None))
    script.answer(200, event())
    assert await mailbox.read("m") == expected
    read = f"GET {ROOT}/messages/m"
    assert paths(script)[1:] == [read, read, f"{read}/microsoft.graph.eventMessage/event"]


LIMIT = 100_000
TEXT = 'outlook.body-content-type="text"'


@pytest.fixture
async def narrow(script: Script, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GraphMailbox]:
    """A mailbox whose client reads only small responses."""
    monkeypatch.setattr(graph_client, "GRAPH_BOUNDS", replace(graph_client.GRAPH_BOUNDS, bytes=LIMIT))
    client = GraphClient(f"{script.url}/v1.0/", FixedTokens())
    yield GraphMailbox(client, "vmr@example.com")
    await client.close()


def long_body(size: int) -> dict[str, Any]:
    return {"body": {"contentType": "html", "content": f"<p>{'x' * size}</p>"}}


async def test_a_message_and_event_that_are_too_large_together_are_read_separately(
    narrow: GraphMailbox, script: Script
) -> None:
    body = long_body(LIMIT * 2 // 3)
    script.answer(200, message(**body, event=event(**body)))
    script.answer(200, message(**body, event=None))
    script.answer(200, event(**body))
    request = await narrow.read("m")
    assert request
    assert request.item
    assert len(request.body) > LIMIT // 2


async def test_a_body_that_is_too_large_as_html_is_read_as_text(narrow: GraphMailbox, script: Script) -> None:
    """Otherwise the organizer would never get an answer, because a retry would return the same body."""
    body = long_body(LIMIT)
    script.answer(200, message(**body, event=event(**body)))
    script.answer(200, message(**body, event=None))
    script.answer(200, message(event=None))
    script.answer(200, event(**body))
    script.answer(200, event())
    request = await narrow.read("m")
    assert request
    assert request.item
    assert TAG in request.body
    assert [TEXT in asked.headers["Prefer"] for asked in script.asked] == [False, False, True, False, True]


async def test_a_body_that_is_too_large_even_as_text_is_left_out(narrow: GraphMailbox, script: Script) -> None:
    """The decision is then based on the meeting's records, as with EWS."""
    body = long_body(LIMIT)
    script.answer(200, message(**body, event=event(**body)))
    script.answer(200, message(**body, event=None))
    script.answer(200, message(**body, event=None))
    script.answer(200, message(body=None, event=None))
    script.answer(200, event(**body))
    script.answer(200, event(**body))
    script.answer(200, event(body=None))
    request = await narrow.read("m")
    assert request
    assert request.item
    assert (request.body, request.item.subject) == ("", event()["subject"])
    assert ["select=" in asked.path for asked in script.asked] == [False, False, False, True, False, False, True]


async def test_an_item_whose_body_is_too_large_is_read_without_it(narrow: GraphMailbox, script: Script) -> None:
    for _ in range(2):
        script.answer(200, event(**long_body(LIMIT)))
    script.answer(200, event(body=None))
    item = await narrow.item("e")
    assert item
    assert (item.body, item.subject) == ("", event()["subject"])


async def test_a_message_that_cannot_be_expanded_and_whose_event_is_gone_has_no_item(
    mailbox: GraphMailbox, script: Script
) -> None:
    script.refuse(500, "InternalServerError")
    script.answer(200, message(event=None))
    script.refuse(404)
    request = await mailbox.read("m")
    assert request is not None
    assert request.item is None


async def test_a_message_that_cannot_be_read_at_all_is_an_error(mailbox: GraphMailbox, script: Script) -> None:
    script.refuse(500, "InternalServerError")
    with pytest.raises(Unavailable):
        await mailbox.read("m")
    script.answers.clear()
    script.refuse(400, "ErrorInvalidRequest")
    script.answer(200, message(event=None))
    script.refuse(400, "ErrorInvalidRequest")
    with pytest.raises(GraphError):
        await mailbox.read("m")


async def test_an_odd_address_stays_one_segment_of_the_url(client: GraphClient, script: Script) -> None:
    """Rule 5."""
    script.refuse(404)
    with pytest.raises(MessageNotFound):
        await GraphMailbox(client, "o'neill+vmr/../x@example.com").read("../../me")
    assert script.asked[0].path.startswith("/v1.0/users/o%27neill%2Bvmr%2F..%2Fx@example.com/messages/..%2F..%2Fme?")


@pytest.mark.parametrize(
    ("answer", "text", "path", "body"),
    [
        (Answer.ACCEPTED, "Welcome", "accept", {"comment": "Welcome", "sendResponse": True}),
        (Answer.DECLINED, "Sorry", "decline", {"comment": "Sorry", "sendResponse": True}),
        (Answer.ACCEPTED, None, "accept", {"sendResponse": False}),
    ],
)
async def test_answers_are_sent_with_and_without_a_comment(
    mailbox: GraphMailbox, script: Script, answer: Answer, text: str | None, path: str, body: dict[str, Any]
) -> None:
    """Graph refuses a comment, even an empty one, without a response (docs/facts/exchange.md §2)."""
    script.answer(202)
    await mailbox.answer("AAMkevent=", answer, text)
    assert paths(script) == [f"POST {ROOT}/events/AAMkevent%3D/{path}"]
    assert script.asked[0].body == body


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "ErrorItemNotFound"),
        (400, "ErrorCalendarIsCancelledForAccept"),
        (400, "ErrorCalendarIsCancelledForDecline"),
    ],
)
async def test_a_missing_meeting_cannot_be_answered(
    mailbox: GraphMailbox, script: Script, status: int, code: str
) -> None:
    script.refuse(status, code)
    with pytest.raises(CalendarItemGone):
        await mailbox.answer("e", Answer.ACCEPTED, "Welcome")


async def test_an_answer_that_may_have_been_sent_is_not_sent_again(mailbox: GraphMailbox, script: Script) -> None:
    script.refuse(504, "Timeout")
    with pytest.raises(Unavailable):
        await mailbox.answer("e", Answer.ACCEPTED, "Welcome")
    assert len(script.asked) == 1


def instances(*days: int, **more: Any) -> dict[str, Any]:
    """A page of one-hour meetings, each this many days from NOW. Negative numbers stand for cancelled meetings."""
    value = []
    for day in days:
        start = NOW + timedelta(days=abs(day))
        times = {
            name: {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}
            for name, moment in (("start", start), ("end", start + timedelta(hours=1)))
        }
        value.append(event(id=f"occurrence-{day}", type="occurrence", isCancelled=day < 0, **times))
    return {"value": value, **more}


def on(*days: int) -> tuple[Occurrence, ...]:
    starts = [NOW + timedelta(days=day) for day in days]
    return tuple(Occurrence(start, start + timedelta(hours=1)) for start in starts)


SERIES = item(shape=Shape.SERIES, series_id="series")


async def test_the_calendar_of_a_single_meeting_needs_no_call(mailbox: GraphMailbox, script: Script) -> None:
    single = item()
    assert await mailbox.calendar(single, NOW) == Calendar((single.occurrence,))
    assert script.asked == []


async def test_a_series_is_read_up_to_the_horizon(mailbox: GraphMailbox, script: Script) -> None:
    """All pages are read. The occurrences are in order, without cancelled ones (M3)."""
    script.answer(200, instances(7, 0, **{"@odata.nextLink": f"{script.url}/v1.0/next?$skip=2"}))
    script.answer(200, instances(-14, 21))
    assert await mailbox.calendar(SERIES, NOW) == Calendar(on(0, 7, 21), NOW + HORIZON)
    assert paths(script) == [f"GET {ROOT}/events/series/instances", "GET /v1.0/next"]


async def test_a_series_that_ends_before_the_horizon_is_read_completely(mailbox: GraphMailbox, script: Script) -> None:
    script.answer(200, instances(0, 7))
    ending = replace(SERIES, last_day=NOW + timedelta(days=7))
    assert await mailbox.calendar(ending, NOW) == Calendar(on(0, 7))


async def test_a_yearly_series_has_a_future_beyond_the_horizon(mailbox: GraphMailbox, script: Script) -> None:
    script.answer(200, instances())
    script.answer(200, instances(-300, 365))
    assert await mailbox.calendar(SERIES, NOW) == Calendar((), NOW + HORIZON)


async def test_a_series_has_a_future_if_any_later_occurrence_remains(mailbox: GraphMailbox, script: Script) -> None:
    script.answer(200, instances())
    script.answer(200, instances(-365, **{"@odata.nextLink": f"{script.url}/v1.0/next"}))
    script.answer(200, instances(730))
    assert (await mailbox.calendar(SERIES, NOW)).has_future(NOW)


async def test_a_numbered_series_that_is_over_has_no_future(mailbox: GraphMailbox, script: Script) -> None:
    script.answer(200, instances())
    assert not (await mailbox.calendar(SERIES, NOW)).has_future(NOW)
    assert len(script.asked) == 2


def delta(*ids: str, **links: str) -> dict[str, Any]:
    return {"value": [{"id": id_} for id_ in ids], **{f"@odata.{name}": link for name, link in links.items()}}


async def test_changes_are_read_page_by_page(mailbox: GraphMailbox, script: Script) -> None:
    """Links are followed unchanged, and entries marked as removed are skipped."""
    next_, last = f"{script.url}/v1.0/delta?$skiptoken=a%2Bb", f"{script.url}/v1.0/delta?$deltatoken=c"
    page = delta("a", "b", "a", nextLink=next_)
    page["value"].append({"id": "gone", "@removed": {"reason": "deleted"}})
    script.answer(200, page)
    script.answer(200, delta("c", deltaLink=last))
    assert await mailbox.changes(Folder.INBOX, "") == Changes(["a", "b"], next_, more=True)
    assert await mailbox.changes(Folder.INBOX, next_) == Changes(["c"], last, more=False)
    assert script.asked[0].path == f"{ROOT}/mailFolders/inbox/messages/delta?$select=id"
    assert script.asked[1].path == "/v1.0/delta?$skiptoken=a%2Bb"
    assert all("odata.maxpagesize=100" in asked.headers["Prefer"] for asked in script.asked)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (410, "SyncStateNotFound"),
        (410, "without an error code"),
        (400, "syncStateInvalid"),
        (400, "ErrorInvalidRequest"),
        (404, "SYNCSTATENOTFOUND"),
        (404, "resyncrequired"),
    ],
)
async def test_a_state_that_graph_has_forgotten_starts_over(
    mailbox: GraphMailbox, script: Script, status: int, code: str
) -> None:
    script.refuse(status, code)
    script.answer(200, delta("a", deltaLink=f"{script.url}/v1.0/new"))
    assert (await mailbox.changes(Folder.INBOX, f"{script.url}/v1.0/old")).message_ids == ["a"]
    assert paths(script)[1] == f"GET {ROOT}/mailFolders/inbox/messages/delta"


async def test_a_state_from_another_graph_host_starts_over(mailbox: GraphMailbox, script: Script) -> None:
    """A state that contains a link to another host must not cause a call to it."""
    script.answer(200, delta("a", deltaLink=f"{script.url}/v1.0/new"))
    assert (await mailbox.changes(Folder.INBOX, "https://evil.example/v1.0/delta")).message_ids == ["a"]


async def test_other_refusals_do_not_start_over(mailbox: GraphMailbox, script: Script) -> None:
    script.refuse(404, "ErrorItemNotFound")
    with pytest.raises(GraphError):
        await mailbox.changes(Folder.INBOX, f"{script.url}/v1.0/old")
    script.answers.clear()
    for status in (400, 410):
        script.refuse(status, "SyncStateNotFound")
        with pytest.raises(GraphError):
            await mailbox.changes(Folder.INBOX, "")
