"""The work to be done on each room of one Management Node, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.bookings.booking import Booking
from shared.calendar.conference import Conference
from shared.conferences.names import ConferenceNames
from shared.conferences.node_room import Step
from shared.conferences.room_records import RoomRecord
from shared.storage import RowChanged

URI_LIFETIME = timedelta(minutes=20)
"""How long a room's URI is trusted without checking its tag. A node that was restored from a backup reuses ids for
other rooms.
"""


class Unnamed(Exception):
    """The room needs a different name, but its booking cannot be changed right now."""


@dataclass(frozen=True)
class Item:
    """A room and the work to be done on it. `conference` is the conference that should be on the node, or None."""

    tag: str
    step: Step
    booking: Booking | None
    record: RoomRecord | None
    conference: Conference | None

    @property
    def is_new(self) -> bool:
        """Whether nobody has tried to create the room yet. If so, its record has only just been written."""
        return self.record is not None and not self.record.etag

    def uri(self, now: datetime) -> str:
        """The room's URI on the node; "" if it is unknown or was checked too long ago."""
        return self.record.uri if self.record and now < self.record.looked + URI_LIFETIME else ""


@dataclass
class Outcome:
    """The outcome for each room, keyed by tag. `renamed` lists the numeric aliases of rooms whose name was already in
    use on the node.
    """

    there: dict[str, RoomRecord] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    repaired: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)
    renamed: list[str] = field(default_factory=list)


class Renames:
    """Gives a booking's conference a different name. Raises Unnamed if the booking has changed in the meantime."""

    def __init__(self, names: ConferenceNames, write: Any) -> None:
        self._names = names
        self._write = write

    async def renamed(self, booking: Booking) -> Booking:
        """Add a random number to the conference's name, here and in the table."""
        if booking.conference is None:
            raise Unnamed
        name = await self._names.claim_numbered(booking.conference.name, booking.integration, booking.tag)
        try:
            written: Booking = await self._write(booking.named(name))
        except RowChanged as error:
            raise Unnamed from error
        return written
