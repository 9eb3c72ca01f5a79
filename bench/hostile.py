"""A hostile client alongside an honest one in the same process. It guesses passwords, sends 4 MB bodies, or clicks
endlessly.

The honest client is a conferencing node that asks whether people may join: its password is checked, and one row is
read. It is measured alone, and then alongside each hostile client in turn, so that a busy machine affects both alike.
"""

import asyncio
import base64
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count

from bench.bodies import bodies
from bench.meter import Meter, MeteredStorage
from bench.policy import alias_of, fill
from bench.result import Result
from dev.harness.storage import MemoryStorage
from shared.aliases.allocation import AliasFormat, Allocator
from shared.aliases.body_search import find_marks_in_turns
from shared.aliases.quota import BURST, of_user
from shared.clock import SystemClock
from shared.conferences.policy import Policy
from shared.errors import NotAuthenticated, RateLimited
from shared.identity.caller import Caller
from shared.identity.passwords import BasicAuthenticator, hash_password
from shared.settings import BasicCredential

STORAGE_LATENCY = 0.01
"""Seconds per storage request. The honest client waits at least this long."""

NEIGHBOURS = 8
"""How many requests each hostile client has in progress at a time."""

TURNS, QUESTIONS = 4, 15
MAX_RATIO = 2.0

CLICK_REQUESTS = 1
"""The number of storage requests for a rejected click in a process that has recently found the user's quota exhausted.
The one request looks for an earlier, identical click.
"""

INTEGRATION = "11111111-1111-4111-8111-111111111111"


Act = Callable[[], Awaitable[None]]


async def measure() -> list[Result]:
    """How much longer the honest client's request takes alongside each hostile client, and what a click beyond the
    quota costs.
    """
    meter = Meter(STORAGE_LATENCY)
    memory = MemoryStorage()
    storage = MeteredStorage(memory, meter)
    await fill(memory, range(1))
    nodes, policy = BasicAuthenticator(BasicCredential("node", hash_password("right"))), Policy(storage, SystemClock())
    allocator, numbers = Allocator(storage, SystemClock(), b"k" * 32), count()
    worst = bodies()["parts of tags"]

    async def question() -> None:
        await nodes.check(_header("right"), "192.0.2.1")
        assert await policy.service_configuration(alias_of(0))

    async def guess() -> None:
        number = next(numbers)
        with suppress(NotAuthenticated, RateLimited):
            await nodes.check(_header(f"guess {number}"), f"198.51.100.{number % NEIGHBOURS}")
        await asyncio.sleep(STORAGE_LATENCY)  # the hostile client's request arrives over a network as well

    async def read() -> None:
        await find_marks_in_turns(worst)

    async def click() -> None:
        caller, form = Caller("mallory", "bench"), AliasFormat("meet", 6, "example.com")
        with suppress(RateLimited):
            await allocator.allocate(INTEGRATION, form, caller, timedelta(days=30), limits=of_user(caller))

    neighbours: dict[str, Act] = {"guessed passwords": guess, "bodies of 4 MB": read, "clicks without end": click}
    results = [await _beside(what, question, act) for what, act in neighbours.items()]
    for _ in range(BURST + 1):
        await click()
    meter.reset()
    await click()
    return [*results, Result("a click beyond the quota: storage requests", meter.total, "requests", CLICK_REQUESTS)]


async def _beside(what: str, question: Act, act: Act) -> Result:
    alone, busy = list[float](), list[float]()
    for _ in range(TURNS):
        alone += await _asked(question)
        tasks = [asyncio.create_task(_for_ever(act)) for _ in range(NEIGHBOURS)]
        busy += await _asked(question)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    usual, slowed = statistics.median(alone), statistics.median(busy)
    note = f"{1000 * slowed:.1f} ms, {1000 * usual:.1f} alone"
    return Result(f"a question during {what}", slowed / usual, "× alone", MAX_RATIO, note=note)


async def _asked(question: Act) -> list[float]:
    taken = list[float]()
    for _ in range(QUESTIONS):
        start = time.perf_counter()
        await question()
        taken.append(time.perf_counter() - start)
    return taken


async def _for_ever(act: Act) -> None:
    while True:
        await act()


def _header(password: str) -> str:
    return "Basic " + base64.b64encode(f"node:{password}".encode()).decode()
