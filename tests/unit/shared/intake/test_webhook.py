"""Graph's POSTs are accepted only with a valid clientState (rule 4), and reduced to ids (exchange.md §3)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidRequest, TooLarge
from shared.intake.notice import Notice, decode
from shared.intake.webhook import MAX_NOTIFICATIONS, MESSAGE_ID_MAX_LENGTH, WEBHOOK_BODY_MAX_BYTES, Webhook
from shared.mailboxes.client_state import ClientStates, digest
from tests.support.graph_samples import graph_sample

OURS, OTHERS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
STATES = ClientStates(b"k" * 32)
STATE, OTHER_STATE = STATES.of(OURS), STATES.of(OTHERS)


def receive(body: Any) -> list[Notice]:
    """The notices that result from a POST."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [notice for message in Webhook(STATES).receive(raw) for notice in decode(message)]


def change(message: Any = "message-1", subscription: Any = "ours", state: Any = STATE, **more: Any) -> dict[str, Any]:
    """A change notification."""
    return {
        "subscriptionId": subscription,
        "clientState": state,
        "changeType": "created",
        "resource": f"Users('somebody@example.org')/messages('{message}')",
        "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "id": message},
        **more,
    }


def lifecycle(event: str, subscription: str = "ours", state: str = STATE) -> dict[str, Any]:
    """A lifecycle notification, which has no resource."""
    return {"subscriptionId": subscription, "clientState": state, "lifecycleEvent": event, "tenantId": "t"}


def test_a_change_notification_becomes_a_notice() -> None:
    assert receive({"value": [change()]}) == [Notice(OURS, "message-1")]


@pytest.mark.parametrize(
    ("event", "resubscribe"), [("missed", False), ("subscriptionRemoved", True), ("reauthorizationRequired", True)]
)
def test_lifecycle_events_request_a_sweep(event: str, resubscribe: bool) -> None:
    assert receive({"value": [lifecycle(event)]}) == [Notice(OURS, resubscribe=resubscribe)]


def test_a_batch_may_mix_notifications_from_several_subscriptions() -> None:
    batch = [
        change("a"),
        lifecycle("missed", "theirs", OTHER_STATE),
        change("b", "theirs", OTHER_STATE),
        change("a"),
        change("d", state="unknown"),
        lifecycle("subscriptionRemoved"),
    ]
    assert receive({"value": batch}) == [
        Notice(OURS, "a"),
        Notice(OTHERS),
        Notice(OTHERS, "b"),
        Notice(OURS, resubscribe=True),
    ]


def forged(integration: str, signature_of: str = OURS, states: ClientStates = STATES) -> str:
    """A clientState forged by an attacker who has seen valid ones."""
    return f"{integration}.{states.of(signature_of).partition('.')[2]}"


UNBELIEVED = {
    "wrong clientState": change(state="x" * 64),
    "another integration's signature": change(state=forged(OURS, OTHERS)),
    "another integration's uuid before the signature": change(state=forged(OTHERS, OURS)),
    "another deployment's key": change(state=ClientStates(b"x" * 32).of(OURS)),
    "a truncated signature": change(state=STATE[:-1]),
    "a signature with something appended": change(state=STATE + "="),
    "no signature": change(state=OURS),
    "an empty signature": change(state=f"{OURS}."),
    "its stored digest": change(state=digest(STATE)),
    "clientState in capitals": change(state=STATE.upper()),
    "clientState with spaces": change(state=f" {STATE} "),
    "lookalike characters": change(state=STATE.replace("1", "１")),
    "a lone surrogate": change(state="\ud800" + STATE),
    "empty clientState": change(state=""),
    "no clientState": change(state=None),
    "lifecycle with wrong clientState": lifecycle("subscriptionRemoved", state="x"),
    "no message": change(message=""),
    "null message": change(message=None),
    "a message id with a lone surrogate": change(message="\ud800"),
    "a message id with a line break": change(message="a\nb"),
    "endless message id": change(message="x" * (MESSAGE_ID_MAX_LENGTH + 1)),
    "no resource data": change(resourceData=None),
}


@pytest.mark.parametrize("item", UNBELIEVED.values(), ids=UNBELIEVED)
def test_unauthenticated_notifications_are_dropped_and_the_others_kept(item: dict[str, Any]) -> None:
    assert receive({"value": [item]}) == []
    assert receive({"value": [item, change("good")]}) == [Notice(OURS, "good")]


ODD: dict[str, Any] = {
    "a string": "x",
    "null": None,
    "a number": 7,
    "a list": [change()],
    "clientState of the wrong type": change(state=["x"]),
    "a message of the wrong type": change(message={"x": 1}),
    "no message": change(message=""),
    "no resource data": change(resourceData=None),
    "resource data of the wrong type": change(resourceData=[1]),
}


