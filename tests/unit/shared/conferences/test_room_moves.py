"""C3: when an integration changes platform, all scheduled meetings are moved, and no room closes in the meantime."""

from datetime import timedelta
from typing import Any

import pytest

from shared.alarm_kinds import AlarmKind
from shared.calendar.conference import Calendar
from shared.conferences.policy_request import Direction, ServiceRequest
from shared.conferences.room_work import RoomWork
from tests.support.conferences import HOUR, START, occurrence
from tests.support.crashes import Crash, CrashingStorage, Fuse
from tests.support.rooms import RoomsWorld

MANY = 230


async def a_world(**changes: Any) -> RoomsWorld:
    world = RoomsWorld()
    await world.integrate(**changes)
    return world


async def switch(world: RoomsWorld, platform: str) -> None:
    """Change the platform as a save would, but without testing the connection."""
    store = world.services.foundation.integrations
    await store.update(world.integration.uuid, {"conference_platform": platform})
    await world.services.conferences.room_moves.begin(world.integration.uuid)


async def policy_lets_in(world: RoomsWorld, number: int) -> bool:
    answer = await world.services.conferences.policy.service_configuration(f"77{100000 + number}@example.com")
    return answer is not None and answer[0] == "continue"


def node_lets_in(world: RoomsWorld, number: int) -> bool:
    """Whether the conferencing nodes have the room yet."""
    return world.node.dialled(f"77{100000 + number}@example.com") is not None


async def is_open(world: RoomsWorld, number: int = 0) -> bool:
    return await policy_lets_in(world, number) or node_lets_in(world, number)


async def test_an_open_meeting_stays_open_while_it_moves_to_a_node() -> None:
    """External policy serves the room until the conferencing nodes have it."""
    world = await a_world(conference_platform="policy")
    await world.show(world.booking())
    await world.show(world.booking(2, calendar=Calendar((occurrence(24),))))
    world.clock.set(START)
    await switch(world, "management_api")
    for _ in range(12):
        await world.drain()
        assert await is_open(world)
        await world.go_to(world.clock.now() + timedelta(minutes=1))
    assert not await policy_lets_in(world, 0)
    assert node_lets_in(world, 0)
    assert world.names() == ["Room 0"]
    assert await world.services.conferences.policy.service_configuration("77100002") is None
    await world.go_to(START + 3 * HOUR, timedelta(minutes=5))
    assert world.names() == []
    await world.go_to(START + 24 * HOUR, timedelta(minutes=5))
    assert world.names() == ["Room 2"]


async def test_policy_responds_to_dial_out_requests_until_the_node_has_the_room() -> None:
    world = await a_world(conference_platform="policy")
    booking = await world.show(world.booking())
    world.clock.set(START)
    await switch(world, "management_api")
    tag = f"{booking.integration}:{booking.tag}"
    question = ServiceRequest("bob@example.org", Direction.DIAL_OUT, service_name="Room 0", service_tag=tag)
    for _ in range(12):
        answer = await world.services.conferences.policy.answer(question)
        assert node_lets_in(world, 0) or (answer is not None and answer[0] == "continue")
        await world.go_to(world.clock.now() + timedelta(minutes=1))
    assert await world.services.conferences.policy.answer(question) is None


async def test_an_open_meeting_stays_open_while_it_moves_to_policy() -> None:
    world = await a_world()
    await world.show(world.booking())
    await world.show(world.booking(2, calendar=Calendar((occurrence(24),))))
    await world.go_to(START, timedelta(minutes=5))
    assert world.names() == ["Room 0"]
    await switch(world, "policy")
    await world.drain()
    assert await policy_lets_in(world, 0)
    assert world.names() == []
    assert await world.services.conferences.policy.service_configuration("77100002") == ("reject", {})
    await world.go_to(START + 24 * HOUR, timedelta(minutes=5))
    assert await policy_lets_in(world, 2)
    assert world.names() == []
    assert await world.left() == []


async def test_policy_serves_a_room_that_falls_due_before_its_booking_is_moved() -> None:
    world = await a_world()
    await world.show(world.booking())
    await world.go_to(START, timedelta(minutes=5))
    store = world.services.foundation.integrations
    await store.update(world.integration.uuid, {"conference_platform": "policy"})
    await world.go_to(START + timedelta(minutes=20))
    assert world.names() == []
    assert await policy_lets_in(world, 0)


@pytest.mark.long
@pytest.mark.parametrize("platform", ["policy", "management_api"])
async def test_hundreds_of_rooms_are_moved_despite_interruptions(platform: str) -> None:
    """The process dies at various calls, and a new process resumes the work when its row falls due."""
    before = "policy" if platform == "management_api" else "management_api"
    calls = 0
    for at in (0, 3, 40, 150, 300, 460):
        world = await a_world(conference_platform=before)
        for number in range(MANY):
            await world.show(world.booking(number, calendar=Calendar((occurrence(number % 3 * 4),))))
        await world.go_to(START, timedelta(hours=3))
        fuse = Fuse(at)
        await switch(world, platform)
        world.around = lambda storage, fuse=fuse: CrashingStorage(storage, fuse)  # type: ignore[misc]
        world.restart()
        queue = world.memory.queue("meeting-requests").sent
        try:
            while queue:
                await world.services.conferences.room_keeper.keep(RoomWork.decode(queue[0][0]))
                queue.pop(0)
        except Crash:
            queue.clear()
        calls = max(calls, fuse.calls)
        world.around = lambda storage: storage
        world.restart()
        await world.go_to(START + timedelta(minutes=14), timedelta(minutes=2))
        doors = [await is_open(world, number) for number in range(MANY)]
        assert doors == [number % 3 == 0 for number in range(MANY)], f"call {at} of {calls}"
        on_node = len(world.names())
        assert on_node == (0 if platform == "policy" else sum(doors))
    assert calls > 460


async def test_policy_keeps_serving_rooms_while_the_new_node_is_down() -> None:
    world = await a_world(conference_platform="policy")
    await world.show(world.booking())
    world.clock.set(START)
    world.node.faults.add({"on": "*", "status": 503, "times": None})
    await switch(world, "management_api")
    await world.go_to(START + timedelta(minutes=10))
    assert await policy_lets_in(world, 0)
    assert AlarmKind.ROOMS in await world.alarms()
    world.node.faults.clear()
    await world.go_to(START + timedelta(minutes=20))
    assert node_lets_in(world, 0)
    assert not await policy_lets_in(world, 0)


async def test_rooms_are_removed_along_with_their_integration() -> None:
    world = await a_world()
    for number in range(1, 50):
        await world.show(world.booking(number))
    await world.go_to(START, timedelta(minutes=5))
    await world.services.conferences.leave_node(world.integration.uuid)
    assert world.names() == []


async def test_an_integration_whose_node_is_down_can_be_deleted() -> None:
    world = await a_world()
    await world.show(world.booking())
    await world.go_to(START, timedelta(minutes=5))
    world.node.faults.add({"on": "*", "action": "hang", "times": None})
    await world.services.conferences.leave_node(world.integration.uuid)
    await world.services.foundation.integrations.delete(world.integration.uuid)
    await world.services.scheduling.retirement.complete(world.integration.uuid)
    await world.go_to(START + 3 * HOUR, timedelta(minutes=5))
    assert await world.left() == []
