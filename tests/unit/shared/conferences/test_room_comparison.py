"""C3, M10: once a night, the rooms on the Management Node and those in the records are compared in both directions."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from dev.management_node.model import CONFERENCE
from shared.alarm_kinds import AlarmKind
from shared.conferences.room_comparison import COMPARE
from shared.storage import Delete
from tests.support.conferences import START
from tests.support.rooms import RoomsWorld, tag_of


@pytest.fixture
async def world() -> RoomsWorld:
    world = RoomsWorld()
    await world.integrate()
    return world


async def compare(world: RoomsWorld) -> None:
    await world.services.conferences.compare_rooms()
    await world.drain()


def left_over(world: RoomsWorld, number: int) -> None:
    """Create a room that has one of the product's tags but should not exist."""
    fields = {"name": f"Old {number}", "tag": f"{world.integration.uuid}:{tag_of(number)}"}
    world.node.store.create(CONFERENCE, fields, world.clock.now())


async def test_missing_rooms_are_created_and_rooms_for_past_meetings_are_removed(world: RoomsWorld) -> None:
    for number in range(1, 6):
        await world.show(world.booking(number))
    await world.go_to(START, timedelta(minutes=5))
    for id_ in (2, 4):
        world.node.store.delete(CONFERENCE, id_)
    left_over(world, 77)
    world.foreign("Boardroom", "boardroom")
    await compare(world)
    assert sorted(world.names()) == ["Boardroom", *(f"Room {number}" for number in range(1, 6))]
    told = (await world.alarms())[AlarmKind.ROOM_COMPARISON]
    assert "was missing 2 rooms" in told
    assert "1 whose meetings were over" in told
    await compare(world)
    assert await world.alarms() == {}


async def test_nothing_is_written_if_there_are_no_differences(world: RoomsWorld) -> None:
    for number in range(1, 4):
        await world.show(world.booking(number))
    await world.go_to(START, timedelta(minutes=5))
    before = len(world.requests)
    await compare(world)
    assert [each.partition(" ")[0] for each in world.requests[before:]] == ["GET"]
    assert await world.alarms() == {}


async def test_a_lost_row_is_restored(world: RoomsWorld) -> None:
    await world.show(world.booking())
    table = world.memory.table("meetings")
    for row in [row async for row in table.rows("rooms")]:
        await table.commit("rooms", Delete(row))
    await compare(world)
    await world.go_to(START, timedelta(minutes=5))
    assert world.names() == ["Room 0"]


async def test_a_node_that_is_down_is_compared_once_it_is_available_again(world: RoomsWorld) -> None:
    left_over(world, 77)
    world.node.faults.add({"on": "*", "status": 503, "times": None})
    await compare(world)
    assert (await world.alarms()).keys() == {AlarmKind.BRIDGE}
    assert any(key.endswith(COMPARE) for key in await world.left())
    world.node.faults.clear()
    await world.go_to(world.clock.now() + timedelta(minutes=4))
    assert world.names() == []


@pytest.mark.long
async def test_comparing_ten_thousand_rooms_takes_at_most_sixty_requests(world: RoomsWorld) -> None:
    """The budget is sixty requests. Rooms that differ are repaired in groups of forty."""
    now = world.clock.now()
    for number in range(1, 10_001):
        fields = {"name": f"Room {number}", "tag": f"{world.integration.uuid}:{tag_of(number)}"}
        world.node.store.create(CONFERENCE, fields, now)
    await world.services.conferences.room_comparison.compare(world.integration.uuid)
    assert len(world.requests) <= 60
    assert "10000 whose meetings were over" in (await world.alarms())[AlarmKind.ROOM_COMPARISON]


async def test_integrations_on_policy_are_not_compared(world: RoomsWorld) -> None:
    await world.services.foundation.integrations.update(world.integration.uuid, {"conference_platform": "policy"})
    await compare(world)
    assert world.requests == []


class Meanwhile(httpx.AsyncBaseTransport):
    """A transport that calls a function after each page of the list has been read."""

    def __init__(self, wire: httpx.AsyncBaseTransport) -> None:
        self._wire = wire
        self.happens: list[Callable[[], Awaitable[None]]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._wire.handle_async_request(request)
        if "tag__startswith" in str(request.url) and self.happens:
            await self.happens.pop(0)()
        return answer


@pytest.mark.parametrize("is_done", [True, False], ids=["done", "in hand"])
async def test_changes_made_while_the_list_is_read_do_not_count_as_differences(
    monkeypatch: pytest.MonkeyPatch, is_done: bool
) -> None:
    """Rooms are created and removed in the meantime, so pages shift and bookings are newer than the list."""
    monkeypatch.setattr("shared.management_node.conferences.PAGE_SIZE", 2)
    wires: list[Meanwhile] = []

    def around(wire: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        wires.append(Meanwhile(wire))
        return wires[-1]

    world = RoomsWorld(wire_around=around)
    await world.integrate()
    booked = {number: await world.show(world.booking(number)) for number in range(1, 7)}
    await world.go_to(START)

    async def change() -> None:
        await world.show(booked[1].closed())
        await world.show(booked[6].closed())
        await world.show(world.booking(9))
        if is_done:
            await world.drain()

    wires[-1].happens.append(change)
    await compare(world)
    assert await world.alarms() == {}
    await world.go_to(world.clock.now() + timedelta(minutes=3))
    assert sorted(world.names()) == ["Room 2", "Room 3", "Room 4", "Room 5", "Room 9"]
