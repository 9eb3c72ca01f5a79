"""C3, M10: after any failure of a Management Node or of the product, each room exists exactly once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.alarm_kinds import AlarmKind
from shared.calendar.conference import Calendar
from shared.conferences.room_work import RoomWork
from shared.errors import Unavailable
from tests.support.conferences import START, occurrence
from tests.support.crashes import Crash, CrashingStorage, Fuse
from tests.support.rooms import RoomsWorld

MINUTE = timedelta(minutes=1)
MADE = START - timedelta(minutes=35)
OPENS = START - timedelta(minutes=30)
CLOSES = START + timedelta(minutes=120)

OUTAGES: list[dict[str, Any]] = [
    {"status": 401}, {"status": 403}, {"status": 429}, {"status": 429, "retry_after": 7}, {"status": 500},
    {"status": 503}, {"status": 302}, {"action": "crash"}, {"action": "hang"}, {"action": "html"},
    {"status": 502, "after_effect": True}, {"action": "crash", "after_effect": True},
    {"action": "truncate"},
]  # fmt: skip


async def a_world(**parts: Any) -> RoomsWorld:
    world = RoomsWorld(**parts)
    await world.integrate()
    return world


@pytest.mark.parametrize("outage", OUTAGES, ids=str)
async def test_a_node_that_was_down_gets_its_rooms_once_it_is_available_again(outage: dict[str, Any]) -> None:
    world = await a_world()
    for number in (1, 2, 3):
        await world.show(world.booking(number))
    world.node.faults.add({"on": "*", "times": None, **outage})
    await world.go_to(OPENS)
    alarms = await world.alarms()
    assert "Management Node" in alarms[AlarmKind.BRIDGE]
    assert all(alias in alarms[AlarmKind.ROOMS] for alias in ("77100001", "77100002", "77100003"))
    assert len(world.requests) <= 40, "requests are not repeated too often"
    world.node.faults.clear()
    await world.go_to(OPENS + timedelta(minutes=4))
    assert sorted(world.names()) == ["Room 1", "Room 2", "Room 3"]
    alarms = await world.alarms()
    assert alarms.keys() == {AlarmKind.ROOMS_LATE}
    assert alarms[AlarmKind.ROOMS_LATE].startswith("3 rooms were created ")
    await world.go_to(CLOSES)
    assert world.names() == []
    assert await world.left() == []


@pytest.mark.parametrize("outage", OUTAGES, ids=str)
async def test_a_room_is_removed_once_the_node_is_available_again(outage: dict[str, Any]) -> None:
    world = await a_world()
    await world.show(world.booking())
    await world.go_to(START)
    world.node.faults.add({"on": "*", "times": None, **outage})
    await world.go_to(CLOSES + timedelta(minutes=20))
    world.node.faults.clear()
    await world.go_to(CLOSES + timedelta(minutes=24))
    assert world.names() == []
    assert await world.alarms() == {}
    assert await world.left() == []


@pytest.mark.parametrize("on", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("outage", OUTAGES, ids=str)
async def test_a_failed_request_can_be_repeated(outage: dict[str, Any], on: str) -> None:
    """This includes a request that was carried out but whose response was lost."""
    world = await a_world()
    world.node.faults.add({"on": f"{on} /api", **outage})
    await world.show(world.booking())
    await world.go_to(OPENS)
    assert world.names() == ["Room 0"]
    await world.show(world.booking(name="Other"))
    await world.drain()
    await world.go_to(START)
    assert world.names() == ["Other"]
    await world.go_to(CLOSES + timedelta(minutes=4))
    assert world.names() == []
    assert await world.left() == []


async def test_a_node_that_is_down_does_not_delay_accepting_a_meeting() -> None:
    """No request is sent to the node while a meeting is being accepted."""
    world = await a_world()
    world.node.faults.add({"on": "*", "times": None, "action": "hang"})
    await world.show(world.booking())
    world.clock.set(START)
    await world.show(world.booking(2))
    assert world.requests == []


async def test_one_integrations_wrong_password_does_not_affect_others_on_the_same_node() -> None:
    world = await a_world()
    other = world.integration
    await world.integrate(room_mailbox_email_address="other@example.com", bridge_password="wrong", bridge_username="x")
    await world.show(world.booking(1))
    wrong, world.integration = world.integration, other
    await world.show(world.booking(2))
    await world.go_to(OPENS)
    assert world.names() == ["Room 2"]
    world.integration = wrong
    assert "credentials" in (await world.alarms())[AlarmKind.BRIDGE]


Scenario = Callable[[RoomsWorld], Awaitable[None]]


async def opened(world: RoomsWorld) -> None:
    await world.show(world.booking())
    await world.show(world.booking(2))
    world.clock.set(MADE)


async def changed(world: RoomsWorld) -> None:
    await opened(world)
    await world.tick()
    await world.show(world.booking(name="Other"))


async def taken(world: RoomsWorld) -> None:
    world.foreign("Room 0", "boardroom")
    await opened(world)


async def moved(world: RoomsWorld) -> None:
    await opened(world)
    await world.tick()
    await world.show(world.booking(calendar=Calendar((occurrence(5),))))


async def cancelled(world: RoomsWorld) -> None:
    await opened(world)
    await world.tick()
    await world.show(world.booking().closed())


async def over(world: RoomsWorld) -> None:
    await opened(world)
    await world.tick()
    world.clock.set(CLOSES)


SCENARIOS = [opened, changed, taken, moved, cancelled, over]


class FusedWire(httpx.AsyncBaseTransport):
    """A transport that fails at the call that blows the fuse."""

    def __init__(self, wire: httpx.AsyncBaseTransport, fuse: Fuse) -> None:
        self._wire, self._fuse = wire, fuse

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer: httpx.Response = await self._fuse.guard(self._wire.handle_async_request(request))
        return answer


async def crash_in(scenario: Scenario, fuse: Fuse) -> RoomsWorld:
    """Run the scenario with a process that dies at an external call while handling rooms."""
    world = await a_world()
    await scenario(world)
    world.around = lambda storage: CrashingStorage(storage, fuse)
    world.wire_around = lambda wire: FusedWire(wire, fuse)
    world.restart()
    try:
        await world.services.conferences.room_timer.run()
        while queue := world.memory.queue("meeting-requests").sent:
            await world.services.conferences.room_keeper.keep(RoomWork.decode(queue[0][0]))
            queue.pop(0)
    except (Crash, Unavailable):
        pass
    world.around, world.wire_around = lambda storage: storage, lambda wire: wire
    world.restart()
    return world


async def outcome(world: RoomsWorld) -> object:
    """The visible result, now and at later times."""
    seen = []
    await world.go_to(world.clock.now() + timedelta(minutes=6), timedelta(minutes=2))
    for hours in (0.2, 4.6, 9):
        await world.go_to(MADE + timedelta(hours=hours), timedelta(minutes=50))
        await world.go_to(world.clock.now() + timedelta(minutes=4), timedelta(minutes=2))
        numbers = [(room["name"][:6], room["aliases"]) for room in world.node.rooms()]
        seen.append(sorted(numbers))
    rooms = [await world.services.conferences.policy.service_configuration(f"7710000{n}") for n in (0, 2)]
    return seen, rooms, await world.left()


@pytest.mark.long
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_crash_at_any_call_leads_to_the_same_outcome(scenario: Scenario, after: bool) -> None:
    fuse = Fuse(at=0)
    expected = await outcome(await crash_in(scenario, fuse))
    assert fuse.calls > 5
    for at in range(1, fuse.calls + 1):
        assert await outcome(await crash_in(scenario, Fuse(at, after))) == expected, f"call {at} of {fuse.calls}"


@pytest.mark.long
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_failure_at_any_call_leads_to_the_same_outcome(scenario: Scenario) -> None:
    fuse = Fuse(at=0)
    expected = await outcome(await crash_in(scenario, fuse))
    for at in range(1, fuse.calls + 1):
        for after in (False, True):
            failing = Fuse(at, after, error=lambda: Unavailable("it cannot be reached"))
            assert await outcome(await crash_in(scenario, failing)) == expected, f"call {at}, after: {after}"


@pytest.fixture
async def two() -> tuple[RoomsWorld, RoomsWorld]:
    """Two instances of a deployment, using the same node."""
    first = await a_world()
    second = RoomsWorld(clock=first.clock, memory=first.memory)
    second.node, second.secrets, second.integration = first.node, first.secrets, first.integration
    second.restart()
    return first, second


async def test_two_instances_handling_the_same_meeting_create_one_room(two: tuple[RoomsWorld, RoomsWorld]) -> None:
    first, second = two
    await first.show(first.booking())
    await first.show(first.booking(2))
    first.clock.set(MADE)
    await first.services.conferences.room_timer.run()
    bodies = [RoomWork.decode(body) for body, _ in first.memory.queue("meeting-requests").sent]
    keepers = [world.services.conferences.room_keeper for world in two]
    await asyncio.gather(*(keeper.keep(work) for keeper in keepers for work in bodies))
    assert sorted(first.names()) == ["Room 0", "Room 2"]
    await second.go_to(OPENS)
    assert sorted(first.names()) == ["Room 0", "Room 2"]
    assert await first.alarms() == {}
