"""A server over real HTTP whose responses cost a trusting client as much as possible."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

END = b"\r\n\r\n"
BOMB = gzip.compress(bytes(200_000_000))
"""200 MB in 200 KB."""

DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@dataclass
class Hostile:
    """A running server. `way` is how it responds: "bomb", "deep", "endless", "trickle" or "silent"."""

    way: str
    url: str = ""
    sent: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Respond to the requests on one connection until the client gives up."""
        try:
            while await reader.readuntil(END):
                await getattr(self, self.way)(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the client has disconnected
        finally:
            writer.transport.abort()

    async def bomb(self, writer: asyncio.StreamWriter) -> None:
        """Send a small gzip body that decompresses to a huge one."""
        await self._whole(writer, BOMB, "Content-Encoding: gzip\r\n")

    async def deep(self, writer: asyncio.StreamWriter) -> None:
        """Send deeply nested JSON."""
        await self._whole(writer, DEEP)

    async def endless(self, writer: asyncio.StreamWriter) -> None:
        """Send an endless body."""
        writer.write(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        while True:
            writer.write(b"10000\r\n" + b" " * 65_536 + b"\r\n")
            self.sent += 65_536
            await writer.drain()

    async def trickle(self, writer: asyncio.StreamWriter) -> None:
        """Send one byte at a time, each within the client's timeout."""
        writer.write(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        while True:
            writer.write(b"1\r\n \r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def silent(self, writer: asyncio.StreamWriter) -> None:
        """Nothing at all."""
        await asyncio.Event().wait()

    async def _whole(self, writer: asyncio.StreamWriter, body: bytes, more: str = "") -> None:
        writer.write(f"{HEAD}{more}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()


@asynccontextmanager
async def running_hostile(way: str) -> AsyncIterator[Hostile]:
    """A hostile server on a free port."""
    hostile, tasks, over = Hostile(way), set[asyncio.Task[None]](), asyncio.Event()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if over.is_set():  # connections accepted before the server stopped are only reported now
            writer.transport.abort()
            return
        task = asyncio.create_task(hostile.serve(reader, writer))
        # A task that is cancelled before it starts never runs its own `finally`.
        task.add_done_callback(lambda _: writer.transport.abort())
        tasks.add(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    hostile.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield hostile
    finally:
        over.set()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
