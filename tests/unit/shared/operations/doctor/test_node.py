"""O2: the doctor's findings about a Management Node."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from shared.aliases.allocation import alias_format
from shared.conferences.names import ConferenceNames
from shared.management_node.failure import NodeFailed
from shared.operations.doctor import Finding
from shared.operations.doctor.finding import Check, Place
from shared.operations.doctor.node import judge_join_window, judge_node, look_at_node
from tests.support.conferences import START
from tests.support.rooms import RoomsWorld

PLACE = Place("vmr@example.com", "APP", "https://vmr.example.com", "/api/x/1/")
NODE = {Check.NODE, Check.NODE_RIGHTS, Check.NODE_CLOCK, Check.NODE_ALIASES, Check.NODE_NAMES}


async def a_world(**changes: Any) -> RoomsWorld:
    world = RoomsWorld()
    await world.integrate(scheduled_alias_prefix="77", **changes)
    return world


async def meeting_of(world: RoomsWorld, name: str) -> str:
    """The tag of the meeting that has claimed this name."""
    return await ConferenceNames(world.memory).tag_of(name, world.integration.uuid)


async def found(world: RoomsWorld) -> dict[Check, Finding]:
    node = await world.services.conferences.node_of(world.integration.uuid)
    assert node is not None
    own = {record.alias async for record in world.services.conferences.rooms.records.of(world.integration.uuid)}
    try:
        form = alias_format(world.integration)
        look, cause = await look_at_node(node, form, own, partial(meeting_of, world), world.clock.now()), ""
    except NodeFailed as failed:
        look, cause = None, failed.cause
    return {finding.check: finding for finding in judge_node(look, cause, world.integration, PLACE)}


async def test_a_healthy_node_has_no_faults() -> None:
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
async def test_node_faults_are_reported_with_a_remedy(fault: dict[str, Any], check: Check) -> None:
    world = await a_world()
    world.node.faults.add(fault)
    finding = (await found(world))[check]
    assert not finding.ok
    assert finding.remedy


async def test_aliases_of_other_conferences_in_our_number_space_are_a_warning() -> None:
    world = await a_world()
    world.foreign("Foreign", "77123456")
    finding = (await found(world))[Check.NODE_ALIASES]
    assert finding.warning
    assert "77123456" in finding.details


async def test_aliases_that_no_meeting_can_get_do_not_cause_a_warning() -> None:
    world = await a_world()
    world.foreign("Foreign", "77boardroom", "771", "77123456@elsewhere.example", "7712345678")
    finding = (await found(world))[Check.NODE_ALIASES]
    assert not finding.warning, finding.details


async def test_other_conferences_with_the_names_of_scheduled_meetings_are_a_warning() -> None:
    """The check includes meetings whose rooms do not exist yet, and never sends a meeting's name in a URL."""
    world = await a_world()
    names = ConferenceNames(world.memory)
    for name, tag in {"Board": "tag of board", "Stand-up": "tag of stand-up"}.items():
        await names.claim(name, world.integration.uuid, tag)
    await names.claim("Lobby", "another integration", "tag of lobby")
    world.foreign("board", "boardroom")
    world.foreign("Lobby", "lobby")
    finding = (await found(world))[Check.NODE_NAMES]
    assert finding.warning
    assert "these meetings: tag of board (2 conferences were compared)" in finding.details
    assert not any("oard" in path for _, path in world.node.requests)


async def test_names_of_our_own_rooms_do_not_count_as_clashes() -> None:
    world = await a_world()
    await world.show(world.booking())
    await world.go_to(START, timedelta(minutes=5))
    assert not (await found(world))[Check.NODE_NAMES].warning


async def test_only_the_first_of_many_conferences_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.management_node.conferences.PAGE_SIZE", 2)
    world = await a_world()
    for number in range(12):
        world.foreign(f"Foreign {number}", f"foreign{number}")
    assert "8 of 12 conferences" in (await found(world))[Check.NODE_NAMES].details
    assert len(world.node.requests) == 8


@pytest.mark.parametrize(("minutes", "warns"), [(30, False), (5, False), (4, True), (0, True)])
async def test_a_buffer_too_short_for_policy_is_a_warning(minutes: int, warns: bool) -> None:
    world = await a_world(conference_platform="policy", meeting_buffer_before=minutes)
    assert judge_join_window(world.integration, PLACE).warning is warns
