"""C3: rooms on unusual nodes, and on nodes that admins also change."""

from datetime import timedelta

import pytest

from dev.management_node.model import CONFERENCE, IDENTITY_PROVIDER_GROUP
from shared.alarm_kinds import AlarmKind
from shared.management_node.failure import NodeFailed
from tests.support.conferences import START
from tests.support.rooms import RoomsWorld

MINUTE = timedelta(minutes=1)
MADE = START - timedelta(minutes=35)
CLOSES = START + timedelta(minutes=120)
STAFF = "/api/admin/configuration/v1/identity_provider_group/1/"


@pytest.fixture
async def world() -> RoomsWorld:
    world = RoomsWorld()
    await world.integrate()
    return world


def restored_from_an_older_backup(world: RoomsWorld) -> None:
    """Restore an old backup of the node, so that the rooms are lost and their ids reused for other conferences."""
    store = world.node.store
    for id_ in list(store.all("conference")):
        store.delete(CONFERENCE, id_)
    store._next["conference"] = 0


async def test_restoring_a_nodes_backup_affects_no_other_conference(world: RoomsWorld) -> None:
    """A conference with a former room's id is neither removed nor overwritten."""
    for number in (1, 2, 3):
        await world.show(world.booking(number))
    await world.go_to(START)
    world.node.faults.add({"on": "*", "status": 503, "times": None})
    await world.go_to(START + timedelta(minutes=30))
    restored_from_an_older_backup(world)
    for name in ("Boardroom", "Lobby", "Reception"):
        world.foreign(name, name.lower())
    world.node.faults.clear()
    await world.show(world.booking(1, name="Other"))
    await world.go_to(START + timedelta(minutes=34))
    assert sorted(world.names()) == ["Boardroom", "Lobby", "Other", "Reception", "Room 2", "Room 3"]
    world.node.faults.add({"on": "*", "status": 503, "times": None})
    await world.go_to(CLOSES + timedelta(minutes=30))
    restored_from_an_older_backup(world)
    for number in range(6):
        world.foreign(f"Boardroom {number}", f"board{number}")
    world.node.faults.clear()
    await world.go_to(CLOSES + timedelta(minutes=34))
    assert len(world.names()) == 6
    assert await world.left() == []


async def test_frequent_changes_do_not_prevent_a_room_from_being_checked(world: RoomsWorld) -> None:
    await world.show(world.booking())
    await world.go_to(START)
    world.node.store.delete(CONFERENCE, 1)
    restored_from_an_older_backup(world)
    world.foreign("Boardroom", "boardroom")
    for turn in range(8):
        await world.show(world.booking(description=f"Description {turn}"))
        await world.go_to(world.clock.now() + 3 * MINUTE)
    assert sorted(world.names()) == ["Boardroom", "Room 0"]


@pytest.mark.parametrize("is_atomic", [True, False])
async def test_a_room_deleted_by_an_admin_does_not_prevent_the_removal_of_others(
    world: RoomsWorld, is_atomic: bool
) -> None:
    """A bulk removal stops at the first missing object."""
    world.node.variants.bulk_is_atomic = is_atomic
    for number in (1, 2, 3):
        await world.show(world.booking(number))
    await world.go_to(CLOSES - MINUTE)
    world.node.store.delete(CONFERENCE, 2)
    await world.go_to(CLOSES)
    assert world.names() == []
    assert await world.left() == []


async def test_a_change_never_removes_a_rooms_access_restriction(world: RoomsWorld) -> None:
    """If a meeting's group is changed to one that does not exist on the node, the room keeps its current group."""
    await world.show(world.booking(identity_provider_group="Staff"))
    await world.go_to(MADE)
    assert world.room()["host_identity_provider_group"] == STAFF
    await world.show(world.booking(identity_provider_group="Nobody", name="Other"))
    await world.drain()
    assert world.room()["host_identity_provider_group"] == STAFF
    told = (await world.alarms())[AlarmKind.ROOMS]
    assert "77100000" in told
    assert "Identity Provider group" in told
    assert "without a room" not in told
    world.node.store.create(IDENTITY_PROVIDER_GROUP, {"name": "Nobody"}, world.clock.now())
    await world.go_to(MADE + 5 * MINUTE)
    assert world.room()["host_identity_provider_group"] == STAFF.replace("1/", "2/").replace("v2/", "v1/")
    assert world.room()["name"] == "Other"
    assert await world.alarms() == {}


