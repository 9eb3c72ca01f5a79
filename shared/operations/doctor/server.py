"""Examines the add-in's server as seen by Outlook: its name in DNS, and its certificate."""

import asyncio
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.operations.doctor.finding import Check, Finding, problem, sound

SERVER_TIMEOUT = 10.0
"""Seconds for connection and handshake."""

CERTIFICATE_WARNING_TIME = timedelta(days=14)


class Trouble(StrEnum):
    """A problem that keeps Outlook from reaching the server."""

    NAME = "name"
    SILENT = "silent"
    CERTIFICATE = "certificate"


@dataclass(frozen=True)
class Server:
    """The result of probing a host: a trusted certificate and its expiry, or a problem."""

    host: str
    certificate_ends: datetime | None = None
    trouble: Trouble | None = None
    reason: str = ""


@dataclass(frozen=True)
class ServerProbe:
    """Connects only to the given host, and sends it nothing beyond the handshake."""

    port: int = 443
    context: ssl.SSLContext | None = None

    async def look(self, host: str) -> Server:
        """Resolve the name, connect, and complete the TLS handshake."""
        try:
            async with asyncio.timeout(SERVER_TIMEOUT):
                return Server(host, await self._certificate_end(host))
        except (socket.gaierror, UnicodeError) as error:
            return Server(host, trouble=Trouble.NAME, reason=type(error).__name__)
        except ssl.SSLCertVerificationError as error:
            return Server(host, trouble=Trouble.CERTIFICATE, reason=error.verify_message)
        except (OSError, TimeoutError) as error:
            return Server(host, trouble=Trouble.SILENT, reason=type(error).__name__)

    async def _certificate_end(self, host: str) -> datetime:
        context = self.context or ssl.create_default_context()
        _, writer = await asyncio.open_connection(host, self.port, ssl=context)
        try:
            certificate = writer.get_extra_info("peercert")
        finally:
            writer.close()
            with suppress(OSError):  # the server has already closed the connection
                await writer.wait_closed()
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def judge_server(server: Server, now: datetime) -> Finding:
    """Judge whether Outlook can reach the add-in."""
    host, show = server.host, f"openssl s_client -connect {server.host}:443 -servername {server.host} </dev/null"
    match server.trouble:
        case Trouble.NAME:
            details = f"{host} has no address in DNS, as far as this service can see ({server.reason})."
            return problem(Check.SERVER, details, f"nslookup {host}")
        case Trouble.SILENT:
            details = f"{host} does not respond on port 443, as far as this service can see ({server.reason})."
            return problem(Check.SERVER, details, f"curl -sSI https://{host}/api/health")
        case Trouble.CERTIFICATE:
            return problem(Check.SERVER, f"The certificate of {host} is not trusted: {server.reason}.", show)
    if server.certificate_ends and server.certificate_ends < now + CERTIFICATE_WARNING_TIME:
        ends = f"{server.certificate_ends:%Y-%m-%d}"
        return problem(Check.SERVER, f"The certificate of {host} expires on {ends} and was not renewed.", show)
    return sound(Check.SERVER, f"{host} presents a trusted certificate.")
