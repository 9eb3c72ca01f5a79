"""Acknowledging alarms, and the resource `alarm`, which monitoring tools written for the original API can read."""

import pytest

from shared.alarm_kinds import ALARM_TYPES, AlarmKind, AlarmLevel
from shared.errors import NotFound
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, Api

ALARMS = "status/v1/alarm/"


async def api_with_an_alarm() -> tuple[Api, str, str]:
    """The API with one alarm, the integration's uuid, and the path of the alarm."""
    api = Api()
    uuid = str((await api.call("POST", CONNECTORS, graph_fields())).body["uuid"])
    await api.alarms.raise_(uuid, AlarmKind.CONNECTION, "Exchange returned 403.")
    [alarm] = (await api.get(ALARMS))["objects"]
    return api, uuid, str(alarm["resource_uri"]).removeprefix("/api/admin/")


async def test_an_alarm_has_the_original_apis_fields() -> None:
    api, _, path = await api_with_an_alarm()
    shown = await api.get(path)
    assert shown | {"id": 0, "remedy": "", "time_raised": "", "resource_uri": ""} == {
        "id": 0, "identifier": 1, "level": "critical", "name": "connection_failed", "node": "addin.example.com",
        "instance": "Example Corp", "exchange_connector": f"/api/admin/{CONNECTORS}1/",
        "details": "Exchange returned 403.", "remedy": "", "acknowledged": False, "time_raised": "", "resource_uri": "",
    }  # fmt: skip
    assert await api.ids(f"{ALARMS}?level__in=critical,error&exchange_connector__name__startswith=Example") == [
        shown["id"]
    ]
    assert await api.ids(f"{ALARMS}?level=warning") == []


def test_every_kind_of_alarm_has_a_unique_number_and_a_level() -> None:
    assert ALARM_TYPES.keys() == set(AlarmKind)
    assert len({each.identifier for each in ALARM_TYPES.values()}) == len(AlarmKind)
    assert {each.level for each in ALARM_TYPES.values()} == set(AlarmLevel)


async def test_an_acknowledged_alarm_stays_until_its_cause_is_fixed() -> None:
    api, uuid, path = await api_with_an_alarm()
    answer = await api.call("POST", f"{path}acknowledge/")
    assert (answer.status, answer.body["acknowledged"]) == (202, True)
    await api.alarms.raise_(uuid, AlarmKind.CONNECTION, "Exchange returned 503.")
    assert ((await api.get(path))["acknowledged"], (await api.get(path))["details"]) == (True, "Exchange returned 503.")
    assert await api.ids(f"{ALARMS}?acknowledged=false") == []
    again = await api.call("POST", f"{path}acknowledge/", {"acknowledged": False})
    assert again.body["acknowledged"] is False
    await api.call("POST", f"{path}acknowledge/")
    await api.alarms.clear(uuid, AlarmKind.CONNECTION)
    with pytest.raises(NotFound):
        await api.call("POST", f"{path}acknowledge/")
    await api.alarms.raise_(uuid, AlarmKind.CONNECTION, "Exchange returned 403.")
    assert (await api.get(path))["acknowledged"] is False, "an alarm that is raised again is not yet acknowledged"


@pytest.mark.parametrize("body", [{"acknowledged": "yes"}, {"acknowledged": None}, {"ack": True}])
async def test_invalid_acknowledgements_are_refused(body: dict[str, object]) -> None:
    api, _, path = await api_with_an_alarm()
    assert (await api.call("POST", f"{path}acknowledge/", body)).status == 400
    assert (await api.call("PATCH", path, {"acknowledged": True})).status == 405
