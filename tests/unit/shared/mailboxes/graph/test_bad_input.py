"""Input from Graph, or from an attacker posing as Graph, is either read or refused with a documented error, and never
causes a crash. All parsers are tested with all samples, and with variants in which a node is deleted, replaced or given
another type.
"""

import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dev.exchange.uids import of_occurrence
from shared.calendar.conference import Occurrence
from shared.calendar.request import Kind, Shape
from shared.errors import InvalidRequest, RateLimited, Unavailable
from shared.intake.notice import decode
from shared.intake.webhook import Webhook
from shared.mailboxes.client_state import ClientStates
from shared.mailboxes.graph.access import GraphAccess
from shared.mailboxes.graph.error_mapping import GraphError
from shared.mailboxes.graph.event_payload import parse_event
from shared.mailboxes.graph.mailbox import GraphMailbox
from shared.mailboxes.graph.message_payload import parse_message
from shared.mailboxes.graph.subscriptions import GraphSubscriptions
from shared.mailboxes.mailbox import CalendarItemGone, Folder, Mail
from tests.support.graph_payloads import SERIES_UID, event, message, objects, samples
from tests.support.json_faults import ODD, faulty
from tests.support.meetings import item

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DOCUMENTED = (Unavailable, RateLimited, GraphError, CalendarItemGone)
SUBSCRIPTION = {
    "id": "s",
    "resource": "users/vmr@example.com/mailFolders('inbox')/messages",
    "notificationUrl": "https://x.example.com/mailbox/notifications",
    "expirationDateTime": "2026-11-29T09:00:00Z",
}
PAGE = {"value": [event(), event(id="second")], "@odata.nextLink": "https://graph/next", "@odata.deltaLink": "d"}
STATES = ClientStates(b"k" * 32)
STATE = STATES.of("11111111-1111-4111-8111-111111111111")
NOTIFICATIONS = {
    "value": [
        {"subscriptionId": "s", "clientState": STATE, "resourceData": {"id": "m"}, "resource": "Users/x/Messages/m"},
        {"subscriptionId": "s", "clientState": STATE, "lifecycleEvent": "missed"},
        {"subscriptionId": "other", "clientState": "wrong", "resourceData": {"id": "m"}},
    ]
}


