"""A Microsoft Entra tenant that issues access tokens and publishes the keys for verifying them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from shared.errors import Unavailable
from tests.fakes.clock import FakeClock

LOGIN = "https://login.microsoftonline.com"
TENANT = "9f4c3c1e-6a55-4f5c-9f0a-2d1c7e0b5a11"
STRANGER = "1b2c3d4e-0000-4000-8000-000000000001"
API = "0c5e5b4f-2f0e-4a57-9d0c-7f1f0f5f2f7c"
ADD_IN = "7d3a1f8e-51c2-4b53-8a5f-3f1d2c4b5a69"
ALICE = "a11ce000-0000-4000-8000-000000000001"


def metadata_url(tenant: str = TENANT) -> str:
    return f"{LOGIN}/{tenant}/v2.0/.well-known/openid-configuration"


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """The key pair with this name. It is cached because creating one is slow."""
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Key:
    """A signing key. `issuer` is the issuer given in its key document entry, if any."""

    kid: str
    issuer: str | None = None
    pair: str = ""

    @property
    def private(self) -> rsa.RSAPrivateKey:
        return private_key(self.pair or self.kid)

    def entry(self) -> dict[str, Any]:
        entry = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return {**entry, "kid": self.kid, "use": "sig"} | ({"issuer": self.issuer} if self.issuer else {})


class Entra:
    """The metadata and keys of one tenant or, with `tenant="common"`, of all tenants. `asked` lists the
    fetched URLs.
    """

    def __init__(self, clock: FakeClock, tenant: str = TENANT) -> None:
        self.clock = clock
        self.keys = [Key("first")]
        self.asked: list[str] = []
        self.is_down = False
        self.documents: dict[str, Any] = {}
        issuer = f"{LOGIN}/{tenant if tenant != 'common' else '{tenantid}'}/v2.0"
        self.url = metadata_url(tenant)
        self.metadata: Any = {"issuer": issuer, "jwks_uri": f"{LOGIN}/{tenant}/discovery/v2.0/keys"}

    async def fetch(self, url: str) -> Any:
        self.asked.append(url)
        if self.is_down:
            raise Unavailable("down")
        if url in self.documents:
            return self.documents[url]
        return self.metadata if url == self.url else {"keys": [key.entry() for key in self.keys]}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a valid token, with changes. None removes a claim."""
        now = int(self.clock.now().timestamp())
        tenant = changes.get("tid") or TENANT
        claims = {
            "aud": API,
            "iss": f"{LOGIN}/{tenant}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "azp": ADD_IN,
            "azpacr": "0",
            "oid": ALICE,
            "tid": tenant,
            "scp": "access_as_user",
            "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
            "ver": "2.0",
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key: Key | None = None, **changes: Any) -> str:
        """A valid token for Alice, with changes to its claims."""
        key = key or self.keys[0]
        return jwt.encode(self.claims(**changes), key.private, algorithm="RS256", headers={"kid": key.kid})
