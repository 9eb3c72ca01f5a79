"""The doctor examines integrations with a simulated Exchange, over real HTTP (O2)."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION, MAILBOX
from shared.operations.doctor import Finding
from shared.operations.doctor.finding import Check

NODE = {Check.NODE, Check.NODE_RIGHTS, Check.NODE_CLOCK, Check.NODE_ALIASES, Check.NODE_NAMES}


@pytest.fixture
async def world() -> AsyncIterator[Deployment]:
    async with deployed() as deployment:
        yield deployment


async def findings(world: Deployment) -> dict[Check, Finding]:
    integration = await world.services.foundation.integrations.get(INTEGRATION)
    return {finding.check: finding for finding in (await world.services.administration.examine(integration)).findings}


async def faults(world: Deployment) -> set[Check]:
    """The checks that found faults, except the one for the manifest, which is not installed in these tests."""
    return {check for check, finding in (await findings(world)).items() if not finding.ok} - {Check.MANIFEST}


async def test_a_healthy_integration_has_no_faults(world: Deployment) -> None:
    found = await findings(world)
    nobody = {Check.SERVER, Check.SERVICE_ACCOUNT} | NODE
    assert set(found) == set(Check) - nobody, "there is no certificate, no sign-in and no Management Node"
    assert await faults(world) == set()


async def test_an_integration_with_rooms_on_a_node_is_examined() -> None:
    async with deployed(on_node=True) as world:
        assert set(await findings(world)) >= NODE
        assert await faults(world) == set()
        assert world.node is not None
        world.node.faults.add({"on": "*", "status": 401, "times": None})
        assert await faults(world) == {Check.NODE}


async def test_an_examination_changes_nothing_in_the_mailbox(world: Deployment) -> None:
    room = await world.click()
    uid = await world.invite(world.now + timedelta(days=1), room["instructions"])
    await findings(world)
    messages = (await world.control("GET", f"/dev/mailboxes/{MAILBOX}/messages"))["messages"]
    assert [message["kind"] for message in messages] == ["request"]
    assert await world.answers(uid) == []


async def test_a_subscription_that_graph_has_lost_is_reported(world: Deployment) -> None:
    [subscription] = (await world.control_graph("GET", "/subscriptions"))["value"]
    await world.control_graph("DELETE", f"/subscriptions/{subscription['id']}")
    assert await faults(world) == {Check.SUBSCRIPTION}
    await world.services.scheduling.timers.renew()
    assert await faults(world) == set()


async def test_an_exchange_that_is_down_is_reported(world: Deployment) -> None:
    await world.faults({"on": "GET /users", "status": 503, "times": 100})
    found = await findings(world)
    assert not found[Check.CONNECTION].ok
    assert "503" in found[Check.CONNECTION].details
    await world.clear_faults()
    assert await faults(world) == set()


async def test_late_answers_to_organizers_are_reported(world: Deployment) -> None:
    room = await world.click()
    await world.faults({"on": "notification", "action": "lose", "times": 100})
    await world.invite(world.now + timedelta(days=1), room["instructions"])
    await world.move_to(world.now + timedelta(minutes=5))
    await world.services.scheduling.timers.sweep()
    await world.drain()
    assert await faults(world) == {Check.LAG}


@pytest.mark.parametrize(
    ("role", "checks"),
    [
        ("Calendars.ReadWrite", {Check.READ_CALENDAR, Check.ANSWER}),
        ("Mail.ReadWrite", {Check.READ_MAIL, Check.WRITE_MAIL}),
        ("Mail.Send", {Check.SEND_MAIL}),
    ],
)
async def test_the_remedy_for_a_missing_right_mentions_it(world: Deployment, role: str, checks: set[Check]) -> None:
    world.exchange.exchange.withheld.add(role)
    assert await faults(world) == checks
    assert {f"'Application {role}'" in (await findings(world))[check].remedy for check in checks} == {True}


async def test_a_mailbox_that_does_not_exist_is_reported_by_the_alarm_and_the_doctor(world: Deployment) -> None:
    """Graph refuses the subscription with 400 ValidationError for any problem with the mailbox."""
    await world.services.foundation.integrations.update(
        INTEGRATION, {"room_mailbox_email_address": "nobody@example.com"}
    )
    await world.services.scheduling.lifecycle.saved(INTEGRATION, frozenset({"room_mailbox_email_address"}))
    [alarm] = [alarm async for alarm in world.services.foundation.alarms.of(INTEGRATION)]
    assert alarm.cause == "Exchange has no mailbox with this address. (ErrorInvalidUser)"
    found = (await findings(world))[Check.CONNECTION]
    assert (found.ok, found.details) == (False, alarm.cause)
    assert found.remedy.startswith("New-Mailbox -Equipment")
