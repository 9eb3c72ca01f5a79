"""Lanes: a flood of messages for one mailbox must not block other mailboxes' messages (S2). Graph serves four requests
per mailbox at a time, so additional workers for one mailbox would only wait. While this process is handling an
integration's notices, further notices are lined up. They are written as rows `wanted:<when>-<any>` in the integration's
partition of table `meetings`, and their queue messages are completed. Once a worker has handled its own notices, it
continues with the line. After a while it hands the line over to the queue.

    queue ──► in progress (at most LANE_NOTICES) ──► then the line, fifty at a time: claim ─► handle ─► remove
       └────► line, if LANE_NOTICES are in progress

Nothing is lost when a process dies: its claim expires, and the sweep sees the rows and restarts the line.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import count, islice
from uuid import uuid4

from shared.bookings.rows import RowKind, meetings_table
from shared.clock import Clock
from shared.intake.notice import Notice, decode
from shared.storage import MAX_WRITES, Delete, Insert, Replace, Row, RowChanged, Storage, Table

LANE_NOTICES = 4
"""How many of an integration's notices this process handles before it lines up further ones."""

NOTICES_CONCURRENCY = 8
"""How many notices are handled concurrently per integration. The client enforces Graph's limit per mailbox."""

CLAIMED_AT_ONCE = 50
CLAIM_LIFETIME = timedelta(minutes=10)
"""How long a claim on notices is valid. Functions run for five minutes at most, so an older claim must have been left
by a process that died.
"""


@dataclass
class Lane:
    """The state of one integration's lane in this process."""

    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(NOTICES_CONCURRENCY))
    under_way: int = 0
    lined_up: int = 0
    """The number of notices that this process has lined up since the line was last found empty."""

    is_served: bool = False
    """Whether a worker is handling the line."""

    @property
    def is_busy(self) -> bool:
        """Whether further notices must be lined up."""
        return self.under_way >= LANE_NOTICES or self.is_served


@dataclass(frozen=True)
class Lanes:
    """The lanes of all integrations."""

    storage: Storage
    clock: Clock
    _lanes: dict[str, Lane] = field(default_factory=lambda: defaultdict(Lane))

    @property
    def _table(self) -> Table:
        return meetings_table(self.storage)

    def of(self, integration: str) -> Lane:
        """The integration's lane."""
        return self._lanes[integration]

    def leave(self, integration: str) -> None:
        """Remove a lane once it is idle, because there may be many integrations."""
        lane = self._lanes[integration]
        if not (lane.under_way or lane.lined_up or lane.is_served):
            del self._lanes[integration]

    async def line_up(self, integration: str, notices: Sequence[Notice]) -> None:
        """Store notices, so that they are handled later in this order. Raises Unavailable."""
        left = iter(notices)
        while batch := list(islice(left, MAX_WRITES)):
            now = self.clock.now()
            rows = [Insert(_key(now), {"notice": _text(each), "until": ""}) for each in batch]
            await self._table.commit(integration, *rows)
        self.of(integration).lined_up += len(notices)

    async def claim(self, integration: str) -> list[tuple[Row, Notice]]:
        """Claim the next notices in the line; [] if all are already claimed."""
        now, free = self.clock.now(), list[Row]()
        async for row in self._table.rows(integration, RowKind.WANTED.prefix):
            if str(row.values["until"]) <= now.isoformat():
                free.append(row)
            if len(free) == CLAIMED_AT_ONCE:
                break
        if not free:
            return []
        until = (now + CLAIM_LIFETIME).isoformat()
        writes = [Replace(row, {**row.values, "until": until}) for row in free]
        with suppress(RowChanged):  # another process has claimed some of them; the next attempt finds the rest
            etags = await self._table.commit(integration, *writes)
            claimed = [Row(row.partition, row.key, row.values, etag) for row, etag in zip(free, etags, strict=True)]
            return [(row, decode(str(row.values["notice"]))[0]) for row in claimed]
        return []

    async def done(self, integration: str, claimed: Sequence[tuple[Row, Notice]]) -> None:
        """Remove notices that have been handled or sent again. Raises Unavailable."""
        with suppress(RowChanged):  # a claim has expired, and another worker has claimed the notices
            await self._table.commit(integration, *(Delete(row) for row, _ in claimed))


_numbers = count()
"""Numbers that order notices lined up in the same microsecond."""


def _key(now: datetime) -> str:
    return RowKind.WANTED.key(f"{now:%Y%m%d%H%M%S%f}-{next(_numbers):09}-{uuid4().hex[:8]}")


def _text(notice: Notice) -> str:
    return json.dumps([asdict(notice)], separators=(",", ":"))
