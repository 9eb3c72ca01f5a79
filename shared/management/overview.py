"""`status/v1/overview/`: recent activity per day, and how many rooms will be open in the next few days (W5).

    GET …/overview/        the whole deployment
    GET …/overview/{id}/   the integration with this id

Both take a few storage requests, regardless of the number of integrations and meetings (shared/statistics/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from shared.api_paths import STATUS, uri
from shared.clock import Clock
from shared.integrations import Integration, IntegrationStore
from shared.management.connector_objects import connector_uri
from shared.management.resource import TIME, Action, Object, Schema, Shown, time_text
from shared.meetings.decision import Accepted
from shared.statistics import counts
from shared.statistics.counts import Counts
from shared.statistics.forecast import forecast
from shared.statistics.reading import days_since
from shared.statistics.rows import DEPLOYMENT
from shared.storage import Storage

OVERVIEW = "overview"
DEPLOYMENT_ID = 0
SHOWN_DAYS = 30
"""How many days are reported, including today."""

_NEW = (Accepted.NEW_SINGLE, Accepted.NEW_SERIES)
_NUMBER: Schema = {"type": "integer", "readOnly": True}
_SECONDS: Schema = {"type": ["number", "null"], "readOnly": True}
_DAY: Schema = {
    "type": "object",
    "properties": {
        "day": {"type": "string", "format": "date", "description": "In UTC."},
        "meetings": {**_NUMBER, "description": "Meetings that were given a room: single meetings and series."},
        "aliases": {**_NUMBER, "description": "Aliases that came into use."},
        "accepted": {**_NUMBER, "description": "Accepted requests, including those that changed a meeting."},
        "declined": _NUMBER,
        "other": {**_NUMBER, "description": "Messages that needed no answer, such as cancellations and text changes."},
        "outcomes": {"type": "object", "description": "Messages grouped by reason or, if there is none, by decision."},
        "answered": {**_NUMBER, "description": "Answers that were sent."},
        "time_to_answer_p50": {**_SECONDS, "description": "Seconds from a message's arrival to its answer."},
        "time_to_answer_p95": _SECONDS,
        "repairs": {**_NUMBER, "description": "Messages and meetings found only by a sweep or a comparison."},
    },
}
_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True, "description": "The integration's id; 0 for the whole deployment."},
        "exchange_connector": {"type": ["string", "null"], "format": "uri-reference", "readOnly": True},
        "days": {"type": "array", "items": _DAY, "description": f"The last {SHOWN_DAYS} days, ending with today."},
        "rooms_by_hour": {
            "type": "array",
            "items": {"type": "integer"},
            "description": "How many rooms are open in each hour, for 14 days starting at rooms_from.",
        },
        "rooms_from": TIME,
        "rooms_as_of": {
            **TIME,
            "description": "When the rooms were last counted, in UTC. They are counted every hour.",
        },
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
}


@dataclass(frozen=True)
class Overview:
    """A Resource that lists only the overview of the whole deployment."""

    integrations: IntegrationStore
    storage: Storage
    clock: Clock

    area = STATUS
    name = OVERVIEW
    about = "The decisions made each day, and the number of rooms open in each hour."
    schema = _SCHEMA

    @property
    def actions(self) -> Mapping[str, Action]:
        """There are no actions."""
        return {}

    async def all(self) -> Sequence[Object]:
        """The overview of the deployment."""
        return [await self._of(None)]

    async def one(self, id_: int) -> Shown:
        """The overview of the integration with the given id. Raises NotFound."""
        return Shown(await self._of(None if id_ == DEPLOYMENT_ID else await self.integrations.by_id(id_)))

    async def _of(self, integration: Integration | None) -> dict[str, Any]:
        now, partition = self.clock.now(), integration.uuid if integration else DEPLOYMENT
        first = now.date() - timedelta(days=SHOWN_DAYS - 1)
        counted = await days_since(self.storage, partition, first)
        rooms = await forecast(self.storage, partition, now)
        id_ = integration.id if integration else DEPLOYMENT_ID
        return {
            "id": id_,
            "exchange_connector": connector_uri(integration) if integration else None,
            "days": [_day(day, counted.get(day, {})) for day in (first + timedelta(days=n) for n in range(SHOWN_DAYS))],
            "rooms_by_hour": rooms.rooms,
            "rooms_from": time_text(rooms.start),
            "rooms_as_of": time_text(rooms.made),
            "resource_uri": uri(STATUS, OVERVIEW, id_),
        }


def _day(day: date, counted: Counts) -> Object:
    outcomes = counts.outcomes(counted)
    accepted = sum(outcomes.get(reason, 0) for reason in Accepted)
    declined = sum(number for name, number in outcomes.items() if name.startswith("reject"))
    return {
        "day": day.isoformat(),
        "meetings": sum(outcomes.get(reason, 0) for reason in _NEW),
        "aliases": counted.get(counts.ALIASES_USED, 0),
        "accepted": accepted,
        "declined": declined,
        "other": sum(outcomes.values()) - accepted - declined,
        "outcomes": outcomes,
        "answered": counts.answered(counted),
        "time_to_answer_p50": counts.percentile(counted, 0.5),
        "time_to_answer_p95": counts.percentile(counted, 0.95),
        "repairs": counted.get(counts.SWEEP_REPAIRS, 0) + counted.get(counts.COMPARE_REPAIRS, 0),
    }
