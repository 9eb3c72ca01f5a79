"""Determines who owns digits: compares a claim in table `aliases` with the booking that it refers to."""

from datetime import datetime

from shared.bookings.booking import State
from shared.bookings.removal_steps import removing
from shared.bookings.stored import stored_booking
from shared.record_lists.journal import Journal, Record
from shared.storage import Row, Table


def has_expired(row: Row, now: datetime) -> bool:
    """Whether a claim on digits is a reservation that expired unused (A3)."""
    if row.values.get("state") != State.RESERVED:
        return False
    return now >= datetime.fromisoformat(str(row.values["expires"]))


async def vacate(bookings: Table, row: Row, now: datetime) -> bool:
    """Whether it is certain that no booking has the digits.

    A reservation that expired unused is removed (A3). Its tag is removed first, so that no further invitation can be
    accepted with it. Raises RowChanged if the tag has just been used.
    """
    if "state" not in row.values or (row.values["state"] == State.RESERVED and not has_expired(row, now)):
        return False
    owner, tag = str(row.values["integration"]), str(row.values["tag"])
    holder = await stored_booking(bookings, owner, tag)
    # After a repeated click, the tag may have been given different digits.
    if holder is not None and holder.numeric_alias == row.partition:
        if holder.is_usable(now):
            return False
        await bookings.commit(owner, *removing(holder))
        await Journal(bookings).note_gone([Record.booking(owner, tag)])
    return True
