"""Watching a mailbox by Graph: notifications that come, come twice or do not come, and the sweep behind them (M9)."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.integration.meetings.deployment import MAILBOX, Deployment, deployed
from tests.integration.meetings.times import tomorrow


@pytest.fixture
async def world() -> AsyncIterator[Deployment]:
    async with deployed() as deployment:
        yield deployment


async def test_a_lost_notification_is_found_by_the_sweep(world: Deployment) -> None:
    await world.faults({"on": "notification", "action": "lose", "times": 9})
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    assert await world.answers() == []
    await world.services.rounds.sweep()
    await world.drain()
    assert len(await world.answers()) == 1


async def test_a_duplicated_notification_is_answered_once(world: Deployment) -> None:
    await world.faults({"on": "notification", "action": "duplicate", "times": 9})
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    await world.settle()
    assert len(await world.answers()) == 1


async def test_a_burst_keeps_to_four_requests_of_one_mailbox_at_a_time(world: Deployment) -> None:
    """facts §5: MailboxConcurrency. Nothing is throttled, nothing is lost."""
    await world.faults({"on": "*", "action": "latency", "ms": 20})
    start = tomorrow(world)
    for number in range(30):
        room = await world.click()
        await world.invite(start, room["instructions"], subject=f"Meeting {number}")
    await world.drain()
    traffic = await world.control("GET", "/dev/requests")
    assert traffic["throttled"] == 0
    assert len(await world.answers()) == 30


async def test_a_lagging_calendar_item_is_waited_for(world: Deployment) -> None:
    await world.faults({"on": "event", "action": "lag", "times": 3})
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    assert len(await world.answers()) == 1


@pytest.mark.parametrize("status", [429, 503, 504])
@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_failed_answer_goes_out_once(world: Deployment, status: int, after_effect: bool) -> None:
    fault = {"on": "POST /accept", "status": status, "after_effect": after_effect, "times": 1}
    await world.faults(fault)
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    await world.settle()
    assert len(await world.answers()) == 1
    assert world.poisoned == []


async def test_a_lost_subscription_is_made_anew_and_the_gap_swept(world: Deployment) -> None:
    [subscription] = (await world.control_graph("GET", "/subscriptions"))["value"]
    await world.control_graph("DELETE", f"/subscriptions/{subscription['id']}")
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.services.rounds.renew()
    await world.drain()
    assert len(await world.answers()) == 1
    [anew] = (await world.control_graph("GET", "/subscriptions"))["value"]
    assert anew["id"] != subscription["id"]


async def test_the_subscription_outlives_weeks(world: Deployment) -> None:
    for _ in range(10):
        await world.move_to(world.now + timedelta(days=2))
        await world.services.rounds.renew()
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    assert len(await world.answers()) == 1


@pytest.mark.parametrize("event", ["missed", "subscriptionRemoved", "reauthorizationRequired"])
async def test_lifecycle_events_bring_everything_back(world: Deployment, event: str) -> None:
    await world.faults({"on": "notification", "action": "lose", "times": 1})
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    assert await world.answers() == []
    await world.control("POST", "/dev/lifecycle", {"event": event})
    await world.drain()
    assert len(await world.answers()) == 1
    assert len((await world.control_graph("GET", "/subscriptions"))["value"]) == 1


async def test_a_forgotten_delta_state_is_no_end(world: Deployment) -> None:
    """410: the sweep starts again, and nothing is answered twice."""
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    await world.services.rounds.sweep()
    await world.control("POST", "/dev/delta/invalidate", {})
    await world.services.rounds.sweep()
    await world.drain()
    assert len(await world.answers()) == 1


async def test_switched_off_mailbox_processing_ends_in_a_record(world: Deployment) -> None:
    await world.control("PATCH", f"/dev/mailboxes/{MAILBOX}", {"automate_processing": "None"})
    room = await world.click()
    await world.invite(tomorrow(world), room["instructions"])
    await world.drain()
    rows = [row async for row in world.memory.table("meetings").rows((await world.integration()).uuid, "operation:")]
    assert [row.values["error"] for row in rows] == ["no_calendar_item"]
