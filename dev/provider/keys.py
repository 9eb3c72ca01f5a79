"""The provider's signing keys, with rollover."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


class Keys:
    """The provider's keys. Tokens are signed with the newest key. As with real providers, the previous key stays
    published after a rollover.
    """

    def __init__(self) -> None:
        self._keys: list[tuple[str, rsa.RSAPrivateKey]] = []

    def roll(self) -> None:
        """Sign with a new key from now on."""
        self._keys = [_new_key(), *self._published[:1]]

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a signed token with all claims that are not None."""
        kid, key = self._published[0]
        stated = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(stated, key, algorithm="RS256", headers={"kid": kid, "x5t": kid})

    def document(self, issuer: str = "") -> dict[str, Any]:
        """The JWKS. The entries for Entra contain an issuer; those for AD FS do not."""
        own = {"issuer": issuer} if issuer else {}
        return {"keys": [_entry(key) | own | {"kid": kid, "use": "sig", "x5t": kid} for kid, key in self._published]}

    @property
    def _published(self) -> list[tuple[str, rsa.RSAPrivateKey]]:
        if not self._keys:  # created on first use, because this takes some time
            self._keys = [_new_key()]
        return self._keys


def _new_key() -> tuple[str, rsa.RSAPrivateKey]:
    return uuid4().hex, rsa.generate_private_key(65537, 2048)


def _entry(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    return entry
