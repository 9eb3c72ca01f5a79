"""Graph's POSTs: believed only with their clientState (rule 4), reduced to ids, mixed batches and all (facts §3)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidRequest, TooLarge
from shared.mailboxes.watch import state_hash
from shared.mailboxes.webhook import MAX_BODY, MAX_ID, Webhook
from shared.meetings.notice import Notice, decode
from shared.storage import Put, Row
from tests.fakes.storage import MemoryStorage
from tests.unit.shared.mailboxes.graph_samples import graph_sample

OURS, OTHERS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
STATE, OTHER_STATE = "s" * 64, "t" * 64


class World:
    """A webhook that knows two integrations' subscriptions."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        self.webhook = Webhook(self.storage)

    async def subscribe(self, subscription: str, integration: str, client_state: str) -> None:
        known = {"integration": integration, "client_state": state_hash(client_state)}
        await self.storage.table("meetings").commit("subscription", Put(subscription, known))

    async def receive(self, body: Any) -> list[Notice]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return [notice for message in await self.webhook.receive(raw) for notice in decode(message)]


@pytest.fixture
async def world() -> World:
    world = World()
    await world.subscribe("ours", OURS, STATE)
    await world.subscribe("theirs", OTHERS, OTHER_STATE)
    return world


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
    """A lifecycle notification; it has no resource."""
    return {"subscriptionId": subscription, "clientState": state, "lifecycleEvent": event, "tenantId": "t"}


async def test_a_change_becomes_a_notice(world: World) -> None:
    assert await world.receive({"value": [change()]}) == [Notice(OURS, "message-1")]


@pytest.mark.parametrize(
    ("event", "resubscribe"), [("missed", False), ("subscriptionRemoved", True), ("reauthorizationRequired", True)]
)
async def test_lifecycle_events_ask_for_a_sweep(world: World, event: str, resubscribe: bool) -> None:
    assert await world.receive({"value": [lifecycle(event)]}) == [Notice(OURS, resubscribe=resubscribe)]


async def test_a_mixed_batch_of_several_subscriptions(world: World) -> None:
    batch = [
        change("a"),
        lifecycle("missed", "theirs", OTHER_STATE),
        change("b", "theirs", OTHER_STATE),
        change("a"),
        change("c", "theirs"),
        change("d", "unknown"),
        lifecycle("subscriptionRemoved"),
    ]
    assert await world.receive({"value": batch}) == [
        Notice(OURS, "a"),
        Notice(OTHERS),
        Notice(OTHERS, "b"),
        Notice(OURS, resubscribe=True),
    ]


UNBELIEVED = {
    "wrong clientState": change(state="x" * 64),
    "another subscription's clientState": change(state=OTHER_STATE),
    "the stored hash as clientState": change(state=state_hash(STATE)),
    "clientState in capitals": change(state=STATE.upper()),
    "empty clientState": change(state=""),
    "no clientState": change(state=None),
    "unknown subscription": change(subscription="unknown"),
    "empty subscription": change(subscription=""),
    "a subscription that is no key": change(subscription="../ours"),
    "a subscription with a null byte": change(subscription="ours\x00"),
    "endless subscription": change(subscription="x" * 10_000),
    "lifecycle with wrong clientState": lifecycle("subscriptionRemoved", state="x"),
    "no message": change(message=""),
    "null message": change(message=None),
    "endless message id": change(message="x" * (MAX_ID + 1)),
    "no resource data": change(resourceData=None),
}


@pytest.mark.parametrize("item", UNBELIEVED.values(), ids=UNBELIEVED)
async def test_what_is_not_believed_is_left_out_and_the_rest_is_kept(world: World, item: dict[str, Any]) -> None:
    assert await world.receive({"value": [item]}) == []
    assert await world.receive({"value": [item, change("good")]}) == [Notice(OURS, "good")]


MALFORMED: dict[str, Any] = {
    "empty": b"",
    "no JSON": b"value",
    "not UTF-8": b'{"value": ["\xff"]}',
    "half JSON": b'{"value": [',
    "null": None,
    "a list": [change()],
    "a text": "value",
    "no value": {},
    "value is null": {"value": None},
    "value is an object": {"value": change()},
    "an item is a text": {"value": ["x"]},
    "an item is null": {"value": [None]},
    "no subscription": {"value": [{"clientState": STATE}]},
    "subscription of another kind": {"value": [change(subscription=1)]},
    "clientState of another kind": {"value": [change(state=["x"])]},
    "message of another kind": {"value": [change(message={"x": 1})]},
    "nested too deep": b"[" * 100_000,
    "too many": {"value": [change(state="")] * 5001},
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_what_graph_never_sends_is_refused(world: World, body: Any) -> None:
    with pytest.raises(InvalidRequest):
        await world.receive(body)


async def test_an_oversized_body_is_not_even_parsed(world: World) -> None:
    with pytest.raises(TooLarge):
        await world.receive(b" " * (MAX_BODY + 1))
    assert await world.receive(json.dumps({"value": [change()]}).encode().ljust(MAX_BODY)) == [
        Notice(OURS, "message-1")
    ]


async def test_an_error_tells_nothing_of_what_was_sent(world: World) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await world.receive({"value": [change(subscription={"secret": STATE})]})
    assert STATE not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_a_subscription_is_looked_up_once(world: World) -> None:
    batch = {"value": [change(str(n)) for n in range(100)]}
    before = world.storage.round_trips
    assert len(await world.receive(batch)) == 100
    await world.receive(batch)
    assert world.storage.round_trips == before + 1


async def test_a_new_subscription_is_known_as_soon_as_it_is_stored(world: World) -> None:
    """Graph may notify before we have stored it: that one is lost, and swept up; the next is not."""
    batch = {"value": [change(subscription="new", state="n" * 64)]}
    assert await world.receive(batch) == []
    await world.subscribe("new", OURS, "n" * 64)
    assert await world.receive(batch) == [Notice(OURS, "message-1")]


async def test_strangers_without_client_state_cost_no_look_up(world: World) -> None:
    before = world.storage.round_trips
    await world.receive({"value": [change(subscription=f"s{n}", state="") for n in range(1000)]})
    assert world.storage.round_trips == before


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
async def test_samples(world: World, name: str, notices: list[Notice]) -> None:
    """As documented or captured, once we know their subscription."""
    sample = graph_sample(name)
    item = sample["value"][0]
    known = {"integration": OURS, "client_state": state_hash(item["clientState"])}
    world.webhook._table = Everything(known)  # type: ignore[assignment]
    assert await world.receive(sample) == notices


class Everything:
    """A table that knows every key, also those that documentation uses as placeholders."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    async def get(self, partition: str, key: str) -> Any:
        return Row(partition, key, self._values)


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
async def test_nothing_gets_through_by_chance(body: Any) -> None:
    world = World()
    await world.subscribe("ours", OURS, STATE)
    try:
        assert await world.receive(body) == []
    except InvalidRequest:
        return
