"""JSON documents of identity providers and Exchange servers, at configured URLs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.bounded_json import read_json
from shared.errors import Unavailable
from shared.network_errors import why_not_reached

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

FETCH_TIMEOUT = 10.0
"""Maximum time in seconds for the whole document, however slowly it arrives."""

MAX_DOCUMENT = 1024 * 1024
"""Maximum size in bytes of a document. Key documents take a few kilobytes."""

HOST_CONNECTIONS = 20
"""Maximum number of connections per server. The documents of all integrations are fetched through this client."""

_NO_DOCUMENT = "A document that is required to verify identities could not be fetched."


class JsonDocuments:
    """Fetches documents through one pool of connections. Redirects are not followed.

    `use_proxy`: use the web proxy in the environment, if there is one (E5).
    """

    def __init__(self, wire: httpx.AsyncBaseTransport | None = None, *, use_proxy: bool = True) -> None:
        self._client: httpx.AsyncClient | None = None
        self._wire = wire
        self._use_proxy = use_proxy

    async def fetch(self, url: str) -> Any:
        """The document at a URL. Raises Unavailable if it does not arrive in time, is not JSON, or is too large."""
        status, document = await self._ask("GET", url)
        if status != 200:
            log.warning("No document from %s: status %s", urlsplit(url).hostname, status)
            raise Unavailable(_NO_DOCUMENT)
        return document

    async def post(self, url: str, form: Mapping[str, str]) -> tuple[int, Any]:
        """Send a form. Returns the response's status and document, even for an error status. Raises Unavailable as
        `fetch` does.
        """
        return await self._ask("POST", url, form)

    async def _ask(self, method: str, url: str, form: Mapping[str, str] | None = None) -> tuple[int, Any]:
        import httpx

        from shared.bounded_http import Bounds, bounded_client

        if self._client is None:
            bounds = Bounds(MAX_DOCUMENT, FETCH_TIMEOUT, HOST_CONNECTIONS)
            self._client = bounded_client(bounds, use_proxy=self._use_proxy, wire=self._wire)
        try:
            response = await self._client.request(method, url, data=form)
            return response.status_code, read_json(response.content)
        except (httpx.HTTPError, ValueError) as error:
            log.warning("No document from %s: %s", urlsplit(url).hostname, why_not_reached(error))
            raise Unavailable(_NO_DOCUMENT) from error

    async def close(self) -> None:
        """Close the connections."""
        if self._client:
            await self._client.aclose()