async def test_a_group_created_by_an_admin_is_found_at_the_next_check(world: RoomsWorld) -> None:
    await world.show(world.booking(identity_provider_group="Guests"))
    await world.go_to(MADE)
    world.node.store.create(IDENTITY_PROVIDER_GROUP, {"name": "Guests"}, world.clock.now())
    await world.go_to(MADE + 3 * MINUTE)
    assert world.names() == ["Room 0"]


async def test_a_room_without_its_aliases_does_not_count_as_a_room(world: RoomsWorld) -> None:
    """A node may keep a conference after refusing one of its aliases."""
    world.node.variants.nested_is_atomic = False
    world.foreign("Foreign", "77100001")
    for number in (1, 2):
        await world.show(world.booking(number))
    await world.go_to(MADE)
    told = (await world.alarms())[AlarmKind.ROOMS]
    assert "77100001" in told
    assert "77100002" not in told
    world.node.store.delete(CONFERENCE, 1)
    await world.go_to(MADE + 5 * MINUTE)
    assert sorted(each["alias"] for each in world.room(1)["aliases"]) == ["77100001", "77100001@example.com"]
    assert AlarmKind.ROOMS not in await world.alarms()
    await world.go_to(CLOSES)
    assert world.names() == []


async def test_a_room_whose_creation_was_not_confirmed_gets_its_meetings_latest_changes(world: RoomsWorld) -> None:
    """This includes changes that restore a meeting's original state."""
    world.node.faults.add({"on": "POST /api", "status": 502})
    await world.show(world.booking())
    await world.go_to(MADE)
    assert world.names() == []
    world.node.faults.add({"on": "POST /api", "status": 502, "after_effect": True})
    await world.show(world.booking(name="Other", theme="Blue"))
    await world.go_to(MADE + 2 * MINUTE)
    assert world.names() == ["Other"]
    await world.show(world.booking())
    await world.go_to(MADE + 6 * MINUTE)
    room = world.room()
    assert room["name"] == "Room 0"
    assert room["ivr_theme"] is None


async def test_tags_are_looked_up_one_by_one_on_a_node_that_cannot_filter_by_many(world: RoomsWorld) -> None:
    world.node.variants.knows_in = False
    for number in range(1, 6):
        await world.show(world.booking(number))
    await world.go_to(MADE)
    assert len(world.names()) == 5
    await world.go_to(CLOSES)
    assert world.names() == []
    assert await world.alarms() == {}


@pytest.mark.parametrize(
    ("uri", "is_ours"),
    [("https://evil.example/api/admin/configuration/v1/conference/1/", True), ("//evil.example/conference/1/", False),
     ("/api/admin/configuration/v1/end_user/1/", False), ("/api/admin/configuration/v1/conference/", False),
     ("/api/admin/configuration/v1/conference/../end_user/1/", False), ("", False)],
)  # fmt: skip
async def test_a_response_cannot_redirect_requests_to_another_path(world: RoomsWorld, uri: str, is_ours: bool) -> None:
    """A room's URI must identify one of the node's own conferences. The host in a Location header is ignored."""
    shown = world.node.store.shown
    world.node.store.objects["conference"][world.foreign("Room", "room")]["tag"] = "ours"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.node.store, "shown", lambda *of: {**shown(*of), "resource_uri": uri})
        node = await world.services.conferences.node_of(world.integration.uuid)
        assert node is not None
        if is_ours:
            found = await node.conferences.by_tags({"ours"})
            assert found["ours"].resource_uri == "/api/admin/configuration/v1/conference/1/"
        else:
            with pytest.raises(NodeFailed, match="is not a Management Node"):
                await node.conferences.by_tags({"ours"})


