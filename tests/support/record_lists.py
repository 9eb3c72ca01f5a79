"""The record lists in a world with one integration."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.bookings.rows import LISTS_PARTITION, meetings_table
from shared.bookings.stored import bookings_of, decided_on, operations_of
from shared.clock import Clock
from shared.errors import NotFound
from shared.record_lists.entries import booking_entries, operation_entries
from shared.record_lists.journal import UNWRITTEN_FOR
from shared.record_lists.lists import RecordLists
from shared.storage import MAX_PAGE, Tables, Values
from tests.fakes.clock import FakeClock


def lists_of(tables: Tables, clock: Clock, *integrations: str) -> RecordLists:
    """The lists for these integrations, whose ids are 1, 2, …"""

    async def uuid_after(uuid: str) -> str | None:
        return min((each for each in integrations if each > uuid), default=None)

    async def id_of(uuid: str) -> int:
        if uuid not in integrations:
            raise NotFound("There is no such integration.")
        return integrations.index(uuid) + 1

    return RecordLists(tables, clock, uuid_after, id_of)


async def check_lists(tables: Tables, now: datetime, *integrations: str) -> None:
    """Process the journal, and fail unless the lists contain and count all records."""
    clock = FakeClock()
    clock.set(now + UNWRITTEN_FOR)
    lists = lists_of(tables, clock, *integrations)
    await lists.keep()
    assert await lists.is_good()
    wanted = await _wanted(tables, clock.now(), integrations)
    rows = {row.key: row.values async for row in meetings_table(tables).rows(LISTS_PARTITION)}
    kinds = ("journal", "counts:", "entered:")
    listed = {key: values for key, values in rows.items() if not key.startswith(kinds)}
    keys = listed.keys() | wanted.keys()
    differing = {key: (listed.get(key), wanted.get(key)) for key in keys if listed.get(key) != wanted.get(key)}
    assert not differing, f"listed and recorded: {_columns(differing)}"
    for name in {key.partition(":")[0] for key in wanted}:
        page = await lists.page(name, 0, MAX_PAGE)
        assert page
        assert [row.key for row in page.rows] == sorted(key for key in wanted if key.startswith(f"{name}:"))
        assert page.total == len(page.rows)
    counted = [json.loads(str(row["sections"])) for key, row in rows.items() if key.startswith("counts:")]
    assert sum(sum(sections.values()) for sections in counted) == len(wanted)


def _columns(differing: Mapping[str, tuple[Values | None, Values | None]]) -> dict[str, object]:
    """The names of the columns that differ, or the only place that contains the row."""
    return {
        key: {name for name in listed.keys() | wanted.keys() if listed.get(name) != wanted.get(name)}
        if listed and wanted
        else ("listed" if listed else "on record")
        for key, (listed, wanted) in differing.items()
    }


async def _wanted(tables: Tables, now: datetime, integrations: Sequence[str]) -> dict[str, Values]:
    """The rows that the lists should contain, according to the records."""
    table, wanted = meetings_table(tables), dict[str, Values]()
    for id_, uuid in enumerate(integrations, 1):
        async for booking in bookings_of(table, uuid):
            decided = await decided_on(table, uuid, booking.meeting) if booking.meeting else []
            wanted |= booking_entries(booking, id_, decided, now).rows
        async for operation in operations_of(table, uuid):
            wanted |= operation_entries(uuid, id_, operation).rows
    return wanted
