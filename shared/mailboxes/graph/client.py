"""Speaking to Graph: the SDK's own client core, without its generated models (DESIGN §2).

Reads are tried again by the SDK's retry middleware when that costs a moment. Everything that changes something is sent
once: a 504 may come after the work was done, and an answer sent twice is worse than one sent late.
"""

import base64
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from kiota_http.kiota_client_factory import KiotaClientFactory
from kiota_http.middleware import RetryHandler
from kiota_http.middleware.options import RetryHandlerOption
from msgraph_core.middleware import AsyncGraphTransport, GraphTelemetryHandler

from shared.errors import RateLimited, SchedulingError, Unavailable

TIMEOUT = httpx.Timeout(30, connect=10)
IMMUTABLE_IDS = {"Prefer": 'IdType="ImmutableId"'}
"""Goes with every call: without it an id changes when the message moves, and accepting moves it (facts §1)."""

_LONGEST_WAIT = 5.0


class GraphError(SchedulingError):
    """Graph refused a request; `status` is the HTTP status, `error_code` Graph's own (`ErrorItemNotFound`, …)."""

    code = "graph_refused"

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(f"Graph answered {status} {error_code}: {message}")
        self.status = status
        self.error_code = error_code


class Tokens(Protocol):
    """Access tokens for Graph."""

    async def token(self) -> str:
        """A bearer token that is valid now. Raises Unavailable."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class RetryReads(RetryHandler):
    """The SDK's retries for GET alone, and only where the wait is short; longer waits are the queue's business."""

    def __init__(self) -> None:
        super().__init__(RetryHandlerOption(delay=0.2, max_retries=2))
        self.allowed_methods = frozenset({"GET"})

    def get_delay_time(
        self, retry_count: int, response: httpx.Response | None = None, delay: float = RetryHandlerOption.DEFAULT_DELAY
    ) -> float:
        """Seconds until the next try; the SDK gives up at 180."""
        if response is not None and _retry_after(response) > _LONGEST_WAIT:
            return float(RetryHandlerOption.MAX_DELAY)
        return super().get_delay_time(retry_count, response, delay)


class GraphClient:
    """One connection pool to Graph for one set of credentials."""

    def __init__(self, base_url: str, tokens: Tokens, *, use_proxy: bool = True) -> None:
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        # The SDK's transport does not close the one inside it, so that one is kept at hand.
        self._wire = httpx.AsyncHTTPTransport(proxy=proxy_for(base_url) if use_proxy else None)
        middleware = [RetryReads(), GraphTelemetryHandler()]
        pipeline = KiotaClientFactory.create_middleware_pipeline(middleware, self._wire)
        transport = AsyncGraphTransport(transport=self._wire, pipeline=pipeline)
        self._http = httpx.AsyncClient(transport=transport, timeout=TIMEOUT, follow_redirects=False)

    async def get(self, path_or_link: str, params: Mapping[str, str] | None = None, prefer: str = "") -> Any:
        """The JSON of a path below the base URL, or of a link that Graph gave. Raises GraphError and others."""
        return await self._send("GET", path_or_link, params=params, prefer=prefer)

    async def post(self, path: str, body: Mapping[str, Any], prefer: str = "") -> Any:
        """Send once; the JSON of the answer, None when there is none."""
        return await self._send("POST", path, json=body, prefer=prefer)

    async def post_mime(self, path: str, content: bytes) -> Any:
        """Send a MIME message once, as Graph takes it: base64 in text/plain; the JSON of the answer."""
        return await self._send("POST", path, content=base64.b64encode(content), content_type="text/plain")

    async def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send once; the JSON of the answer."""
        return await self._send("PATCH", path, json=body)

    async def delete(self, path: str) -> None:
        """Send once."""
        await self._send("DELETE", path)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.aclose()
        await self._wire.aclose()
        await self._tokens.close()

    def _url(self, path_or_link: str) -> str:
        """Links are followed on the configured host only: a token must never reach another."""
        if not path_or_link.startswith("http"):
            return self._base_url + path_or_link
        link, base = urlsplit(path_or_link), urlsplit(self._base_url)
        if (link.scheme, link.netloc) != (base.scheme, base.netloc):
            raise GraphError(0, "ForeignLink", "the answer holds a link to another host; it was not followed")
        return path_or_link

    async def _send(
        self, method: str, path_or_link: str, prefer: str = "", content_type: str = "", **options: Any
    ) -> Any:
        url = self._url(path_or_link)
        headers = {"Authorization": f"Bearer {await self._tokens.token()}"} | IMMUTABLE_IDS
        if prefer:
            headers["Prefer"] += f", {prefer}"
        if content_type:
            headers["Content-Type"] = content_type
        try:
            response = await self._http.request(method, url, headers=headers, **options)
        except httpx.HTTPError as error:
            raise Unavailable(f"Graph cannot be reached ({type(error).__name__}).") from error
        if response.is_success:
            return response.json() if response.content else None
        raise _failure(response)


def proxy_for(url: str) -> str | None:
    """The web proxy that the environment names for a URL (E5: HTTPS_PROXY, less NO_PROXY), or None."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def _failure(response: httpx.Response) -> SchedulingError:
    error_code, message = _error_of(response)
    if response.status_code == 429:
        return RateLimited(f"Graph asks to wait ({error_code}).", _retry_after(response) or 10.0)
    if response.status_code >= 500:
        return Unavailable(f"Graph answered {response.status_code} {error_code}.")
    return GraphError(response.status_code, error_code, message)


def _error_of(response: httpx.Response) -> tuple[str, str]:
    try:
        error = response.json()["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return "", "no Graph error in the answer"


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks to wait, fractions included ("2.128" is real); 0 when it does not say."""
    try:
        return max(0.0, float(response.headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0
