"""The keys with which a Microsoft Entra tenant or AD FS signs tokens, read from its OpenID Connect metadata document.

Only the configured metadata URL and a key document on the same origin are ever requested: a token cannot choose a host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt

from shared.clock import Clock
from shared.errors import Unavailable
from shared.identity.exchange_metadata import FetchJson
from shared.identity.key_cache import KeyCache

MAX_SIGNING_KEYS = 100


@dataclass(frozen=True)
class SigningKey:
    """A key, and the issuers given in the metadata document and in the key itself. Either may contain `{tenantid}`
    instead of the token's tenant, as documents for all tenants do. `access_token_issuer` is specific to AD FS: the
    issuer of its access tokens differs from that of its ID tokens.
    """

    key: jwt.PyJWK
    issuer: str
    own_issuer: str
    access_token_issuer: str = ""


class EntraKeys:
    """Looks up keys by metadata URL and key id."""

    def __init__(self, fetch: FetchJson, clock: Clock) -> None:
        self._fetch = fetch
        self._cache = KeyCache(self._keys, clock)

    async def key(self, url: str, kid: str) -> SigningKey | None:
        """The key with this id at this (configured) metadata URL, or None. Raises Unavailable."""
        return await self._cache.key(url, kid)

    async def _keys(self, url: str) -> dict[str, SigningKey]:
        metadata = await self._fetch(url)
        try:
            issuer, keys_url = metadata["issuer"], metadata["jwks_uri"]
            same_origin = urlsplit(keys_url)[:2] == urlsplit(url)[:2]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise Unavailable("The OpenID Connect metadata document cannot be understood.") from error
        if not isinstance(issuer, str) or not same_origin:
            raise Unavailable("The OpenID Connect metadata document names keys on a host other than its own.")
        access_token_issuer = str(metadata.get("access_token_issuer", ""))
        return _signing_keys(await self._fetch(keys_url), issuer, access_token_issuer)


def _signing_keys(document: Any, issuer: str, access_token_issuer: str) -> dict[str, SigningKey]:
    """The RSA keys of a JWKS. Entra's keys name their issuer, because its documents mix the keys of several issuers."""
    try:
        entries = [entry for entry in document["keys"][:MAX_SIGNING_KEYS] if entry.get("kty") == "RSA"]
        return {
            entry["kid"]: SigningKey(
                jwt.PyJWK(entry, algorithm="RS256"), issuer, str(entry.get("issuer", issuer)), access_token_issuer
            )
            for entry in entries
            if entry.get("use", "sig") == "sig"
        }
    except (KeyError, TypeError, AttributeError, ValueError, jwt.PyJWTError) as error:
        raise Unavailable("The sign-in service's key document cannot be understood.") from error
