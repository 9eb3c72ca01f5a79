"""A connection to an Exchange server: exchangelib's Protocol without its sleeps and its process-wide state.

One connection serves one call at a time. NTLM authenticates connections rather than requests, so a connection is kept
open between calls.
"""

import logging
import re
from dataclasses import dataclass
from typing import Any

import requests
from exchangelib import IMPERSONATION, UTC, Account, Configuration, Credentials, Version
from exchangelib.protocol import CachingProtocol, FailFast, Protocol
from exchangelib.transport import BASIC, NOAUTH, NTLM
from exchangelib.version import EXCHANGE_2016
from requests.auth import AuthBase

from shared.mailboxes.ews.back_off import DEFAULT_BACK_OFF_SECONDS
from shared.mailboxes.ews.bounded import Adapter, Sockets
from shared.mailboxes.ews.error_mapping import HttpFailure, NotSoap, Unreadable
from shared.retry_after import retry_after

EWS_TIMEOUT = (10.0, 25.0)
"""Timeout in seconds for connecting, and for each part of a response. The caller limits the total time by calling
`abort`.
"""

_HEAD = 2048
_ENVELOPE = re.compile(rb"<([A-Za-z_][\w.-]*:)?Envelope[\s>]")
_ENVELOPE_END = re.compile(rb"</([A-Za-z_][\w.-]*:)?Envelope\s*>\s*\Z")
_MARK = b"\xef\xbb\xbf"

# exchangelib logs whole requests at level ERROR, and whole mailboxes at DEBUG (O3: no personal data in logs).
logging.getLogger("exchangelib").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Way:
    """How to reach a server: its EWS URL, and the URL of a web proxy or ""."""

    url: str
    proxy: str = ""


class AtOnce(FailFast):
    """A retry policy that never waits. It raises every error immediately. The error contains the delay that the server
    asked for.
    """

    def raise_response_errors(self, response: requests.Response) -> None:
        """See RetryPolicy. SOAP faults are checked as well. They arrive with status 500 or even 200."""
        if response.status_code in (200, 500) and _is_soap(response.content):
            return _check(response.content)
        if response.status_code == 200:
            raise NotSoap("not XML")
        if response.status_code in (301, 302, 303, 307, 308):
            raise NotSoap("a redirect, which is not followed")
        raise HttpFailure(response.status_code, retry_after(response.headers))


class _Uncached(CachingProtocol):
    """Creates a new Protocol each time, because exchangelib's cache may return a connection with other settings."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return type.__call__(cls, *args, **kwargs)


class Line(Protocol, metaclass=_Uncached):
    """One connection for one account. `secret` is the password or the access token, and may change."""

    EWS_TIMEOUT = EWS_TIMEOUT
    RETRY_WAIT = DEFAULT_BACK_OFF_SECONDS  # exchangelib's default for a busy server that sends no BackOffMilliseconds
    USERAGENT = "vmr-scheduling"

    def __init__(self, way: Way, method: str, username: str, secret: str) -> None:
        self._way = way
        self._auth = _Bearer(secret)
        self._sockets = Sockets()
        credentials = Credentials(username, secret) if method in (BASIC, NTLM) else None
        super().__init__(
            config=Configuration(
                service_endpoint=way.url,
                credentials=credentials,
                auth_type=method if credentials else NOAUTH,
                # The server may be newer, but without a version exchangelib would need a call to detect it.
                version=Version(EXCHANGE_2016),
                retry_policy=AtOnce(),
                max_connections=1,
            )
        )

    def takes(self, secret: str) -> bool:
        """Whether this secret can be used on the connection. An access token always can, because it is sent with every
        request.
        """
        if self.credentials is None:
            self._auth.token = secret
            return True
        return bool(self.credentials.password == secret)

    def create_session(self) -> requests.Session:
        """See BaseProtocol. The session limits the size of responses. It ignores environment variables such as
        HTTPS_PROXY.
        """
        session: requests.Session = super().create_session()
        if self.credentials is None:
            session.auth = self._auth
        elif self.auth_type == BASIC:
            session.auth = (self.credentials.username.encode(), self.credentials.password.encode())
        session.trust_env = False
        session.proxies = {"http": self._way.proxy, "https": self._way.proxy} if self._way.proxy else {}
        session.mount(self._way.url, Adapter(self._sockets, encrypted=self._way.url.startswith("https:")))
        return session

    @property
    def aborted(self) -> bool:
        """Whether the connection has been aborted and can no longer be used."""
        return self._sockets.aborted

    def abort(self) -> None:
        """Abort the current call. May be called from any thread; the thread waiting for the server sees the connection
        close.
        """
        self._sockets.abort()

    def account(self, address: str, access: str = IMPERSONATION) -> Account:
        """The account for the mailbox with the given address, using this connection."""
        account = Account(address, access_type=access, config=self.config, default_timezone=UTC, locale="en_US")
        # The account has created its own Protocol, which exchangelib would keep forever.
        del Protocol[self.config]
        account.protocol = self
        return account


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}".encode()
        return request


def _is_soap(content: bytes) -> bool:
    """Whether the bytes are a SOAP envelope. Any namespace prefix is accepted, and the XML declaration is optional
    (grommunio's faults have none).
    """
    head = content[:_HEAD].removeprefix(_MARK).lstrip()
    return head.startswith(b"<") and bool(_ENVELOPE.search(head))


def _check(content: bytes) -> None:
    """Reject invalid SOAP that exchangelib's lenient parser would accept. Messages would be lost if a truncated
    response were accepted.

    SOAP has no document type (SOAP 1.1, chapter 3), and therefore no entity declarations.
    """
    if not _ENVELOPE_END.search(content[-_HEAD:]):
        raise Unreadable("truncated")
    if b"<!DOCTYPE" in content[:_HEAD]:
        raise Unreadable("document type")
