"""`status/v1/scheduling_operation/`: the decision on each meeting message. Ids increase with time.

The lists answer queries by correlation id, time, integration and outcome. Any other query requires reading all
operations.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.api_paths import STATUS, uri
from shared.bookings.operation import Operation
from shared.bookings.rows import meetings_table
from shared.bookings.stored import operations_of
from shared.errors import NotFound
from shared.integrations import Integration, IntegrationStore
from shared.management.listing import Part, Query
from shared.management.resource import TIME, Action, Object, Schema, Shown, time_text
from shared.management.spans import decision_span
from shared.record_lists.entries import DECISIONS, integration_id_in, operation_id, operation_in
from shared.record_lists.journal import Record
from shared.record_lists.lists import RecordLists
from shared.storage import Row, Storage

NAME = "scheduling_operation"

MOST_NAMED = 100
"""Maximum number of correlation ids in a query that can be answered from the lists."""

_TEXT: Schema = {"type": "string", "readOnly": True}
_FLAG: Schema = {"type": "boolean", "readOnly": True}
_INTEGER: Schema = {"type": "integer", "readOnly": True}
SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "id": _INTEGER,
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
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
}


@dataclass(frozen=True)
class Operations:
    """The Resource for operations."""

    integrations: IntegrationStore
    storage: Storage
    lists: RecordLists

    area = STATUS
    name = NAME
    about = "The decision on each meeting message."
    schema = SCHEMA

    @property
    def actions(self) -> Mapping[str, Action]:
        """There are no actions, because records can only be read."""
        return {}

    async def all(self) -> Sequence[Object]:
        """Every operation, in ascending order of id."""
        found = [each for integration in await self.integrations.list() async for each in self._of(integration)]
        return sorted(found, key=lambda shown: int(shown["id"]))

    async def from_lists(self, query: Query) -> Part | None:
        """See ListedResource.from_lists."""
        named = _named(query)
        if named is not None:
            return await self._by_correlation(named, query)
        span = decision_span(query)
        if span is None:
            return None
        name = span.list_
        if span.integration is not None:
            uuid = await self.integrations.uuid_of(span.integration)
            if uuid is None:
                return Part([], 0)
            name = f"{name}@{uuid}"
        page = await self.lists.page(
            name, query.offset, query.limit, span.first, span.end, backwards=span.backwards
        )  # fmt: skip
        return Part(list(map(_listed, page.rows)), page.total) if page else None

    async def one(self, id_: int) -> Shown:
        """The operation with the given id. Takes two storage requests. Raises NotFound."""
        rows = await self.lists.at(DECISIONS, f"{id_:016}:")
        found = [shown for shown in await self.all() if shown["id"] == id_] if rows is None else map(_listed, rows)
        for shown in found:
            return Shown(shown)
        raise NotFound(f"There is no {self.name} with id {id_}.")

    async def found_by(self, exact: Mapping[str, str]) -> Sequence[Object] | None:
        """See SearchedResource.found_by. Finds the operations of one integration."""
        if not exact.get("resource_id", "").isdecimal():
            return None
        with suppress(NotFound):
            integration = await self.integrations.by_id(int(exact["resource_id"]))
            return [each async for each in self._of(integration)]
        return []

    async def _by_correlation(self, named: Sequence[str], query: Query) -> Part | None:
        rows = await self.lists.of([Record.operation("", each).called for each in named], DECISIONS)
        if rows is None:
            return None
        falls = bool(query.order) and query.order[0].startswith("-")
        found = sorted(map(_listed, rows), key=lambda shown: int(shown["id"]), reverse=falls)
        return Part(found[query.offset : query.offset + query.limit], len(found))

    async def _of(self, integration: Integration) -> AsyncIterator[Object]:
        async for operation in operations_of(meetings_table(self.storage), integration.uuid):
            yield shown(operation, integration.id)


def shown(operation: Operation, integration_id: int) -> dict[str, Any]:
    """An operation as shown by the resource."""
    id_ = operation_id(operation)
    return {
        "id": id_,
        "transaction_uuid": operation.correlation_id,
        "success": bool(operation.done) and not operation.error,
        "error_code": "error" if operation.error else "",
        "error_description": ": ".join(filter(None, (operation.error, operation.cause))),
        "resource_id": integration_id,
        "creation_time": time_text(datetime.fromisoformat(operation.created)),
        "what": operation.what,
        "decision": operation.decision.value,
        "reason": operation.reason,
        "is_pending": not operation.done,
        "resource_uri": uri(STATUS, NAME, id_),
    }


def _listed(row: Row) -> Object:
    return shown(operation_in(row), integration_id_in(row))


def _named(query: Query) -> list[str] | None:
    """The correlation ids in a query without other conditions; None for any other query."""
    if query.text or len(query.filters) != 1 or query.order not in _ORDERS:
        return None
    [asked] = query.filters
    if (asked.path, asked.field) != ((), "transaction_uuid") or asked.lookup not in ("exact", "in"):
        return None
    named = list(dict.fromkeys(asked.wanted.split(","))) if asked.lookup == "in" else [asked.wanted]
    return named if len(named) <= MOST_NAMED else None


_ORDERS = ((), ("id",), ("-id",), ("creation_time",), ("-creation_time",))
