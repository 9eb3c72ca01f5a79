"""The keys with which a Microsoft Entra tenant signs access tokens, by its OpenID Connect metadata document.

Only the configured metadata URL and a key document on the same origin are ever asked: a token chooses no host.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt

from shared.clock import Clock
from shared.errors import Unavailable
from shared.identity.exchange_metadata import FetchJson

FRESH = timedelta(hours=24)
REFETCH_AFTER = timedelta(minutes=5)
"""An unknown key makes us look again (roll-over), but strangers cannot make us hammer the provider."""

MAX_KEYS = 100


@dataclass(frozen=True)
class SigningKey:
    """A key, and the issuers that the metadata document and the key itself name.

    Either may hold `{tenantid}` in place of the token's tenant: documents that are one for all tenants do.
    """

    key: jwt.PyJWK
    issuer: str
    own_issuer: str


@dataclass
class _Known:
    """What the last fetch brought; `asked` also counts fetches that failed."""

    asked: datetime | None = None
    fetched: datetime | None = None
    keys: dict[str, SigningKey] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class EntraKeys:
    """Keys by metadata URL, fetched once a day, or when a token names a key that is not among them."""

    def __init__(self, fetch: FetchJson, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._cache: defaultdict[str, _Known] = defaultdict(_Known)

    async def key(self, url: str, kid: str) -> SigningKey | None:
        """The key of this id by this (configured) metadata URL, or None. Raises Unavailable.

        A key that is known keeps working while the provider cannot be reached.
        """
        known = self._cache[url]
        async with known.turn:  # many at once wait for one fetch
            if self._is_due(known, kid):
                await self._refresh(url, known, kid)
        if known.fetched is None:
            raise Unavailable("The sign-in service's keys cannot be fetched. Please try again later.")
        return known.keys.get(kid)

    def _is_due(self, known: _Known, kid: str) -> bool:
        now = self._clock.now()
        if known.asked is not None and now - known.asked < REFETCH_AFTER:
            return False
        return kid not in known.keys or known.fetched is None or now - known.fetched >= FRESH

    async def _refresh(self, url: str, known: _Known, kid: str) -> None:
        known.asked = self._clock.now()
        try:
            known.keys = await self._keys(url)
            known.fetched = known.asked
        except Unavailable:
            if kid not in known.keys:
                raise

    async def _keys(self, url: str) -> dict[str, SigningKey]:
        metadata = await self._fetch(url)
        try:
            issuer, keys_url = metadata["issuer"], metadata["jwks_uri"]
            same_origin = urlsplit(keys_url)[:2] == urlsplit(url)[:2]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise Unavailable("The OpenID Connect metadata document cannot be understood.") from error
        if not isinstance(issuer, str) or not same_origin:
            raise Unavailable("The OpenID Connect metadata document names keys on another host than its own.")
        return _signing_keys(await self._fetch(keys_url), issuer)


def _signing_keys(document: Any, issuer: str) -> dict[str, SigningKey]:
    """The RSA keys of a JWKS. Entra's keys name their issuer, because its documents hold keys of several."""
    try:
        entries = [entry for entry in document["keys"][:MAX_KEYS] if entry.get("kty") == "RSA"]
        return {
            entry["kid"]: SigningKey(jwt.PyJWK(entry, algorithm="RS256"), issuer, str(entry.get("issuer", issuer)))
            for entry in entries
            if entry.get("use", "sig") == "sig"
        }
    except (KeyError, TypeError, AttributeError, ValueError, jwt.PyJWTError) as error:
        raise Unavailable("The sign-in service's key document cannot be understood.") from error
