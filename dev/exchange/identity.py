"""Exchange identity tokens, and the metadata document with their keys, in the format used by real Exchange servers
(exchange.md §10).
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from dev.exchange.directory import TENANT, User
from dev.movable_clock import MovableClock

IDENTITY_TOKEN_LIFETIME = 28_800
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"


@dataclass(frozen=True)
class SigningKey:
    """A key pair with its self-signed "Exchange Server Auth" certificate (DER)."""

    key: rsa.RSAPrivateKey
    certificate: bytes
    thumbprint: bytes

    @property
    def x5t(self) -> str:
        """SHA-1 of the certificate in base64url, without padding."""
        return base64.urlsafe_b64encode(self.thumbprint).rstrip(b"=").decode()

    @property
    def kid(self) -> str:
        """SHA-1 of the certificate in upper-case hex."""
        return self.thumbprint.hex().upper()


class Identity:
    """Issues tokens and publishes the keys. After a rollover, the old key remains in the document."""

    def __init__(self, clock: MovableClock) -> None:
        self._clock = clock
        self._keys: list[SigningKey] = []
        self._stranger: SigningKey | None = None

    def roll(self) -> None:
        """Sign with a new key from now on."""
        self._keys = [_new_key(), self._published[0]]

    def token(
        self, user: User, audience: str, amurl: str, *, expires_in: int = IDENTITY_TOKEN_LIFETIME, forged: bool = False
    ) -> str:
        """Issue a token that identifies the user of the pane at ``audience``. ``expires_in`` is in seconds, and
        negative for an expired token. A ``forged`` token is signed with a key that is not in any metadata document, and
        has that key's thumbprint.
        """
        key = self._foreign_key() if forged else self._published[0]
        now = int(self._clock.now().timestamp())
        issuer = f"{EXCHANGE}@{TENANT}"
        # In real tokens, appctx and isbrowserhostedapp are strings, although the documentation does not say so.
        context = {"msexchuid": user.exchange_id, "version": "ExIdTok.V1", "amurl": amurl}
        payload = {
            "appctxsender": issuer,
            "isbrowserhostedapp": "True",
            "appctx": json.dumps(context, separators=(",", ":")),
            "nbf": now + min(0, expires_in - IDENTITY_TOKEN_LIFETIME),
            "exp": now + expires_in,
            "iss": issuer,
            "aud": audience,
        }
        return jwt.encode(payload, key.key, algorithm="RS256", headers={"kid": key.kid, "x5t": key.x5t, "typ": "JWT"})

    def metadata(self, location: str) -> Mapping[str, Any]:
        """The metadata document at ``amurl``."""
        return {
            "id": "_70b34511-d105-4e2b-9675-39f53305bb01",
            "version": "1.0",
            "name": "Exchange",
            "realm": "*",
            "serviceName": EXCHANGE,
            "issuer": f"{EXCHANGE}@*",
            "allowedAudiences": [f"{EXCHANGE}@*"],
            "keys": [
                {
                    "usage": "signing",
                    "keyinfo": {"x5t": key.x5t},
                    "keyvalue": {"type": "x509Certificate", "value": base64.b64encode(key.certificate).decode()},
                }
                for key in self._published
            ],
            "endpoints": [{"location": location, "protocol": "OAuth2", "usage": "metadata"}],
        }

    @property
    def _published(self) -> list[SigningKey]:
        """The keys, newest first. The first key is generated on first use."""
        self._keys = self._keys or [_new_key()]
        return self._keys

    def _foreign_key(self) -> SigningKey:
        self._stranger = self._stranger or _new_key()
        return self._stranger


def _new_key() -> SigningKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Microsoft Exchange Server Auth Certificate")])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=5 * 365))
        .sign(key, hashes.SHA256())
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    return SigningKey(key, der, certificate.fingerprint(hashes.SHA1()))  # noqa: S303  # what x5t consists of
