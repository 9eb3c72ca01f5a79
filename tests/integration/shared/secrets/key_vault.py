"""A small Key Vault over HTTPS, which responds to the product's requests as the REST reference specifies."""

import ipaddress
import json
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

TOKEN = "the-identitys-token"
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")


@dataclass
class KeyVault:
    """A vault that stores secrets. The names of deleted secrets stay reserved, as with soft delete."""

    url: str = ""
    certificate: Path = Path()
    secrets: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    fails_with: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        """Respond to a single request to the vault's REST API."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            challenge = 'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"'
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        self.requests.append(f"{request.method} {request.path}")
        name = request.match_info["name"]
        if self.fails_with:
            return _error(self.fails_with, "Failing")
        if not _NAME.fullmatch(name) or "api-version" not in request.query:
            return _error(400, "BadParameter")
        match request.method:
            case "PUT":
                return self._put(name, (await request.json())["value"])
            case "DELETE":
                return self._delete(name)
        return self._bundle(name) if name in self.secrets else _error(404, "SecretNotFound")

    def _put(self, name: str, value: str) -> web.Response:
        if name in self.deleted:
            return _error(409, "ObjectIsDeletedButRecoverable")
        self.secrets[name] = value
        return self._bundle(name)

    def _delete(self, name: str) -> web.Response:
        if name not in self.secrets:
            return _error(404, "SecretNotFound")
        self.deleted.add(name)
        del self.secrets[name]
        return web.json_response(
            {"id": f"{self.url}/secrets/{name}", "recoveryId": f"{self.url}/deletedsecrets/{name}"}
        )

    def _bundle(self, name: str) -> web.Response:
        return web.json_response(
            {
                "value": self.secrets[name],
                "id": f"{self.url}/secrets/{name}/{'0' * 32}",
                "attributes": {"enabled": True},
            }
        )


@asynccontextmanager
async def running_key_vault(folder: Path) -> AsyncIterator[KeyVault]:
    """A vault on a free port, with its own certificate."""
    vault = KeyVault(certificate=folder / "vault.pem")
    app = web.Application()
    for path in ("/secrets/{name}", "/secrets/{name}/"):
        app.router.add_route("*", path, vault.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=_tls(vault.certificate))
    await site.start()
    port = runner.addresses[0][1]
    vault.url = f"https://127.0.0.1:{port}"
    try:
        yield vault
    finally:
        await runner.cleanup()


def _error(status: int, code: str) -> web.Response:
    return web.Response(
        status=status, text=json.dumps({"error": {"code": code, "message": code}}), content_type="application/json"
    )


def _tls(path: Path) -> ssl.SSLContext:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vault")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
