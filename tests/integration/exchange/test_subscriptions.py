"""Subscriptions (docs/facts/exchange.md §3): handshake, lifetime, renewal, refusals."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.exchange_world import VMR, ExchangeWorld, Webhook, subscribe


async def lives(world: ExchangeWorld, subscription: str) -> bool:
    return (await world.graph("GET", f"/subscriptions/{subscription}")).status_code == 200


async def test_both_webhooks_are_validated_before_a_subscription_is_created(
    world: ExchangeWorld, webhook: Webhook
) -> None:
    lifecycle = webhook.url.replace("changes", "lifecycle")
    answer = await subscribe(world, webhook, lifecycleNotificationUrl=lifecycle)
    assert answer.status_code == 201
    assert webhook.handshakes == ["/changes", "/lifecycle"]
    assert answer.json()["clientState"] == "secret"
    listed = (await world.get("/subscriptions"))["value"]
    assert [(item["id"], item["clientState"]) for item in listed] == [(answer.json()["id"], None)]
    assert (await world.get(f"/subscriptions/{answer.json()['id']}"))["clientState"] is None


async def test_a_webhook_used_for_both_purposes_is_validated_twice(world: ExchangeWorld, webhook: Webhook) -> None:
    url = webhook.url + "?code=key"
    assert (await subscribe(world, webhook, notificationUrl=url, lifecycleNotificationUrl=url)).status_code == 201
    assert webhook.handshakes == ["/changes", "/changes"]


async def test_the_validation_token_must_be_returned_decoded(world: ExchangeWorld, webhook: Webhook) -> None:
    webhook.echo = lambda token: token.replace(" ", "+")
    answer = await subscribe(world, webhook)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ValidationError")
    assert "exactly match" in answer.json()["error"]["message"]
    nobody = await subscribe(world, webhook, notificationUrl="http://127.0.0.1:9/none")
    assert nobody.status_code == 400
    elsewhere = webhook.url.replace("changes", "not/there")
    missing = await subscribe(world, webhook, notificationUrl=elsewhere)
    assert "HTTP status code is 'Not Found'" in missing.json()["error"]["message"]
    assert (await world.get("/subscriptions"))["value"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"changeType": "moved"},
        {"changeType": None},
        {"resource": "users/nobody@example.com/messages"},
        {"resource": "me/messages"},
        {"resource": "users/vmr@example.com/contacts"},
        {"clientState": "x" * 129},
        {"expirationDateTime": "2020-01-01T00:00:00Z"},
        {"expirationDateTime": "soon"},
        {"notificationUrl": None},
    ],
)
async def test_unsupported_resources_are_refused(
    world: ExchangeWorld, webhook: Webhook, fields: dict[str, Any]
) -> None:
    assert (await subscribe(world, webhook, **fields)).status_code == 400
    assert webhook.handshakes == []


async def test_a_lifetime_above_seven_days_is_refused_and_one_below_45_minutes_is_extended(
    world: ExchangeWorld, webhook: Webhook
) -> None:
    now = world.exchange.clock.now()
    too_long = await subscribe(
        world, webhook, expirationDateTime=f"{now + timedelta(minutes=10_081):%Y-%m-%dT%H:%M:%SZ}"
    )
    assert too_long.status_code == 400
    assert "10080 minutes" in too_long.json()["error"]["message"]
    short = await subscribe(world, webhook, expirationDateTime=f"{now + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}")
    left = datetime.fromisoformat(short.json()["expirationDateTime"]) - now
    assert timedelta(minutes=44) < left < timedelta(minutes=46)


async def test_a_duplicate_subscription_is_a_conflict(world: ExchangeWorld, webhook: Webhook) -> None:
    assert (await subscribe(world, webhook)).status_code == 201
    again = await subscribe(world, webhook, resource=f"/Users/{VMR}/Messages")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "Conflict")
    assert (await subscribe(world, webhook, changeType="created,updated")).status_code == 201
    assert (await subscribe(world, webhook, resource=f"users/{VMR}/mailFolders('inbox')/messages")).status_code == 201
    assert (await subscribe(world, webhook, resource=f"users/{VMR}/events")).status_code == 201


async def test_a_subscription_can_be_renewed_and_expires(world: ExchangeWorld, webhook: Webhook) -> None:
    subscription = (await subscribe(world, webhook)).json()["id"]
    now = world.exchange.clock.now()
    await world.post("/dev/clock", {"now": (now + timedelta(days=5)).isoformat()})
    expires = f"{now + timedelta(days=11):%Y-%m-%dT%H:%M:%SZ}"
    path = f"/subscriptions/{subscription}"
    assert (await world.graph("PATCH", path, json={"expirationDateTime": expires})).status_code == 200
    await world.post("/dev/clock", {"now": (now + timedelta(days=10)).isoformat()})
    assert await lives(world, subscription)
    assert (await world.graph("POST", f"{path}/reauthorize")).status_code == 204
    await world.post("/dev/clock", {"now": (now + timedelta(days=12)).isoformat()})
    gone = await world.graph("PATCH", path, json={"expirationDateTime": expires})
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "ResourceNotFound")
    assert (await world.get("/subscriptions"))["value"] == []


async def test_a_subscription_can_be_changed_and_deleted(world: ExchangeWorld, webhook: Webhook) -> None:
    path = f"/subscriptions/{(await subscribe(world, webhook)).json()['id']}"
    other = webhook.url.replace("changes", "other")
    changed = await world.graph("PATCH", path, json={"notificationUrl": other})
    assert changed.json()["notificationUrl"] == other
    assert webhook.handshakes == ["/changes", "/other"]
    assert (await world.graph("PATCH", path, json={"lifecycleNotificationUrl": other})).status_code == 400
    assert (await world.graph("PATCH", path, json={"expirationDateTime": "2020-01-01T00:00:00Z"})).status_code == 400
    assert (await world.graph("DELETE", path)).status_code == 204
    assert (await world.graph("DELETE", path)).status_code == 404


async def test_lifecycle_events_occur_as_time_passes(world: ExchangeWorld, webhook: Webhook) -> None:
    url = webhook.url.replace("changes", "lifecycle")
    subscription = (await subscribe(world, webhook, lifecycleNotificationUrl=url)).json()["id"]
    now = world.exchange.clock.now()
    await world.post("/dev/clock", {"now": (now + timedelta(days=5, hours=18)).isoformat()})
    await webhook.until(lambda hook: len(hook.notices) == 1)
    notice = webhook.notices[0]
    assert (notice["lifecycleEvent"], notice["subscriptionId"]) == ("reauthorizationRequired", subscription)
    assert notice["clientState"] == "secret"
    assert notice["resource"] == ""
    await world.post("/dev/clock", {"now": (now + timedelta(days=7)).isoformat()})
    await webhook.until(lambda hook: len(hook.notices) == 2)
    assert webhook.notices[1]["lifecycleEvent"] == "subscriptionRemoved"


@pytest.mark.parametrize("event", ["missed", "reauthorizationRequired", "subscriptionRemoved"])
async def test_lifecycle_events_can_be_triggered(world: ExchangeWorld, webhook: Webhook, event: str) -> None:
    subscription = (await subscribe(world, webhook, lifecycleNotificationUrl=webhook.url)).json()["id"]
    await world.post("/dev/lifecycle", {"event": event})
    await webhook.until(lambda hook: len(hook.notices) == 1)
    assert webhook.notices[0]["lifecycleEvent"] == event
    assert await lives(world, subscription) == (event != "subscriptionRemoved")
    assert (await world.http.post("/dev/lifecycle", json={"event": "party"})).status_code == 400
