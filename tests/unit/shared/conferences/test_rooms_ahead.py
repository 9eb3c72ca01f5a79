"""C3: an alias that belongs to another conference on the node is reported when a meeting is booked, not when it
starts.
"""

from datetime import timedelta

import pytest

from dev.management_node.model import CONFERENCE
from shared.alarm_kinds import AlarmKind
from tests.support.conferences import START
from tests.support.rooms import RoomsWorld

MINUTE = timedelta(minutes=1)
MADE = START - timedelta(minutes=35)
BOOKED = START - timedelta(days=3)
ALIASES = "GET /api/admin/configuration/v1/conference_alias/"


@pytest.fixture
async def world() -> RoomsWorld:
    world = RoomsWorld()
    world.clock.set(BOOKED)
    await world.integrate()
    return world


@pytest.mark.parametrize("taken", ["77100000", "77100000@example.com"])
@pytest.mark.parametrize("knows_in", [True, False])
async def test_a_taken_alias_raises_an_alarm_within_a_minute_until_it_is_free(
    world: RoomsWorld, taken: str, knows_in: bool
) -> None:
    world.node.variants.knows_in = knows_in
    foreign = world.foreign("Foreign", taken)
    await world.show(world.booking())
    await world.show(world.booking(2))
    await world.go_to(BOOKED + MINUTE)
    alarms = await world.alarms()
    assert alarms.keys() == {AlarmKind.ROOM_ALIAS}
    assert "77100000 (opens 2026-11-23 11:30 UTC)" in alarms[AlarmKind.ROOM_ALIAS]
    assert "77100002" not in alarms[AlarmKind.ROOM_ALIAS]
    assert world.names() == ["Foreign"], "nothing is created or changed"
    world.node.store.delete(CONFERENCE, foreign)
    await world.go_to(BOOKED + timedelta(minutes=62), 10 * MINUTE)
    assert await world.alarms() == {}
    await world.go_to(MADE, timedelta(hours=6))
    assert sorted(world.names()) == ["Room 0", "Room 2"]


async def test_an_alias_that_stays_taken_eventually_counts_as_a_missing_room(world: RoomsWorld) -> None:
    world.foreign("Foreign", "77100000")
    await world.show(world.booking())
    await world.go_to(MADE - 6 * MINUTE, timedelta(hours=3))
    assert (await world.alarms()).keys() == {AlarmKind.ROOM_ALIAS}
    await world.go_to(MADE + MINUTE)
    assert (await world.alarms()).keys() == {AlarmKind.ROOMS}


async def test_a_cancelled_meeting_is_no_longer_reported_for_its_taken_alias(world: RoomsWorld) -> None:
    world.foreign("Foreign", "77100000")
    await world.show(world.booking())
    await world.go_to(BOOKED + MINUTE)
    await world.show(world.booking().closed())
    await world.go_to(BOOKED + timedelta(minutes=62), 10 * MINUTE)
    assert await world.alarms() == {}
    assert not [row async for row in world.memory.table("meetings").rows(world.integration.uuid, "clash:")]
    assert not any("ahead:" in key for key in await world.left())


async def test_meetings_booked_in_the_same_minute_share_requests(world: RoomsWorld) -> None:
    for number in range(1, 101):
        await world.show(world.booking(number))
    await world.go_to(BOOKED + 2 * MINUTE)
    assert world.requests == [ALIASES] * 3


async def test_a_room_that_is_already_due_is_not_checked_ahead(world: RoomsWorld) -> None:
    world.clock.set(START)
    await world.show(world.booking())
    await world.drain()
    await world.go_to(START + 2 * MINUTE)
    assert ALIASES not in world.requests
    assert len(world.requests) == 1


async def test_a_node_that_is_down_raises_an_alarm_immediately_and_is_retried(world: RoomsWorld) -> None:
    """The alarm is raised hours before the room is needed."""
    world.node.faults.add({"on": "*", "status": 503, "times": None})
    world.foreign("Foreign", "77100000")
    await world.show(world.booking())
    await world.go_to(BOOKED + MINUTE)
    assert (await world.alarms()).keys() == {AlarmKind.BRIDGE}
    await world.go_to(BOOKED + timedelta(minutes=50))
    assert len(world.requests) == 1, "requests are not repeated too often"
    world.node.faults.clear()
    await world.go_to(BOOKED + timedelta(minutes=62))
    assert (await world.alarms()).keys() == {AlarmKind.ROOM_ALIAS}


async def test_an_alias_of_one_of_our_own_old_rooms_is_not_reported(world: RoomsWorld) -> None:
    booking = world.booking()
    tag = f"{booking.integration}:{booking.tag}"
    fields = {"name": "Room 0", "tag": tag, "aliases": [{"alias": "77100000@example.com"}, {"alias": "77100000"}]}
    world.node.store.create(CONFERENCE, fields, world.clock.now())
    await world.show(booking)
    await world.go_to(BOOKED + MINUTE)
    assert await world.alarms() == {}
    await world.go_to(MADE, timedelta(hours=6))
    assert world.names() == ["Room 0"]
    assert await world.alarms() == {}


async def test_checking_long_aliases_does_not_exceed_the_maximum_length_of_a_url(world: RoomsWorld) -> None:
    domain = f"{'a' * 60}.{'b' * 60}.{'c' * 60}.example"
    for number in range(1, 41):
        await world.show(world.booking(number, alias=f"77{100000 + number}@{domain}"))
    await world.go_to(BOOKED + MINUTE)
    assert len(world.requests) > 1
    assert max(len(path) for _, path in world.node.requests) < 6_000


async def test_switching_to_a_node_immediately_reports_the_meetings_whose_aliases_are_taken() -> None:
    world = RoomsWorld()
    world.clock.set(BOOKED)
    await world.integrate(conference_platform="policy")
    for number in range(1, 6):
        await world.show(world.booking(number))
    world.foreign("Foreign", "77100003")
    await world.services.foundation.integrations.update(
        world.integration.uuid, {"conference_platform": "management_api"}
    )
    await world.services.conferences.room_moves.begin(world.integration.uuid)
    await world.drain()
    await world.go_to(BOOKED + 2 * MINUTE)
    assert "77100003" in (await world.alarms())[AlarmKind.ROOM_ALIAS]
