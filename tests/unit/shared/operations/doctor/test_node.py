"""O2: what the doctor finds on a Management Node."""

from datetime import timedelta
from typing import Any

import pytest

from shared.management_node.failure import NodeFailed
from shared.operations.doctor import Finding
from shared.operations.doctor.finding import Check, Place
from shared.operations.doctor.node import judge_join_window, judge_node, look_at_node
from tests.support.conferences import START
from tests.support.rooms import RoomsWorld

PLACE = Place("vmr@example.com", "APP", "https://vmr.example.com", "/api/x/1/")
NODE = {Check.NODE, Check.NODE_RIGHTS, Check.NODE_CLOCK, Check.NODE_ALIASES}


async def a_world(**changes: Any) -> RoomsWorld:
    world = RoomsWorld()
    await world.integrate(scheduled_alias_prefix="77", **changes)
    return world


async def found(world: RoomsWorld) -> dict[Check, Finding]:
    node = await world.services.conferences.node_of(world.integration.uuid)
    assert node is not None
    own = {record.alias async for record in world.services.conferences.rooms.records.of(world.integration.uuid)}
    try:
        look, cause = await look_at_node(node, "77", own, world.clock.now()), ""
    except NodeFailed as failed:
        look, cause = None, failed.cause
    return {finding.check: finding for finding in judge_node(look, cause, world.integration, PLACE)}


async def test_a_node_that_is_well() -> None:
    world = await a_world()
    await world.show(world.booking())
    await world.go_to(START, timedelta(minutes=5))
    findings = await found(world)
    assert findings.keys() == NODE
    assert all(finding.ok and not finding.warning for finding in findings.values())
    assert "41.0" in findings[Check.NODE].details
    assert world.names() == ["Room 0"], "nothing was changed"


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ({"on": "*", "status": 401, "times": None}, Check.NODE),
        ({"on": "*", "action": "hang", "times": None}, Check.NODE),
        ({"on": "*", "action": "html", "times": None}, Check.NODE),
        ({"on": "PATCH /api", "status": 403, "times": None}, Check.NODE_RIGHTS),
    ],
)
async def test_what_is_wrong_is_told_with_a_remedy(fault: dict[str, Any], check: Check) -> None:
    world = await a_world()
    world.node.faults.add(fault)
    finding = (await found(world))[check]
    assert not finding.ok
    assert finding.remedy


async def test_aliases_of_others_are_a_warning() -> None:
    world = await a_world()
    world.foreign("Foreign", "77123456")
    finding = (await found(world))[Check.NODE_ALIASES]
    assert finding.warning
    assert "77123456" in finding.details


@pytest.mark.parametrize(("minutes", "warns"), [(30, False), (5, False), (4, True), (0, True)])
async def test_a_short_buffer_by_policy_is_a_warning(minutes: int, warns: bool) -> None:
    world = await a_world(conference_platform="policy", meeting_buffer_before=minutes)
    assert judge_join_window(world.integration, PLACE).warning is warns
