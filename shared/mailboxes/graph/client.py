"""Calls to Graph with the SDK's client core, but without its generated models.

Reads are retried by the SDK's retry middleware if the wait is short. Changes are only sent once, because a 504 may
arrive after the work has been done. Answering twice is worse than answering late.
"""

import base64
import logging
from asyncio import Semaphore
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from kiota_http.kiota_client_factory import KiotaClientFactory
from kiota_http.middleware import RetryHandler
from kiota_http.middleware.middleware import REQUEST_OPTIONS_KEY
from kiota_http.middleware.options import RetryHandlerOption
from msgraph_core.middleware import AsyncGraphTransport, GraphTelemetryHandler

from shared.bounded_http import MEGABYTE, AnswerRefused, AnswerTooLarge, Bounds, bounded_transport
from shared.bounded_json import read_json
from shared.errors import Unavailable
from shared.mailboxes.graph.error_mapping import TOO_LARGE, GraphError, failure_of
from shared.retry_after import retry_after

log = logging.getLogger(__name__)

GRAPH_BOUNDS = Bounds(bytes=32 * MEGABYTE, seconds=30.0, connections=100)
"""Limits on a response. A message is read together with its event, including both bodies in full. With the longest body
seen (4 MB), the response takes about 10 MB.
"""

IMMUTABLE_IDS = {"Prefer": 'IdType="ImmutableId"'}
"""Sent with every call. Otherwise a message's id would change when it moves, and accepting moves it (exchange.md
§1).
"""

_ALWAYS = IMMUTABLE_IDS | {"Accept": "application/json", "User-Agent": "vmr-scheduling"}
"""Headers for every call. The SDK's own builders also request JSON."""

_FIRST_WAIT = 0.2
MAILBOX_CONCURRENCY = 4
"""How many concurrent requests Graph serves per app and mailbox (docs/facts/exchange.md §5)."""

_LONGEST_WAIT = 5.0

_AS_TEXT = 'outlook.body-content-type="text"'


class Tokens(Protocol):
    """Access tokens for Graph."""

    async def token(self) -> str:
        """A currently valid bearer token. Raises Unavailable."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class RetryReads(RetryHandler):
    """The SDK's retries, limited to GET and to short waits. Longer waits are left to the queue."""

    def __init__(self) -> None:
        super().__init__(RetryHandlerOption(delay=0.2, max_retries=2))
        self.allowed_methods = frozenset({"GET"})

    def get_delay_time(
        self, retry_count: int, response: httpx.Response | None = None, delay: float = RetryHandlerOption.DEFAULT_DELAY
    ) -> float:
        """Seconds until the next attempt. At 180 the SDK gives up. The SDK itself cannot parse the fractions that Graph
        sends.
        """
        wait = retry_after(response.headers) if response is not None else 0.0
        if wait > _LONGEST_WAIT:
            return float(RetryHandlerOption.MAX_DELAY)
        return wait or _FIRST_WAIT * 2**retry_count


class GraphClient:
    """A connection pool to Graph for one set of credentials.

    Calls may raise Unavailable, RateLimited, and GraphError for problems that a retry cannot fix.
    """

    def __init__(self, base_url: str, tokens: Tokens, *, use_proxy: bool = True) -> None:
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._slots: defaultdict[str, Semaphore] = defaultdict(lambda: Semaphore(MAILBOX_CONCURRENCY))
        # The SDK's transport does not close the transport that it wraps, so a reference to the wrapped transport is
        # kept.
        self._wire = bounded_transport(GRAPH_BOUNDS, use_proxy=use_proxy)
        middleware = [RetryReads(), GraphTelemetryHandler()]
        pipeline = KiotaClientFactory.create_middleware_pipeline(middleware, self._wire)
        transport = AsyncGraphTransport(transport=self._wire, pipeline=pipeline)
        self._http = httpx.AsyncClient(transport=transport, timeout=GRAPH_BOUNDS.seconds, follow_redirects=False)

    async def get(
        self, path_or_link: str, params: Mapping[str, str] | None = None, prefer: str = "", of: str = ""
    ) -> Any:
        """The JSON object at a path under the base URL, or at a link from Graph.

        `of` is the path of the mailbox that a link belongs to. It cannot be taken from the link, where it has a
        different form (`users('<id>')`).
        """
        payload = await self._send("GET", path_or_link, params=params, prefer=prefer, of=of)
        if not isinstance(payload, dict):
            raise Unavailable("Graph's response could not be read: not an object.")
        return payload

    async def post(self, path: str, body: Mapping[str, Any] | None = None, prefer: str = "") -> Any:
        """Send a request once, and return the response's JSON or None. Actions that take no body are sent without
        one.
        """
        return await self._send("POST", path, json=body, prefer=prefer)

    async def post_mime(self, path: str, content: bytes) -> Any:
        """Send a MIME message once, as Graph expects it (base64 in text/plain), and return the response's JSON."""
        return await self._send("POST", path, content=base64.b64encode(content), content_type="text/plain")

    async def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send a change once, and return the response's JSON."""
        return await self._send("PATCH", path, json=body)

    async def delete(self, path: str) -> None:
        """Send a deletion once."""
        await self._send("DELETE", path)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()
        await self._wire.aclose()
        await self._tokens.close()

    def _url(self, path_or_link: str) -> str:
        """The URL for a path or link. A link must point to the configured host, because tokens must never reach another
        host.
        """
        if path_or_link.startswith("/"):
            return self._base_url + path_or_link
        link, base = urlsplit(path_or_link), urlsplit(self._base_url)
        if (link.scheme, link.netloc) != (base.scheme, base.netloc):
            raise GraphError(0, "ForeignLink")
        return path_or_link

    async def _send(
        self, method: str, path_or_link: str, prefer: str = "", content_type: str = "", of: str = "", **options: Any
    ) -> Any:
        url = self._url(path_or_link)
        headers = {"Authorization": f"Bearer {await self._tokens.token()}"} | _ALWAYS
        if prefer:
            headers["Prefer"] += f", {prefer}"
        if content_type:
            headers["Content-Type"] = content_type
        try:
            async with self._slots[_mailbox_of(of or url)]:
                response = await self._http.request(method, url, headers=headers, extensions=_middleware(), **options)
        except AnswerTooLarge as error:
            raise GraphError(0, TOO_LARGE) from error
        except AnswerRefused as error:
            raise Unavailable(f"Graph's response could not be read: {error}.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"Graph cannot be reached ({type(error).__name__}).") from error
        if not response.is_success:
            raise failure_of(response)
        try:
            return read_json(response.content) if response.content else None
        except ValueError as error:
            raise Unavailable("Graph's response could not be read: not JSON, or nested too deeply.") from error


async def get_whole(client: GraphClient, path: str, but_body: str, params: Mapping[str, str] | None = None) -> Any:
    """A message or an event with its body. The body is read as plain text if the HTML, including its pictures, is too
    large.

    If the text is too large as well, only the properties in `but_body` are read.
    """
    for prefer in ("", _AS_TEXT):
        try:
            return await client.get(path, params, prefer=prefer)
        except GraphError as error:
            if error.error_code != TOO_LARGE:
                raise
    log.warning("a body is too large to read; its content is ignored")
    return await client.get(path, {**(params or {}), "$select": but_body})


def _middleware() -> dict[str, Any]:
    """Request options. Without them, the SDK's transport silently skips its middleware."""
    return {REQUEST_OPTIONS_KEY: {}}


def _mailbox_of(url: str) -> str:
    """The mailbox in a request's URL; "" if there is none."""
    return urlsplit(url).path.partition("/users/")[2].partition("/")[0].lower()
