"""Change notifications: their content, and notifications that arrive twice, late, out of order or never."""

from datetime import timedelta
from typing import Any

import pytest

from dev.exchange.graph.ids import parse
from tests.support.exchange_world import BOB, VMR, ExchangeWorld, Webhook, subscribe


def told(number: int) -> Any:
    return lambda hook: len(hook.notices) >= number


async def test_a_notification_identifies_the_message_and_reveals_no_content(
    world: ExchangeWorld, webhook: Webhook
) -> None:
    subscription = (await subscribe(world, webhook)).json()
    await world.meet(subject="Secret plan")
    await webhook.until(told(1))
    [notice] = webhook.notices
    guid = world.exchange.directory.ensure(VMR).guid
    message = (await world.folder())[0]
    assert notice["resource"] == notice["resourceData"]["@odata.id"] == f"Users/{guid}/Messages/{message['id']}"
    assert notice["resourceData"]["@odata.type"] == "#Microsoft.Graph.Message"
    assert notice["resourceData"]["id"] == message["id"]
    assert (notice["changeType"], notice["clientState"]) == ("created", "secret")
    assert notice["subscriptionExpirationDateTime"] == subscription["expirationDateTime"]
    assert "Secret plan" not in str(notice)


async def test_the_kind_of_id_is_determined_when_the_subscription_is_created(
    world: ExchangeWorld, webhook: Webhook
) -> None:
    resource = f"users/{VMR}/messages"
    expires = world.exchange.clock.now() + timedelta(days=1)
    body = {
        "changeType": "created",
        "notificationUrl": webhook.url,
        "resource": resource,
        "expirationDateTime": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
    }
    assert (await world.graph("POST", "/subscriptions", json=body, prefer="")).status_code == 201
    await world.meet()
    await webhook.until(told(1))
    assert parse(webhook.notices[0]["resourceData"]["id"]).moves == 0


async def test_simultaneous_changes_are_sent_in_one_post(world: ExchangeWorld, webhook: Webhook) -> None:
    await subscribe(world, webhook, changeType="created,updated")
    uid = await world.meet()
    await webhook.until(told(1))
    await world.edit(uid, subject="New")
    await webhook.until(told(3))
    assert [[n["changeType"] for n in post] for post in webhook.posts] == [["created"], ["updated", "created"]]


async def test_a_move_is_reported_as_a_creation_in_the_mailbox_and_a_deletion_in_the_inbox(
    world: ExchangeWorld, webhook: Webhook
) -> None:
    await subscribe(world, webhook, changeType="created,deleted")
    inbox = webhook.url.replace("changes", "inbox")
    await subscribe(
        world,
        webhook,
        notificationUrl=inbox,
        changeType="created,deleted",
        resource=f"users/{VMR}/mailFolders('inbox')/messages",
        clientState="inbox",
    )
    await world.meet()
    message = (await world.folder())[0]
    await webhook.until(told(2))
    await world.graph("POST", f"/users/{VMR}/messages/{message['id']}/move", json={"destinationId": "deleteditems"})
    await webhook.until(told(4))
    seen = {
        state: [n["changeType"] for n in webhook.notices if n["clientState"] == state] for state in ("secret", "inbox")
    }
    assert seen == {"secret": ["created", "created"], "inbox": ["created", "deleted"]}


async def test_events_can_be_watched_too(world: ExchangeWorld, webhook: Webhook) -> None:
    await subscribe(world, webhook, changeType="created,updated,deleted", resource=f"users/{VMR}/events")
    uid = await world.meet()
    await webhook.until(told(1))
    event = (await world.event())["id"]
    await world.edit(uid, subject="New")
    await webhook.until(told(2))
    await world.respond(event, "decline")
    await webhook.until(told(3))
    assert [n["changeType"] for n in webhook.notices] == ["created", "updated", "deleted"]
    assert {n["resourceData"]["id"] for n in webhook.notices} == {event}
    assert webhook.notices[0]["resourceData"]["@odata.type"] == "#Microsoft.Graph.Event"


