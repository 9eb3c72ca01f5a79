"""Caches integrations in memory, so that users' requests need no call to storage for settings."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.integrations.integration import Integration

CACHE_MAX_AGE = timedelta(seconds=30)
"""Maximum age of a cached entry. A save by any instance takes effect everywhere within this time."""

CACHE_MAX_ENTRIES = 256

KNOWN_IDS_MAX_ENTRIES = 10_000
"""Maximum number of integration ids whose uuids are remembered."""


class IntegrationCache:
    """The most recently used integrations, each at most CACHE_MAX_AGE old. The uuids of more ids are remembered without
    a maximum age, because they never change.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: OrderedDict[str, tuple[datetime, Integration]] = OrderedDict()
        self._uuids: OrderedDict[int, str] = OrderedDict()

    def now(self) -> datetime:
        """The time to pass to `put`, taken before reading, so that a slow read counts towards the age."""
        return self._clock.now()

    def get(self, uuid: str) -> Integration | None:
        """The integration, or None if it is not cached or too old."""
        entry = self._entries.get(uuid)
        if entry is None or self._clock.now() - entry[0] >= CACHE_MAX_AGE:
            return None
        self._entries.move_to_end(uuid)
        return entry[1]

    def uuid_of(self, id_: int) -> str | None:
        """The uuid that an id had when it was last read. The integration may have been deleted since, and its uuid
        given to another integration.
        """
        return self._uuids.get(id_)

    def put(self, integration: Integration, read_at: datetime) -> None:
        """Cache an integration that was read at the given time. The least recently used entry is evicted.

        An older revision never replaces a newer one, even if a read and a save overlap.
        """
        self._uuids[integration.id] = integration.uuid
        self._uuids.move_to_end(integration.id)
        if len(self._uuids) > KNOWN_IDS_MAX_ENTRIES:
            self._uuids.popitem(last=False)
        entry = self._entries.get(integration.uuid)
        if entry and entry[1].revision > integration.revision:
            return
        self._entries[integration.uuid] = (read_at, integration)
        self._entries.move_to_end(integration.uuid)
        if len(self._entries) > CACHE_MAX_ENTRIES:
            self._entries.popitem(last=False)

    def forget(self, uuid: str) -> None:
        """Drop a deleted integration."""
        if entry := self._entries.pop(uuid, None):
            self._uuids.pop(entry[1].id, None)
