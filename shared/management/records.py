"""What the service has done, read-only: meetings and operations of every integration.

Meetings have numbers (meeting_records.py); the ids of other records are derived from their keys (`number_of`). Lists
read whole partitions: they are for admins' occasional use.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from shared.api_paths import STATUS, uri
from shared.clock import Clock
from shared.errors import NotFound
from shared.integrations import Integration, IntegrationStore
from shared.management.meeting_records import ALIASES, OCCURRENCES, SERIES, MeetingReader, MeetingRecords
from shared.management.record_rows import RecordRows
from shared.management.resource import TIME, Action, Object, Resource, Schema, Shown
from shared.storage import Storage

_Read: TypeAlias = Callable[[Integration], AsyncIterator[Object]]

_Find: TypeAlias = Callable[[Integration, str], Awaitable[Object | None]] | None
"""Finds an integration's record by its name there (`_KEY_FIELD`)."""

_KEY_FIELD = "transaction_uuid"

_INTEGER = {"type": "integer", "readOnly": True}
_TEXT = {"type": "string", "readOnly": True}
_FLAG = {"type": "boolean", "readOnly": True}
_LINK = {"type": "string", "format": "uri-reference", "readOnly": True}


def _nullable(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


@dataclass(frozen=True)
class Records:
    """A Resource that is read from each integration's records."""

    area: str
    name: str
    about: str
    properties: Mapping[str, Schema]
    integrations: IntegrationStore
    read: _Read
    find: _Find = None

    @property
    def schema(self) -> Schema:
        """The JSON schema of an object."""
        return {"type": "object", "properties": {"id": _INTEGER, **self.properties, "resource_uri": _LINK}}

    @property
    def actions(self) -> Mapping[str, Action]:
        """None: records are read-only."""
        return {}

    async def all(self) -> Sequence[Object]:
        """Every record of every integration, by ascending id."""
        found = [
            self._complete(record) for i in await self.integrations.list() async for record in self.read(i)
        ]  # fmt: skip
        return sorted(found, key=lambda shown: int(shown["id"]))

    async def found_by(self, exact: Mapping[str, str]) -> Sequence[Object] | None:
        """See SearchedResource.found_by: by a record's name in its integration."""
        if self.find is None or _KEY_FIELD not in exact:
            return None
        integrations = await self.integrations.list()
        found = await asyncio.gather(*(self.find(integration, exact[_KEY_FIELD]) for integration in integrations))
        return [self._complete(record) for record in found if record]

    async def one(self, id_: int) -> Shown:
        """The record with an id. Raises NotFound."""
        for integration in await self.integrations.list():
            async for record in self.read(integration):
                if record["id"] == id_:
                    return Shown(self._complete(record))
        raise NotFound(f"There is no {self.name} with id {id_}.")

    def _complete(self, record: Object) -> dict[str, Any]:
        return {**record, "resource_uri": uri(self.area, self.name, record["id"])}


def records(integrations: IntegrationStore, storage: Storage, clock: Clock) -> list[Resource]:
    """All of them."""
    source, meetings = RecordRows(storage, clock), MeetingReader(integrations, storage, clock)
    status = {
        "exchange_scheduler": ("When each integration last handled a meeting message.", _SCHEDULER,
        source.schedulers), "scheduling_operation": ("The decision on each meeting message.", _OPERATION,
        source.operations),
    }  # fmt: skip
    finders = {"scheduling_operation": source.operation}
    return [
        MeetingRecords(ALIASES, "Allocated aliases.", _numbered(_ALIAS), meetings),
        MeetingRecords(OCCURRENCES, "Occurrences of scheduled meetings.", _numbered(_SCHEDULED), meetings),
        MeetingRecords(SERIES, "Scheduled series of meetings.", _numbered(_RECURRING), meetings),
        *(
            Records(STATUS, name, about, properties, integrations, read, finders.get(name))
            for name, (about, properties, read) in status.items()
        ),
    ]


def _numbered(properties: Mapping[str, Schema]) -> Mapping[str, Schema]:
    return {"id": _INTEGER, **properties, "resource_uri": _LINK}


_ALIAS: Mapping[str, Schema] = {
    "alias": _TEXT,
    "alias_number": _INTEGER,
    "numeric_alias": _TEXT,
    "uuid": _TEXT,
    "exchange_connector": _LINK,
    "is_used": _FLAG,
    "ews_item_uid": _nullable(_TEXT),
    "creation_time": TIME,
    "conference_deletion_time": _nullable(TIME),
}
_SCHEDULED: Mapping[str, Schema] = {
    "conference": _LINK,
    "start_time": TIME,
    "end_time": TIME,
    "subject": _TEXT,
    "ews_item_id": _TEXT,
    "ews_item_uid": _TEXT,
    "recurring_conference": _nullable(_LINK),
    "scheduled_alias": _LINK,
}
_RECURRING: Mapping[str, Schema] = {
    "conference": _LINK,
    "current_index": _INTEGER,
    "ews_item_id": _TEXT,
    "is_depleted": _FLAG,
    "subject": _TEXT,
    "scheduled_alias": _LINK,
}
_SCHEDULER: Mapping[str, Schema] = {"exchange_connector_id": _INTEGER, "last_modified_time": _nullable(TIME)}
_OPERATION: Mapping[str, Schema] = {
    "transaction_uuid": _TEXT,
    "success": _FLAG,
    "error_code": _TEXT,
    "error_description": _TEXT,
    "resource_id": _INTEGER,
    "creation_time": TIME,
    "what": _TEXT,
    "decision": _TEXT,
    "reason": _TEXT,
    "is_pending": _FLAG,
}
