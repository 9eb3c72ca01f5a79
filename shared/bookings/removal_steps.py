"""Removes a booking so that an interruption at any step leaves neither a usable tag without digits nor orphaned digits.

    1. one transaction: the booking and its meeting's row are deleted, `removed:<tag>` records what has yet to be
       released
    2. alias, names and digits are released, and the record lists are updated (shared/conferences/booking_removal.py)
    3. `removed:<tag>` is deleted

The tag is removed first: after that no invitation can be accepted with it, so the digits can be reused. If the removal
is interrupted after step 1, the nightly cleanup completes it, unless an allocation needs the digits sooner.
"""

from dataclasses import replace

from shared.bookings.booking import Booking, linked_tag
from shared.bookings.rows import RowKind
from shared.storage import Delete, Put, Row, Write


def removing(booking: Booking, link: Row | None = None) -> list[Write]:
    """The writes of step 1. They fail if the booking has changed since it was read. `link` is its meeting's row."""
    left = replace(booking, owner="", meeting="", item_id="", conference=None, apart=()).closed()
    writes: list[Write] = [Delete(booking.row), Put(RowKind.REMOVED.key(booking.tag), left.values())]
    return [*writes, Delete(link)] if link and linked_tag(link) == booking.tag else writes


def removed(row: Row) -> Booking:
    """The alias and names of the booking in a row `removed:<tag>`."""
    return Booking.from_row(replace(row, key=RowKind.BOOKING.key(RowKind.REMOVED.name_in(row.key))))