async def test_a_url_outside_the_node_is_never_requested(world: RoomsWorld) -> None:
    """A request to a URL on another host would send the credentials there."""
    node = await world.services.conferences.node_of(world.integration.uuid)
    assert node is not None
    for place in ("https://evil.example/api/admin/1/", "//evil.example/1/", "/elsewhere/1/"):
        with pytest.raises(NodeFailed, match="outside"):
            await node.client.get(place)
    assert world.requests == []


async def test_a_tag_changed_by_an_admin_is_restored(world: RoomsWorld) -> None:
    """Rooms are found by their tag. A room without a tag would never be removed."""
    await world.show(world.booking())
    await world.go_to(START)
    world.node.store.objects["conference"][1] |= {"tag": "", "pin": "1234"}
    await world.go_to(START + 16 * MINUTE)
    assert world.room()["tag"] == world.booking().conference.service_tag  # type: ignore[union-attr]
    assert world.room()["pin"] == "1234"
    assert await world.alarms() == {}
    await world.go_to(CLOSES)
    assert world.names() == []


async def test_an_admins_conference_with_a_rooms_alias_is_not_mistaken_for_the_room(world: RoomsWorld) -> None:
    await world.show(world.booking())
    await world.go_to(START)
    restored_from_an_older_backup(world)
    world.foreign("Boardroom", "77100000")
    await world.go_to(START + 16 * MINUTE)
    assert "77100000" in (await world.alarms())[AlarmKind.ROOMS]
    await world.go_to(CLOSES + 5 * MINUTE)
    assert world.names() == ["Boardroom"]
    assert world.node.store.objects["conference"][1]["tag"] == ""


async def test_a_retry_delay_is_capped_at_what_a_per_minute_limit_can_require(world: RoomsWorld) -> None:
    """A node limits requests per minute. A longer delay cannot be due to that limit, so it is shortened."""
    world.node.faults.add({"on": "*", "status": 429, "retry_after": 86400})
    await world.show(world.booking())
    await world.go_to(MADE + 6 * MINUTE)
    assert world.names() == ["Room 0"]


async def test_a_room_that_makes_the_node_fail_delays_no_other_room(world: RoomsWorld) -> None:
    """If the node responds to all other requests, an internal error must be caused by the request's content."""
    world.node.variants.clash_is_error = True
    world.foreign("Foreign", "77100003")
    for number in range(1, 6):
        await world.show(world.booking(number))
    await world.go_to(MADE)
    assert sorted(world.names()) == ["Foreign", "Room 1", "Room 2", "Room 4", "Room 5"]
    alarms = await world.alarms()
    assert AlarmKind.BRIDGE not in alarms
    assert "77100003" in alarms[AlarmKind.ROOMS]
    assert "status 500" in alarms[AlarmKind.ROOMS]
    world.node.store.delete(CONFERENCE, 1)
    await world.go_to(MADE + 3 * MINUTE)
    assert len(world.names()) == 5


async def test_a_room_that_cannot_be_removed_delays_no_other_and_raises_an_alarm(world: RoomsWorld) -> None:
    for number in (1, 2, 3):
        await world.show(world.booking(number))
    await world.go_to(CLOSES - MINUTE)
    world.node.faults.add({"on": "PATCH /api", "status": 500, "times": None})
    world.node.faults.add({"on": "DELETE /conference/2/", "status": 500, "times": None})
    await world.go_to(CLOSES + MINUTE)
    assert world.names() == ["Room 2"]
    alarms = await world.alarms()
    assert AlarmKind.BRIDGE not in alarms
    assert "could not be removed: 77100002" in alarms[AlarmKind.ROOMS]
    world.node.faults.clear()
    await world.go_to(CLOSES + 5 * MINUTE)
    assert world.names() == []
    assert await world.alarms() == {}
    assert await world.left() == []


@pytest.mark.parametrize("status", [405, 409, 422, 501])
async def test_a_node_that_rejects_bulk_changes_gets_rooms_one_by_one(world: RoomsWorld, status: int) -> None:
    world.node.faults.add({"on": "PATCH /api", "status": status, "times": None})
    for number in (1, 2, 3):
        await world.show(world.booking(number))
    await world.go_to(MADE)
    assert len(world.names()) == 3
    await world.go_to(CLOSES)
    assert world.names() == []
    assert await world.alarms() == {}
