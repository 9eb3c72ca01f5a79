"""Rows of the record lists: an integration's records in the fields of the original API. records.py lists them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from shared.bookings.operation import Operation
from shared.bookings.rows import meetings_table
from shared.bookings.stored import operations_of, stored_operation
from shared.clock import Clock
from shared.integrations import Integration
from shared.management.resource import Object, number_of, time_text
from shared.storage import Storage


@dataclass(frozen=True)
class RecordRows:
    """Reads an integration's records and shows them in the original API's fields."""

    storage: Storage
    clock: Clock

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
            yield _operation(integration, operation)

    async def operation(self, integration: Integration, correlation_id: str) -> Object | None:
        """What scheduling_operation shows of one operation: one point read."""
        found = await stored_operation(meetings_table(self.storage), integration.uuid, correlation_id)
        return _operation(integration, found) if found else None

    def _operations(self, integration: Integration) -> AsyncIterator[Operation]:
        return operations_of(meetings_table(self.storage), integration.uuid)


def _operation(integration: Integration, operation: Operation) -> Object:
    return {
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
