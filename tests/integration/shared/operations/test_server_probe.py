"""The probe for the add-in's server, against real sockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.operations.doctor import server as module
from shared.operations.doctor.server import Server, ServerProbe, Trouble

ENDS = datetime.now(UTC).replace(microsecond=0) + timedelta(days=40)
Files = Callable[[str], tuple[Path, Path]]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Write a self-signed certificate and its key."""

    def write(host: str) -> tuple[Path, Path]:
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(ENDS - timedelta(days=90))
            .not_valid_after(ENDS)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem, secret = tmp_path / "cert.pem", tmp_path / "key.pem"
        pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return pem, secret

    return write


@asynccontextmanager
async def listening(pem: Path, key: Path) -> AsyncIterator[int]:
    """A TLS server on a free port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_trusted_certificate_is_reported_with_its_expiry(files: Files) -> None:
    pem, key = files("localhost")
    async with listening(pem, key) as port:
        found = await ServerProbe(port, ssl.create_default_context(cafile=str(pem))).look("localhost")
    assert found == Server("localhost", ENDS)


@pytest.mark.parametrize(
    ("host", "trusted", "reason"), [("localhost", False, "self"), ("other.example", True, "ostname")]
)
async def test_an_untrusted_certificate_is_reported(files: Files, host: str, reason: str, *, trusted: bool) -> None:
    pem, key = files(host)
    async with listening(pem, key) as port:
        found = await ServerProbe(port, ssl.create_default_context(cafile=str(pem)) if trusted else None).look(
            "localhost"
        )
    assert found.trouble is Trouble.CERTIFICATE
    assert reason in found.reason


async def test_a_refused_connection_is_reported(unused_port: int) -> None:
    assert (await ServerProbe(unused_port).look("127.0.0.1")).trouble is Trouble.SILENT


async def test_a_server_that_does_not_respond_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await done.wait()
        writer.close()

    done = asyncio.Event()
    monkeypatch.setattr(module, "SERVER_TIMEOUT", 0.1)
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        found = await ServerProbe(server.sockets[0].getsockname()[1]).look("127.0.0.1")
        done.set()
    assert (found.trouble, found.reason) == (Trouble.SILENT, "TimeoutError")


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example"])
async def test_a_name_without_an_address_is_reported(host: str) -> None:
    assert (await ServerProbe().look(host)).trouble is Trouble.NAME


@pytest.fixture
async def unused_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port
