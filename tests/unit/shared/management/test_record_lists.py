"""The contents of the lists of meetings, aliases and operations, and the storage requests for reading them (S1, W4)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import quote

import pytest

from shared.bookings.booking import Booking, State
from shared.bookings.operation import DecisionKind, Operation
from shared.bookings.stored import stored_booking, stored_operation
from shared.record_lists.lists import RecordLists
from shared.storage import Replace
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, PROOF, READER, Api
from tests.support.record_lists import check_lists
from tests.unit.shared.management.records import HOUR, booking, noted, put

MEETINGS = "status/v1/meeting/"
OPERATIONS = "status/v1/scheduling_operation/"
ALIASES = "configuration/v1/scheduled_alias/"
SCHEDULED = "configuration/v1/scheduled_conference/"
RECURRING = "configuration/v1/recurring_conference/"
SCHEDULERS = "status/v1/exchange_scheduler/"
DAY = timedelta(days=1)

MOST_REQUESTS = 3
"""The number of storage requests for one page if the settings of its integrations are cached."""


async def deployment(integrations: int = 2) -> tuple[Api, list[str]]:
    api = Api()
    uuids = []
    for number in range(integrations):
        fields = graph_fields(room_mailbox_email_address=f"rooms{number}@example.com")
        uuids.append((await api.call("POST", CONNECTORS, fields)).body["uuid"])
    return api, uuids


def tag(number: int) -> str:
    return f"{number:08}-7ab0-4e1d-a6c8-3b5e5a1a1f3d"


def random_booking(api: Api, uuid: str, number: int, chance: Random) -> Booking:
    """A booking in any state, past or future, with one or more occurrences. Two bookings may start at the same time."""
    starts = sorted(chance.choices(range(-50, 60), k=chance.choice([1, 1, 1, 3])))
    made = booking(api, uuid, *(each * HOUR for each in dict.fromkeys(starts)), tag=tag(number))
    made = replace(made, alias=f"meet{number}@example.com", meeting=f"meeting-{number}")
    match chance.choice(["reserved", "closed", "held", "scheduled", "scheduled"]):
        case "reserved":
            return replace(made, state=State.RESERVED, meeting="", item_id="", conference=None)
        case "closed":
            return made.closed()
        case "held":
            return replace(made.closed(), held=True)
    return made


def random_operation(api: Api, number: int, chance: Random) -> Operation:
    created = api.clock.now() - chance.randrange(4000) * timedelta(minutes=1, milliseconds=7)
    about = number - 2 * chance.randrange(number // 2 + 1)
    operation = Operation(
        f"c{number}", f"m{number}", created.isoformat(), "", "request", DecisionKind.ACCEPT, "new",
        meeting=f"meeting-{about}", tags=(tag(about),),
    )  # fmt: skip
    done = created + timedelta(seconds=3)
    return replace(operation, done=chance.choice(["", done.isoformat()]), error=chance.choice(["", "", "refused"]))


async def filled(api: Api, uuids: list[str], chance: Random, many: int, first: int = 0) -> None:
    for number in range(first, first + many):
        uuid = uuids[number % len(uuids)]
        await put(api, random_booking(api, uuid, number, chance), uuid)
        await put(api, random_operation(api, number, chance), uuid)


async def changed(api: Api, uuids: list[str], number: int, chance: Random) -> None:
    """Replace or delete a booking, and finish its operation."""
    table = api.storage.table("meetings")
    for uuid in uuids:
        if found := await stored_booking(table, uuid, tag(number)):
            new = replace(random_booking(api, uuid, number, chance), numbers=found.numbers)
            await table.commit(uuid, Replace(found.row, new.values()))
            await noted(api, new, uuid)
        if operation := await stored_operation(table, uuid, f"c{number}"):
            row = await table.get(uuid, operation.key)
            assert row
            operation = replace(operation, done=api.clock.now().isoformat())
            await table.commit(uuid, Replace(row, operation.values()))
            await noted(api, operation, uuid)


def queries(api: Api) -> Iterator[str]:
    now = api.clock.now().replace(tzinfo=None)
    today = now.replace(hour=0)
    moments = [now, today, today + DAY, now - timedelta(minutes=7, seconds=13)]
    pages = ["limit=7", "limit=7&offset=5", "limit=3&offset=900", "limit=0"]
    for path in (ALIASES, SCHEDULED, RECURRING, MEETINGS, OPERATIONS, SCHEDULERS):
        yield from (f"{path}?{page}&order_by={order}" for page in pages for order in ("id", "-id"))
        yield from (f"{path}?{page}" for page in pages)
    for page in pages:
        for order in ("start", "-start"):
            yield f"{MEETINGS}?{page}&order_by={order}"
            for over in ("true", "false"):
                yield f"{MEETINGS}?{page}&order_by={order}&is_over={over}"
                yield f"{MEETINGS}?{page}&order_by={order}&is_over={over}&state=scheduled"
                yield f"{MEETINGS}?{page}&order_by={order}&is_over={over}&exchange_connector=2"
                yield f"{MEETINGS}?{page}&order_by={order}&is_over={over}&exchange_connector=2&state=closed"
                yield f"{MEETINGS}?{page}&order_by={order}&is_over={over}&state=scheduled&text=MEET1"
            for moment in moments:
                yield f"{MEETINGS}?{page}&order_by={order}&start__gte={moment.isoformat()}"
                yield f"{MEETINGS}?{page}&order_by={order}&start__lt={moment.isoformat()}&state=closed"
                until = (moment + DAY).isoformat()
                yield f"{MEETINGS}?{page}&order_by={order}&start__gt={moment.isoformat()}&start__lte={until}"
        for order in ("creation_time", "-creation_time"):
            yield f"{OPERATIONS}?{page}&order_by={order}"
            yield f"{OPERATIONS}?{page}&order_by={order}&resource_id=1"
            yield f"{OPERATIONS}?{page}&order_by={order}&success=false&is_pending=false"
            yield f"{OPERATIONS}?{page}&order_by={order}&creation_time__gte={today.isoformat()}"
            yield f"{OPERATIONS}?{page}&order_by={order}&creation_time__lt={today.isoformat()}&success=true"
    yield f"{OPERATIONS}?transaction_uuid__in=c3,c1,c999,c2&order_by=-creation_time"
    yield f"{MEETINGS}?alias=meet3@example.com"
    yield f"{MEETINGS}?tag={tag(4)}"
    yield f"{ALIASES}?uuid={tag(4)}"


async def without_lists(api: Api, path: str, patch: pytest.MonkeyPatch) -> Any:
    """The expected list, computed from all records."""
    with patch.context() as patched:

        async def not_built(*_: object, **__: object) -> None:
            return None

        for name in ("page", "at", "of", "is_good"):
            patched.setattr(RecordLists, name, not_built)
        return await api.get(path)


def times(found: Any, path: str) -> list[Any]:
    """The values by which a list is sorted. The order of records with equal values is undefined."""
    field = "start" if "start" in path else "creation_time" if "creation_time" in path else "id"
    return [each[field] for each in found["objects"]]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
async def test_lists_match_the_records_after_any_changes(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(seed)
    api, uuids = await deployment()
    await filled(api, uuids, chance, 25)  # written by an older version, without lists
    for turn in range(3):
        for path in chance.sample(list(queries(api)), 70):
            found, wanted = await api.get(path), await without_lists(api, path, monkeypatch)
            assert found["meta"] == wanted["meta"], path
            assert times(found, path) == times(wanted, path), path
            if "limit=0" in path:
                assert sorted(found["objects"], key=repr) == sorted(wanted["objects"], key=repr), path
        await check_lists(api.storage, api.clock.now(), *uuids)
        api.clock.move(chance.choice([HOUR / 2, 11 * HOUR, 26 * HOUR]))
        await filled(api, uuids, chance, 8, 100 * (turn + 1))
        for number in range(0, 25, 3):
            await changed(api, uuids, number, chance)


PAGES = [
    f"{MEETINGS}?limit=50&order_by=start&is_over=false",
    f"{MEETINGS}?limit=50&order_by=-start&is_over=true&state=closed",
    f"{MEETINGS}?limit=50&order_by=start&start__gte=2026-11-24T00:00:00&start__lt=2026-11-25T00:00:00",
    f"{MEETINGS}?limit=50&order_by=start&start__gte=2026-11-23T09:17:31",
    f"{MEETINGS}?limit=50&offset=100",
    f"{MEETINGS}?limit=50&order_by=start&is_over=false&exchange_connector=1",
    f"{MEETINGS}?limit=50&order_by=-start&exchange_connector=/api/admin/{CONNECTORS}1/",
    f"{MEETINGS}?limit=50&order_by=start&is_over=false&exchange_connector=1&state=scheduled",
    f"{MEETINGS}?limit=50&order_by=-start&is_over=true&text=meet1",
    f"{OPERATIONS}?limit=50&order_by=-creation_time",
    f"{OPERATIONS}?limit=50&order_by=-creation_time&resource_id=1",
    f"{OPERATIONS}?limit=50&order_by=-creation_time&success=false&is_pending=false",
    f"{OPERATIONS}?limit=50&creation_time__gte=2026-11-22T09:17:31",
    f"{OPERATIONS}?transaction_uuid=c11",
    f"{ALIASES}?limit=50&offset=100",
    f"{ALIASES}?uuid={tag(11)}",
    f"{MEETINGS}?tag={tag(11)}",
    f"{SCHEDULED}?limit=50",
    f"{RECURRING}?limit=50",
]


@pytest.mark.long
async def test_a_page_takes_three_requests_for_any_number_of_meetings() -> None:
    for many in (30, 300):
        api, uuids = await deployment(1)
        await filled(api, uuids, Random(5), many)
        while not await RecordLists(
            api.storage, api.clock, api.integrations.uuid_after, api.integrations.id_of
        ).is_good():
            pass
        api.clock.move(timedelta(seconds=1))
        await api.get(f"{OPERATIONS}?limit=1")  # unfinished operations are checked again
        await api.integrations.cached(uuids[0])
        for path in PAGES:
            before = api.storage.round_trips
            await api.get(path)
            assert api.storage.round_trips - before <= MOST_REQUESTS, path


async def test_a_search_without_a_matching_list_examines_a_limited_number_of_meetings_and_reports_this(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    api, uuids = await deployment(1)
    for number in range(12):
        made = replace(booking(api, uuids[0], (number + 1) * HOUR, tag=tag(number)), meeting=f"m{number}")
        await put(api, replace(made, alias=f"meet{number}@example.com"), uuids[0])
    await api.get(f"{MEETINGS}?limit=1")
    upcoming, past = f"{MEETINGS}?order_by=start&is_over=false", f"{MEETINGS}?order_by=-start&is_over=true"
    assert "examined" not in (await api.get(f"{upcoming}&text=meet"))["meta"]
    monkeypatch.setattr("shared.management.meetings.MEETINGS_SEARCHED_MAX", 5)

    async def aliases(path: str, headers: Mapping[str, str] = PROOF) -> tuple[list[str], int | None]:
        found = (await api.call("GET", path, headers=headers)).body
        assert found["meta"]["total_count"] == len(found["objects"])
        return [each["alias"].partition("@")[0] for each in found["objects"]], found["meta"].get("examined")

    assert await aliases(f"{upcoming}&text=MEET") == ([f"meet{number}" for number in range(5)], 5)
    assert await aliases(f"{upcoming}&text=MEET", READER) == ([f"meet{number}" for number in range(5)], 5)
    assert await aliases(f"{upcoming}&state=scheduled&exchange_connector=1") == await aliases(f"{upcoming}&text=m")
    assert await aliases(f"{upcoming}&text=meet10@example.com") == (["meet10"], 5), "an alias is looked up directly"
    assert await aliases(f"{upcoming}&text={tag(11)}") == (["meet11"], 5), "a tag is looked up directly"
    assert await aliases(f"{past}&text=meet10@example.com") == ([], None), "the meeting is not over"
    assert await aliases(f"{upcoming}&text=a/b%23%3F") == ([], 5)


async def test_an_operation_is_found_by_its_id_in_two_requests_for_any_number_of_operations() -> None:
    api, uuids = await deployment(1)
    await filled(api, uuids, Random(6), 60)
    listed = (await api.get(f"{OPERATIONS}?limit=3&order_by=-creation_time"))["objects"]
    before = api.storage.round_trips
    assert await api.get(f"{OPERATIONS}{listed[1]['id']}/") == listed[1]
    assert api.storage.round_trips - before == 2


async def test_operation_ids_increase_with_time_and_are_exact_in_javascript() -> None:
    api, uuids = await deployment(1)
    await filled(api, uuids, Random(7), 30)
    shown = (await api.get(f"{OPERATIONS}?limit=0"))["objects"]
    assert [each["creation_time"] for each in shown] == sorted(each["creation_time"] for each in shown)
    assert max(each["id"] for each in shown) < 2**53


async def test_a_page_is_still_shown_while_its_integration_is_being_deleted() -> None:
    """The integration's settings are deleted first, and its records a little later."""
    api, uuids = await deployment(2)
    await filled(api, uuids, Random(8), 20)
    before = await api.get(f"{ALIASES}?limit=0")
    await api.integrations.delete(uuids[0])
    api.clock.move(timedelta(minutes=2))
    after = await api.get(f"{ALIASES}?limit=0")
    assert 0 < len(after["objects"]) < len(before["objects"])
    assert (await api.get(f"{MEETINGS}?order_by=start&exchange_connector=1"))["objects"] == []


async def test_lists_work_in_the_same_way_for_readers() -> None:
    api, uuids = await deployment(1)
    await filled(api, uuids, Random(9), 30)
    await api.get(f"{MEETINGS}?limit=1")
    api.clock.move(timedelta(seconds=1))
    await api.get(f"{MEETINGS}?limit=1")
    before = api.storage.round_trips
    answer = await api.call("GET", PAGES[0], headers=READER)
    assert answer.body["meta"]["total_count"] > 0
    assert api.storage.round_trips - before <= MOST_REQUESTS


@pytest.mark.parametrize("query", ["start__gte=0001-01-01T00:00:00", "start__lt=9999-12-31T23:59:59.999999"])
async def test_filters_accept_times_outside_the_supported_range(query: str) -> None:
    api, uuids = await deployment(1)
    await put(api, booking(api, uuids[0], HOUR), uuids[0])
    assert (await api.get(f"{MEETINGS}?order_by=start&{quote(query, safe='=&_')}"))["meta"]["total_count"] == 1
