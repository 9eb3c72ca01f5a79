"""Rooms on one Management Node with what has to be done about them, and what became of that."""

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
"""How long a room's URI is trusted without checking its tag: a restored node gives its ids to other rooms."""


class Unnamed(Exception):
    """The room needs another name, which its booking cannot get right now."""


@dataclass(frozen=True)
class Item:
    """One room with what has to be done about it. `conference` is what has to be there, None for nothing."""

    tag: str
    step: Step
    booking: Booking | None
    record: RoomRecord | None
    conference: Conference | None

    @property
    def is_new(self) -> bool:
        """Whether its creation has not been attempted yet: its record has just been written."""
        return self.record is not None and not self.record.etag

    def uri(self, now: datetime) -> str:
        """Where the room is on the node, "" when that is not known, or was known too long ago."""
        return self.record.uri if self.record and now < self.record.looked + URI_LIFETIME else ""


@dataclass
class Outcome:
    """What became of rooms, by tag. `renamed` are names that the node had already, in the order of events."""

    there: dict[str, RoomRecord] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    repaired: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)
    renamed: list[str] = field(default_factory=list)


class Renames:
    """Gives a booking's conference another name. Raises Unnamed when the booking has changed meanwhile."""

    def __init__(self, names: ConferenceNames, write: Any) -> None:
        self._names = names
        self._write = write

    async def renamed(self, booking: Booking) -> Booking:
        """The booking with a random number behind its name, in the table, too."""
        if booking.conference is None:
            raise Unnamed
        name = await self._names.claim_numbered(booking.conference.name, booking.integration, booking.tag)
        try:
            written: Booking = await self._write(booking.named(name))
        except RowChanged as error:
            raise Unnamed from error
        return written
