"""Integrations in memory, so that a user's request costs no storage trip for settings."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.integrations.integration import Integration

CACHE_MAX_AGE = timedelta(seconds=30)
"""How old an answer may be: what another instance saved is in force everywhere after this time."""

CACHE_MAX_ENTRIES = 256


class IntegrationCache:
    """The integrations used last, each at most CACHE_MAX_AGE old."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: OrderedDict[str, tuple[datetime, Integration]] = OrderedDict()

    def now(self) -> datetime:
        """The moment to hand to `put`: to be taken before reading, so that a slow read counts against the age."""
        return self._clock.now()

    def get(self, uuid: str) -> Integration | None:
        """The integration, unless it is unknown here or too old."""
        entry = self._entries.get(uuid)
        if entry is None or self._clock.now() - entry[0] >= CACHE_MAX_AGE:
            return None
        self._entries.move_to_end(uuid)
        return entry[1]

    def put(self, integration: Integration, read_at: datetime) -> None:
        """Remember what was read at a moment; the entry that was used longest ago makes room.

        An older revision never replaces a newer one, as it would when a read and a save overlap.
        """
        entry = self._entries.get(integration.uuid)
        if entry and entry[1].revision > integration.revision:
            return
        self._entries[integration.uuid] = (read_at, integration)
        self._entries.move_to_end(integration.uuid)
        if len(self._entries) > CACHE_MAX_ENTRIES:
            self._entries.popitem(last=False)

    def forget(self, uuid: str) -> None:
        """Drop an integration that was deleted."""
        self._entries.pop(uuid, None)
