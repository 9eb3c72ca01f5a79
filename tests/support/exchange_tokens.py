"""An Exchange organization that signs identity tokens and publishes its keys, and ways to forge tokens."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from shared.errors import Unavailable
from tests.fakes.clock import FakeClock
from tests.support.entra_tokens import private_key

METADATA = "https://mail.example.com/autodiscover/metadata/json/1"
AUDIENCE = "https://addin.example.com/addin/11111111-1111-4111-8111-111111111111/pane"
ALICE = "53e925fa-76ba-45e1-be0f-4ef08b59d389"
LEFT_OUT = object()


@cache
def certificate(name: str) -> x509.Certificate:
    """A self-signed certificate for the key with this name."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Microsoft Exchange Server Auth Certificate")])
    start = datetime(2025, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(_public(name))
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(start).not_valid_after(start + timedelta(days=1800))
    return builder.sign(private_key(name), hashes.SHA256())


def _public(name: str) -> rsa.RSAPublicKey:
    return private_key(name).public_key()


@dataclass(frozen=True)
class Signer:
    """A key pair with its certificate. The same name always returns the same pair."""

    name: str

    @property
    def key(self) -> rsa.RSAPrivateKey:
        return private_key(self.name)

    @cached_property
    def thumbprint(self) -> bytes:
        return certificate(self.name).fingerprint(hashes.SHA1())  # noqa: S303  # x5t is SHA-1 by RFC 7515

    @property
    def x5t(self) -> str:
        return base64.urlsafe_b64encode(self.thumbprint).rstrip(b"=").decode()

    @property
    def public_pem(self) -> bytes:
        return _public(self.name).public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def entry(self) -> dict[str, Any]:
        """The key's entry in the metadata document."""
        der = certificate(self.name).public_bytes(serialization.Encoding.DER)
        value = {"type": "x509Certificate", "value": base64.b64encode(der).decode()}
        return {"usage": "signing", "keyinfo": {"x5t": self.x5t}, "keyvalue": value}


class Exchange:
    """An Exchange organization. `documents` contains the documents at its URLs, and `asked` lists the fetched URLs."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.signer = Signer("exchange")
        self.asked: list[str] = []
        self.documents: dict[str, Any] = {METADATA: {"keys": [self.signer.entry()]}}

    async def fetch(self, url: str) -> Any:
        self.asked.append(url)
        if url not in self.documents:
            raise Unavailable("down")
        return self.documents[url]

    def context(self, **changes: Any) -> dict[str, Any]:
        """The `appctx` of Alice's token, as an object."""
        return _changed({"msexchuid": ALICE, "version": "ExIdTok.V1", "amurl": METADATA}, changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a token as issued by real Exchange servers (docs/facts/exchange.md §10)."""
        now = int(self._clock.now().timestamp())
        claims = {
            "appctxsender": "00000002-0000-0ff1-ce00-000000000000@example.com",
            "isbrowserhostedapp": "True",
            "appctx": json.dumps(self.context()),
            "nbf": now,
            "exp": now + 28_800,
            "iss": "00000002-0000-0ff1-ce00-000000000000@example.com",
            "aud": AUDIENCE,
        }
        return _changed(claims, changes)

    def token(self, signer: Signer | None = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A valid token for Alice, with changes to its header and claims. The value LEFT_OUT removes a claim."""
        signer = signer or self.signer
        headers = _changed({"kid": signer.thumbprint.hex().upper(), "x5t": signer.x5t}, header or {})
        return jwt.encode(self.claims(**changes), signer.key, algorithm="RS256", headers=headers)


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (values | changes).items() if value is not LEFT_OUT}


def handmade(header: Any, claims: Any, signature: bytes = b"") -> str:
    """A token in a form that no library would create."""

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    texts = [content if isinstance(content, bytes) else json.dumps(content).encode() for content in (header, claims)]
    return ".".join([*(part(text) for text in texts), part(signature)])
