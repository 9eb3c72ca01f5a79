"""The read-only objects: the aliases, conferences, operations and alarms of all integrations."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.alarm_kinds import AlarmKind
from shared.bookings.booking import State
from shared.bookings.operation import DecisionKind, Operation
from shared.errors import NotFound
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, Api
from tests.unit.shared.management.records import HOUR, TAG, api_with_one, booking, put

ALIASES = "configuration/v1/scheduled_alias/"
SCHEDULED = "configuration/v1/scheduled_conference/"
RECURRING = "configuration/v1/recurring_conference/"
CONFERENCES = "configuration/v1/conference/"
OPERATIONS = "status/v1/scheduling_operation/"
SCHEDULERS = "status/v1/exchange_scheduler/"
ALARMS = "status/v1/alarm/"
EVERYTHING = (ALIASES, SCHEDULED, RECURRING, CONFERENCES, OPERATIONS, SCHEDULERS, ALARMS)


async def only(api: Api, path: str) -> dict[str, Any]:
    [shown] = (await api.get(path))["objects"]
    assert await api.get(f"{path}{shown['id']}/") == shown
    assert shown["resource_uri"] == f"/api/admin/{path}{shown['id']}/"
    found: dict[str, Any] = shown
    return found


async def test_a_single_meeting_is_shown() -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR), uuid)
    alias = await only(api, ALIASES)
    assert alias == {
        "id": 1,
        "alias": "meet123456@example.com",
        "alias_number": 123456,
        "numeric_alias": "meet123456",
        "uuid": TAG,
        "exchange_connector": "/api/admin/configuration/v1/ms_exchange_connector/1/",
        "is_used": True,
        "ews_item_uid": "meeting-1",
        "creation_time": "2026-11-23T09:00:00",
        "conference_deletion_time": None,
        "resource_uri": alias["resource_uri"],
    }
    scheduled = await only(api, SCHEDULED)
    assert (scheduled["start_time"], scheduled["end_time"]) == ("2026-11-23T10:00:00", "2026-11-23T11:00:00")
    assert (scheduled["subject"], scheduled["recurring_conference"]) == ("Planning", None)
    assert scheduled["scheduled_alias"] == alias["resource_uri"]
    room = await only(api, CONFERENCES)
    assert (room["name"], room["resource_uri"], room["is_open"]) == ("Planning (Alice)", scheduled["conference"], False)
    assert room["creation_time"] == "2026-11-23T09:00:00"  # existing clients fail on null
    assert await api.ids(RECURRING) == []


@pytest.mark.parametrize(
    ("passed", "index", "depleted"),
    [(timedelta(0), 0, False), (1.5 * HOUR, 0, False), (2 * HOUR, 1, False), (26 * HOUR, 1, True)],
)
async def test_a_series_shows_the_current_or_next_occurrence(passed: timedelta, index: int, depleted: bool) -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR, 24 * HOUR), uuid)
    api.clock.move(passed)
    series, scheduled = await only(api, RECURRING), (await api.get(SCHEDULED))["objects"]
    assert (series["current_index"], series["is_depleted"]) == (index, depleted)
    assert {each["recurring_conference"] for each in scheduled} == {series["resource_uri"]}
    starts = ["2026-11-23T10:00:00", "2026-11-24T09:00:00"]
    assert [each["start_time"] for each in scheduled] == (
        starts[1:] if depleted else starts
    )  # the meeting has been over for a day


async def test_an_endless_series_is_never_shown_as_depleted() -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR, endless=True), uuid)
    api.clock.move(timedelta(days=9))
    assert (await only(api, RECURRING))["is_depleted"] is False


async def test_reserved_and_closed_aliases_have_no_conference() -> None:
    api, uuid = await api_with_one()
    scheduled = booking(api, uuid, HOUR)
    await put(api, replace(scheduled, state=State.RESERVED, meeting="", item_id="", conference=None), uuid)
    await put(api, replace(scheduled.closed(), tag=TAG.replace("6", "7")), uuid)
    shown = {alias["is_used"]: alias for alias in (await api.get(ALIASES))["objects"]}
    assert (shown[False]["ews_item_uid"], shown[False]["conference_deletion_time"]) == (None, None)
    assert shown[True]["conference_deletion_time"] == "2026-11-23T11:00:00"
    for path in (SCHEDULED, RECURRING, CONFERENCES):
        assert await api.ids(path) == []


async def test_operations_show_their_decision_and_schedulers_show_when_it_was_made() -> None:
    api, uuid = await api_with_one()
    assert (await only(api, SCHEDULERS))["last_modified_time"] is None
    pending = Operation(
        "c1", "m1", "2026-11-23T08:00:00+00:00", "2026-11-23T07:59:00+00:00", "request", DecisionKind.ACCEPT, "new"
    )
    await put(api, pending, uuid)
    assert ((await only(api, OPERATIONS))["success"], (await only(api, OPERATIONS))["is_pending"]) == (False, True)
    done = replace(pending, correlation_id="c2").finished(datetime.fromisoformat("2026-11-23T08:00:05+00:00"))
    failed = replace(pending, correlation_id="c3").finished(api.clock.now(), "Exchange cannot be reached.")
    await put(api, done, uuid)
    await put(api, failed, uuid)
    await put(api, replace(failed, correlation_id="c4", error="general_error", cause="KeyError at shared.x:3"), uuid)
    shown = {each["transaction_uuid"]: each for each in (await api.get(OPERATIONS))["objects"]}
    assert (shown["c2"]["success"], shown["c2"]["decision"], shown["c2"]["creation_time"]) == (
        True, "accept", "2026-11-23T08:00:00",
    )  # fmt: skip
    assert (shown["c3"]["success"], shown["c3"]["error_description"]) == (False, "Exchange cannot be reached.")
    assert (shown["c4"]["success"], shown["c4"]["error_description"]) == (
        False, "general_error: KeyError at shared.x:3",
    )  # fmt: skip
    assert (await only(api, SCHEDULERS))["last_modified_time"] == "2026-11-23T09:00:00"
    assert await api.ids(OPERATIONS + "?success=true") == [shown["c2"]["id"]]


async def test_alarms_contain_a_remedy_and_disappear_when_cleared() -> None:
    api, uuid = await api_with_one()
    await api.alarms.raise_(uuid, AlarmKind.CONNECTION, "Exchange returned 403.")
    alarm = await only(api, ALARMS)
    assert (alarm["name"], alarm["instance"], alarm["details"]) == (
        "connection_failed", "Example Corp", "Exchange returned 403.",
    )  # fmt: skip
    assert alarm["remedy"]
    await api.alarms.clear(uuid, AlarmKind.CONNECTION)
    assert await api.ids(ALARMS) == []


async def test_records_of_different_integrations_are_kept_apart() -> None:
    api, uuid = await api_with_one()
    other = await api.call("POST", CONNECTORS, graph_fields(name="O", room_mailbox_email_address="o@example.com"))
    await put(api, booking(api, uuid, HOUR), uuid)
    await put(api, booking(api, other.body["uuid"], HOUR, tag=TAG.replace("6", "7")), other.body["uuid"])
    assert await api.ids(ALIASES + "?exchange_connector=1") == [1]
    assert len(await api.ids(ALIASES)) == 2


@pytest.mark.parametrize("path", sorted(set(EVERYTHING) - {CONFERENCES}))
async def test_records_cannot_be_changed(path: str) -> None:
    api, _ = await api_with_one()
    for method, at in (
        ("POST", path),
        ("DELETE", path),
        ("PUT", path + "1/"),
        ("PATCH", path + "1/"),
        ("DELETE", path + "1/"),
    ):
        answer = await api.call(method, at, {})
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")
    with pytest.raises(NotFound):
        await api.call("GET", path + "999/")


@pytest.mark.parametrize("path", EVERYTHING)
async def test_exactly_the_fields_in_the_schema_are_shown(path: str) -> None:
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR, endless=True), uuid)
    await put(api, Operation("c1", "m1", "2026-11-23T08:00:00+00:00", "", "request", DecisionKind.ACCEPT, "new"), uuid)
    await api.alarms.raise_(uuid, AlarmKind.POISON, "A message cannot be handled.")
    described = (await api.get("openapi.json"))["components"]["schemas"][path.split("/")[2]]["properties"]
    assert set(await only(api, path)) == set(described)
