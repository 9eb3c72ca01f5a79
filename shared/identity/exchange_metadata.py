"""The public keys with which an Exchange deployment signs its users' identity tokens.

They are only fetched from the configured URLs (docs/facts/exchange.md §10): a token never chooses the host.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared.clock import Clock
from shared.errors import Unavailable
from shared.identity.key_cache import KeyCache

Keys = dict[str, RSAPublicKey]
"""Public keys, keyed by the base64url SHA-1 thumbprint of their certificate (`x5t`)."""

FetchJson = Callable[[str], Awaitable[Any]]
"""Reads a JSON document from a URL. Raises Unavailable."""


class ExchangeMetadata:
    """Looks up keys by metadata URL and thumbprint."""

    def __init__(self, fetch: FetchJson, clock: Clock) -> None:
        self._fetch = fetch
        self._keys = KeyCache(self._read, clock)

    async def key(self, url: str, thumbprint: str) -> RSAPublicKey | None:
        """The key with this thumbprint at this (configured) URL, or None. Raises Unavailable."""
        return await self._keys.key(url, thumbprint)

    async def _read(self, url: str) -> Keys:
        return _signing_keys(await self._fetch(url))


def _signing_keys(document: Any) -> Keys:
    """The RSA signing keys in a metadata document. There are several during a key rollover.

    The certificate is Exchange's self-signed Server Auth Certificate, so there is no chain to validate. Trust comes
    from TLS to the configured host.
    """
    try:
        entries = [entry for entry in document["keys"] if entry.get("usage") == "signing"]
        return dict(pair for entry in entries if (pair := _public_key(entry)) is not None)
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise Unavailable("The Exchange metadata document is not in Exchange's format.") from error


def _public_key(entry: dict[str, Any]) -> tuple[str, RSAPublicKey] | None:
    certificate = x509.load_der_x509_certificate(base64.b64decode(entry["keyvalue"]["value"]))
    key = certificate.public_key()
    return (entry["keyinfo"]["x5t"], key) if isinstance(key, RSAPublicKey) else None
