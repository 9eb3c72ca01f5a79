"""How many requests a node is asked: it answers 1,000 a minute, of all instances and of admins' other tools together.

Each node has a row in table `meetings`, partition `nodes`. Instances take from it, a few requests at a time and for the
minute of the clock that runs; what they do not use is forgotten with it. Within any 60 seconds two such minutes meet at
most, so that twice NODE_SHARE is what a node ever sees of us.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.bookings.rows import NODES_PARTITION, meetings_table
from shared.clock import Clock
from shared.errors import Conflict, RateLimited
from shared.storage import Insert, Replace, RowChanged, RowExists, Tables, Values

NODE_SHARE = 450
"""Requests to one node within a minute of the clock, over all instances."""

CHUNK = 15
"""Requests that an instance takes at a time: the fewer, the less is lost to those that need no more."""

_ATTEMPTS = 20
_MINUTE = timedelta(minutes=1)


class Allowance(Protocol):
    """Says whether another request may be sent."""

    async def take(self) -> None:
        """Note a request that is about to be sent. Raises RateLimited when it would be one too many."""
        ...


class Unlimited:
    """For the few requests of a save that an admin waits for."""

    async def take(self) -> None:
        """See Allowance."""


@dataclass
class SharedAllowance:
    """An Allowance that all instances share. Two storage trips for each CHUNK; raises Unavailable without storage."""

    tables: Tables
    node: str
    clock: Clock
    _minute: datetime | None = None
    _left: int = 0

    async def take(self) -> None:
        """See Allowance."""
        minute = minute_of(self.clock.now())
        if minute != self._minute or self._left < 1:
            taken = await self._chunk(minute)
            self._left = taken + (self._left if minute == self._minute else 0)
            self._minute = minute
        self._left -= 1

    async def _chunk(self, minute: datetime) -> int:
        table = meetings_table(self.tables)
        for _ in range(_ATTEMPTS):
            row = await table.get(NODES_PARTITION, self.node)
            used = int(row.values["taken"]) if row and row.values["minute"] == minute.isoformat() else 0
            granted = min(CHUNK, NODE_SHARE - used)
            if granted < 1:
                raise too_many((minute + _MINUTE - self.clock.now()).total_seconds())
            values: Values = {"minute": minute.isoformat(), "taken": used + granted}
            try:
                await table.commit(NODES_PARTITION, Replace(row, values) if row else Insert(self.node, values))
            except (RowChanged, RowExists):
                continue  # another instance took some this moment
            return granted
        raise Conflict("Too many instances ask the Management Node at the same time.")


def node_key(base_url: str) -> str:
    """The name of a node in keys of rows."""
    return hashlib.sha256(base_url.rstrip("/").casefold().encode()).hexdigest()[:32]


def minute_of(moment: datetime) -> datetime:
    """The minute that a moment is in."""
    return moment.replace(second=0, microsecond=0)


def too_many(seconds: float) -> RateLimited:
    """What a caller is told whose request would be one too many."""
    return RateLimited("The Management Node is asked too often right now. Please try again in a minute.", seconds)
