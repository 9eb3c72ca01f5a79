"""An EWS server that never responds delays no mailbox on healthy servers, over EWS or over Graph (E2)."""

import asyncio
from datetime import timedelta

import pytest

from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION, MAILBOX, By
from dev.harness.times import tomorrow
from dev.host.config import messages_at_once
from shared.aliases.allocation import alias_format
from shared.aliases.instructions import joining_instructions
from shared.errors import Unavailable
from shared.identity.caller import Caller
from shared.intake.notice import Notice, encode
from shared.mailboxes.ews import back_off
from tests.integration.meetings.integrations import add
from tests.support.ews_servers import silent

DEAD, GRAPH = "22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333"
MESSAGES_AT_ONCE = messages_at_once()

SOON = 15.0
"""A limit in seconds, shorter than the 25 seconds that a call to an unresponsive server takes."""


async def invite(world: Deployment, uuid: str, mailbox: str) -> str:
    """Send an invitation with one of the integration's rooms, and return the meeting's uid."""
    integration = await world.services.foundation.integrations.get(uuid)
    form, lifetime = alias_format(integration), timedelta(days=1)
    booking = await world.services.foundation.allocator.allocate(uuid, form, Caller("alice", "test"), lifetime)
    body = joining_instructions(integration, booking)
    return await world.invite(tomorrow(world), body, attendees=[mailbox])


async def handle_messages(world: Deployment) -> None:
    """Process the queue's messages as a single instance does, except for postponed messages, which fall due after the
    test.
    """
    queue = world.memory.queue("meeting-requests")
    while queue.sent:
        body, delay = queue.sent.pop(0)
        if not delay:
            try:
                await world.services.scheduling.worker.handle(body, last_try=False)
            except Unavailable:
                continue


async def test_messages_waiting_for_a_dead_server_delay_no_other_mailbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back_off, "CONNECTION_WAIT", timedelta(seconds=0.2))
    async with deployed(By.EWS) as world, silent() as url:
        await add(world, DEAD, "vmr-ews@example.com", url=url)
        await world.open_to_graph("vmr2@example.com")
        await add(world, GRAPH, "vmr2@example.com", authentication_method="GRAPH")
        await world.services.scheduling.timers.sweep()
        queue = world.memory.queue("meeting-requests")
        for number in range(5 * MESSAGES_AT_ONCE):
            for body in encode([Notice(DEAD, f"message-{number}")]):
                await queue.send(body)
        uids = [await invite(world, INTEGRATION, MAILBOX), await invite(world, GRAPH, "vmr2@example.com")]
        polled = asyncio.create_task(world.services.scheduling.timers.poll())
        instance = [asyncio.create_task(handle_messages(world)) for _ in range(MESSAGES_AT_ONCE)]
        try:
            async with asyncio.timeout(SOON):
                while not all([await world.answers(uid) for uid in uids]):
                    instance = [
                        task if not task.done() else asyncio.create_task(handle_messages(world)) for task in instance
                    ]
            for uuid in (INTEGRATION, GRAPH):
                assert [alarm async for alarm in world.services.foundation.alarms.of(uuid)] == []
        finally:
            for task in (polled, *instance):
                task.cancel()
            await asyncio.gather(polled, *instance, return_exceptions=True)
