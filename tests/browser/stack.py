"""The local stack for browser tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx

from dev.__main__ import Stack
from dev.environment import Addresses
from dev.processes import free_port


@contextmanager
def running_stack(folder: Path, *, on_node: bool = False) -> Iterator[Addresses]:
    """Start a separate local stack; `on_node` sets NODE=1."""
    addresses = Addresses(free_port(), free_port(), free_port() if on_node else 0)
    running = Stack(addresses, None, folder)
    try:
        with httpx.Client(trust_env=False) as client:
            running.wait_until_up(client)
        yield addresses
    finally:
        running.stop()


async def now(stack: Addresses) -> datetime:
    """A stack's current time. Other tests may have moved its clock."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        answer = await client.get(f"{stack.exchange}/dev/clock")
    return datetime.fromisoformat(answer.json()["now"])
