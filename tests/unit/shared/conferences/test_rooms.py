"""C3: rooms on a Management Node are created in time and exactly once, and are updated along with their meetings."""

from datetime import timedelta

import pytest

from dev.management_node.model import CONFERENCE as CONFERENCE_RESOURCE
from dev.management_node.model import CONFERENCE_ALIAS
from shared.alarm_kinds import AlarmKind
from shared.calendar.conference import Calendar
from tests.support.conferences import START, occurrence
from tests.support.rooms import RoomsWorld

MINUTE = timedelta(minutes=1)
OPENS = START - timedelta(minutes=30)
MADE = OPENS - timedelta(minutes=5)
CLOSES = START + timedelta(minutes=120)
CONFERENCE = "/api/admin/configuration/v1/conference/"
ALIASES = "/api/admin/configuration/v1/conference_alias/"


@pytest.fixture
async def world() -> RoomsWorld:
    world = RoomsWorld()
    await world.integrate()
    return world


async def test_a_room_is_created_ahead_of_its_window_and_removed_after_it(world: RoomsWorld) -> None:
    await world.show(world.booking())
    assert world.requests == []
    await world.go_to(MADE - MINUTE)
    assert world.aliases() == []
    await world.go_to(MADE)
    assert world.aliases() == [["77100000@example.com", "77100000"]]
    await world.go_to(CLOSES - MINUTE)
    assert len(world.aliases()) == 1
    await world.go_to(CLOSES)
    assert world.aliases() == []
    assert await world.left() == []


async def test_a_room_gets_all_of_its_meetings_data(world: RoomsWorld) -> None:
    await world.show(world.booking(theme="Blue", identity_provider_group="Staff", alias_description="By Alice"))
    await world.go_to(MADE)
    room = world.room()
    assert (room["name"], room["description"], room["service_type"]) == ("Room 0", "Planning", "conference")
    assert room["tag"] == f"{world.integration.uuid}:aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
    assert room["primary_owner_email_address"] == "alice@example.com"
    assert room["ivr_theme"]["name"] == "Blue"
    assert room["host_identity_provider_group"] == "/api/admin/configuration/v1/identity_provider_group/1/"
    assert {alias["description"] for alias in room["aliases"]} == {"By Alice"}


async def test_the_number_of_requests_for_a_meeting_stays_within_the_budget(world: RoomsWorld) -> None:
    """Creating a room takes two requests, and changing it takes one. The first request is made when the meeting is
    booked, and checks that the aliases are free. An existing room is checked every ten minutes.
    """
    booking = await world.show(world.booking())
    await world.go_to(MADE)
    assert world.requests == [f"GET {ALIASES}", f"POST {CONFERENCE}"]
    await world.show(world.booking(description="Other"))
    await world.drain()
    assert world.requests[2:] == [f"PATCH {CONFERENCE}1/"]
    assert world.room()["description"] == "Other"
    await world.show(booking.closed())
    await world.drain()
    assert world.requests[3:] == [f"DELETE {CONFERENCE}1/"]
    assert world.aliases() == []


async def test_moving_a_meeting_moves_its_room(world: RoomsWorld) -> None:
    await world.show(world.booking())
    await world.go_to(MADE)
    await world.show(world.booking(calendar=Calendar((occurrence(24),))))
    await world.drain()
    assert world.aliases() == []
    await world.go_to(CLOSES, timedelta(minutes=7))
    assert world.aliases() == []
    await world.go_to(MADE + timedelta(days=1), timedelta(minutes=1))
    assert len(world.aliases()) == 1


async def test_extending_a_meeting_keeps_its_room(world: RoomsWorld) -> None:
    """Participants stay in the room, because it is neither removed nor re-created, and none of its fields are
    written.
    """
    await world.show(world.booking())
    await world.go_to(START)
    before = len(world.requests)
    await world.show(world.booking(calendar=Calendar((occurrence(0, 3),))))
    await world.drain()
    assert world.requests[before:] == []
    await world.go_to(CLOSES + timedelta(minutes=119))
    assert {each for each in world.requests if not each.startswith("GET")} == {f"POST {CONFERENCE}"}
    await world.go_to(CLOSES + timedelta(minutes=120))
    assert world.aliases() == []


async def test_a_series_has_a_room_around_each_occurrence(world: RoomsWorld) -> None:
    await world.show(world.booking(calendar=Calendar((occurrence(0), occurrence(24), occurrence(26)))))
    there = []
    for hours in (-1, 0, 12, 24, 26, 27.5, 29):
        await world.go_to(START + timedelta(hours=hours), timedelta(minutes=5))
        there.append(len(world.aliases()))
    assert there == [0, 1, 0, 1, 1, 1, 0]


