"""Authentication: Basic and Bearer with each request, NTLM once for each TCP connection."""

import asyncio
import base64
import binascii
import os
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import spnego
from aiohttp import web

from dev.exchange.ews.access import DNS_DOMAIN, DOMAIN, Account, Caller
from dev.exchange.ews.state import Ews
from dev.exchange.ews.tokens import Tokens


class UnauthorizedError(Exception):
    """The request is not authenticated; ``challenges`` are the values of WWW-Authenticate."""

    def __init__(self, challenges: Sequence[str]) -> None:
        super().__init__("sign in")
        self.challenges = tuple(challenges)


@dataclass
class _Connection:
    """The state of a TCP connection: an NTLM handshake in progress, or the account that has completed its handshake."""

    handshake: spnego.ContextProxy | None = None
    caller: Caller | None = None


class Authentication:
    """Identifies the sender of a request."""

    def __init__(self, ews: Ews, tokens: Tokens) -> None:
        self._ews = ews
        self._tokens = tokens
        self._connections: WeakKeyDictionary[asyncio.BaseTransport, _Connection] = WeakKeyDictionary()

    def caller(self, request: web.Request) -> Caller:
        """The sender of a request; raises `UnauthorizedError`."""
        connection = self._connection(request)
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if not scheme and connection.caller:
            return connection.caller
        if scheme.casefold() == "ntlm":
            connection.caller = self._ntlm(connection, value.strip())
            return connection.caller
        found = None
        if scheme.casefold() == "basic":
            found = self._basic(value.strip())
        elif scheme.casefold() == "bearer":
            origin = f"{request.scheme}://{request.host}"
            found = self._tokens.caller(value.strip(), origin, self._ews.account)
        if found is None:
            raise UnauthorizedError(self._ews.schemes)
        return found

    def _connection(self, request: web.Request) -> _Connection:
        if self._ews.layer7_balancer or request.transport is None:
            return _Connection()
        return self._connections.setdefault(request.transport, _Connection())

    def _basic(self, value: str) -> Caller | None:
        if not any(scheme.startswith("Basic") for scheme in self._ews.schemes):
            return None
        try:
            username, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        account = self._ews.account(username)
        return Caller(account) if account and account.password == password else None

    def _ntlm(self, connection: _Connection, value: str) -> Caller:
        """Perform one step of an NTLM handshake. Returns the caller after the last step."""
        try:
            token = base64.b64decode(value, validate=True)
            with _credentials(self._ews.accounts):
                if connection.handshake is None or token[8:9] == b"\x01":
                    connection.handshake = spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
                answer = connection.handshake.step(token)
        except (binascii.Error, spnego.exceptions.SpnegoError, ValueError, struct.error) as error:
            connection.handshake = None
            raise UnauthorizedError(self._ews.schemes) from error
        if not connection.handshake.complete:
            raise UnauthorizedError([f"NTLM {base64.b64encode(answer or b'').decode()}"])
        account = self._ews.account(connection.handshake.client_principal or "")
        connection.handshake = None
        if account is None:
            raise UnauthorizedError(self._ews.schemes)
        return Caller(account)


@contextmanager
def _credentials(accounts: list[Account]) -> Iterator[None]:
    """Pass the passwords to the NTLM acceptor. It reads them from the file given in the environment."""
    with tempfile.NamedTemporaryFile("w", suffix=".ntlm", delete=False) as file:
        for account in accounts:
            names = (
                f"{DOMAIN}:{account.name}",
                f"{DNS_DOMAIN}:{account.name}",
                f":{account.name}",
                f":{account.address}",
            )
            file.writelines(f"{name}:{account.password}\n" for name in names)
    before = os.environ.get("NTLM_USER_FILE")
    os.environ["NTLM_USER_FILE"] = file.name
    try:
        yield
    finally:
        Path(file.name).unlink()
        os.environ.pop("NTLM_USER_FILE")
        if before is not None:
            os.environ["NTLM_USER_FILE"] = before