class Parrot:
    """A GraphClient that responds to all requests with the same payload, and fails after a large number of requests."""

    def __init__(self, payload: Any) -> None:
        self._payload = payload
        self._left = 20

    async def get(
        self, path_or_link: str, params: Mapping[str, str] | None = None, prefer: str = "", of: str = ""
    ) -> Any:
        self._left -= 1
        if self._left < 0:
            raise Unavailable("enough")
        if not isinstance(self._payload, dict):  # like the real client
            raise Unavailable("no object")
        return self._payload

    async def whole(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        return await self.get(path, params)

    async def post(self, path: str, body: Mapping[str, Any] | None = None, prefer: str = "") -> Any:
        return self._payload

    async def post_mime(self, path: str, content: bytes) -> Any:
        return self._payload

    async def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._payload

    async def delete(self, path: str) -> None:
        return None


def everything(payload: Any) -> list[Callable[[], Coroutine[Any, Any, Any]]]:
    """All calls that read from Graph, each with this payload as the response."""
    client: Any = Parrot(payload)
    mailbox = GraphMailbox(client, "vmr@example.com")
    subscriptions = GraphSubscriptions(client, "vmr@example.com", "https://x.example.com", STATE)
    series = item(shape=Shape.SERIES, series_id="series", occurrence=Occurrence(NOW, NOW))
    mail = Mail(("alice@example.com",), "Subject", "<p>x</p>", "x")
    return [
        lambda: mailbox.read("m"),
        lambda: mailbox.item("e"),
        lambda: mailbox.calendar(series, NOW),
        lambda: mailbox.changes(Folder.INBOX, ""),
        lambda: mailbox.changes(Folder.INBOX, "https://graph/state"),
        lambda: mailbox.draft(mail),
        lambda: mailbox.send("m"),
        lambda: subscriptions.create(NOW),
        lambda: subscriptions.renew("s", NOW),
        lambda: GraphAccess(client, "vmr@example.com").subscription("s"),
    ]


async def swallow(payload: Any) -> None:
    """Make all calls with this payload, and check that they raise only documented errors."""
    for call in everything(payload):
        try:
            await call()
        except DOCUMENTED:
            continue


def notify(body: bytes) -> list[str]:
    """A POST to the webhook."""
    try:
        return Webhook(STATES).receive(body)
    except InvalidRequest:
        return []


async def test_every_sample_is_read_or_refused() -> None:
    found = [each for sample in samples() for each in objects(sample)]
    assert len(found) > 300
    for each in found:
        await swallow(each)


async def test_the_webhook_accepts_no_sample_without_a_valid_client_state() -> None:
    for sample in samples():
        assert notify(json.dumps(sample).encode()) == []


def test_samples_of_meeting_messages_are_recognized() -> None:
    read = {"request": 0, "cancellation": 0, "left alone": 0}
    for each in (each for sample in samples() for each in objects(sample) if "meetingMessageType" in each):
        try:
            request = parse_message({"id": "m"} | each).request()
        except Unavailable:
            continue
        read[request.kind if request else "left alone"] += 1
    assert min(read.values()) >= 1, read


def test_samples_of_events_are_recognized() -> None:
    times = [each for sample in samples() for each in objects(sample) if {"id", "start", "end", "type"} <= each.keys()]
    assert len([parse_event(each).item() for each in times]) >= 5


@given(st.one_of(faulty(message()), faulty(PAGE), faulty(SUBSCRIPTION), ODD))
async def test_no_payload_crashes_the_parser(payload: Any) -> None:
    await swallow(payload)


@given(st.data())
async def test_no_variant_of_a_sample_crashes_the_parser(data: st.DataObject) -> None:
    await swallow(data.draw(faulty(data.draw(st.sampled_from(samples())))))


CANCELLATION = message(
    meetingMessageType="meetingCancelled",
    event=event(
        type="exception",
        seriesMasterId="AAMkmaster",
        uid=SERIES_UID,
        iCalUId=of_occurrence(SERIES_UID, date(2026, 11, 23)),
        isCancelled=True,
    ),
)


@given(faulty(CANCELLATION, most=1))
def test_a_cancelled_occurrence_never_becomes_nothing_or_a_cancelled_series(payload: Any) -> None:
    read = parse_message({**payload, "id": "m"})
    told = payload.get("event")
    assume(isinstance(told, dict) and payload.get("meetingMessageType") == "meetingCancelled")
    assume(told.get("isOrganizer") in (None, False))
    request = read.request()
    assert request is not None
    assert request.kind is Kind.CANCELLATION
    assert request.uid or told.get("id") != "AAMkevent"
    if request.item:
        assert request.item.shape is Shape.OCCURRENCE


@given(st.data())
def test_no_variant_of_a_message_sample_raises(data: st.DataObject) -> None:
    found = [each for sample in samples() for each in objects(sample) if "meetingMessageType" in each]
    parse_message({**data.draw(faulty(data.draw(st.sampled_from(found)))), "id": "m"}).request()


@given(faulty(NOTIFICATIONS))
async def test_no_notification_crashes_the_webhook_or_is_believed_without_proof(payload: Any) -> None:
    for body in notify(json.dumps(payload).encode()):
        assert all(notice.integration.startswith("1111") for notice in decode(body))


@given(st.binary(max_size=200))
async def test_no_bytes_crash_the_webhook(body: bytes) -> None:
    assert notify(body) == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"[" * 100_000, b'{"value": null}', b"\xff", b"1e999", b'"\\ud800"']
)
async def test_the_webhook_ignores_invalid_input(body: bytes) -> None:
    assert notify(body) == []
