"""Limits our requests to a node. A node accepts 1,000 requests a minute, which all instances and admins' other tools
have to share.

Each node has a row in table `meetings`, partition `nodes`. Instances draw a few requests at a time from this row, for
the current clock minute. Unused requests expire with that minute. Any 60 seconds overlap at most two such minutes, so a
node never receives more than twice NODE_SHARE requests a minute from us.
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
"""Maximum number of requests to one node within a clock minute, across all instances."""

CHUNK = 15
"""How many requests an instance draws at a time. Few enough that hardly any go unused."""

MAX_SKEW = timedelta(minutes=2)
"""How far another instance's clock may be ahead. Within this limit, the later minute counts, so that two clocks do not
undo each other's counting. A clock further ahead must be wrong, and is ignored.
"""

_ATTEMPTS = 20
_MINUTE = timedelta(minutes=1)


class Allowance(Protocol):
    """Decides whether another request may be sent."""

    async def take(self) -> None:
        """Count a request that is about to be sent. Raises RateLimited if it would exceed the share."""
        ...


class Unlimited:
    """An Allowance without a limit, for the few requests made while an admin is waiting for a save."""

    async def take(self) -> None:
        """See Allowance."""


@dataclass
class SharedAllowance:
    """An Allowance that all instances share. Makes two round trips to storage per CHUNK. Raises Unavailable if storage
    fails.
    """

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
            noted = datetime.fromisoformat(str(row.values["minute"])) if row else minute
            counted = noted if minute < noted <= minute + MAX_SKEW else minute
            used = int(row.values["taken"]) if row and counted == noted else 0
            granted = min(CHUNK, NODE_SHARE - used)
            if granted < 1:
                raise too_many((counted + _MINUTE - self.clock.now()).total_seconds())
            values: Values = {"minute": counted.isoformat(), "taken": used + granted}
            try:
                await table.commit(NODES_PARTITION, Replace(row, values) if row else Insert(self.node, values))
            except (RowChanged, RowExists):
                continue  # another instance has just drawn some
            return granted
        raise Conflict("Too many instances are calling the Management Node at the same time.")


def node_key(base_url: str) -> str:
    """A node's name in row keys."""
    return hashlib.sha256(base_url.rstrip("/").casefold().encode()).hexdigest()[:32]


def minute_of(moment: datetime) -> datetime:
    """The start of the minute in which a time falls."""
    return moment.replace(second=0, microsecond=0)


def too_many(seconds: float) -> RateLimited:
    """The error raised for a request that would exceed our share."""
    return RateLimited(
        "The Management Node is receiving too many requests right now. Please try again in a minute.", seconds
    )
