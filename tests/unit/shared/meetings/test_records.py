"""Reading a meeting's records during concurrent changes."""

from dataclasses import replace

import pytest

from dev.harness.storage import MemoryStorage
from shared.bookings.booking import Booking, State, link_key, link_values
from shared.bookings.rows import meetings_table
from shared.calendar.conference import Calendar
from shared.meetings.records import Records
from shared.storage import Insert, Replace
from tests.support.meetings import INTEGRATION, scheduled

OLD = scheduled(Calendar(()), tag="00000000-0000-4000-8000-000000000001")
NEW = scheduled(Calendar(()), tag="00000000-0000-4000-8000-000000000002")


async def test_a_series_that_gets_a_new_room_while_being_read_is_read_with_a_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The link is read before the change, and the booking after it, when the old booking has already been closed."""
    storage = MemoryStorage()
    table, key = meetings_table(storage), link_key(OLD.meeting)
    [_, old] = await table.commit(
        INTEGRATION, Insert(key, link_values(OLD)), Insert(OLD.row.key, OLD.values())
    )  # fmt: skip
    records, read = Records(storage, INTEGRATION), Records.booking

    async def overtaken(self: Records, tag: str) -> Booking | None:
        if tag == OLD.tag:
            row = await table.get(INTEGRATION, key)
            assert row
            closed = replace(OLD, etag=old).closed()
            await table.commit(
                INTEGRATION,
                Replace(closed.row, closed.values()),
                Insert(NEW.row.key, NEW.values()),
                Replace(row, link_values(NEW)),
            )
        return await read(self, tag)

    monkeypatch.setattr(Records, "booking", overtaken)
    found = await records.booking_of(OLD.meeting)
    assert found
    assert (found.tag, found.state) == (NEW.tag, State.SCHEDULED)
