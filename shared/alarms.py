"""Raised alarms: problems that an admin has to fix, with their causes.

An alarm is cleared once its problem is gone (O1).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.alarm_kinds import IN_USE, REMEDIES, AlarmKind
from shared.bookings.rows import ALARMS_PARTITION, RowKind, meetings_table, shard, shards
from shared.clock import Clock
from shared.errors import NotFound, SchedulingError
from shared.statistics.former_alarms import FormerAlarm, keep_former
from shared.storage import Delete, Insert, Replace, Row, RowChanged, RowExists, Storage, Table, Tables, Values

if TYPE_CHECKING:
    from shared.integrations import Integration

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alarm:
    """One alarm of an integration; `since` is an ISO time in UTC."""

    integration: str
    kind: AlarmKind
    cause: str
    since: str
    acknowledged: bool = False
    """Whether an admin has acknowledged the alarm. It stays until its cause is gone."""

    @property
    def remedy(self) -> str:
        """What to do about the alarm."""
        return REMEDIES[self.kind]


class Alarms:
    """Raised alarms: rows `<integration>:<kind>` in the partitions `alarms-<n>` of table `meetings`."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._table = meetings_table(storage)
        self._clock = clock

    async def raise_(self, integration: str, kind: AlarmKind, cause: str) -> None:
        """Raise an alarm, or update its cause; `since` is kept. `cause` must not contain a secret or an address."""
        row = await self._row(integration, kind)
        try:
            if row is None:
                now = self._clock.now().isoformat()
                values: Values = {"cause": cause, "since": now, "last": now}
                await self._table.commit(_partition(integration), Insert(_key(integration, kind), values))
            elif row.values["cause"] != cause:
                values = {**row.values, "cause": cause, "last": self._clock.now().isoformat()}
                await self._table.commit(row.partition, Replace(row, values))
        except (RowExists, RowChanged):
            return  # another process has just raised the same alarm

    async def acknowledge(self, integration: str, kind: AlarmKind, *, acknowledged: bool) -> None:
        """Record whether an admin has acknowledged an alarm. Raises NotFound, RowChanged."""
        row = await self._row(integration, kind)
        if row is None:
            raise NotFound("The alarm has been cleared.")
        await self._table.commit(row.partition, Replace(row, {**row.values, "acknowledged": acknowledged}))

    async def clear(self, integration: str, kind: AlarmKind) -> None:
        """Clear an alarm whose cause is gone."""
        row = await self._row(integration, kind)
        if row is not None:
            await self._keep(_alarm(row))
            await _remove(self._table, row)

    async def _keep(self, alarm: Alarm) -> None:
        """Record the cleared alarm for later analysis. The alarm is cleared even if that fails."""
        until = self._clock.now().isoformat()
        try:
            await keep_former(
                self._storage, FormerAlarm(alarm.integration, alarm.kind, alarm.cause, alarm.since, until)
            )
        except SchedulingError as error:
            log.warning("a cleared alarm could not be recorded: %s", type(error).__name__)

    async def clear_unused(self, integration: Integration) -> None:
        """Clear alarms about features that are disabled in the integration's settings."""
        for alarm in [alarm async for alarm in self.of(integration.uuid)]:
            if not IN_USE[alarm.kind](integration):
                await self.clear(integration.uuid, alarm.kind)

    async def clear_when_quiet(self, integration: str, kind: AlarmKind, quiet: timedelta) -> None:
        """Clear an alarm about an event that has not happened again for a while."""
        row = await self._row(integration, kind)
        if row is not None and datetime.fromisoformat(str(row.values["last"])) + quiet <= self._clock.now():
            await self.clear(integration, kind)

    async def of(self, integration: str) -> AsyncIterator[Alarm]:
        """The integration's alarms, including those stored by earlier versions; two round trips to storage."""
        await self.adopt(integration)
        async for row in self._table.rows(_partition(integration), _key(integration, "")):
            yield _alarm(row)

    async def between(self, after: str = "", until: str = "") -> list[Alarm]:
        """The alarms of the integrations after `after` and up to `until` (uuids), or of all integrations by default.
        One round trip per shard.

        Alarms stored by an earlier version are only included once `adopt` has migrated them.
        """
        found = await asyncio.gather(*(self._within(each, after, until) for each in _shards(after, until)))
        return [_alarm(row) for rows in found for row in rows]

    async def adopt(self, integration: str) -> list[Alarm]:
        """Migrate alarms that an earlier version stored among the integration's own rows; returns them."""
        former = [row async for row in self._table.rows(integration, RowKind.ALARM.prefix)]
        for row in former:
            key = _key(integration, RowKind.ALARM.name_in(row.key))
            with suppress(RowExists):
                await self._table.commit(_partition(integration), Insert(key, row.values))
            await _remove(self._table, row)
        return [_alarm(Row("", _key(integration, RowKind.ALARM.name_in(row.key)), row.values)) for row in former]

    async def _row(self, integration: str, kind: AlarmKind) -> Row | None:
        return await self._table.get(_partition(integration), _key(integration, kind))

    async def _within(self, partition: str, after: str, until: str) -> list[Row]:
        first, last = (f"{uuid}{_BEHIND}" if uuid else "" for uuid in (after, until))
        return [row async for row in self._table.rows(partition, after=first, until=last)]


async def forget_alarms(tables: Tables, integration: str) -> None:
    """Remove a deleted integration's alarms."""
    table = meetings_table(tables)
    for row in [row async for row in table.rows(_partition(integration), _key(integration, ""))]:
        await _remove(table, row)


async def _remove(table: Table, row: Row) -> None:
    with suppress(RowChanged):  # another process has just cleared the alarm
        await table.commit(row.partition, Delete(row))


_BEHIND = chr(ord(":") + 1)
"""An integration's uuid followed by this character sorts after all keys that begin with the uuid."""


def _partition(integration: str) -> str:
    return shard(ALARMS_PARTITION, integration)


def _shards(after: str, until: str) -> list[str]:
    return shards(ALARMS_PARTITION, after, until)


def _key(integration: str, kind: str) -> str:
    return f"{integration}:{kind}"


def _alarm(row: Row) -> Alarm:
    integration, _, kind = row.key.partition(":")
    cause, since = str(row.values["cause"]), str(row.values["since"])
    return Alarm(integration, AlarmKind(kind), cause, since, bool(row.values.get("acknowledged")))
