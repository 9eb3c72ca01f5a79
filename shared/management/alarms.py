"""`alarm`: problems that an admin has to fix, with cause and remedy, in the original product's fields (O1)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from shared.alarm_kinds import ALARM_TYPES, AlarmLevel
from shared.alarms import Alarm, Alarms
from shared.api_paths import STATUS, uri
from shared.errors import NotFound, SettingsInvalid
from shared.integrations import Integration, IntegrationStore
from shared.management.call import Answer, Call, json_object
from shared.management.connector_objects import connector_uri
from shared.management.resource import TIME, Action, Object, Schema, Shown, number_of, time_text

ALARM = "alarm"

_TEXT = {"type": "string", "readOnly": True}
_NUMBER = {"type": "integer", "readOnly": True}
ALARM_FIELDS: Mapping[str, Schema] = {
    "id": _NUMBER,
    "identifier": {**_NUMBER, "description": "The original's number for this kind of alarm."},
    "level": {**_TEXT, "enum": [level.value for level in AlarmLevel]},
    "name": {**_TEXT, "description": "What is wrong."},
    "node": {**_TEXT, "description": "The integration's add-in server."},
    "instance": {**_TEXT, "description": "The integration's name."},
    "exchange_connector": {**_TEXT, "format": "uri-reference"},
    "details": {**_TEXT, "description": "The cause."},
    "remedy": _TEXT,
    "acknowledged": {
        "type": "boolean",
        "readOnly": True,
        "description": "Whether an admin has acknowledged the alarm.",
    },
    "time_raised": TIME,
    "resource_uri": {**_TEXT, "format": "uri-reference"},
}
"""The JSON schemas of an alarm's fields."""

_SCHEMA: Schema = {"type": "object", "properties": ALARM_FIELDS}
_ACKNOWLEDGE: Schema = {
    "type": "object",
    "properties": {"acknowledged": {"type": "boolean", "default": True}},
    "additionalProperties": False,
}


COLUMNS = ("id", "uuid", "name", "addin_server_domain")
"""The integration's fields that are shown in its alarms."""


class AlarmResource:
    """A Resource. An alarm lasts as long as its cause. An admin can acknowledge it."""

    area = STATUS
    name = ALARM
    about = "Problems that an admin has to fix."
    schema = _SCHEMA

    def __init__(self, integrations: IntegrationStore, alarms: Alarms) -> None:
        self._integrations = integrations
        self._alarms = alarms

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        """The action that acknowledges an alarm."""
        about = "Records whether an admin has acknowledged the alarm. The alarm stays until its cause is gone."
        return {"acknowledge": Action("POST", about, self._acknowledge, _ACKNOWLEDGE)}

    async def all(self) -> Sequence[Object]:
        """All alarms of all integrations, in ascending order of id."""
        found = [_shown(integration, alarm) async for integration, alarm in self._raised()]
        return sorted(found, key=lambda shown: int(shown["id"]))

    async def one(self, id_: int) -> Shown:
        """The alarm with the given id. Raises NotFound."""
        return Shown(_shown(*await self._find(id_)))

    async def _acknowledge(self, id_: int, call: Call) -> Answer:
        _, alarm = await self._find(id_)
        sent = json_object(call) if call.body else {}
        acknowledged = sent.get("acknowledged", True)
        if sent.keys() - {"acknowledged"} or not isinstance(acknowledged, bool):
            raise SettingsInvalid({"acknowledged": ["Must be true or false, and must be the only field."]})
        await self._alarms.acknowledge(alarm.integration, alarm.kind, acknowledged=acknowledged)
        return Answer(202, (await self.one(id_)).fields)

    async def _find(self, id_: int) -> tuple[Integration, Alarm]:
        for alarm in await self._alarms.between():
            if _id(alarm) == id_:
                return await self._integrations.get(alarm.integration), alarm
        raise NotFound(f"There is no {ALARM} with id {id_}.")

    async def _raised(self) -> AsyncIterator[tuple[Integration, Alarm]]:
        """Alarms with their integrations. The integrations' settings are not read."""
        alarms = await self._alarms.between()
        concerned = await self._integrations.some({alarm.integration for alarm in alarms}, COLUMNS)
        for alarm in alarms:
            if integration := concerned.get(alarm.integration):
                yield integration, alarm


def _id(alarm: Alarm) -> int:
    return number_of(f"{alarm.integration}:{alarm.kind}")


def _shown(integration: Integration, alarm: Alarm) -> dict[str, Any]:
    kind = ALARM_TYPES[alarm.kind]
    return {
        "id": _id(alarm),
        "identifier": kind.identifier,
        "level": kind.level.value,
        "name": str(alarm.kind),
        "node": integration.addin_server_domain,
        "instance": integration.name,
        "exchange_connector": connector_uri(integration),
        "details": alarm.cause,
        "remedy": alarm.remedy,
        "acknowledged": alarm.acknowledged,
        "time_raised": time_text(datetime.fromisoformat(alarm.since)),
        "resource_uri": uri(STATUS, ALARM, _id(alarm)),
    }
