"""Rows of the record lists: an integration's records in the fields of the original API. records.py lists them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from shared.bookings.booking import Booking, State
from shared.bookings.operation import Operation
from shared.bookings.rows import meetings_table
from shared.bookings.stored import bookings_of, operations_of
from shared.calendar.conference import Conference
from shared.clock import Clock
from shared.integrations import Integration
from shared.management.connectors import connector_uri
from shared.management.resource import CONFIGURATION, Object, number_of, time_text, uri
from shared.storage import Storage


@dataclass(frozen=True)
class RecordRows:
    """Reads an integration's records and shows them in the original API's fields."""

    storage: Storage
    clock: Clock

    async def aliases(self, integration: Integration) -> AsyncIterator[Object]:
        """What scheduled_alias shows."""
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
        """What scheduled_conference shows."""
        async for booking, conference in self._scheduled(integration):
            occurrence, _ = conference.calendar.current(self.clock.now())
            yield {
                "id": _alias_id(booking),
                "conference": _conference_uri(booking),
                "start_time": time_text(occurrence.start),
                "end_time": time_text(occurrence.end),
                "subject": conference.subject,
                "ews_item_id": _ews_item_id(booking),
                "ews_item_uid": booking.meeting,
                "recurring_conference": uri(CONFIGURATION, "recurring_conference", _alias_id(booking))
                if _recurs(conference)
                else None,
                "scheduled_alias": _alias_uri(booking),
            }

    async def recurring(self, integration: Integration) -> AsyncIterator[Object]:
        """What recurring_conference shows."""
        now = self.clock.now()
        async for booking, conference in self._scheduled(integration):
            if _recurs(conference):
                yield {
                    "id": _alias_id(booking),
                    "conference": _conference_uri(booking),
                    "current_index": conference.calendar.current(now)[1],
                    "ews_item_id": _ews_item_id(booking),
                    "is_depleted": not conference.calendar.has_future(now),
                    "subject": conference.subject,
                    "scheduled_alias": _alias_uri(booking),
                }

    async def conferences(self, integration: Integration) -> AsyncIterator[Object]:
        """What conference shows of scheduled meetings."""
        async for booking, conference in self._scheduled(integration):
            yield {
                "id": _alias_id(booking),
                "name": conference.name,
                "description": conference.description,
                "service_type": "conference",
                "tag": conference.service_tag,
                "non_idp_participants": conference.non_idp_participants,
                "is_open": conference.is_open(self.clock.now()),
                "creation_time": time_text(booking.created),
            }

    async def schedulers(self, integration: Integration) -> AsyncIterator[Object]:
        """What exchange_scheduler shows."""
        times = [operation.done async for operation in self._operations(integration) if operation.done]
        last = max(map(datetime.fromisoformat, times), default=None)
        yield {
            "id": integration.id,
            "exchange_connector_id": integration.id,
            "last_modified_time": time_text(last) if last else None,
        }

    async def operations(self, integration: Integration) -> AsyncIterator[Object]:
        """What scheduling_operation shows."""
        async for operation in self._operations(integration):
            yield {
                "id": number_of(operation.correlation_id),
                "transaction_uuid": operation.correlation_id,
                "success": bool(operation.done) and not operation.error,
                "error_code": "error" if operation.error else "",
                "error_description": ": ".join(filter(None, (operation.error, operation.cause))),
                "resource_id": integration.id,
                "creation_time": time_text(datetime.fromisoformat(operation.created)),
                "what": operation.what,
                "decision": operation.decision.value,
                "reason": operation.reason,
                "is_pending": not operation.done,
            }

    def _bookings(self, integration: Integration) -> AsyncIterator[Booking]:
        return bookings_of(meetings_table(self.storage), integration.uuid)

    async def _scheduled(self, integration: Integration) -> AsyncIterator[tuple[Booking, Conference]]:
        async for booking in self._bookings(integration):
            if booking.state is State.SCHEDULED and booking.conference and booking.conference.calendar.occurrences:
                yield booking, booking.conference

    def _operations(self, integration: Integration) -> AsyncIterator[Operation]:
        return operations_of(meetings_table(self.storage), integration.uuid)


def _ews_item_id(booking: Booking) -> str:
    """What Exchange knows the meeting by; what helps us to find it again stands behind."""
    return booking.item_id.partition("|")[0]


def _alias_id(booking: Booking) -> int:
    return number_of(booking.tag)


def _alias_uri(booking: Booking) -> str:
    return uri(CONFIGURATION, "scheduled_alias", _alias_id(booking))


def _conference_uri(booking: Booking) -> str:
    return uri(CONFIGURATION, "conference", _alias_id(booking))


def _recurs(conference: Conference) -> bool:
    return len(conference.calendar.occurrences) > 1 or conference.calendar.known_until is not None


def _closed(booking: Booking) -> str | None:
    """When a closed alias's conference was to be over last; the moment of closing is not kept."""
    if booking.state is not State.CLOSED or not booking.conference or not booking.conference.calendar.occurrences:
        return None
    return time_text(booking.conference.calendar.occurrences[-1].end)
