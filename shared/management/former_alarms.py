"""`history/v1/alarm/`: alarms that have been cleared, with the fields of the original's history (W5, O1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.alarm_kinds import ALARM_TYPES, REMEDIES, AlarmKind
from shared.api_paths import HISTORY, uri
from shared.errors import NotFound
from shared.integrations import Integration, IntegrationStore
from shared.management.alarms import ALARM, ALARM_FIELDS, COLUMNS
from shared.management.connector_objects import connector_uri
from shared.management.resource import TIME, Action, Object, Schema, Shown, number_of, time_text
from shared.statistics.former_alarms import MOST_SHOWN, FormerAlarm, former_alarms
from shared.storage import Storage

_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        **{name: known for name, known in ALARM_FIELDS.items() if name not in ("acknowledged", "resource_uri")},
        "time_lowered": TIME,
        "resource_uri": ALARM_FIELDS["resource_uri"],
    },
}


@dataclass(frozen=True)
class FormerAlarms:
    """A Resource of recently cleared alarms. Alarms of deleted integrations are not shown."""

    integrations: IntegrationStore
    storage: Storage

    area = HISTORY
    name = ALARM
    about = f"The latest {MOST_SHOWN} cleared alarms, kept for a year."
    schema = _SCHEMA

    @property
    def actions(self) -> Mapping[str, Action]:
        """There are no actions."""
        return {}

    async def all(self) -> Sequence[Object]:
        """All cleared alarms, in ascending order of id."""
        found = [each for each in await former_alarms(self.storage) if each.kind in set(AlarmKind)]
        concerned = await self.integrations.some({each.integration for each in found}, COLUMNS)
        shown = [_shown(concerned[each.integration], each) for each in found if each.integration in concerned]
        return sorted(shown, key=lambda fields: int(fields["id"]))

    async def one(self, id_: int) -> Shown:
        """The alarm with the given id. Raises NotFound."""
        for fields in await self.all():
            if fields["id"] == id_:
                return Shown(fields)
        raise NotFound(f"There is no cleared alarm with id {id_}.")


def _shown(integration: Integration, alarm: FormerAlarm) -> dict[str, Any]:
    kind, id_ = AlarmKind(alarm.kind), number_of(f"{alarm.integration}:{alarm.kind}:{alarm.since}")
    return {
        "id": id_,
        "identifier": ALARM_TYPES[kind].identifier,
        "level": ALARM_TYPES[kind].level.value,
        "name": alarm.kind,
        "node": integration.addin_server_domain,
        "instance": integration.name,
        "exchange_connector": connector_uri(integration),
        "details": alarm.cause,
        "remedy": REMEDIES[kind],
        "time_raised": time_text(datetime.fromisoformat(alarm.since)),
        "time_lowered": time_text(datetime.fromisoformat(alarm.until)),
        "resource_uri": uri(HISTORY, ALARM, id_),
    }
