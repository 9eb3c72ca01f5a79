"""JSON documents of identity providers and Exchange servers, at configured URLs."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from shared.errors import Unavailable

if TYPE_CHECKING:
    import httpx

TIMEOUT = 10.0
"""Seconds for the whole document, however slowly it trickles."""

MAX_BYTES = 1024 * 1024
"""Key documents have a few kilobytes."""


class JsonDocuments:
    """Fetches documents over one pool of connections. Redirects are not followed."""

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        self._client = client

    async def fetch(self, url: str) -> Any:
        """The document. Raises Unavailable when there is none in time, or it is no JSON, or it does not end."""
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False)
        try:
            async with asyncio.timeout(TIMEOUT), self._client.stream("GET", url) as response:
                response.raise_for_status()
                return json.loads(await _body(response))
        except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            raise Unavailable("A document that is needed to verify identities cannot be fetched.") from error

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
