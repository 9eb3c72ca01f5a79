"""Faulty requests, tested end to end. They never get two answers, and the decision is always recorded."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alarms import Alarms
from shared.aliases.body_search import BODY_MAX_LENGTH
from shared.aliases.promises import PROMISE_LIFETIME
from shared.aliases.tags import format_tag, new_tag
from shared.bookings.operation import Operation
from shared.errors import Unavailable
from shared.identity.caller import Caller
from shared.intake.notice import Notice, decode, encode
from shared.mailboxes.graph.error_mapping import GraphError
from shared.mailboxes.graph.mailbox import GraphMailbox
from shared.mailboxes.graph.message_payload import parse_message
from shared.meetings.handlers import Handlers
from shared.meetings.lanes import Lanes
from shared.meetings.poison_queue import PoisonQueue
from shared.meetings.worker import Worker
from tests.support.graph_payloads import TAG, event, message, objects, samples
from tests.support.json_faults import faulty
from tests.support.meetings_world import MeetingsWorld, stored_integration
from tests.support.rooms import no_rooms

TRIES = 5
SERIES = event(
    type="seriesMaster",
    recurrence={"pattern": {"type": "weekly"}, "range": {"type": "endDate", "endDate": "2027-05-01"}},
)
LATER = event(
    start={"dateTime": "2027-11-23T12:00:00.0000000", "timeZone": "UTC"},
    end={"dateTime": "2027-11-23T13:00:00.0000000", "timeZone": "UTC"},
)
OCCURRENCE = event(type="occurrence", seriesMasterId="AAMkmaster", originalStart="2026-11-23T12:00:00Z")


class OneMessage:
    """A GraphClient for a mailbox with one message. `answers` lists the calls that informed the organizer."""

    def __init__(self, payload: Any) -> None:
        self._payload = payload
        self.answers: list[str] = []

    async def get(
        self, path_or_link: str, params: Mapping[str, str] | None = None, prefer: str = "", of: str = ""
    ) -> Any:
        if "/instances" in path_or_link:
            return {"value": [self._event()]}
        found = self._event() if "/events/" in path_or_link else self._payload
        if not isinstance(found, dict):  # like the real client
            raise Unavailable("no object")
        return found

    async def whole(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        return await self.get(path, params)

    async def post(self, path: str, body: Mapping[str, Any] | None = None, prefer: str = "") -> Any:
        if path.endswith(("/accept", "/decline")):
            self.answers.append(path)
        return {"id": "draft", "isDraft": True}

    def _event(self) -> Any:
        found = self._payload.get("event") if isinstance(self._payload, dict) else None
        if found is None:
            raise GraphError(404, "ErrorItemNotFound")
        return found


class Mailroom(MeetingsWorld):
    """A world with a Graph mailbox. Its queue delivers each message until it has been handled or moved to the poison
    queue.
    """

    async def run(self, client: Any) -> None:
        """Deliver a notification about the message."""
        processor = self.processor(mailbox=GraphMailbox(client, self.integration.mailbox))

        async def handlers(_: str) -> Handlers:
            return Handlers(processor, watcher=None, due_runner=self.agenda())  # type: ignore[arg-type]  # nothing is swept

        worker = Worker(handlers, self.queue, Lanes(self.storage, self.clock), no_rooms)
        poison_queue = PoisonQueue(handlers, Alarms(self.storage, self.clock))
        for body in encode([Notice(self.integration.uuid, "AAMkmessage")]):
            await self.queue.send(body)
        while self.queue.sent:
            body, delay = self.queue.sent.pop(0)
            self.clock.move(delay)
            if decode(body)[0].message:
                await self._hand_out(worker, poison_queue, body)

    async def _hand_out(self, worker: Worker, poison_queue: PoisonQueue, body: str) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                await worker.handle(body, last_try=attempt == TRIES)
            except (Unavailable, GraphError):  # any other exception is a bug
                continue
            return
        await poison_queue.record(body)

    async def operations(self) -> list[Operation]:
        """All recorded decisions."""
        rows = self.storage.table("meetings").rows(self.integration.uuid, "operation:")
        return [Operation.from_row(row) async for row in rows]


async def decision_on(payload: Any) -> str:
    """Deliver the notification about a message twice, and return the decision ("" if the message was ignored)."""
    room = Mailroom()
    booking = await room.reserve()
    client = OneMessage(json.loads(json.dumps(payload).replace(TAG, booking.tag)))
    for _ in range(2):
        await room.run(client)
    assert len(client.answers) <= 1
    operations = await room.operations()
    assert len(operations) <= 1
    assert [operation for operation in operations if not operation.done] == []
    if operations:
        return operations[0].decision
    if await room.records.waiting.all():
        return "waits"
    assert parse_message({**payload, "id": "m"}).request() is None, "nothing is recorded"
    assert client.answers == []
    return ""


async def test_valid_requests_are_accepted() -> None:
    assert await decision_on(message()) == "accept"
    assert await decision_on(message(event=SERIES)) == "accept"
    assert await decision_on(message(event=OCCURRENCE)) == "accept"
    assert await decision_on(message(meetingMessageType="meetingAccepted")) == ""


async def test_an_unreadable_event_counts_as_missing() -> None:
    assert await decision_on(message(event={"id": "e"})) == "ignore"


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        (f"{'<p>Agenda</p>' * 250_000}{format_tag(TAG)}", "accept"),
        (f"{'x' * (BODY_MAX_LENGTH + 200_000)}{format_tag(TAG)}", "reject"),
        (" ".join(format_tag(new_tag()) for _ in range(100)), "reject"),
        (f"{format_tag(TAG)} {' '.join(format_tag(new_tag()) for _ in range(100))}", "accept"),
        (quote(quote(f"https://x.example.com/?url={format_tag(TAG)}", safe=""), safe=""), "accept"),
        ("TOK:-" + "A" * 64 + "#", "reject"),
        (b"\xff\xfeP\x00X\x00".decode("latin-1"), "reject"),
        ("<" * 100_000, "reject"),
        ("&#99999999999;" * 10_000 + format_tag(TAG), "accept"),
    ],
    ids=["long", "too long", "100 tags", "100 more tags", "nested link", "forged", "charset", "markup", "numbers"],
)
async def test_arbitrary_bodies_are_handled(text: str, decision: str) -> None:
    assert await decision_on(message(body={"contentType": "html", "content": text})) == decision


async def test_a_tag_from_another_integration_is_unknown() -> None:
    room, other = Mailroom(), stored_integration("22222222-2222-4222-8222-222222222222")
    booking = await MeetingsWorld(other, room.clock, room.storage).reserve()
    await room.run(OneMessage(json.loads(json.dumps(message()).replace(TAG, booking.tag))))
    assert [operation.decision for operation in await room.operations()] == ["reject"]


async def test_an_expired_promise_is_not_accepted() -> None:
    room = Mailroom()
    promise = room.promises.make(room.integration.uuid, Caller("alice", "test"))
    room.clock.move(PROMISE_LIFETIME)
    await room.run(OneMessage(message(body={"contentType": "text", "content": promise}, event=LATER)))
    assert [operation.decision for operation in await room.operations()] == ["reject"]


async def test_every_sample_of_a_message_leads_to_a_decision() -> None:
    found = [each for sample in samples() for each in objects(sample) if "meetingMessageType" in each]
    decisions = {await decision_on(each) for each in found}
    assert decisions <= {"", "waits", "accept", "reject", "ignore"}
    assert "reject" in decisions | {"waits"}


@given(st.sampled_from([None, SERIES, OCCURRENCE]).flatmap(lambda e: faulty(message(event=e) if e else message())))
async def test_a_faulty_request_gets_at_most_one_answer_and_a_decision(payload: Any) -> None:
    await decision_on(payload)


@given(st.data())
async def test_variants_of_samples_get_at_most_one_answer_and_a_decision(data: st.DataObject) -> None:
    found = [each for sample in samples() for each in objects(sample) if "meetingMessageType" in each]
    await decision_on(data.draw(faulty({"event": event()} | data.draw(st.sampled_from(found)))))
