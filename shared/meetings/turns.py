"""Turns: two rounds never work on the same integration at the same time, even in different processes. Each integration
has a row `<integration>` in one of the partitions `turns-<n>` of table `meetings`. It holds the lease on the
integration, and the times when work is next due. The turns of neighbouring integrations are taken and released
together.

    take     until = now + TURN_LEASE, if it was free        ── conditional on the ETag: only one of two succeeds
      …      the turn does its work, each chore within a time limit
    release  until = "", memory                              ── no effect if another process has the lease now

The leases of a process that dies expire on their own.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.bookings.rows import TURNS_PARTITION, meetings_table, shard, shards
from shared.clock import Clock
from shared.storage import (
    MAX_WRITES,
    Delete,
    Insert,
    Replace,
    Row,
    RowChanged,
    RowExists,
    Storage,
    Table,
    Tables,
    Values,
    Write,
    before,
)

TURN_LEASE = timedelta(minutes=5)
"""The lease lasts as long as a function may run (functionTimeout in host.json), so a turn has always ended by the time
its lease expires.
"""

_UNTIL = "until"


@dataclass
class Turn:
    """The exclusive right to work on an integration. `memory` contains short strings, keyed by name, for its next
    turns.
    """

    integration: str
    row: Row
    is_first: bool
    memory: dict[str, str] = field(default_factory=dict)

    def is_due(self, what: str, now: datetime) -> bool:
        """Whether work is due, because it has never been done or the time it was postponed to has come."""
        return _moment(self.memory.get(what, "")) <= now

    def put_off(self, what: str, until: datetime) -> None:
        """Postpone work until a given time."""
        self.memory[what] = until.isoformat()

    def forget(self, what: str) -> None:
        """Make work due in the next turn."""
        self.memory.pop(what, None)


@dataclass(frozen=True)
class Turns:
    """The turns of all integrations."""

    storage: Storage
    clock: Clock

    @property
    def _table(self) -> Table:
        return meetings_table(self.storage)

    async def take(self, integrations: Sequence[str]) -> list[Turn]:
        """Take the turns of these neighbouring integrations (uuids, in order), except those already taken."""
        if not integrations:
            return []
        now, present = self.clock.now(), await self._present(integrations)
        free = [each for each in integrations if _is_free(present.get(each), now)]
        until = (now + TURN_LEASE).isoformat()
        writes = {each: _write(each, present.get(each), {_UNTIL: until}) for each in free}
        etags = await self._commit(writes)
        return [_turn(each, present.get(each), until, etags[each]) for each in free if each in etags]

    async def release(self, turns: Sequence[Turn]) -> None:
        """Release the turns of these integrations. Raises Unavailable; the leases then expire on their own."""
        await self._commit(
            {turn.integration: Replace(turn.row, {**turn.memory, _UNTIL: ""}) for turn in turns}
        )  # fmt: skip

    async def _present(self, integrations: Sequence[str]) -> dict[str, Row]:
        first, last = integrations[0], integrations[-1]
        found = await asyncio.gather(
            *(self._between(each, first, last) for each in shards(TURNS_PARTITION, first, last))
        )  # fmt: skip
        return {row.key: row for rows in found for row in rows}

    async def _between(self, partition: str, first: str, last: str) -> list[Row]:
        return [row async for row in self._table.rows(partition, after=before(first), until=last)]

    async def _commit(self, writes: dict[str, Write]) -> dict[str, str]:
        """The new ETags of the rows that could be written."""
        parts: dict[str, list[str]] = defaultdict(list)
        for integration in writes:
            parts[shard(TURNS_PARTITION, integration)].append(integration)
        batches = [
            (partition, some[start : start + MAX_WRITES])
            for partition, some in parts.items()
            for start in range(0, len(some), MAX_WRITES)
        ]
        done = await asyncio.gather(*(self._batch(partition, some, writes) for partition, some in batches))
        return {integration: etag for each in done for integration, etag in each.items()}

    async def _batch(self, partition: str, some: Sequence[str], writes: dict[str, Write]) -> dict[str, str]:
        try:
            etags = await self._table.commit(partition, *(writes[each] for each in some))
        except (RowChanged, RowExists):
            if len(some) == 1:
                return {}  # another process has taken the turn
            halves = some[: len(some) // 2], some[len(some) // 2 :]
            done = [await self._batch(partition, half, writes) for half in halves]
            return {**done[0], **done[1]}
        return dict(zip(some, etags, strict=True))


async def forget_turn(tables: Tables, integration: str) -> None:
    """Delete the turn of an integration that is being deleted."""
    table, partition = meetings_table(tables), shard(TURNS_PARTITION, integration)
    row = await table.get(partition, integration)
    with suppress(RowChanged):  # a turn is in progress and will find that the integration is gone
        if row:
            await table.commit(partition, Delete(row))


def _is_free(row: Row | None, now: datetime) -> bool:
    return row is None or _moment(str(row.values.get(_UNTIL, ""))) <= now


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=UTC)


def _write(integration: str, row: Row | None, values: Values) -> Write:
    return Replace(row, {**row.values, **values}) if row else Insert(integration, values)


def _turn(integration: str, row: Row | None, until: str, etag: str) -> Turn:
    memory = {name: str(value) for name, value in row.values.items() if name != _UNTIL} if row else {}
    taken = Row(shard(TURNS_PARTITION, integration), integration, {**memory, _UNTIL: until}, etag)
    return Turn(integration, taken, row is None, memory)
