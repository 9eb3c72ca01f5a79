"""The simulated service's responses have the same shape as captured and documented samples.

Every property in a sample must be served, with the same JSON type. Exceptions are listed with their reasons.
"""

import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from dev.exchange.directory import TENANT
from tests.integration.exchange.shapes import Json, check_shape, differences, sample
from tests.support.exchange_world import ALICE, EXPAND_EVENT, VMR, WEEKLY, ExchangeWorld, Webhook, subscribe


async def real_like(world: ExchangeWorld) -> Json:
    """Create a series like the captured one."""
    weekly = {**WEEKLY, "range": {"type": "endDate", "startDate": "2023-01-09", "endDate": "2023-07-10"}}
    await world.meet(start="2023-01-09T08:30:00", end="2023-01-09T08:55:00", recurrence=weekly, location="Teams")
    return (await world.folder())[0]


async def test_a_meeting_request_in_a_list_looks_like_the_captured_one(world: ExchangeWorld) -> None:
    served = await real_like(world)
    real = check_shape("real__eventMessageRequest_seriesMaster_2023_listitem", served)
    for name in ("@odata.type", "meetingMessageType", "meetingRequestType", "type", "startDateTime", "endDateTime"):
        assert served[name] == real[name], name
    assert served["recurrence"]["range"] == real["recurrence"]["range"]
    pattern = {**real["recurrence"]["pattern"], "firstDayOfWeek": "sunday"}
    assert served["recurrence"]["pattern"] == pattern
    assert served["previousStartDateTime"] == real["previousStartDateTime"]


@pytest.mark.parametrize("name", ["graph__eventmessage-get__01", "graph__eventmessage-get__02"])
async def test_a_single_message_matches_the_sample(world: ExchangeWorld, name: str) -> None:
    await world.meet(location="Mt. Hood")
    check_shape(name, await world.newest())


async def test_a_message_sent_on_behalf_and_a_response_match_the_samples(world: ExchangeWorld) -> None:
    await world.meet(sender="carol@example.com", location="Alex' home")
    check_shape("graph__outlook-create-event-in-shared-delegated-calendar__04", await world.newest())
    await world.respond((await world.event())["id"], "tentativelyAccept", comment="Probably")
    served = await world.newest(ALICE)
    response = check_shape("graph__outlook-create-event-in-shared-delegated-calendar__06", served)
    assert served["meetingMessageType"] == response["meetingMessageType"] == "meetingTenativelyAccepted"


@pytest.mark.parametrize(
    "name",
    ["graph__event-get__01", "graph__event-get__02", "graph__outlook-calendar-meeting-proposals__02"],
)
async def test_an_event_matches_the_sample(world: ExchangeWorld, name: str) -> None:
    await world.meet(location="Assembly Hall")
    check_shape(name, await world.event())


async def test_an_event_with_a_text_body_matches_the_sample(world: ExchangeWorld) -> None:
    await world.meet()
    event = (await world.event())["id"]
    served = await world.get(f"/users/{VMR}/events/{event}", prefer='outlook.body-content-type="text"')
    wanted = check_shape("graph__event-get_beta__02", served)
    assert served["body"]["contentType"] == wanted["body"]["contentType"]


async def test_a_master_with_cancelled_and_changed_occurrences_matches_the_sample(world: ExchangeWorld) -> None:
    uid = await world.meet(recurrence=WEEKLY)
    await world.edit(uid, occurrence="2030-03-11", subject="Changed")
    second = (await world.instances("2030-03-17T00:00:00Z", "2030-03-19T00:00:00Z"))[0]
    await world.respond(second["id"], "decline")
    chosen = "subject,start,end,occurrenceId,exceptionOccurrences,cancelledOccurrences"
    served = await world.event(select=chosen, expand="exceptionOccurrences")
    check_shape("docs__series_master_cancelled_and_exception_occurrences", served)
    assert served["exceptionOccurrences"][0]["subject"] == "Changed"
    head, _, day = served["cancelledOccurrences"][0].rpartition(".")
    assert (head, day) == (f"OID.{served['id']}", "2030-03-18")


