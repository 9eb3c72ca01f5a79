"""A connection to an Exchange server: exchangelib's Protocol, without its waiting and its process-wide state.

One connection serves one call at a time. NTLM proves the connection, not the request, so it is kept open between calls.
"""

import logging
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from exchangelib import IMPERSONATION, UTC, Account, Configuration, Credentials, Version
from exchangelib.protocol import CachingProtocol, FailFast, Protocol
from exchangelib.transport import BASIC, NOAUTH, NTLM
from exchangelib.util import is_xml
from exchangelib.version import EXCHANGE_2016
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from shared.mailboxes.ews.faults import HttpFailure, NotSoap, Unreadable

TIMEOUT = (10.0, 25.0)
"""Seconds for connecting, and for each wait for more of an answer."""

WHOLE = 30.0
"""Seconds for a whole answer: a server that sends a byte now and then is silent, too."""

LARGEST = 16 * 1024 * 1024
"""Bytes of an answer, unpacked; a page of 512 changes has some 500 KB, an invitation with a long body a few MB."""

_HEAD = 2048

# At ERROR exchangelib writes whole requests, at DEBUG whole mailboxes, into the log (O3: no personal data there).
logging.getLogger("exchangelib").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Way:
    """How a server is reached: the EWS URL, and the web proxy's URL or ""."""

    url: str
    proxy: str = ""


class AtOnce(FailFast):
    """Raises at once whatever is wrong, with the wait that the server asks for; never waits itself."""

    def raise_response_errors(self, response: requests.Response) -> None:
        """See RetryPolicy: a fault is SOAP, too, under status 500 or even 200."""
        if response.status_code in (200, 500) and is_xml(response.content.lstrip()):
            return _check(response.content)
        if response.status_code == 200:
            raise NotSoap("no XML")
        if response.status_code in (301, 302, 303, 307, 308):
            raise NotSoap("a redirection, which nothing follows")
        raise HttpFailure(response.status_code, _seconds(response.headers.get("Retry-After", "")))


def _seconds(text: str) -> float:
    """A Retry-After in seconds; 0 for a date, which Exchange does not send, and for noise."""
    try:
        return max(0.0, float(text)) if float(text) < float("inf") else 0.0
    except ValueError:
        return 0.0


class _Uncached(CachingProtocol):
    """Makes a new Protocol each time: exchangelib's cache would hand out connections of other settings."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return type.__call__(cls, *args, **kwargs)


class Line(Protocol, metaclass=_Uncached):
    """One connection as one account. `secret` is the password, or the access token, which may change."""

    TIMEOUT = TIMEOUT
    USERAGENT = "vmr-scheduling"

    def __init__(self, way: Way, method: str, username: str, secret: str) -> None:
        self._way = way
        self._auth = _Bearer(secret)
        credentials = Credentials(username, secret) if method in (BASIC, NTLM) else None
        super().__init__(
            config=Configuration(
                service_endpoint=way.url,
                credentials=credentials,
                auth_type=method if credentials else NOAUTH,
                version=Version(EXCHANGE_2016),  # or newer; without it a call is spent on finding out
                retry_policy=AtOnce(),
                max_connections=1,
            )
        )

    def takes(self, secret: str) -> bool:
        """Whether the connection can go on with this secret: an access token goes with each request."""
        if self.credentials is None:
            self._auth.token = secret
            return True
        return bool(self.credentials.password == secret)

    def create_session(self) -> requests.Session:
        """See BaseProtocol: with bounds, and with nothing taken from the environment but what settings say."""
        session: requests.Session = super().create_session()
        if self.credentials is None:
            session.auth = self._auth
        elif self.auth_type == BASIC:
            session.auth = (self.credentials.username.encode(), self.credentials.password.encode())
        session.trust_env = False
        session.proxies = {"http": self._way.proxy, "https": self._way.proxy} if self._way.proxy else {}
        session.mount(self._way.url, _Adapter(encrypted=self._way.url.startswith("https:")))
        return session

    def account(self, address: str, access: str = IMPERSONATION) -> Account:
        """The mailbox of an address, over this connection."""
        account = Account(address, access_type=access, config=self.config, default_timezone=UTC, locale="en_US")
        # It has made a Protocol of its own, which would be kept for ever.
        del Protocol[self.config]
        account.protocol = self
        return account


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}".encode()
        return request


class _Adapter(HTTPAdapter):
    """Reads answers within bounds, whatever the server does."""

    def __init__(self, *, encrypted: bool) -> None:
        # SSL_CERT_FILE names authorities of one's own, beside the public ones, which requests adds.
        self._trust: dict[str, Any] = {"ssl_context": ssl.create_default_context()} if encrypted else {}
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0, pool_block=True)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See HTTPAdapter."""
        super().init_poolmanager(*args, **(kwargs | self._trust))

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """See HTTPAdapter."""
        return super().proxy_manager_for(proxy, **(kwargs | self._trust))

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """See HTTPAdapter, which leaves no choice of the response's class."""
        response = super().build_response(req, resp)
        response.__class__ = _Bounded
        return response


class _Bounded(requests.Response):
    """A response that is read within bounds. It is read late: NTLM needs the open socket's certificate first."""

    def iter_content(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """See Response. Raises Unreadable, ReadTimeout."""
        size, until = 0, time.monotonic() + WHOLE
        for chunk in super().iter_content(*args, **kwargs):
            size += len(chunk)
            if size > LARGEST:
                raise Unreadable("too large")
            if time.monotonic() > until:
                raise requests.exceptions.ReadTimeout("the answer does not end")
            yield chunk


def _check(content: bytes) -> None:
    """Refuse what exchangelib's forgiving parser would make sense of: SOAP that was cut off would lose messages.

    SOAP has no document type (SOAP 1.1, chapter 3), so no entities of its own either.
    """
    if not content.rstrip().endswith(b"Envelope>"):
        raise Unreadable("cut off")
    if b"<!DOCTYPE" in content[:_HEAD]:
        raise Unreadable("document type")