@pytest.mark.parametrize("item", ODD.values(), ids=ODD)
def test_a_malformed_item_is_counted_and_does_not_affect_the_others(
    item: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert receive({"value": [change("a"), item, change("b"), item]}) == [Notice(OURS, "a"), Notice(OURS, "b")]
    assert caplog.messages == ['metric {"name":"odd_notifications","value":2}']


@pytest.mark.parametrize("item", ODD.values(), ids=ODD)
def test_unauthenticated_notifications_write_no_log_line(item: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    if isinstance(item, dict) and item.get("clientState") == STATE:
        item = {**item, "clientState": "x"}
    assert receive({"value": [item, change(state="x" * 64)]}) == []
    assert caplog.messages == []


@pytest.mark.parametrize(
    "more",
    [{"subscriptionId": None}, {"subscriptionId": 1}, {"unknown": {"deep": [1]}}, {"changeType": 7}, {"tenantId": []}],
    ids=str,
)
def test_unneeded_fields_are_ignored(more: dict[str, Any]) -> None:
    assert receive({"value": [{**change(), **more}]}) == [Notice(OURS, "message-1")]


@pytest.mark.parametrize("event", [1, ["missed"], {"x": 1}, "somethingNew"], ids=str)
def test_an_unknown_lifecycle_event_triggers_a_check_of_the_subscription(event: Any) -> None:
    assert receive({"value": [{**lifecycle("missed"), "lifecycleEvent": event}]}) == [Notice(OURS, resubscribe=True)]


MALFORMED: dict[str, Any] = {
    "empty": b"",
    "no JSON": b"value",
    "not UTF-8": b'{"value": ["\xff"]}',
    "half JSON": b'{"value": [',
    "null": None,
    "a list": [change()],
    "a string": "value",
    "no value": {},
    "value is null": {"value": None},
    "value is an object": {"value": change()},
    "nested too deep": b"[" * 100_000,
    "too many": {"value": [change(state="")] * (MAX_NOTIFICATIONS + 1)},
    "an infinite number": b'{"value": ' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_requests_are_refused(body: Any) -> None:
    with pytest.raises(InvalidRequest):
        receive(body)


def test_an_oversized_body_is_refused_without_being_parsed() -> None:
    with pytest.raises(TooLarge):
        receive(b" " * (WEBHOOK_BODY_MAX_BYTES + 1))
    assert receive(json.dumps({"value": [change()]}).encode().ljust(WEBHOOK_BODY_MAX_BYTES)) == [
        Notice(OURS, "message-1")
    ]


def test_an_error_reveals_nothing_about_the_request() -> None:
    with pytest.raises(InvalidRequest) as refused:
        receive({"value": {"secret": STATE}})
    assert STATE not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_client_state_gives_access_to_its_own_integrations_mailbox_only() -> None:
    """The rest of the notification makes no difference (rule 4)."""
    item = change("theirs", OTHERS, resource=f"Users('{OTHERS}')/messages('theirs')", tenantId=OTHERS)
    assert receive({"value": [item]}) == [Notice(OURS, "theirs")]


@pytest.mark.parametrize(
    ("name", "notices"),
    [
        ("docs__outlook_notification_basic.json", [Notice(OURS, "AAMkAGUwNjQ4ZjIxAAA=")]),
        ("docs__outlook_notification_rich.json", [Notice(OURS, "AAMkAGUwNjQ4ZjIxLTQ3Y2Y8AAA=")]),
        ("graph__webhooks__03.json", [Notice(OURS, "{long_id_string}")]),
        ("graph__webhooks-lifecycle__02.json", [Notice(OURS, resubscribe=True)]),
        ("graph__webhooks-lifecycle__03.json", [Notice(OURS)]),
        ("graph__webhooks-lifecycle__04.json", [Notice(OURS, resubscribe=True)]),
        ("third_party_fixture__mixed_change_and_lifecycle_batch.json", [Notice(OURS, "message-id"), Notice(OURS)]),
    ],
)
def test_sample_notifications_are_read(name: str, notices: list[Notice]) -> None:
    """The samples come from documentation and captures, and are given a valid clientState."""
    sample = graph_sample(name)
    for item in sample["value"]:
        item["clientState"] = STATE
    assert receive(sample) == notices


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["value", "subscriptionId", "clientState", "resourceData", "id", "lifecycleEvent"]),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_random_input_is_never_believed(body: Any) -> None:
    try:
        assert receive(body) == []
    except InvalidRequest:
        return


@pytest.mark.parametrize("data", ["", [], 7, None, {}], ids=repr)
def test_resource_fields_of_a_lifecycle_notification_are_ignored(data: object) -> None:
    """Graph sends `resource: ""` and some resourceData (microsoftgraph/microsoft-graph-docs #21675)."""
    item = {**lifecycle("missed"), "resource": "", "resourceData": data, "organizationId": "x"}
    assert len(receive({"value": [item]})) == 1