async def test_instances_match_the_sample(world: ExchangeWorld) -> None:
    await world.meet(recurrence=WEEKLY)
    master = (await world.event())["id"]
    window = {"startDateTime": "2030-03-01T00:00:00Z", "endDateTime": "2030-04-01T00:00:00Z"}
    chosen = "subject,bodyPreview,seriesMasterId,type,recurrence,start,end"
    served = await world.get(f"/users/{VMR}/events/{master}/instances", select=chosen, **window)
    wanted = check_shape("graph__event-list-instances__01", served)
    assert set(served["value"][0]) == set(wanted["value"][0])


@pytest.mark.parametrize(
    "name",
    ["docs__subscription_created_201_outlook", "graph__subscription-post-subscriptions__02"],
)
async def test_a_new_subscription_matches_the_sample(world: ExchangeWorld, webhook: Webhook, name: str) -> None:
    check_shape(name, (await subscribe(world, webhook)).json())


@pytest.mark.parametrize("name", ["real__subscriptions_list_2020_issue6709", "graph__subscription-list__01"])
async def test_the_list_of_subscriptions_matches_the_sample(world: ExchangeWorld, webhook: Webhook, name: str) -> None:
    await subscribe(world, webhook)
    served = await world.get("/subscriptions")
    wanted = check_shape(name, served)
    assert served["value"][0]["clientState"] is wanted["value"][0]["clientState"] is None


async def test_delta_pages_match_the_samples(world: ExchangeWorld) -> None:
    await world.meet()
    await world.meet()
    path, chosen = f"/users/{VMR}/mailFolders/inbox/messages/delta", {"$select": "subject,isRead,sender"}
    first = await world.graph("GET", path, params=chosen, prefer="odata.maxpagesize=1")
    check_shape("graph__delta-query-messages__01", first.json())
    headers = {"Authorization": "Bearer x"}
    last = (await world.http.get(first.json()["@odata.nextLink"], headers=headers)).json()
    check_shape("graph__delta-query-messages__03", last)
    message = (await world.folder())[0]["id"]
    await world.graph("POST", f"/users/{VMR}/messages/{message}/move", json={"destinationId": "deleteditems"})
    await world.meet()
    later = (await world.http.get(last["@odata.deltaLink"], headers=headers)).json()
    wanted = sample("graph__delta-query-messages__04")
    assert later["value"][0]["@removed"] == wanted["value"][0]["@removed"]
    assert set(later["value"][0]) == set(wanted["value"][0])


@pytest.mark.parametrize("name", ["docs__outlook_notification_basic", "graph__webhooks__03"])
async def test_a_notification_matches_the_sample(world: ExchangeWorld, webhook: Webhook, name: str) -> None:
    await subscribe(world, webhook)
    await world.meet()
    await webhook.until(lambda hook: bool(hook.posts))
    served = {"value": webhook.posts[0]}
    wanted = check_shape(name, served)
    notice = served["value"][0]
    assert notice["resourceData"]["@odata.type"] == wanted["value"][0]["resourceData"]["@odata.type"]
    assert notice["tenantId"] == TENANT


@pytest.mark.parametrize(
    "name", ["graph__webhooks-lifecycle__02", "graph__webhooks-lifecycle__03", "graph__webhooks-lifecycle__04"]
)
async def test_a_lifecycle_notification_matches_the_sample(world: ExchangeWorld, webhook: Webhook, name: str) -> None:
    await subscribe(world, webhook, lifecycleNotificationUrl=webhook.url)
    wanted = sample(name)
    await world.post("/dev/lifecycle", {"event": wanted["value"][0]["lifecycleEvent"]})
    await webhook.until(lambda hook: bool(hook.posts))
    served = {"value": webhook.posts[0]}
    check_shape(name, served)
    # The documentation's sample lacks this, but Graph sends it (microsoftgraph/microsoft-graph-docs #21675).
    assert set(served["value"][0]) - set(wanted["value"][0]) == {"resource", "resourceData", "organizationId"}
    assert served["value"][0]["resource"] == ""


#: Values in the SDK's models and, for meetingMessageType, those that the service really sends (exchange.md §1).
DOCUMENTED = {
    "meetingMessageType": {"meetingRequest", "meetingCancelled", "meetingAccepted", "meetingTenativelyAccepted",
                           "meetingDeclined"},
    "meetingRequestType": {"newMeetingRequest", "fullUpdate", "informationalUpdate", "silentUpdate"},
    "type": {"singleInstance", "occurrence", "exception", "seriesMaster"},
    "responseType": {"tentativelyAccepted", "accepted", "declined"},
    "response": {"none", "organizer", "tentativelyAccepted", "accepted", "declined", "notResponded"},
    "showAs": {"free", "tentative", "busy"},
}  # fmt: skip


