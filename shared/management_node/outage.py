"""A node's outage, shared by all instances. While it lasts, one request a minute checks whether the node is back.
Otherwise, each of thousands of due rooms would wait for the same timeout. The outage is stored in row `away:<node>` in
partition `nodes` of table `meetings`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bookings.rows import NODES_PARTITION, meetings_table
from shared.clock import Clock
from shared.errors import RateLimited
from shared.management_node.failure import NodeFailed
from shared.storage import Delete, Put, Replace, Row, RowChanged, Table, Tables, Values

PROBE_EVERY = timedelta(minutes=1)
"""How often an unavailable node is retried."""

PROBE_AT_LEAST_EVERY = timedelta(minutes=5)
"""Maximum pause after a node has rate-limited us, even if a longer one is requested. A node's limit is per minute, so a
longer Retry-After must come from something else.
"""


@dataclass(frozen=True)
class Outages:
    """The known outages, keyed by node (allowance.node_key)."""

    tables: Tables
    clock: Clock

    @property
    def _table(self) -> Table:
        return meetings_table(self.tables)

    @asynccontextmanager
    async def watched(self, node: str) -> AsyncIterator[None]:
        """Wraps calls to a node. While the node is known to be unavailable, this immediately raises NodeFailed with the
        cause. Any NodeFailed or RateLimited raised by the calls is recorded. A successful call means that the node is
        back.
        """
        row = await self._table.get(NODES_PARTITION, _key(node))
        if row is not None:
            await self._enter(row)
        try:
            yield
        except RateLimited as limited:
            await self._note(node, "the Management Node has received too many requests", limited.retry_after)
            raise
        except NodeFailed as failed:
            await self._note(node, failed.cause, 0.0)
            raise
        else:
            if row is not None:
                await self._back(node)

    async def _enter(self, row: Row) -> None:
        """Let only one instance at a time check whether the node is back. Raises NodeFailed for the others."""
        now = self.clock.now()
        if now < datetime.fromisoformat(str(row.values["until"])):
            raise NodeFailed(str(row.values["cause"]))
        values: Values = {**row.values, "until": (now + PROBE_EVERY).isoformat()}
        try:
            await self._table.commit(NODES_PARTITION, Replace(row, values))
        except RowChanged:
            raise NodeFailed(str(row.values["cause"])) from None

    async def _note(self, node: str, cause: str, wait: float) -> None:
        pause = min(max(PROBE_EVERY, timedelta(seconds=wait)), PROBE_AT_LEAST_EVERY)
        until = self.clock.now() + pause
        await self._table.commit(NODES_PARTITION, Put(_key(node), {"until": until.isoformat(), "cause": cause}))

    async def _back(self, node: str) -> None:
        row = await self._table.get(NODES_PARTITION, _key(node))
        if row is not None:
            with suppress(RowChanged):
                await self._table.commit(NODES_PARTITION, Delete(row))


def _key(node: str) -> str:
    return f"away:{node}"
