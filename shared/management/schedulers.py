"""`status/v1/exchange_scheduler/`: when each integration last handled a meeting message."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.api_paths import STATUS, uri
from shared.bookings.operation import Operation
from shared.bookings.rows import meetings_table
from shared.bookings.stored import operations_of
from shared.integrations import Integration, IntegrationStore
from shared.management.resource import TIME, Action, Object, Schema, Shown, time_text
from shared.record_lists.entries import DECISIONS, operation_in
from shared.record_lists.lists import RecordLists
from shared.storage import Storage

NAME = "exchange_scheduler"

LATEST = 20
"""How many of the newest decisions are checked to find the one completed last. Decisions may be completed in any order.
"""

_INTEGER: Schema = {"type": "integer", "readOnly": True}
SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "id": _INTEGER,
        "exchange_connector_id": _INTEGER,
        "last_modified_time": {**TIME, "type": ["string", "null"]},
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
}


@dataclass(frozen=True)
class Schedulers:
    """A PagedResource with one object per integration, under the integration's id."""

    integrations: IntegrationStore
    storage: Storage
    lists: RecordLists

    area = STATUS
    name = NAME
    about = "When each integration last handled a meeting message."
    schema = SCHEMA

    @property
    def actions(self) -> Mapping[str, Action]:
        """There are no actions: records are read-only."""
        return {}

    async def all(self) -> Sequence[Object]:
        """One object per integration, in ascending order of id."""
        return [await self._shown(each) for each in await self.integrations.list()]

    async def part(self, offset: int, limit: int) -> tuple[Sequence[Object], int]:
        """See PagedResource.part."""
        found, total = await self.integrations.page(offset, limit)
        return [await self._shown(each) for each in found], total

    async def sketches(self, fields: Collection[str]) -> Sequence[Object]:
        """See PagedResource.sketches. Times are read only if the query needs them."""
        if "last_modified_time" in fields:
            return await self.all()
        found = [each.id async for each in self.integrations.outlines(columns=("id", "uuid"))]
        return [_object(id_, None) for id_ in sorted(found)]

    async def full(self, ids: Sequence[int]) -> Sequence[Object]:
        """See PagedResource.full."""
        return [await self._shown(each) for each in await self.integrations.by_ids(ids)]

    async def one(self, id_: int) -> Shown:
        """The object for the integration with the given id. Raises NotFound."""
        return Shown(await self._shown(await self.integrations.by_id(id_)))

    async def _shown(self, integration: Integration) -> Object:
        times = [each.done for each in await self._latest(integration.uuid) if each.done]
        return _object(integration.id, max(map(datetime.fromisoformat, times), default=None))

    async def _latest(self, uuid: str) -> list[Operation]:
        page = await self.lists.page(f"{DECISIONS}@{uuid}", 0, LATEST, backwards=True)
        if page is None:
            return [each async for each in operations_of(meetings_table(self.storage), uuid)]
        return list(map(operation_in, page.rows))


def _object(id_: int, last: datetime | None) -> dict[str, Any]:
    return {
        "id": id_,
        "exchange_connector_id": id_,
        "last_modified_time": time_text(last) if last else None,
        "resource_uri": uri(STATUS, NAME, id_),
    }
