"""Watching a mailbox over Graph: notifications that arrive once, twice or never, and the sweep as a safeguard (M9)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from dev.exchange import notifications
from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION, MAILBOX
from dev.harness.times import tomorrow
from shared.mailboxes.graph import mailbox as graph_mailbox
from shared.queues import MEETING_REQUESTS
from shared.storage import Queue
from tests.support import eventually


@pytest.fixture
async def world() -> AsyncIterator[Deployment]:
    async with deployed() as deployment:
        yield deployment


async def test_a_message_whose_notification_was_lost_is_found_by_the_sweep(world: Deployment) -> None:
    await world.faults({"on": "notification", "action": "lose", "times": 9})
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    assert await world.answers() == []
    await world.services.scheduling.timers.sweep()
    await world.drain()
    assert len(await world.answers()) == 1


class _Starting:
    """The queue of an instance that is still starting. Messages are written once it runs."""

    def __init__(self, queue: Queue) -> None:
        self.queue, self.runs, self.given = queue, asyncio.Event(), 0

    async def send(self, text: str, delay: timedelta = timedelta(0)) -> None:
        self.given += 1
        await self.runs.wait()
        await self.queue.send(text, delay)


async def test_a_notification_lost_during_a_cold_start_is_answered_once_even_if_it_arrives_late(
    world: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graph waits three seconds and posts again. An instance that takes longer to start may then process both posts."""
    monkeypatch.setattr(notifications, "ANSWER_LIMIT", 0.05)
    starting = _Starting(world.memory.queue(MEETING_REQUESTS))
    monkeypatch.setattr(world.outages, "queue", lambda _: starting)
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await eventually(lambda: starting.given >= 2, "Graph has given up on the first post and posts again")
    assert world.memory.queue(MEETING_REQUESTS).sent == []
    await world.services.scheduling.timers.sweep()
    await world.drain()
    assert len(await world.answers()) == 1

    monkeypatch.setattr(notifications, "ANSWER_LIMIT", 60)
    starting.runs.set()
    await world.move_to(world.now + timedelta(minutes=1))
    await world.exchange.exchange.notifier.idle()
    assert len(world.memory.queue(MEETING_REQUESTS).sent) >= starting.given > 1
    await world.drain()
    await world.settle()
    assert len(await world.answers()) == 1


async def test_a_sweep_without_new_messages_writes_no_rows(world: Deployment) -> None:
    """Graph returns a different delta link each time, but the earlier one stays valid."""

    async def remembered() -> dict[str, str]:
        return {row.key: row.etag async for row in world.memory.table("meetings").rows(INTEGRATION)}

    for _ in range(2):
        await world.services.scheduling.timers.sweep()
        await world.drain()
    before = await remembered()
    await world.move_to(world.now + timedelta(minutes=5))
    await world.services.scheduling.timers.sweep()
    await world.drain()
    assert await remembered() == before


async def test_a_message_with_a_duplicate_notification_is_answered_once(world: Deployment) -> None:
    await world.faults({"on": "notification", "action": "duplicate", "times": 9})
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    await world.settle()
    assert len(await world.answers()) == 1


async def test_a_burst_causes_at_most_four_concurrent_requests_for_one_mailbox(world: Deployment) -> None:
    """Exchange throttles no request, and every message is answered (MailboxConcurrency, docs/facts/exchange.md §5)."""
    await world.faults({"on": "*", "action": "latency", "ms": 20})
    start = tomorrow(world)
    for number in range(30):
        room = await world.click()
        await world.invite(start, room["instructions"], subject=f"Meeting {number}")
    await world.drain()
    traffic = await world.control("GET", "/dev/requests")
    assert traffic["throttled"] == 0
    assert len(await world.answers()) == 30


async def test_the_worker_waits_for_a_calendar_item_that_appears_late(world: Deployment) -> None:
    await world.faults({"on": "event", "action": "lag", "times": 3})
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    assert len(await world.answers()) == 1


@pytest.mark.parametrize("status", [429, 503, 504])
@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_failed_answer_is_sent_once(world: Deployment, status: int, after_effect: bool) -> None:
    fault = {"on": "POST /accept", "status": status, "after_effect": after_effect, "times": 1}
    await world.faults(fault)
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    await world.settle()
    assert len(await world.answers()) == 1
    assert world.host.poisoned == []


async def test_a_lost_subscription_is_recreated_and_the_gap_is_swept(world: Deployment) -> None:
    [subscription] = (await world.control_graph("GET", "/subscriptions"))["value"]
    await world.control_graph("DELETE", f"/subscriptions/{subscription['id']}")
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.services.scheduling.timers.renew()
    await world.drain()
    assert len(await world.answers()) == 1
    [renewed] = (await world.control_graph("GET", "/subscriptions"))["value"]
    assert renewed["id"] != subscription["id"]


async def test_the_subscription_stays_alive_for_weeks(world: Deployment) -> None:
    for _ in range(10):
        await world.move_to(world.now + timedelta(days=2))
        await world.services.scheduling.timers.renew()
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    assert len(await world.answers()) == 1


@pytest.mark.parametrize("event", ["missed", "subscriptionRemoved", "reauthorizationRequired"])
async def test_after_a_lifecycle_event_missed_messages_are_found(world: Deployment, event: str) -> None:
    await world.faults({"on": "notification", "action": "lose", "times": 1})
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    assert await world.answers() == []
    await world.control("POST", "/dev/lifecycle", {"event": event})
    await world.drain()
    assert len(await world.answers()) == 1
    assert len((await world.control_graph("GET", "/subscriptions"))["value"]) == 1