async def test_an_admins_changes_to_a_room_are_kept(world: RoomsWorld) -> None:
    """PINs and other fields are never written. A field set by the product is written only when the meeting changes
    it.
    """
    await world.show(world.booking())
    await world.go_to(MADE)
    fields = world.node.store.objects["conference"][1]
    fields |= {"pin": "1234", "description": "By hand", "name": "Boardroom"}
    await world.go_to(START)
    await world.show(world.booking(theme="Blue"))
    await world.drain()
    room = world.room()
    assert (room["pin"], room["description"], room["name"]) == ("1234", "By hand", "Boardroom")
    assert room["ivr_theme"]["name"] == "Blue"


async def test_a_room_deleted_by_an_admin_is_recreated_during_its_meeting(world: RoomsWorld) -> None:
    await world.show(world.booking())
    await world.go_to(START)
    for id_ in list(world.node.store.all("conference")):
        world.node.store.delete(CONFERENCE_RESOURCE, id_)
    await world.go_to(START + timedelta(minutes=16))
    assert world.aliases() == [["77100000@example.com", "77100000"]]
    await world.go_to(CLOSES)
    assert world.aliases() == []


async def test_an_alias_deleted_by_an_admin_is_restored(world: RoomsWorld) -> None:
    await world.show(world.booking())
    await world.go_to(START)
    world.node.store.delete(CONFERENCE_ALIAS, 2)
    await world.go_to(START + timedelta(minutes=16))
    assert sorted(world.aliases()[0]) == ["77100000", "77100000@example.com"]


async def test_a_name_already_taken_on_the_node_gets_a_random_number(world: RoomsWorld) -> None:
    world.foreign("room 0", "boardroom")
    await world.show(world.booking())
    await world.go_to(MADE)
    [foreign, ours] = world.names()
    assert foreign == "room 0"
    assert ours.startswith("Room 0 ")
    assert len(ours) == len("Room 0 12345678")
    assert "77100000" in (await world.alarms())[AlarmKind.ROOM_NAME]
    await world.go_to(CLOSES)
    assert world.names() == ["room 0"]


async def test_renaming_a_room_to_a_taken_name_adds_a_random_number(world: RoomsWorld) -> None:
    await world.show(world.booking())
    await world.go_to(MADE)
    world.foreign("Boardroom", "boardroom")
    await world.show(world.booking(name="Boardroom"))
    await world.drain()
    assert world.room()["name"].startswith("Boardroom ")


async def test_an_alias_already_taken_on_the_node_raises_an_alarm_until_it_is_free(world: RoomsWorld) -> None:
    foreign = world.foreign("Foreign", "77100000")
    await world.show(world.booking())
    await world.go_to(MADE + timedelta(minutes=4))
    assert world.names() == ["Foreign"]
    told = (await world.alarms())[AlarmKind.ROOMS]
    assert "77100000" in told
    assert "in use by another conference" in told
    assert "11:30 UTC" in told
    world.node.store.delete(CONFERENCE_RESOURCE, foreign)
    await world.go_to(OPENS + timedelta(minutes=2))
    assert world.names() == ["Room 0"]
    assert AlarmKind.ROOMS not in await world.alarms()


async def test_a_missing_theme_is_omitted_but_a_missing_identity_provider_group_never_is(world: RoomsWorld) -> None:
    await world.show(world.booking(1, theme="Pink"))
    await world.show(world.booking(2, identity_provider_group="Nobody"))
    await world.go_to(MADE)
    assert world.names() == ["Room 1"]
    assert world.room(1)["ivr_theme"] is None
    assert "Identity Provider group" in (await world.alarms())[AlarmKind.ROOMS]


async def test_policy_refers_nodes_to_their_own_database(world: RoomsWorld) -> None:
    await world.show(world.booking())
    policy = world.services.conferences.policy
    for moment in (MADE - MINUTE, MADE, START, CLOSES + MINUTE):
        await world.go_to(moment, timedelta(minutes=5))
        assert await policy.service_configuration("77100000@example.com") is None
    await world.show(world.booking().closed())
    assert await policy.service_configuration("77100000@example.com") == ("reject", {})


async def test_many_rooms_in_the_same_minute_take_few_requests(world: RoomsWorld) -> None:
    for number in range(1, 101):
        await world.show(world.booking(number))
    await world.go_to(MADE - MINUTE, timedelta(minutes=30))
    assert world.requests == [f"GET {ALIASES}"] * 3
    await world.go_to(MADE)
    assert len(world.aliases()) == 100
    assert len(world.requests) <= 9
    before = len(world.requests)
    await world.go_to(CLOSES, timedelta(minutes=150))
    assert world.aliases() == []
    assert len(world.requests) - before <= 6


async def test_a_refused_room_delays_no_other_room(world: RoomsWorld) -> None:
    for is_atomic in (True, False):
        world = RoomsWorld()
        await world.integrate()
        world.node.variants.bulk_is_atomic = is_atomic
        world.foreign("Foreign", "77100003")
        world.foreign("Room 5", "five")
        for number in range(1, 11):
            await world.show(world.booking(number))
        await world.go_to(MADE)
        assert len(world.aliases()) == 2 + 9
        assert "77100003" in (await world.alarms())[AlarmKind.ROOMS]
        assert await world.left() != []
