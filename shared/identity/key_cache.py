"""Caches the keys of token issuers. Keys are fetched once a day, and when a token names an unknown key."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from shared.clock import Clock
from shared.errors import Unavailable

FRESH = timedelta(hours=24)
REFETCH_AFTER = timedelta(minutes=5)
"""The pause between fetches. An unknown key triggers a fetch (key rollover), but forged tokens must not make us flood
the publisher of the keys.
"""

RETRY_AFTER = timedelta(seconds=15)
"""After a failure."""

K = TypeVar("K")


@dataclass
class _Known(Generic[K]):
    """The result of the last fetch; `asked` is the time of the last attempt, successful or not."""

    asked: datetime | None = None
    fetched: datetime | None = None
    keys: Mapping[str, K] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class KeyCache(Generic[K]):
    """Looks up keys by URL and name. `fetch` reads all keys at a (configured) URL and raises Unavailable."""

    def __init__(self, fetch: Callable[[str], Awaitable[Mapping[str, K]]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._cache: defaultdict[str, _Known[K]] = defaultdict(_Known)

    async def key(self, url: str, name: str) -> K | None:
        """The key with this name at this URL, or None. Raises Unavailable.

        A known key keeps working while its URL cannot be reached.
        """
        known = self._cache[url]
        if not self._serves(known, name):
            async with known.turn:  # concurrent callers wait for one fetch
                if self._is_due(known, name):
                    await self._refresh(url, known, name)
        if known.fetched is None:
            raise Unavailable("The keys for checking your sign-in could not be fetched. Please try again later.")
        return known.keys.get(name)

    def _serves(self, known: _Known[K], name: str) -> bool:
        """Whether the cached key can be used. A known key does not wait for a fetch in progress."""
        return name in known.keys and (known.turn.locked() or not self._is_due(known, name))

    def _is_due(self, known: _Known[K], name: str) -> bool:
        now = self._clock.now()
        if known.asked is not None:
            wait = REFETCH_AFTER if known.fetched == known.asked else RETRY_AFTER
            if now - known.asked < wait:
                return False
        return name not in known.keys or known.fetched is None or now - known.fetched >= FRESH

    async def _refresh(self, url: str, known: _Known[K], name: str) -> None:
        known.asked = self._clock.now()
        try:
            known.keys = await self._fetch(url)
            known.fetched = known.asked
        except Unavailable:
            if name not in known.keys:
                raise
