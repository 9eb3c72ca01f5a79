"""The checks of all calls to the simulated Graph against Microsoft's description and its real SDK (graph_judge.py)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgraph
import pytest

from shared.calendar.request import Answer
from shared.mailboxes.graph.access import GraphAccess
from shared.mailboxes.graph.client import GraphClient
from shared.mailboxes.graph.credentials import LocalTokens
from shared.mailboxes.graph.error_mapping import GraphError
from shared.mailboxes.graph.mailbox import GraphMailbox
from shared.mailboxes.graph.subscriptions import GraphSubscriptions
from shared.mailboxes.mailbox import Folder, Mail
from tests.support import graph_builders, graph_description, shared_data
from tests.support.exchange_world import ALICE, VMR, WEEKLY, ExchangeWorld, Webhook
from tests.support.graph_description import EXCEPTIONS
from tests.support.graph_judge import GraphJudge

OURS = {"User-Agent": "vmr-scheduling", "Accept": "application/json"}
MESSAGE = f"/users/{VMR}/messages/AAMk"
EVENT = f"/users/{VMR}/events/AAMk"


@pytest.fixture(autouse=True)
def _description() -> None:
    shared_data("data/graph-csdl/v1.0-Prod.csdl.gz")


@pytest.fixture
async def client(world: ExchangeWorld) -> AsyncIterator[GraphClient]:
    client = GraphClient(world.running.graph_url, LocalTokens())
    yield client
    await client.close()


async def test_all_calls_of_our_client_are_checked(
    world: ExchangeWorld, client: GraphClient, webhook: Webhook, graph_judge: GraphJudge
) -> None:
    mailbox, now = GraphMailbox(client, VMR), world.exchange.clock.now()
    uid = await world.meet(recurrence=WEEKLY)
    await world.edit(uid, occurrence="2030-03-11", start="2030-03-12T15:00:00", end="2030-03-12T16:00:00")
    await world.meet(subject="Alone")
    messages = (await mailbox.changes(Folder.INBOX, "")).message_ids
    for message in messages:
        request = await mailbox.read(message)
        assert request
        assert request.item
        await mailbox.calendar(request.item, now)
        await mailbox.item(request.item.id)
    assert request
    assert request.item
    await mailbox.answer(request.item.id, Answer.ACCEPTED, "Welcome")
    await mailbox.answer(request.item.id, Answer.DECLINED, None)
    await mailbox.view(now, now + timedelta(days=300), "")
    await mailbox.send(await mailbox.draft(Mail((ALICE,), "Hello", "<p>Hello</p>")))
    await mailbox.draft(Mail((ALICE,), "Accepted", "<p>Hello</p>", "Hello", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"))
    assert [arrived async for arrived in mailbox.arrived(now - timedelta(days=1))]
    assert await mailbox.newest(2)
    subscriptions = GraphSubscriptions(client, VMR, webhook.url.removesuffix("/changes"), "secret")
    made = await subscriptions.create(now)
    assert await subscriptions.renew(made.id, now)
    access = GraphAccess(client, VMR)
    assert await access.subscription(made.id)
    await access.try_out()
    world.exchange.delta.forget()
    assert (await mailbox.changes(Folder.INBOX, "")).message_ids
    assert graph_judge.requests == graph_judge.built + graph_judge.followed
    assert graph_judge.built >= 30
    assert graph_judge.held >= 25


async def test_an_invalid_request_fails_the_test(client: GraphClient, graph_judge: GraphJudge) -> None:
    with pytest.raises(GraphError, match="BadRequest"):
        await client.get(f"/users/{VMR}/mailbox")
    await client.get(f"/users/{VMR}/messages", {"$top": "1", "surprise": "1"})
    told, graph_judge.violations = graph_judge.violations, []
    assert [fault.split(":")[0] for fault in told] == [
        f"request GET users/{VMR}/mailbox",
        f"request GET users/{VMR}/messages",
    ]
    assert graph_judge.refusals == 1


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body", "word"),
    [
        ("GET", f"/users/{VMR}/mailbox", {}, OURS, b"", "no segment mailbox"),
        ("GET", MESSAGE, {"$top": "1"}, OURS, b"", "no option '$top'"),
        ("GET", f"{EVENT}/instances", {}, OURS, b"", "startDateTime"),
        ("GET", MESSAGE, {}, {"Accept": "text/html"}, b"", "header Accept"),
        ("GET", MESSAGE, {}, OURS | {"X-Trace": "1"}, b"", "header X-Trace"),
        ("POST", f"{EVENT}/accept", {}, OURS, b'{"remark": "Hi"}', "remark"),
        ("POST", f"{MESSAGE}/move", {}, OURS, b'{"destinationId": 7}', "destinationId"),
        ("PATCH", EVENT, {}, OURS, b'{"start": {"when": "2030-03-04T09:00:00"}}', "when"),
        ("DELETE", f"/users/{VMR}/calendarView", {}, OURS, b"", "has no method DELETE"),
    ],
)
def test_a_request_that_the_sdk_cannot_send_is_reported(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes, word: str
) -> None:
    assert msgraph.GraphServiceClient
    try:
        found = graph_builders.faults_of_request(method, path, query, headers, body)
    except graph_builders.NoBuilderError as error:
        found = [str(error)]
    assert any(word in fault for fault in found), found


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ({"id": "1", "surprise": True}, "surprise"),
        ({"id": "1", "isRead": "yes"}, "isRead"),
        ({"id": "1", "importance": "greatest"}, "importance"),
        ({"id": "1", "receivedDateTime": "yesterday"}, "receivedDateTime"),
        ({"id": "1", "toRecipients": {"address": VMR}}, "toRecipients"),
        ({"id": "1", "meetingMessageType": "meetingRequest"}, "meetingMessageType"),
    ],
)
def test_a_response_that_violates_both_description_and_models_is_reported(document: dict[str, Any], word: str) -> None:
    assert any(word in fault for fault in graph_description.faults_of_answer("GET", MESSAGE, document))
    try:
        found = graph_builders.faults_of_answer("GET", MESSAGE, document)
    except (ValueError, TypeError, AttributeError) as error:
        found = [f"{word}: {error!r}"]
    assert any(word in fault for fault in found), found


def test_a_refusal_that_the_sdk_does_not_understand_is_reported() -> None:
    inner = {"date": "2030-03-04T09:00:00", "request-id": "1", "client-request-id": "1"}
    told = {"error": {"code": "BadRequest", "message": "No.", "innerError": inner}}
    assert graph_builders.faults_of_refusal(told) == []
    assert graph_builders.faults_of_refusal({"error": {"kode": "BadRequest"}})


def test_names_in_queries_are_checked_against_the_description() -> None:
    known = {"$select": "id,microsoft.graph.eventMessage/meetingMessageType", "$orderby": "receivedDateTime desc"}
    assert graph_description.faults_of_request(MESSAGE, known, None) == []
    wrong = {"$select": "id,uid", "$expand": "events", "$filter": "received ge 2030-01-01"}
    assert len(graph_description.faults_of_request(MESSAGE, wrong, None)) == 3


def test_every_known_deviation_gives_its_source() -> None:
    assert all(len(each.source) > 20 for each in EXCEPTIONS)
