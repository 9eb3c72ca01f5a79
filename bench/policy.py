"""A conferencing node's policy request. It takes one point read, whatever the number of conferences."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from azure.data.tables.aio import TableServiceClient

from bench.meter import counted_requests
from bench.result import Result
from bench.timing import medians, ratio
from bench.world import azurite_storage
from dev.harness.storage import MemoryStorage
from shared.azure_storage import AzureStorage
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.clock import SystemClock
from shared.conferences.policy import Policy
from shared.storage import Put, Storage

TIMES = 300
FEW, MANY = 100, 100_000
TIME_TO_FILL = 40.0
"""The number of seconds spent writing rows to Azurite. Every alias has its own partition, so they are written one by
one.
"""
WRITERS = 16


async def measure() -> list[Result]:
    """Measure on Azurite with few conferences and then with as many as fit, and on in-memory storage with MANY."""
    async with azurite_storage() as (storage, connection_string):
        async with TableServiceClient.from_connection_string(connection_string) as service:
            client = service.get_table_client("aliases")

            async def raw(alias: str) -> None:
                await client.get_entity(alias, "alias")

            await fill(storage, range(FEW))
            few = await _against(storage, raw, FEW)
            stored = FEW + await fill(storage, range(FEW, MANY), TIME_TO_FILL)
            many = await _against(storage, raw, stored)
        with counted_requests() as wire:
            assert await Policy(storage, SystemClock()).service_configuration(alias_of(0))
    note = "" if stored == MANY else f"as many as Azurite accepted in {TIME_TO_FILL:g} s"
    return [
        Result(f"policy response, {FEW} conferences", few, "× raw read", 1.3),
        Result(f"policy response, {stored:,} conferences", many, "× raw read", 1.3, note=note),
        Result("policy response, requests on the wire", len(wire), "requests", 1),
        Result(f"policy response in memory, {MANY:,} conferences", await _growth(), f"× with {FEW}", 1.3),
    ]


async def _against(storage: Storage, raw: Callable[[str], Awaitable[None]], stored: int) -> float:
    policy, chosen = Policy(storage, SystemClock()), random.Random(stored)  # noqa: S311  # which row does not matter

    async def answer() -> None:
        assert await policy.service_configuration(alias_of(chosen.randrange(stored)))

    return await ratio(answer, lambda: raw(alias_of(chosen.randrange(stored))), TIMES)


async def _growth() -> float:
    """How much longer our own share of a response takes with MANY conferences than with FEW. Storage takes no time
    here.
    """
    sizes = {}
    for size in (MANY, FEW):
        storage = MemoryStorage()
        await fill(storage, range(size))
        sizes[size] = Policy(storage, SystemClock())

    async def ask(size: int) -> None:
        assert await sizes[size].service_configuration(alias_of(size - 1))

    many, few = await medians(lambda: ask(MANY), lambda: ask(FEW), times=2000)
    return many / few


async def fill(storage: AzureStorage | MemoryStorage, numbers: range, seconds: float = float("inf")) -> int:
    """Store conferences in order, for a limited time. Returns how many were stored."""
    table, until = storage.table("aliases"), time.monotonic() + seconds
    text, left = _conference().to_json(), iter(numbers)
    values = {"domain": "example.com", "state": "scheduled", "conference": text}
    written = 0

    async def writer() -> None:
        nonlocal written
        while time.monotonic() < until and (number := next(left, None)) is not None:
            await table.commit(alias_of(number), Put("alias", values))
            written += 1

    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    return written


def alias_of(number: int) -> str:
    """The alias of a conference that `fill` has stored."""
    return f"meet{number:06}"


def _conference() -> Conference:
    """A weekly series whose room is open now."""
    now = datetime.now(UTC)
    starts = [now + timedelta(weeks=week) for week in range(13)]
    calendar = Calendar(tuple(Occurrence(start, start + timedelta(hours=1)) for start in starts))
    texts = {"description": "Scheduled conference", "subject": "Planning", "service_tag": "", "theme": ""}
    return Conference(
        name="Planning",
        alias="meet000000@example.com",
        numeric_alias="000000",
        identity_provider_group="",
        non_idp_participants="",
        buffer_before=30,
        buffer_after=60,
        calendar=calendar,
        **texts,
    )