def values(document: Any, name: str) -> Iterator[str]:
    """All values of a property, at any depth."""
    if isinstance(document, dict):
        yield from [document[name]] if isinstance(document.get(name), str) else []
        document = list(document.values())
    for part in document if isinstance(document, list) else []:
        yield from values(part, name)


async def everything(world: ExchangeWorld) -> Any:
    """The contents of two mailboxes after each kind of event has occurred once."""
    uid = await world.meet(recurrence=WEEKLY)
    await world.edit(uid, occurrence="2030-03-11", start="2030-03-12T09:00:00")
    await world.edit(uid, subject="New")
    await world.edit(uid, subject="Newer", silent=True)
    await world.cancel(uid, "2030-03-18")
    for verb in ("accept", "tentativelyAccept", "decline"):
        await world.meet()
        await world.respond((await world.newest())["event"]["id"], verb)
    window = {"startDateTime": "2030-03-01T00:00:00Z", "endDateTime": "2030-04-01T00:00:00Z"}
    documents = []
    for user in (VMR, ALICE):
        documents.append(await world.get(f"/users/{user}/messages", top="100"))
        documents.append(await world.get(f"/users/{user}/events", top="100", expand="exceptionOccurrences"))
        documents.append(await world.get(f"/users/{user}/calendarView", top="100", **window))
    return documents


async def test_enumerations_contain_only_documented_values_and_all_of_them_occur(world: ExchangeWorld) -> None:
    seen = await everything(world)
    kinds = DOCUMENTED["type"] | {"required", "daily", "weekly", "endDate", "noEnd"}  # `type` has other meanings too
    for name, known in DOCUMENTED.items():
        found = set(values(seen, name))
        assert known <= found <= (kinds if name == "type" else known), name


async def test_errors_match_the_sample(world: ExchangeWorld) -> None:
    await world.meet()
    event = await world.event()
    both = await world.graph(
        "POST", f"/users/{VMR}/events/{event['id']}/accept", json={"comment": "", "sendResponse": False}
    )
    wanted = sample("docs__graph_error_accept_comment")
    assert {key: both.json()["error"][key] for key in wanted["error"]} == wanted["error"]
    await world.http.patch(f"/dev/mailboxes/{VMR}", json={"automate_processing": "None"})
    await world.meet()
    listed = await world.graph("GET", f"/users/{VMR}/mailFolders/inbox/messages", params=EXPAND_EVENT)
    real = check_shape("real__graph_error_expand_deleted_event_issue8064", listed.json())
    assert listed.json()["error"]["message"] == real["error"]["message"]


async def test_the_metadata_document_matches_the_sample(world: ExchangeWorld) -> None:
    served = (await world.http.get("/autodiscover/metadata/json/1")).json()
    check_shape("token__validate-an-identity-token__02", served)


async def test_an_identity_token_matches_the_sample(world: ExchangeWorld) -> None:
    token = (await world.post("/dev/identity-token", {"user": ALICE}))["token"]
    header = jwt.get_unverified_header(token)
    payload = jwt.decode(token, options={"verify_signature": False})
    real = check_shape("real__exchange_identity_token_decoded_2019", {"header": header, "payload": payload})
    assert set(payload) == set(real["payload"])
    assert set(json.loads(payload["appctx"])) == set(json.loads(real["payload"]["appctx"]))
    assert payload["exp"] - payload["nbf"] == real["payload"]["exp"] - real["payload"]["nbf"]


async def test_the_comparison_detects_missing_and_different_properties() -> None:
    assert list(differences({"a": {"b": 1}}, {"a": {}})) == ["a.b is missing"]
    assert list(differences({"a": [{"b": 1}]}, {"a": [{"b": "1"}]})) == ["a[].b: int in the sample, str served"]
    assert list(differences({"a": [1]}, {"a": []})) == ["a is missing"]
    assert list(differences({"a": None}, {"a": "x"})) != []
