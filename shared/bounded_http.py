"""Reads all HTTP responses from other servers within bounds, whatever they send.

The other side is a customer's server, or an attacker in its place. Each client sets limits for its counterpart: bytes
(as received, and decompressed), seconds from the first byte sent to the last byte read, and concurrent connections. A
counterpart that exceeds its limits is dropped, and requests to other servers do not wait for it. Cookies are not kept:
several integrations may share a client.

`tests/integration/shared/test_bounds.py` checks that every client of the product uses this.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import httpx

MEGABYTE = 1024 * 1024
_PIECE = 65_536
"""How many bytes are decompressed at a time: a kilobyte of gzip may contain a megabyte."""

_PACKED = ("gzip", "x-gzip", "deflate")
_EITHER_HEADER = zlib.MAX_WBITS | 32
"""zlib detects from the first bytes whether the data is gzip or deflate."""

_OURS = {b"content-encoding", b"content-length", b"set-cookie"}
"""Response headers that are not passed on."""


@dataclass(frozen=True)
class Bounds:
    """The limits for one counterpart. `seconds` is for the whole response, however slowly it arrives."""

    bytes: int
    seconds: float
    connections: int


class AnswerRefused(httpx.RequestError):
    """A response was not read completely. The text says why, without personal data, so that `shared/network_errors.py`
    can repeat it.
    """


def bounded_client(
    bounds: Bounds, *, use_proxy: bool = True, wire: httpx.AsyncBaseTransport | None = None, **options: Any
) -> httpx.AsyncClient:
    """A client whose responses stay within bounds.

    With `use_proxy`, requests go through the environment's web proxy, if there is one. Redirects are not followed: no
    other party may choose the host. `wire` replaces the network in tests.
    """
    transport = BoundedTransport(bounds, wire or _network(bounds, use_proxy=use_proxy))
    return httpx.AsyncClient(transport=transport, timeout=bounds.seconds, follow_redirects=False, **options)


def bounded_transport(bounds: Bounds, *, use_proxy: bool = True) -> BoundedTransport:
    """A network with these bounds, for clients that another library creates."""
    return BoundedTransport(bounds, _network(bounds, use_proxy=use_proxy))


class AnswerTooLarge(AnswerRefused):
    """A response exceeds its bounds; a retry would return the same."""


class BoundedTransport(httpx.AsyncBaseTransport):
    """Forwards requests and limits the size and duration of responses.

    Raises AnswerRefused if a response is too large and httpx.ReadTimeout if it takes too long.
    """

    def __init__(self, bounds: Bounds, wire: httpx.AsyncBaseTransport) -> None:
        self._bounds = bounds
        self._wire = wire

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See AsyncBaseTransport."""
        request.headers["Accept-Encoding"] = "gzip"
        until = asyncio.get_running_loop().time() + self._bounds.seconds
        try:
            async with asyncio.timeout_at(until):
                answer = await self._wire.handle_async_request(request)
        except TimeoutError as error:
            raise _late(self._bounds) from error
        headers = [(name, value) for name, value in answer.headers.raw if name.lower() not in _OURS]
        encoding = answer.headers.get("Content-Encoding", "").strip().lower()
        stream = _Stream(cast("httpx.AsyncByteStream", answer.stream), encoding, self._bounds, until)
        return httpx.Response(answer.status_code, headers=headers, stream=stream, extensions=answer.extensions)

    async def aclose(self) -> None:
        """See AsyncBaseTransport."""
        await self._wire.aclose()


class _Stream(httpx.AsyncByteStream):
    """The body, decompressed. Decompressed bytes are counted as they arrive, so a bomb costs no more than the limit."""

    def __init__(self, packed: httpx.AsyncByteStream, encoding: str, bounds: Bounds, until: float) -> None:
        self._packed = packed
        self._encoding = encoding
        self._bounds = bounds
        self._until = until

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._bounds.bytes
        async for piece in self._unpacked():
            left -= len(piece)
            if left < 0:
                raise _too_large(self._bounds)
            yield piece

    async def aclose(self) -> None:
        """See AsyncByteStream."""
        await self._packed.aclose()

    async def _unpacked(self) -> AsyncIterator[bytes]:
        if self._encoding in ("", "identity"):
            async for chunk in self._chunks():
                yield chunk
            return
        if self._encoding not in _PACKED:
            raise AnswerRefused("the response has an encoding that was not requested")
        unpack = zlib.decompressobj(_EITHER_HEADER)
        async for chunk in self._chunks():
            rest = chunk
            while rest:
                try:
                    piece = unpack.decompress(rest, _PIECE)
                except zlib.error as error:
                    raise AnswerRefused("the response cannot be decompressed") from error
                rest = unpack.unconsumed_tail
                yield piece

    async def _chunks(self) -> AsyncIterator[bytes]:
        """The bytes as received.

        They are limited as well, because data that decompresses to nothing could be endless.
        """
        left, chunks = self._bounds.bytes, aiter(self._packed)
        while True:
            try:
                async with asyncio.timeout_at(self._until):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise _late(self._bounds) from error
            left -= len(chunk)
            if left < 0:
                raise _too_large(self._bounds)
            yield chunk


def _network(bounds: Bounds, *, use_proxy: bool) -> httpx.AsyncBaseTransport:
    from shared.bounded_network import Network  # imports aiohttp, which a cold process may not need

    return Network(bounds.connections, use_proxy=use_proxy)


def _too_large(bounds: Bounds) -> AnswerTooLarge:
    return AnswerTooLarge(f"the response is larger than {bounds.bytes / MEGABYTE:g} MB")


def _late(bounds: Bounds) -> httpx.ReadTimeout:
    return httpx.ReadTimeout(f"the response did not arrive within {bounds.seconds:g} seconds")
