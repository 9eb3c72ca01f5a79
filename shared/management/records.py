"""What the service has done, to be read: aliases, conferences, operations, alarms of every integration.

Records have no numbers of their own, so their ids are made of their keys (`number_of`). Lists read whole partitions:
they are for admins, who ask now and then.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from shared.alarms import Alarm, Alarms
from shared.aliases.booking import Booking, State
from shared.clock import Clock
from shared.conferences.conference import Conference, Occurrence
from shared.errors import NotFound
from shared.integrations import Integration, IntegrationStore
from shared.management.connectors import connector_uri
from shared.management.resource import (
    CONFIGURATION,
    STATUS,
    Action,
    Object,
    Schema,
    Shown,
    number_of,
    time_text,
    uri,
)
from shared.meetings.operation import Operation
from shared.storage import Storage

_Read: TypeAlias = Callable[[Integration], AsyncIterator[Object]]

_INTEGER = {"type": "integer", "readOnly": True}
_TEXT = {"type": "string", "readOnly": True}
_FLAG = {"type": "boolean", "readOnly": True}
_TIME = {"type": "string", "format": "date-time", "readOnly": True}
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

    @property
    def schema(self) -> Schema:
        """The JSON schema of an object."""
        return {"type": "object", "properties": {"id": _INTEGER, **self.properties, "resource_uri": _LINK}}

    @property
    def actions(self) -> Mapping[str, Action]:
        """None: records are only read."""
        return {}

    async def all(self) -> Sequence[Object]:
        """Every record of every integration, by rising id."""
        found = [
            self._complete(record) for i in await self.integrations.list() async for record in self.read(i)
        ]  # fmt: skip
        return sorted(found, key=lambda shown: int(shown["id"]))

    async def one(self, id_: int) -> Shown:
        """The record of an id. Raises NotFound."""
        for integration in await self.integrations.list():
            async for record in self.read(integration):
                if record["id"] == id_:
                    return Shown(self._complete(record))
        raise NotFound(f"There is no {self.name} with id {id_}.")

    def _complete(self, record: Object) -> dict[str, Any]:
        return {**record, "resource_uri": uri(self.area, self.name, record["id"])}


def records(integrations: IntegrationStore, storage: Storage, alarms: Alarms, clock: Clock) -> list[Records]:
    """All of them."""
    source = _Source(storage, alarms, clock)
    configuration = {
        "scheduled_alias": ("Aliases that were given out.", _ALIAS, source.aliases),
        "scheduled_conference": ("The present or next occurrence of every scheduled meeting.", _SCHEDULED,
        source.scheduled), "recurring_conference": ("Scheduled series of meetings.", _RECURRING, source.recurring),
    }  # fmt: skip
    status = {
        "exchange_scheduler": ("When each integration last dealt with a meeting message.", _SCHEDULER,
        source.schedulers), "scheduling_operation": ("What was decided on each meeting message.", _OPERATION,
        source.operations), "alarm": ("What an admin has to mend.", _ALARM, source.alarms),
    }  # fmt: skip
    return [
        Records(area, name, about, properties, integrations, read)
        for area, named in ((CONFIGURATION, configuration), (STATUS, status))
        for name, (about, properties, read) in named.items()
    ]


def scheduled_rooms(integrations: IntegrationStore, storage: Storage, alarms: Alarms, clock: Clock) -> Records:
    """The rooms of scheduled meetings: what conferences.py shows beside personal VMRs."""
    read = _Source(storage, alarms, clock).conferences
    return Records(CONFIGURATION, "conference", "The rooms of scheduled meetings.", _CONFERENCE, integrations, read)


_ALIAS: Mapping[str, Schema] = {
    "alias": _TEXT,
    "alias_number": _INTEGER,
    "numeric_alias": _TEXT,
    "uuid": _TEXT,
    "exchange_connector": _LINK,
    "is_used": _FLAG,
    "ews_item_uid": _nullable(_TEXT),
    "creation_time": _TIME,
    "conference_deletion_time": _nullable(_TIME),
}
_SCHEDULED: Mapping[str, Schema] = {
    "conference": _LINK,
    "start_time": _TIME,
    "end_time": _TIME,
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
_CONFERENCE: Mapping[str, Schema] = {
    "name": _TEXT,
    "description": _TEXT,
    "service_type": _TEXT,
    "tag": _TEXT,
    "non_idp_participants": _TEXT,
    "is_open": _FLAG,
}
_SCHEDULER: Mapping[str, Schema] = {"exchange_connector_id": _INTEGER, "last_modified_time": _nullable(_TIME)}
_OPERATION: Mapping[str, Schema] = {
    "transaction_uuid": _TEXT,
    "success": _FLAG,
    "error_code": _TEXT,
    "error_description": _TEXT,
    "resource_id": _INTEGER,
    "creation_time": _TIME,
    "what": _TEXT,
    "decision": _TEXT,
    "reason": _TEXT,
    "is_pending": _FLAG,
}
_ALARM: Mapping[str, Schema] = {
    "name": _TEXT,
    "exchange_connector": _LINK,
    "instance": _TEXT,
    "details": _TEXT,
    "remedy": _TEXT,
    "time_raised": _TIME,
}


def _alias_id(booking: Booking) -> int:
    return number_of(booking.tag)


def _alias_uri(booking: Booking) -> str:
    return uri(CONFIGURATION, "scheduled_alias", _alias_id(booking))


def _conference_uri(booking: Booking) -> str:
    return uri(CONFIGURATION, "conference", _alias_id(booking))


@dataclass(frozen=True)
class _Source:
    """Reads an integration's records and shows them in the original API's fields."""

    storage: Storage
    raised: Alarms
    clock: Clock

    async def aliases(self, integration: Integration) -> AsyncIterator[Object]:
        async for booking in self._bookings(integration):
            digits = booking.numeric_alias.removeprefix((integration.scheduled_alias_prefix or "").lower())
            yield {
                "id": _alias_id(booking),
                "alias": booking.alias,
                "alias_number": int(digits) if digits.isdecimal() else 0,  # 0: of an earlier prefix
                "numeric_alias": booking.numeric_alias,
                "uuid": booking.tag,
                "exchange_connector": connector_uri(integration),
                "is_used": booking.state is not State.RESERVED,
                "ews_item_uid": booking.meeting or None,
                "creation_time": time_text(booking.created),
                "conference_deletion_time": _closed(booking),
            }

    async def scheduled(self, integration: Integration) -> AsyncIterator[Object]:
        async for booking, conference in self._scheduled(integration):
            occurrence, _ = _current(conference, self.clock.now())
            yield {
                "id": _alias_id(booking),
                "conference": _conference_uri(booking),
                "start_time": time_text(occurrence.start),
                "end_time": time_text(occurrence.end),
                "subject": conference.subject,
                "ews_item_id": booking.item_id,
                "ews_item_uid": booking.meeting,
                "recurring_conference": uri(CONFIGURATION, "recurring_conference", _alias_id(booking))
                if _recurs(conference)
                else None,
                "scheduled_alias": _alias_uri(booking),
            }

    async def recurring(self, integration: Integration) -> AsyncIterator[Object]:
        now = self.clock.now()
        async for booking, conference in self._scheduled(integration):
            if _recurs(conference):
                yield {
                    "id": _alias_id(booking),
                    "conference": _conference_uri(booking),
                    "current_index": _current(conference, now)[1],
                    "ews_item_id": booking.item_id,
                    "is_depleted": not conference.calendar.has_future(now),
                    "subject": conference.subject,
                    "scheduled_alias": _alias_uri(booking),
                }

    async def conferences(self, integration: Integration) -> AsyncIterator[Object]:
        async for booking, conference in self._scheduled(integration):
            yield {
                "id": _alias_id(booking),
                "name": conference.name,
                "description": conference.description,
                "service_type": "conference",
                "tag": conference.service_tag,
                "non_idp_participants": conference.non_idp_participants,
                "is_open": conference.is_open(self.clock.now()),
            }

    async def schedulers(self, integration: Integration) -> AsyncIterator[Object]:
        times = [operation.done async for operation in self._operations(integration) if operation.done]
        last = max(map(datetime.fromisoformat, times), default=None)
        yield {
            "id": integration.id,
            "exchange_connector_id": integration.id,
            "last_modified_time": time_text(last) if last else None,
        }

    async def operations(self, integration: Integration) -> AsyncIterator[Object]:
        async for operation in self._operations(integration):
            yield {
                "id": number_of(operation.correlation_id),
                "transaction_uuid": operation.correlation_id,
                "success": bool(operation.done) and not operation.error,
                "error_code": "error" if operation.error else "",
                "error_description": operation.error,
                "resource_id": integration.id,
                "creation_time": time_text(datetime.fromisoformat(operation.created)),
                "what": operation.what,
                "decision": operation.decision,
                "reason": operation.reason,
                "is_pending": not operation.done,
            }

    async def alarms(self, integration: Integration) -> AsyncIterator[Object]:
        async for alarm in self.raised.of(integration.uuid):
            yield _alarm(integration, alarm)

    async def _bookings(self, integration: Integration) -> AsyncIterator[Booking]:
        async for row in self.storage.table("meetings").rows(integration.uuid, "tag:"):
            yield Booking.from_row(row)

    async def _scheduled(self, integration: Integration) -> AsyncIterator[tuple[Booking, Conference]]:
        async for booking in self._bookings(integration):
            if booking.state is State.SCHEDULED and booking.conference and booking.conference.calendar.occurrences:
                yield booking, booking.conference

    async def _operations(self, integration: Integration) -> AsyncIterator[Operation]:
        async for row in self.storage.table("meetings").rows(integration.uuid, "operation:"):
            yield Operation.from_row(row)


def _alarm(integration: Integration, alarm: Alarm) -> Object:
    return {
        "id": number_of(f"{integration.uuid}:{alarm.kind}"),
        "name": str(alarm.kind),
        "exchange_connector": connector_uri(integration),
        "instance": integration.name,
        "details": alarm.cause,
        "remedy": alarm.remedy,
        "time_raised": time_text(datetime.fromisoformat(alarm.since)),
    }


def _current(conference: Conference, now: datetime) -> tuple[Occurrence, int]:
    """The occurrence that is on or comes next, the last one when all are over; and its number in the calendar."""
    occurrences = conference.calendar.occurrences
    index = next((number for number, each in enumerate(occurrences) if now < each.end), len(occurrences) - 1)
    return occurrences[index], index


def _recurs(conference: Conference) -> bool:
    return len(conference.calendar.occurrences) > 1 or conference.calendar.known_until is not None


def _closed(booking: Booking) -> str | None:
    """When a closed alias's conference was to be over last; the moment of closing is not kept."""
    if booking.state is not State.CLOSED or not booking.conference or not booking.conference.calendar.occurrences:
        return None
    return time_text(booking.conference.calendar.occurrences[-1].end)
