"""JSON documents of identity providers and Exchange servers, at configured URLs."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.errors import Unavailable
from shared.reaching import why_not_reached

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

TIMEOUT = 10.0
"""Seconds for the whole document, however slowly it trickles."""

MAX_BYTES = 1024 * 1024
"""Key documents have a few kilobytes."""

_NO_DOCUMENT = "A document that is needed to verify identities cannot be fetched."


class JsonDocuments:
    """Fetches documents over one pool of connections. Redirects are not followed.

    `use_proxy`: requests go through the web proxy that the environment names, if it names one (E5).
    """

    def __init__(self, client: httpx.AsyncClient | None = None, *, use_proxy: bool = True) -> None:
        self._client = client
        self._use_proxy = use_proxy

    async def fetch(self, url: str) -> Any:
        """The document. Raises Unavailable when there is none in time, or it is no JSON, or it does not end."""
        status, document = await self._ask("GET", url)
        if status != 200:
            log.warning("No document from %s: status %s", urlsplit(url).hostname, status)
            raise Unavailable(_NO_DOCUMENT)
        return document

    async def post(self, url: str, form: Mapping[str, str]) -> tuple[int, Any]:
        """Send a form; the answer's status and document, whatever the status. Raises Unavailable as `fetch` does."""
        return await self._ask("POST", url, form)

    async def _ask(self, method: str, url: str, form: Mapping[str, str] | None = None) -> tuple[int, Any]:
        import httpx

        if self._client is None:
            # The context is made here, so that SSL_CERT_FILE is honoured without a proxy, too: an AD FS may have a
            # certificate of its company's own authority.
            self._client = httpx.AsyncClient(
                timeout=TIMEOUT, follow_redirects=False, trust_env=self._use_proxy, verify=httpx.create_ssl_context()
            )
        try:
            async with asyncio.timeout(TIMEOUT), self._client.stream(method, url, data=form) as response:
                return response.status_code, json.loads(await _body(response))
        except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            log.warning("No document from %s: %s", urlsplit(url).hostname, why_not_reached(error))
            raise Unavailable(_NO_DOCUMENT) from error

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client:
            await self._client.aclose()


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ValueError("the document does not end")
    return bytes(body)