async def test_a_delta_state_that_graph_has_forgotten_loses_no_message(world: Deployment) -> None:
    """After a 410, the sweep starts over, and no message is answered twice."""
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    await world.services.scheduling.timers.sweep()
    await world.control("POST", "/dev/delta/invalidate", {})
    await world.services.scheduling.timers.sweep()
    await world.drain()
    assert len(await world.answers()) == 1


async def test_disabled_mailbox_processing_leads_to_a_recorded_error(world: Deployment) -> None:
    await world.control("PATCH", f"/dev/mailboxes/{MAILBOX}", {"automate_processing": "None"})
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    rows = [row async for row in world.memory.table("meetings").rows((await world.integration()).uuid, "operation:")]
    assert [row.values["error"] for row in rows] == ["no_calendar_item"]


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize(("status", "code"), [(410, "SyncStateNotFound"), (400, "syncStateInvalid"), (400, "x")])
async def test_delta_tokens_that_expire_in_the_middle_of_a_round_lose_no_message(
    world: Deployment, monkeypatch: pytest.MonkeyPatch, after: int, status: int, code: str
) -> None:
    monkeypatch.setattr(graph_mailbox, "_PAGE_SIZE", 2)
    await world.faults({"on": "notification", "action": "lose", "times": 99})
    for number in range(5):
        await world.invite(tomorrow(world), (await world.click())["instructions"], subject=f"Meeting {number}")
    await world.control("POST", "/dev/delta/invalidate", {"after": after, "status": status, "code": code})
    await world.services.scheduling.timers.sweep()
    await world.drain()
    assert len(await world.answers()) == 5


async def test_a_message_moved_away_and_back_is_answered(world: Deployment) -> None:
    """The delta query reports the message as removed, and then never reports it again."""
    await world.services.scheduling.timers.sweep()
    await world.faults({"on": "notification", "action": "lose", "times": 9})
    await world.invite(tomorrow(world), (await world.click())["instructions"])
    store = world.exchange.exchange.store
    owner = world.exchange.exchange.directory.ensure(MAILBOX).guid
    [message] = store.messages(owner, "inbox")
    for folder in ("drafts", "inbox"):
        store.move_message(message, folder)
    await world.services.scheduling.timers.sweep()
    await world.drain()
    assert len(await world.answers()) == 1


async def test_a_message_that_cannot_be_read_yet_is_retried(world: Deployment) -> None:
    await world.faults({"on": "message", "action": "lag", "times": 5})
    start = world.now
    await world.invite(tomorrow(world), (await world.click())["instructions"])
    await world.drain()
    assert len(await world.answers()) == 1
    assert world.now - start < timedelta(minutes=1)


async def test_a_deleted_message_is_abandoned_after_some_minutes(world: Deployment) -> None:
    start = world.now
    await world.invite(tomorrow(world), (await world.click())["instructions"])
    await world.notified()
    store = world.exchange.exchange.store
    [message] = store.messages(world.exchange.exchange.directory.ensure(MAILBOX).guid, "inbox")
    store.delete_message(message)
    await world.drain()
    assert timedelta(minutes=4) < world.now - start < timedelta(minutes=10)
    for _ in range(2):
        await world.services.scheduling.timers.sweep()
        await world.drain()
    assert await alarms(world) == []
    assert world.host.poisoned == []


async def test_a_404_for_every_message_raises_an_alarm_and_all_are_answered_afterwards(world: Deployment) -> None:
    await world.faults({"on": "message", "action": "lag", "times": 999})
    for number in range(3):
        await world.invite(tomorrow(world), (await world.click())["instructions"], subject=f"Meeting {number}")
    await world.drain()
    for _ in range(2):
        await world.services.scheduling.timers.sweep()
        await world.drain()
        [cause] = await alarms(world)
        assert "404" in cause
    assert await world.answers() == []
    await world.move_to(world.now + timedelta(hours=3))
    await world.clear_faults()
    await world.settle()
    assert len(await world.answers()) == 3
    assert await alarms(world) == []


@pytest.mark.parametrize("status", [400, 500])
async def test_a_message_that_cannot_be_expanded_is_read_without_its_event(world: Deployment, status: int) -> None:
    await world.faults({"on": "expansion", "status": status, "times": 99})
    await world.invite(tomorrow(world), (await world.click())["instructions"])
    await world.drain()
    assert len(await world.answers()) == 1
    assert world.host.poisoned == []


async def test_requests_to_links_from_graph_count_towards_the_mailboxs_limit(
    world: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_mailbox, "_PAGE_SIZE", 1)
    await world.faults({"on": "*", "action": "latency", "ms": 10})
    for number in range(10):
        await world.invite(tomorrow(world), (await world.click())["instructions"], subject=f"Meeting {number}")
    await world.notified()
    watcher = (await world.services.scheduling.timers.handlers(INTEGRATION)).watcher
    await asyncio.gather(*(watcher.sweep() for _ in range(3)), world.handle())
    traffic = await world.control("GET", "/dev/requests")
    assert traffic["throttled"] == 0
    assert traffic["most_at_once"] == 4


async def alarms(world: Deployment) -> list[str]:
    """The causes of the raised alarms."""
    return [alarm.cause async for alarm in world.services.foundation.alarms.of((await world.integration()).uuid)]
