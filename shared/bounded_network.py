"""The network below bounded clients (bounded_http.py): aiohttp's connections behind httpx's interface.

httpx's own network iterates over every open connection whenever a request begins or ends, and parses in Python. With 32
concurrent requests this takes 3 to 4 ms of processor time per request, compared with 0.5 ms here. Calls to Exchange are
most of the product's work. aiohttp is already loaded for Azure's tables.

The caller limits a request's time and size; this module only limits connections.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
import httpx
from yarl import URL

from shared.proxy import ServerProxies

KEEPALIVE_TIMEOUT = 5.0
"""How many seconds an idle connection is kept. Many servers close connections that are idle for longer."""

HEADER_MAX_BYTES = 64 * 1024
"""Maximum size in bytes of one header, and of a status line."""

_OURS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would otherwise add."""

_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    aiohttp.ClientHttpProxyError: httpx.ProxyError,
    aiohttp.ClientProxyConnectionError: httpx.ProxyError,
    aiohttp.ClientConnectorError: httpx.ConnectError,
    aiohttp.ConnectionTimeoutError: httpx.ConnectTimeout,
    TimeoutError: httpx.ReadTimeout,
    aiohttp.ClientOSError: httpx.ReadError,
    aiohttp.ClientConnectionResetError: httpx.ReadError,
    aiohttp.NonHttpUrlClientError: httpx.UnsupportedProtocol,
    aiohttp.ClientError: httpx.RemoteProtocolError,
    OSError: httpx.ReadError,
}
"""httpx's counterparts to aiohttp's errors; the first match counts."""


class Network(httpx.AsyncBaseTransport):
    """The network, with separate connections per server, so that a hanging server cannot use up the connections to the
    others.
    """

    def __init__(self, connections: int, *, use_proxy: bool) -> None:
        self._connections = connections
        self._proxies = ServerProxies() if use_proxy else None
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See AsyncBaseTransport. Raises httpx.TransportError, with aiohttp's own error as the cause."""
        session = self._session = self._session or self._opened()
        server = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        with _failures(request):
            answer = await session.request(
                request.method,
                URL(server + request.url.raw_path.decode("ascii"), encoded=True),
                headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw],
                skip_auto_headers=_OURS,
                data=await request.aread() or None,
                allow_redirects=False,
                proxy=self._proxies.of(server) if self._proxies else None,
            )
        return httpx.Response(answer.status, headers=list(answer.raw_headers), stream=_Body(request, answer))

    def _opened(self) -> aiohttp.ClientSession:
        # The context respects SSL_CERT_FILE: many servers have a certificate from their company's own CA.
        trust = httpx.create_ssl_context()
        trust.set_alpn_protocols(["http/1.1"])
        connector = aiohttp.TCPConnector(
            ssl=trust, limit=0, limit_per_host=self._connections, keepalive_timeout=KEEPALIVE_TIMEOUT
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=HEADER_MAX_BYTES,
            max_field_size=HEADER_MAX_BYTES,
        )

    async def aclose(self) -> None:
        """See AsyncBaseTransport."""
        if self._session:
            await self._session.close()
            self._session = None


class _Body(httpx.AsyncByteStream):
    def __init__(self, request: httpx.Request, answer: aiohttp.ClientResponse) -> None:
        self._request = request
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _failures(self._request):
            async for chunk in self._answer.content.iter_any():
                yield chunk

    async def aclose(self) -> None:
        """See AsyncByteStream. A connection cannot be reused if its response was not read completely."""
        self._answer.close()


@contextmanager
def _failures(request: httpx.Request) -> Iterator[None]:
    """Turns aiohttp's errors into httpx's. The messages of aiohttp's errors contain addresses, so they are only kept as
    the cause.
    """
    try:
        yield
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        kind = next(ours for theirs, ours in _ERRORS.items() if isinstance(error, theirs))
        cause = error.certificate_error if isinstance(error, aiohttp.ClientConnectorCertificateError) else error
        raise kind(type(error).__name__, request=request) from cause
