"""The management API with stored bookings."""

from datetime import timedelta

from shared.bookings.alias_rows import ALIAS_KEY
from shared.bookings.booking import Booking, State
from shared.bookings.operation import Operation
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.record_lists.journal import Journal, Record
from shared.storage import Insert, Put
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, Api

TAG = "6f8cf6fc-7ab0-4e1d-a6c8-3b5e5a1a1f3d"
HOUR = timedelta(hours=1)


async def api_with_one() -> tuple[Api, str]:
    api = Api()
    answer = await api.call("POST", CONNECTORS, graph_fields())
    return api, answer.body["uuid"]


def booking(api: Api, integration: str, *starts: timedelta, tag: str = TAG, endless: bool = False) -> Booking:
    """A booking for a meeting. Its one-hour occurrences start at the given offsets from now."""
    now = api.clock.now()
    occurrences = tuple(Occurrence(now + start, now + start + HOUR) for start in starts)
    calendar = Calendar(occurrences, now + timedelta(days=365) if endless else None)
    conference = Conference(
        "Planning (Alice)", "About", "Planning", "meet123456@example.com", "meet123456", f"{integration}:{tag}", "", "",
        "disallow_all", 30, 60, calendar,
    )  # fmt: skip
    return Booking(
        integration,
        tag,
        "meet123456@example.com",
        "owner",
        now,
        now,
        State.SCHEDULED,
        "meeting-1",
        "item-1",
        conference,
    )


async def put(api: Api, record: Booking | Operation, integration: str) -> None:
    """Write a new record as the product would: a booking, its claim on the alias, and a note for the record lists."""
    table = api.storage.table("meetings")
    is_new = [Insert(record.key, record.values())] if isinstance(record, Booking) else record.inserting()
    await table.commit(integration, *is_new)
    if isinstance(record, Booking):
        await api.storage.table("aliases").commit(record.numeric_alias, Put(ALIAS_KEY, record.claim()))
    await noted(api, record, integration)


async def noted(api: Api, record: Booking | Operation, integration: str) -> None:
    """Update the record lists with rows written directly by tests."""
    if isinstance(record, Booking):
        named = Record.booking(integration, record.tag)
    else:
        named = Record.operation(integration, record.correlation_id)
    await Journal(api.storage.table("meetings")).note([named], api.clock.now())
