"""Limits on the cost of an EWS server's responses: reads, bytes, depth and time."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from dev.exchange.model import Body
from shared.calendar.request import MeetingRequest
from shared.mailboxes.ews import bounded, server
from shared.mailboxes.ews.failures import Trouble
from shared.mailboxes.ews.mailbox import EwsMailbox
from shared.mailboxes.mailbox import Folder
from tests.support.ews_servers import listening, look, opened, trouble
from tests.support.exchange_world import VMR, ExchangeWorld

MEGABYTE = 1024 * 1024
TAG = "PXPS:-5e0ad6a0-8f0c-4f5c-9e2e-7a1b1f0d3c11#"


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of every piece of a response that was read."""
    read: list[int] = []
    plain = requests.Response.iter_content

    def counted(self: requests.Response, size: int) -> object:
        for piece in plain(self, size):
            read.append(len(piece))
            yield piece

    monkeypatch.setattr(requests.Response, "iter_content", counted)
    return read


async def invited(world: ExchangeWorld, mailbox: EwsMailbox, body: str, *, is_html: bool = True) -> MeetingRequest:
    """Send an invitation whose body is too large for the control routes, and return it as read by the mailbox."""
    await world.meet()
    store, owner = world.exchange.store, world.exchange.directory.find(VMR)
    assert owner is not None
    [event], [message] = store.events(owner.guid), store.messages(owner.guid, "inbox")
    event.meeting = replace(event.meeting, body=Body(body, is_html))
    message.letter = replace(message.letter, body=Body(body, is_html))
    [known] = (await mailbox.changes(Folder.INBOX, "")).message_ids
    request = await mailbox.read(known)
    assert request is not None
    return request


async def test_a_long_response_is_read_in_large_pieces(
    world: ExchangeWorld, mailbox: EwsMailbox, pieces: list[int]
) -> None:
    await invited(world, mailbox, f"<p>{TAG}</p>" + "x" * 3 * MEGABYTE)
    size, reads = sum(pieces), len(pieces)
    assert size > 10 * MEGABYTE, "the message and the calendar item each pass through the socket and the parser"
    assert reads < size / bounded.PIECE + 50


async def test_a_body_of_nine_megabytes_is_read_separately_from_its_items(
    world: ExchangeWorld, mailbox: EwsMailbox
) -> None:
    """Together, the message and the calendar item exceed the limit for one response."""
    request = await invited(world, mailbox, f"<p>{TAG}</p>" + "x" * 9 * MEGABYTE)
    assert request.item is not None
    assert TAG in request.body
    assert TAG in request.item.body


async def test_an_html_body_above_the_limit_is_read_as_text(world: ExchangeWorld, mailbox: EwsMailbox) -> None:
    request = await invited(world, mailbox, f"<p>{TAG}</p><p style='" + "x" * 17 * MEGABYTE + "'></p>")
    assert request.item is not None
    assert TAG in request.body


async def test_a_message_whose_text_is_above_the_limit_is_still_a_meeting(
    world: ExchangeWorld, mailbox: EwsMailbox
) -> None:
    request = await invited(world, mailbox, f"{TAG} " + "x " * 9 * MEGABYTE, is_html=False)
    assert request.item is not None
    assert request.item.subject == "Review"
    assert request.body == ""


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "EWS_CALL_TIMEOUT", timedelta(milliseconds=400))


@pytest.mark.usefixtures("short_timeouts")
@pytest.mark.parametrize(
    "head", ["HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "HTTP/1.1 200 OK\r\nX-Long: "], ids=["body", "head"]
)
async def test_a_server_that_trickles_occupies_no_thread(world: ExchangeWorld, head: str) -> None:
    async with trickling(head) as url, opened(world.running, "basic", url=url) as slow:
        assert await trouble(slow) is Trouble.SILENT
        async with asyncio.timeout(10):
            for _ in range(server.CONCURRENCY):
                await slow.server._free.get()


@pytest.mark.usefixtures("short_timeouts")
async def test_the_simulated_exchange_can_trickle_too(world: ExchangeWorld, mailbox: EwsMailbox) -> None:
    await world.fault(on="EWS GetFolder", action="trickle", seconds=0.05)
    async with opened(world.running) as slow:
        assert await trouble(slow) is Trouble.SILENT
        await world.http.delete("/dev/faults")
        await look(slow)


async def test_the_limit_applies_to_decompressed_gzip(world: ExchangeWorld) -> None:
    bomb = gzip.compress(b" " * 64 * MEGABYTE)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    async with answering(head + bomb) as url, opened(world.running, "basic", url=url) as hostile:
        assert await trouble(hostile) is Trouble.UNREADABLE


async def test_deeply_nested_elements_are_refused(world: ExchangeWorld) -> None:
    deep = 1_000_000
    soap = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    content = soap + b"<a>" * deep + b"</a>" * deep + b"</s:Body></s:Envelope>"
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n".encode()
    async with answering(head + content) as url, opened(world.running, "basic", url=url) as hostile:
        assert await trouble(hostile) is Trouble.UNREADABLE


@asynccontextmanager
async def trickling(head: str) -> AsyncIterator[str]:
    """A server whose response starts with `head` and then continues endlessly, byte by byte."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(head.encode())
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.05)

    async with listening(serve) as port:
        yield f"http://127.0.0.1:{port}/EWS/Exchange.asmx"


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """A server that returns the same response to every request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while b"Envelope>" not in await reader.read(65_536):
            pass
        writer.write(answer)
        writer.close()

    async with listening(serve) as port:
        yield f"http://127.0.0.1:{port}/EWS/Exchange.asmx"
