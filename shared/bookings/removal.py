"""Removing a booking: an interruption at any step leaves neither a usable tag without digits nor digits of nobody.

    1. one transaction: the booking and its meeting's row go, `removed:<tag>` says what is still to come free
    2. alias and names come free
    3. `removed:<tag>` goes

The tag goes first: once it is gone no invitation can be accepted with it, so the digits may be another's. Whoever is
interrupted after step 1 leaves the rest to the nightly cleanup (shared/conferences/removals.py), or to whoever needs
the digits before.
"""

from dataclasses import replace

from shared.bookings.booking import Booking, linked_tag
from shared.bookings.rows import RowKind
from shared.storage import Delete, Put, Row, Write


def removing(booking: Booking, link: Row | None = None) -> list[Write]:
    """The writes of step 1, conditional on the booking as it was read; `link` is its meeting's row."""
    left = replace(booking, owner="", meeting="", item_id="", conference=None, apart=()).closed()
    writes: list[Write] = [Delete(booking.row), Put(RowKind.REMOVED.key(booking.tag), left.values())]
    return [*writes, Delete(link)] if link and linked_tag(link) == booking.tag else writes


def removed(row: Row) -> Booking:
    """What a row `removed:<tag>` says of the booking: alias and names."""
    return Booking.from_row(replace(row, key=RowKind.BOOKING.key(RowKind.REMOVED.name_in(row.key))))
