"""`status/v1/connector_health/`: the current state of each integration, for a list of integrations (W2)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.alarms import Alarms
from shared.api_paths import STATUS, uri
from shared.bookings.rows import meetings_table
from shared.clock import Clock
from shared.intake.watch_state import stored_subscription
from shared.integrations import Integration, IntegrationStore
from shared.management.connector_objects import connector_uri
from shared.management.overview import SHOWN_DAYS
from shared.management.resource import TIME, Action, Object, Schema, Shown, time_text
from shared.meetings.lease import unfinished_of
from shared.meetings.waiting import WaitingMessages
from shared.statistics import counts
from shared.statistics.reading import days_since
from shared.storage import Storage

CONNECTOR_HEALTH = "connector_health"

_NUMBER = {"type": "integer", "readOnly": True}
_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "id": {**_NUMBER, "description": "The integration's id."},
        "exchange_connector": {"type": "string", "format": "uri-reference", "readOnly": True},
        "alarms": {**_NUMBER, "description": "The number of raised alarms."},
        "waiting": {**_NUMBER, "description": "The number of waiting messages and unfinished answers."},
        "subscription_expires": {
            **TIME,
            "type": ["string", "null"],
            "description": "The time (UTC) until which Exchange Online sends notifications; null if the mailbox is "
            "polled or not watched yet.",
        },
        "last_message_day": {
            "type": ["string", "null"],
            "format": "date",
            "readOnly": True,
            "description": "The last day (UTC) on which a message was decided; null if not in the last "
            f"{SHOWN_DAYS} days.",
        },
        "time_to_answer_p50": {
            "type": ["number", "null"],
            "readOnly": True,
            "description": f"Seconds within which half of the answers in the last {SHOWN_DAYS} days were sent; null if "
            "there were none.",
        },
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
}


@dataclass(frozen=True)
class ConnectorHealth:
    """A PagedResource with one object per integration, under the integration's id. Each object takes four round trips
    to storage.
    """

    integrations: IntegrationStore
    alarms: Alarms
    storage: Storage
    clock: Clock

    area = STATUS
    name = CONNECTOR_HEALTH
    about = "The current state of each integration."
    schema = _SCHEMA

    @property
    def actions(self) -> Mapping[str, Action]:
        """There are no actions."""
        return {}

    async def all(self) -> Sequence[Object]:
        """The health of every integration, in ascending order of id."""
        return await self._shown(await self.integrations.list())

    async def part(self, offset: int, limit: int) -> tuple[Sequence[Object], int]:
        """See PagedResource.part."""
        found, total = await self.integrations.page(offset, limit)
        return await self._shown(found), total

    async def sketches(self, fields: Collection[str]) -> Sequence[Object]:
        """See PagedResource.sketches. If a field is not in the outline of the settings, everything has to be read."""
        if not {"id", "exchange_connector", "resource_uri"}.issuperset(fields):
            return await self.all()
        outlines = [each async for each in self.integrations.outlines(columns=("id", "uuid"))]
        return sorted(map(_named, outlines), key=lambda fields: int(fields["id"]))

    async def full(self, ids: Sequence[int]) -> Sequence[Object]:
        """See PagedResource.full."""
        return await self._shown(await self.integrations.by_ids(ids))

    async def one(self, id_: int) -> Shown:
        """The health of the integration with the given id. Raises NotFound."""
        [fields] = await self._shown([await self.integrations.by_id(id_)])
        return Shown(fields)

    async def _shown(self, integrations: Sequence[Integration]) -> list[Object]:
        raised = [alarm.integration for alarm in await self.alarms.between()] if integrations else []
        slots = asyncio.Semaphore(_READS_CONCURRENCY)

        async def one(integration: Integration) -> Object:
            async with slots:
                state = await self._state(integration.uuid)
            return {**_named(integration), **state, "alarms": raised.count(integration.uuid)}

        return await asyncio.gather(*map(one, integrations))

    async def _state(self, uuid: str) -> Object:
        table = meetings_table(self.storage)
        first = self.clock.now().date() - timedelta(days=SHOWN_DAYS - 1)
        waiting, unfinished, subscription, days = await asyncio.gather(
            WaitingMessages(table, uuid).all(),
            unfinished_of(table, uuid),
            stored_subscription(self.storage, uuid),
            days_since(self.storage, uuid, first),
        )
        decided = [day for day, counted in days.items() if counts.outcomes(counted)]
        return {
            "waiting": len(waiting) + len(unfinished),
            "subscription_expires": time_text(subscription.expires) if subscription else None,
            "last_message_day": max(decided).isoformat() if decided else None,
            "time_to_answer_p50": counts.percentile(counts.added(days.values()), 0.5),
        }


_READS_CONCURRENCY = 32
"""How many integrations are examined at the same time."""


def _named(integration: Integration) -> Object:
    return {
        "id": integration.id,
        "exchange_connector": connector_uri(integration),
        "resource_uri": uri(STATUS, CONNECTOR_HEALTH, integration.id),
    }
