"""Responses are read within limits on time and on compressed and decompressed size, and cookies are not kept."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bounded_http import AnswerRefused, BoundedTransport, Bounds, bounded_client

URL = "https://node.example.com/"
BOUNDS = Bounds(bytes=1_000_000, seconds=30.0, connections=2)


class Body(httpx.AsyncByteStream):
    """A response body that records how much of it has been read, and whether it has been released."""

    def __init__(self, chunk: bytes, times: int) -> None:
        self.chunk, self.times = chunk, times
        self.taken = 0
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.times):
            self.taken += len(self.chunk)
            yield self.chunk

    async def aclose(self) -> None:
        self.is_closed = True


def client(answer: httpx.Response, bounds: Bounds = BOUNDS) -> httpx.AsyncClient:
    return bounded_client(bounds, wire=httpx.MockTransport(lambda _: answer))


async def asked(answer: httpx.Response, bounds: Bounds = BOUNDS) -> httpx.Response:
    async with client(answer, bounds) as http:
        return await http.get(URL)


async def test_a_decompression_bomb_is_decompressed_in_pieces_up_to_the_limit() -> None:
    body = Body(gzip.compress(bytes(100_000_000)), 1)
    answer = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=body)
    transport = BoundedTransport(BOUNDS, httpx.MockTransport(lambda _: answer))
    bounded = await transport.handle_async_request(httpx.Request("GET", URL))
    sizes: list[int] = []

    async def read() -> None:
        assert isinstance(bounded.stream, httpx.AsyncByteStream)
        async for piece in bounded.stream:
            sizes.append(len(piece))

    with pytest.raises(AnswerRefused, match="larger than"):
        await read()
    assert sum(sizes) <= BOUNDS.bytes
    assert max(sizes) <= 65_536


async def test_an_endless_body_is_abandoned_at_the_limit() -> None:
    body = Body(b"x" * 50_000, 10_000)
    with pytest.raises(AnswerRefused, match="larger than"):
        await asked(httpx.Response(200, stream=body))
    assert body.taken <= BOUNDS.bytes + 50_000
    assert body.is_closed


async def test_an_endless_body_that_decompresses_to_nothing_is_abandoned_too() -> None:
    empty_block = zlib.compressobj(wbits=31).flush(zlib.Z_FULL_FLUSH)[-5:]
    head = gzip.compress(b"")[:10]
    body = Body(empty_block * 10_000, 10_000)

    class Headed(Body):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield head
            async for chunk in body:
                yield chunk

    with pytest.raises(AnswerRefused, match="larger than"):
        await asked(httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Headed(b"", 0)))
    assert body.taken <= BOUNDS.bytes + len(body.chunk)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "nonsense"])
async def test_an_encoding_that_was_not_requested_is_refused(encoding: str) -> None:
    body = Body(b"x", 1)
    with pytest.raises(AnswerRefused, match="not requested"):
        await asked(httpx.Response(200, headers={"Content-Encoding": encoding}, stream=body))
    assert body.is_closed


async def test_a_body_that_is_not_gzip_as_declared_is_refused() -> None:
    with pytest.raises(AnswerRefused, match="decompressed"):
        await asked(httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Body(b"plain", 1)))


@given(st.binary(max_size=300_000), st.sampled_from(["", "identity", "gzip", "GZIP", "x-gzip", "deflate"]), st.data())
async def test_a_body_within_bounds_is_returned_unchanged(content: bytes, encoding: str, data: st.DataObject) -> None:
    packed = {"": content, "identity": content, "deflate": zlib.compress(content)}.get(encoding, gzip.compress(content))
    size = data.draw(st.integers(1, len(packed) + 1))

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(packed), max(size, 1000)):
            yield packed[start : start + max(size, 1000)]

    headers = {"Content-Encoding": encoding} if encoding else {}
    assert (await asked(httpx.Response(200, headers=headers, content=chunks()))).content == content


@pytest.mark.parametrize("head_comes", [True, False])
async def test_a_response_that_trickles_in_is_abandoned_after_a_time_limit(head_comes: bool) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.001)

    async def answer(_: httpx.Request) -> httpx.Response:
        if not head_comes:
            await asyncio.Event().wait()
        return httpx.Response(200, content=trickle())

    bounds = Bounds(bytes=1_000_000, seconds=0.05, connections=2)
    async with bounded_client(bounds, wire=httpx.MockTransport(answer)) as http:
        with pytest.raises(httpx.ReadTimeout, match=r"within 0\.05 seconds"):
            await http.get(URL)


async def test_only_gzip_is_requested() -> None:
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200)

    async with bounded_client(BOUNDS, wire=httpx.MockTransport(answer)) as http:
        await http.get(URL)
    assert seen[0].get_list("Accept-Encoding") == ["gzip"]


async def test_cookies_from_one_response_are_not_sent_with_the_next_request() -> None:
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, headers=[("Set-Cookie", "session=alice"), ("set-cookie", "b=2")])

    async with bounded_client(BOUNDS, wire=httpx.MockTransport(answer)) as http:
        first = await http.get(URL)
        await http.get(URL)
        assert not http.cookies
    assert "Set-Cookie" not in first.headers
    assert "Cookie" not in seen[1]
