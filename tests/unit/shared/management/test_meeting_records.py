"""The rooms of scheduled meetings are complete objects, with numbers that fit into 32 bits and are never reused
(I7).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bookings.alias_rows import name_partition
from shared.bookings.booking import Booking, State
from shared.bookings.numbering import Numbered, Numbering
from shared.bookings.numbers import Numbers
from shared.bookings.operation import DecisionKind, Operation
from shared.bookings.stored import stored_booking
from shared.calendar.conference import Calendar, Occurrence
from shared.conferences.booking_removal import Removals
from shared.conferences.platform import PolicyPlatform
from shared.errors import Conflict, NotFound
from shared.management.meeting_objects import FIRST_MEETING_ID
from shared.personal.field_table import ALIAS_FIELDS, CONFERENCE_FIELDS
from shared.storage import Insert, Replace
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, Api
from tests.unit.shared.management.records import HOUR, TAG, api_with_one, booking, put

CONFERENCES = "configuration/v1/conference/"
ALIASES = "configuration/v1/conference_alias/"
SCHEDULED = "configuration/v1/scheduled_conference/"
RECURRING = "configuration/v1/recurring_conference/"
GIVEN_OUT = "configuration/v1/scheduled_alias/"
EVERY = (CONFERENCES, ALIASES, SCHEDULED, RECURRING, GIVEN_OUT)
DAY = timedelta(days=1)
SIGNED_32 = 2**31 - 1


async def objects(api: Api, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(path))["objects"]
    return found


async def stored(api: Api, uuid: str, tag: str = TAG) -> Booking:
    found = await stored_booking(api.storage.table("meetings"), uuid, tag)
    assert found
    return found


async def changed(api: Api, before: Booking, after: Booking) -> None:
    await api.storage.table("meetings").commit(before.integration, Replace(before.row, after.values()))


async def test_a_scheduled_room_is_a_complete_object() -> None:
    api, uuid = await api_with_one()
    mine = booking(api, uuid, HOUR)
    assert mine.conference
    conference = replace(mine.conference, theme="Blue", identity_provider_group="Staff", owner="alice@example.com")
    await put(api, replace(mine, conference=conference, created=api.clock.now() - DAY), uuid)
    api.clock.move(HOUR)
    [room] = await objects(api, CONFERENCES)
    [connector] = await objects(api, CONNECTORS)
    assert room.keys() >= CONFERENCE_FIELDS.fields.keys()
    assert room["creation_time"] == "2026-11-22T09:00:00"
    assert [each["alias"] for each in room["aliases"]] == ["meet123456@example.com", "meet123456"]
    assert room["aliases"] == await objects(api, ALIASES)
    assert all(each.keys() == ALIAS_FIELDS.fields.keys() for each in room["aliases"])
    assert room["exchange_connector"] == connector["resource_uri"]
    assert room["primary_owner_email_address"] == "alice@example.com"
    assert room["ivr_theme"] == {"id": None, "name": "Blue", "resource_uri": None}
    assert (room["host_identity_provider_group"], room["service_type"]) == ("Staff", "conference")
    assert room["scheduled_conferences"] == [each["resource_uri"] for each in await objects(api, SCHEDULED)]
    assert (room["scheduled_conferences_count"], room["is_open"]) == (1, True)


async def test_a_room_refers_to_its_theme_in_the_same_way_as_the_integration() -> None:
    api = Api()
    theme = "/api/admin/configuration/v1/ivr_theme/3/"
    fields = graph_fields(
        conference_platform="management_api", bridge_url="https://node.example.com", bridge_username="u",
        bridge_password="p", ivr_theme=theme,
    )  # fmt: skip
    uuid = (await api.call("POST", CONNECTORS, fields)).body["uuid"]
    mine = booking(api, uuid, HOUR)
    assert mine.conference
    await put(api, replace(mine, conference=replace(mine.conference, theme="Blue")), uuid)
    [room] = await objects(api, CONFERENCES)
    assert room["ivr_theme"] == {"id": 3, "name": "Blue", "resource_uri": theme}


@pytest.mark.parametrize(
    "search",
    [
        CONFERENCES + "?aliases__alias=meet123456",
        CONFERENCES + "?aliases__alias__iexact=MEET123456@example.com",
        ALIASES + "?alias=meet123456",
        SCHEDULED + "?scheduled_alias__numeric_alias=meet123456",
        SCHEDULED + "?conference__name=Planning (Alice)",
        GIVEN_OUT + "?numeric_alias=meet123456",
    ],
)
async def test_meetings_are_found_by_alias_and_name(search: str) -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR), uuid)
    other = booking(api, uuid, HOUR, tag=TAG.replace("6", "7"))
    assert other.conference
    await put(api, replace(other, alias="meet999@example.com", conference=replace(other.conference, name="x")), uuid)
    assert len(await objects(api, search.replace(" ", "%20"))) == 1


@pytest.mark.parametrize(
    ("search", "count"),
    [
        (CONFERENCES + "?aliases__alias=meet7@example.com", 1),
        (CONFERENCES + "?name=Planning%20(Alice)", 1),
        (ALIASES + "?alias=meet7", 1),
        (SCHEDULED + "?scheduled_alias__alias=meet7@example.com", 2),
        (GIVEN_OUT + "?alias=meet7@example.com", 1),
        (GIVEN_OUT + "?numeric_alias=meet7", 1),
        (GIVEN_OUT + "?uuid=00000007-7ab0-4e1d-a6c8-3b5e5a1a1f3d", 1),
        (GIVEN_OUT + "?uuid=00000099-7ab0-4e1d-a6c8-3b5e5a1a1f3d", 0),
        (GIVEN_OUT + "?id=3", 1),
        (SCHEDULED + "?id=999", 0),
        ("status/v1/scheduling_operation/?transaction_uuid=c1", 1),
        ("status/v1/scheduling_operation/?transaction_uuid=c2", 0),
    ],
)
async def test_finding_a_meeting_takes_the_same_requests_for_any_number_of_meetings(search: str, count: int) -> None:
    trips = []
    for meetings in (10, 60):
        api, uuid = await api_with_one()
        await put(api, Operation("c1", "m1", "2026-11-23T08:00:00+00:00", "", "r", DecisionKind.ACCEPT, "new"), uuid)
        for number in range(meetings):
            tag = f"{number:08}-7ab0-4e1d-a6c8-3b5e5a1a1f3d"
            room = replace(booking(api, uuid, HOUR, DAY, tag=tag), alias=f"meet{number}@example.com")
            name = "Planning (Alice)" if number == 7 else f"Room {number}"
            await put(api, room.named(name), uuid)
            aliases = api.storage.table("aliases")
            await aliases.commit(name_partition(name), Insert("name", {"integration": uuid, "tag": tag}))
        await api.ids(SCHEDULED + "?limit=1")  # the meetings have numbers from now on
        before = api.storage.round_trips
        assert len(await objects(api, search)) == count
        trips.append(api.storage.round_trips - before)
    assert trips[0] == trips[1] <= 5


async def test_every_occurrence_is_an_object_within_its_series() -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR, DAY, 2 * DAY, endless=True), uuid)
    [series], [room], found = (
        await objects(api, RECURRING),
        await objects(api, CONFERENCES),
        await objects(api, SCHEDULED),
    )
    assert [each["start_time"][:13] for each in found] == ["2026-11-23T10", "2026-11-24T09", "2026-11-25T09"]
    assert len({each["id"] for each in found}) == 3
    for each in found:
        assert each["recurring_conference"] == series["resource_uri"]
        assert each["conference"] == series["conference"] == room["resource_uri"]
        assert await api.get(f"{SCHEDULED}{each['id']}/") == each
    assert (series["current_index"], series["is_depleted"]) == (0, False)


async def test_new_occurrences_in_a_series_get_the_next_numbers_and_existing_ids_are_kept() -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR, DAY, 2 * DAY, endless=True), uuid)
    first = {each["start_time"]: each["id"] for each in await objects(api, SCHEDULED)}
    api.clock.move(1.5 * DAY)
    before = await stored(api, uuid)
    assert before.conference
    now, known = api.clock.now(), before.conference.calendar.occurrences
    later = Calendar((known[2], Occurrence(now + 5 * DAY, now + 5 * DAY + HOUR)), now + 90 * DAY)
    await changed(api, before, before.counting(later, now).following(later, ()))
    [series], found = await objects(api, RECURRING), await objects(api, SCHEDULED)
    assert (series["current_index"], series["is_depleted"]) == (2, False)
    assert found[0]["id"] == first[found[0]["start_time"]]
    assert found[1]["id"] not in first.values()
    for gone in set(first.values()) - {found[0]["id"]}:
        with pytest.raises(NotFound):
            await api.get(f"{SCHEDULED}{gone}/")
    last = replace(later, occurrences=later.occurrences, known_until=None)
    before = await stored(api, uuid)
    await changed(api, before, before.following(last, ()))
    api.clock.move(9 * DAY)
    [series] = await objects(api, RECURRING)
    assert (series["current_index"], series["is_depleted"]) == (3, True)


async def test_an_occurrence_cancelled_in_advance_does_not_count_as_passed() -> None:
    api, uuid = await api_with_one()
    mine = booking(api, uuid, HOUR, DAY, 2 * DAY, endless=True)
    assert mine.conference
    left = replace(mine.conference.calendar, occurrences=mine.conference.calendar.occurrences[1:])
    assert mine.counting(left, api.clock.now()).passed == 0
    assert mine.counting(left, api.clock.now() + 3 * HOUR).passed == 1
    assert replace(mine, passed=7).closed().counting(left, api.clock.now()).passed == 0


@pytest.mark.parametrize("path", EVERY)
async def test_ids_fit_into_32_bits_stay_the_same_and_are_resolved_by_a_few_point_reads(path: str) -> None:
    api, uuid = await api_with_one()
    for number in range(20):
        tag = f"{number:08}-7ab0-4e1d-a6c8-3b5e5a1a1f3d"
        await put(api, replace(booking(api, uuid, HOUR, DAY, tag=tag), alias=f"meet{number}@example.com"), uuid)
    first = await objects(api, path + "?limit=0")
    assert len({each["id"] for each in first}) == len(first) >= 20
    assert all(0 < each["id"] <= SIGNED_32 for each in first)
    assert await objects(api, path + "?limit=0") == first
    last = first[-1]
    await api.get(f"{path}{last['id']}/")
    before = api.storage.round_trips
    assert await api.get(f"{path}{last['id']}/") == last
    assert api.storage.round_trips - before <= 4
    with pytest.raises(NotFound):
        await api.get(f"{path}{SIGNED_32}/")


async def test_vmrs_and_meetings_have_ids_from_different_ranges() -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR), uuid)
    answer = await api.call("POST", CONFERENCES, {"name": "VMR", "aliases": ["vmr"]})
    assert answer.body["id"] < FIRST_MEETING_ID < (await api.ids(CONFERENCES))[-1]
    assert (await api.ids(ALIASES))[0] < FIRST_MEETING_ID < (await api.ids(ALIASES))[-1]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_meetings_aliases_are_read_only(method: str) -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR), uuid)
    [first, second] = await api.ids(ALIASES)
    for id_ in (first, second):
        with pytest.raises(Conflict, match="scheduled meeting"):
            await api.call(method, f"{ALIASES}{id_}/", {"alias": "x"})
    with pytest.raises(NotFound):
        await api.call(method, f"{ALIASES}{second + 7}/", {"alias": "x"})


async def test_the_numbers_of_a_deleted_meeting_are_never_reused() -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR, DAY), uuid)
    ids = {path: await api.ids(path) for path in EVERY}
    await Removals(api.storage, PolicyPlatform(api.storage)).remove(await stored(api, uuid))
    for path, gone in ids.items():
        assert await api.ids(path) == []
        for id_ in gone:
            with pytest.raises(NotFound):
                await api.get(f"{path}{id_}/")
    await put(api, booking(api, uuid, HOUR, DAY), uuid)
    for path, gone in ids.items():
        assert not set(gone) & set(await api.ids(path)), path
    rows = [row.key async for row in api.storage.table("meetings").rows("numbers")]
    assert len(rows) == 1 + 1 + 2  # for the sequence, the booking and its occurrences


async def test_admins_listing_concurrently_see_the_same_numbers() -> None:
    api, uuid = await api_with_one()
    for number in range(30):
        tag = f"{number:08}-7ab0-4e1d-a6c8-3b5e5a1a1f3d"
        await put(api, booking(api, uuid, HOUR, DAY, tag=tag), uuid)
    seen = await asyncio.gather(*(objects(api, SCHEDULED + "?limit=0") for _ in range(4)))
    assert seen == [await objects(api, SCHEDULED + "?limit=0")] * 4
    assert len({each["id"] for each in seen[0]}) == 60


async def test_a_change_between_reading_and_numbering_is_not_lost() -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR), uuid)
    read = await stored(api, uuid)
    await changed(api, read, replace(read, item_id="moved"))
    [numbered] = await Numbering(api.storage).complete([read])
    assert (numbered.item_id, numbered.numbers.own) == ("moved", 2)
    assert await stored(api, uuid) == numbered
    assert await Numbering(api.storage).find(Numbered.BOOKING, 1) is None
    await api.storage.table("meetings").commit(uuid, Replace(numbered.row, numbered.closed().values()))
    assert await Numbering(api.storage).complete([read]) == [replace(await stored(api, uuid))]


async def test_a_row_from_an_older_version_is_numbered_when_first_shown() -> None:
    api, uuid = await api_with_one()
    old = {
        name: value for name, value in booking(api, uuid, HOUR).values().items() if name not in ("numbers", "passed")
    }
    await api.storage.table("meetings").commit(uuid, Insert(f"tag:{TAG}", old))
    assert await api.ids(SCHEDULED) == [1]
    assert (await stored(api, uuid)).numbers.own == 1


async def test_a_reservation_has_a_number_but_no_room() -> None:
    api, uuid = await api_with_one()
    reserved = replace(booking(api, uuid, HOUR), state=State.RESERVED, meeting="", item_id="", conference=None)
    await put(api, reserved, uuid)
    assert await api.ids(GIVEN_OUT) == [1]
    for path in (CONFERENCES, ALIASES, SCHEDULED, RECURRING):
        assert await api.ids(path) == []


times = st.lists(st.integers(0, 50), max_size=8, unique=True).map(sorted)


@given(st.lists(times, min_size=1, max_size=6))
def test_an_occurrence_keeps_its_unique_number(histories: Sequence[Sequence[int]]) -> None:
    api = Api()
    now, numbers, last, seen = api.clock.now(), Numbers(), 0, dict[int, set[int]]()
    for starts in histories:
        calendar = Calendar(tuple(Occurrence(now + start * HOUR, now + (start + 1) * HOUR) for start in starts))
        before = {each: numbers.of(each) for each in calendar.occurrences}
        wanted = numbers.missing(calendar)
        numbers = numbers.completed(calendar, 1, list(range(last + 1, last + 1 + wanted)))
        last += wanted
        assert numbers.missing(calendar) == 0
        for each, number in before.items():
            assert number in (0, numbers.of(each))
            seen.setdefault(numbers.of(each), set()).add(int(each.start.timestamp()))
        assert Numbers.from_json(numbers.to_json()) == numbers
    assert all(len(starts) == 1 for starts in seen.values())