async def test_a_subscription_ignores_other_mailboxes(world: ExchangeWorld, webhook: Webhook) -> None:
    await subscribe(world, webhook)
    await world.meet(attendees=[BOB])
    await world.meet()
    await webhook.until(told(1))
    await world.exchange.notifier.idle()
    assert len(webhook.notices) == 1


async def test_a_notification_that_is_not_accepted_is_sent_again(world: ExchangeWorld, webhook: Webhook) -> None:
    await subscribe(world, webhook)
    webhook.answer = 500
    await world.meet()
    await webhook.until(lambda hook: len(hook.posts) == 2)
    webhook.answer = 202
    await webhook.until(lambda hook: len(hook.posts) == 3)
    await world.exchange.notifier.idle()
    assert len(webhook.posts) == 3
    assert webhook.posts[0] == webhook.posts[1] == webhook.posts[2]


async def test_an_undelivered_notification_is_dropped_after_four_hours_and_reported_as_missed(
    world: ExchangeWorld, webhook: Webhook
) -> None:
    lifecycle = webhook.url.replace("changes", "lifecycle")
    await subscribe(world, webhook, lifecycleNotificationUrl=lifecycle)
    webhook.answer = 503
    await world.meet()
    await webhook.until(told(1))
    now = world.exchange.clock.now()
    await world.post("/dev/clock", {"now": (now + timedelta(hours=5)).isoformat()})
    await webhook.until(lambda hook: any(n.get("lifecycleEvent") == "missed" for n in hook.notices))
    webhook.answer = 202
    await world.exchange.notifier.idle()
    assert webhook.posts[-1][0]["lifecycleEvent"] == "missed"


async def test_a_notification_can_be_lost(world: ExchangeWorld, webhook: Webhook) -> None:
    await subscribe(world, webhook)
    await world.fault(on="notification", action="lose", times=2)
    for number in range(3):
        await world.meet(subject=f"M{number}")
    await webhook.until(told(1))
    await world.exchange.notifier.idle()
    [notice] = webhook.notices
    assert notice["resourceData"]["id"] == (await world.newest())["id"]


async def test_a_notification_can_be_sent_twice(world: ExchangeWorld, webhook: Webhook) -> None:
    await subscribe(world, webhook)
    await world.fault(on="notification", action="duplicate", times=1)
    await world.meet()
    await webhook.until(told(2))
    assert webhook.notices[0] == webhook.notices[1]


@pytest.mark.parametrize(("action", "more"), [("reorder", {}), ("delay", {"seconds": 0.3})])
async def test_notifications_can_arrive_out_of_order(
    world: ExchangeWorld, webhook: Webhook, action: str, more: dict[str, Any]
) -> None:
    await subscribe(world, webhook)
    await world.fault(on="notification", action=action, times=1, **more)
    await world.meet(subject="First")
    await world.meet(subject="Second")
    await webhook.until(told(2))
    first, second = [message["id"] for message in await world.folder()]
    assert [notice["resourceData"]["id"] for notice in webhook.notices] == [second, first]


async def test_a_delayed_notification_is_sent_when_the_clock_moves(world: ExchangeWorld, webhook: Webhook) -> None:
    await subscribe(world, webhook)
    await world.fault(on="notification", action="delay", times=1, seconds=3600)
    await world.meet()
    now = world.exchange.clock.now()
    await world.post("/dev/clock", {"now": (now + timedelta(hours=1)).isoformat()})
    await webhook.until(told(1))


async def test_a_reordered_notification_without_a_successor_still_arrives(
    world: ExchangeWorld, webhook: Webhook
) -> None:
    await subscribe(world, webhook)
    await world.fault(on="notification", action="reorder", times=1)
    await world.meet()
    await webhook.until(told(1))
