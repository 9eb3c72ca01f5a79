"""A network on this machine's loopback: a certificate authority, servers with its certificates, and a web proxy."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

END = b"\r\n\r\n"
PROXY_VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


class Authority:
    """A company's own certificate authority. `file` is the value for SSL_CERT_FILE."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Authority {folder.name}")])
        start, authority = datetime.now(UTC) - timedelta(days=100), x509.BasicConstraints(ca=True, path_length=None)
        issued = _builder(self._name, self._name, self._key, start, start + timedelta(days=200))
        certificate = issued.add_extension(authority, critical=True).sign(self._key, hashes.SHA256())
        self.file = folder / "authority.pem"
        self.file.write_bytes(certificate.public_bytes(Encoding.PEM))

    def server(self, host: str, *, expired: bool = False) -> ssl.SSLContext:
        """The TLS context for a server with this name."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        end = now + timedelta(days=-1 if expired else 30)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        issued = _builder(name, self._name, key, now - timedelta(days=50), end)
        named = issued.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        certificate = named.sign(self._key, hashes.SHA256())
        file = self._folder / f"{host}-{expired}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(start).not_valid_after(end)


@dataclass
class Proxy:
    """A running web proxy. Only the proxy can resolve the hosts in `hosts`. `asked` lists the requested hosts, and
    `places` lists them with their ports. A functions host in this process calls Azurite, which only its port
    identifies.
    """

    hosts: Mapping[str, int]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection: a tunnel (CONNECT), or plain requests for absolute URLs with the same host."""
        head = await reader.readuntil(END)
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        place = urlsplit(f"//{target}" if method == "CONNECT" else target)
        self.asked.append(place.hostname or "")
        self.places.append(place.netloc)
        port = self.hosts.get(place.hostname or "")
        if port is None:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await _end(writer)
            return
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            outbound = _carry(reader, there_writer)
        else:
            outbound = _carry_requests(head, f"{place.scheme}://{place.netloc}".encode(), reader, there_writer)
        await asyncio.gather(outbound, _carry(there_reader, writer))


async def _carry_requests(
    head: bytes, origin: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Pass on requests in the form that servers expect, with only the path instead of the complete URL."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            writer.write(head.replace(origin, b"", 1) + await reader.readexactly(int(length[1]) if length else 0))
            head = await reader.readuntil(END)
    await _end(writer)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):  # either side may disconnect
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    await _end(writer)


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@asynccontextmanager
async def running_proxy(hosts: Mapping[str, int]) -> AsyncIterator[Proxy]:
    """A proxy on a free port, which knows the given hosts' local ports."""
    proxy = Proxy(hosts)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield proxy


def environment(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    """Set the given variables for proxies and certificate authorities, and unset all other such variables."""
    for name in (*PROXY_VARIABLES, *map(str.lower, PROXY_VARIABLES), "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
