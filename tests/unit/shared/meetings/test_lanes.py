"""S2: a flood of messages for one mailbox never delays another mailbox's messages, and no message is lost."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dev.harness.storage import MemoryQueue, MemoryStorage
from shared.bookings.rows import RowKind
from shared.intake.notice import Notice, decode, encode
from shared.meetings.handlers import Handlers
from shared.meetings.lanes import CLAIM_LIFETIME, LANE_NOTICES, Lanes
from shared.meetings.worker import Worker
from tests.fakes.clock import FakeClock
from tests.support.rooms import no_rooms

BUSY, QUIET = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@dataclass
class LanesWorld:
    """A busy mailbox that a test can block, a quiet mailbox, and workers that use the same storage."""

    storage: MemoryStorage = field(default_factory=MemoryStorage)
    clock: FakeClock = field(default_factory=FakeClock)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    handled: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)

    @property
    def queue(self) -> MemoryQueue:
        return self.storage.queue("meeting-requests")

    def worker(self) -> Worker:
        """A worker in another process."""
        return Worker(self.handlers, self.queue, Lanes(self.storage, self.clock), no_rooms)

    async def handlers(self, uuid: str) -> Handlers:
        async def process(notice: Notice, *, last_try: bool) -> None:
            if uuid == BUSY:
                await self.go_on.wait()
            await asyncio.sleep(0)
            self.handled[notice.message] += 1
            self.order.append(notice.message)
            if notice.message in self.wrong:
                raise ZeroDivisionError

        return cast("Handlers", SimpleNamespace(processor=SimpleNamespace(process=process)))

    async def lined_up(self) -> int:
        return len([row async for row in self.storage.table("meetings").rows(BUSY, RowKind.WANTED.prefix)])


@pytest.fixture
def world() -> LanesWorld:
    return LanesWorld()


def message(integration: str, name: str) -> str:
    [body] = encode([Notice(integration, name)])
    return body


def started(worker: Worker, *bodies: str) -> list["asyncio.Task[None]"]:
    return [asyncio.create_task(worker.handle(body, last_try=False)) for body in bodies]


async def settle() -> None:
    for _ in range(200):
        await asyncio.sleep(0)


async def test_a_flood_occupies_few_workers_and_another_mailbox_is_handled_immediately(world: LanesWorld) -> None:
    worker = world.worker()
    flood = started(worker, *(message(BUSY, f"{n:03}") for n in range(200)))
    await settle()
    assert sum(not task.done() for task in flood) == LANE_NOTICES
    assert await world.lined_up() == 200 - LANE_NOTICES
    [quiet] = started(worker, message(QUIET, "quiet"))
    await settle()
    assert quiet.done()
    world.go_on.set()
    await asyncio.gather(*flood)
    assert world.handled == Counter({f"{n:03}": 1 for n in range(200)} | {"quiet": 1})
    assert await world.lined_up() == 0
    assert world.queue.sent == []


async def test_a_flood_in_a_single_post_does_not_delay_another_mailbox(world: LanesWorld) -> None:
    [body] = encode([*(Notice(BUSY, f"{n}") for n in range(100)), Notice(QUIET, "quiet")])
    flood = started(world.worker(), body)
    await settle()
    assert world.handled["quiet"] == 1
    world.go_on.set()
    await asyncio.gather(*flood)
    assert len(world.handled) == 101


async def test_waiting_messages_are_handled_roughly_in_order(world: LanesWorld) -> None:
    flood = started(world.worker(), *(message(BUSY, f"{n:03}") for n in range(60)))
    await settle()
    world.go_on.set()
    await asyncio.gather(*flood)
    far = [abs(place - int(name)) for place, name in enumerate(world.order)]
    assert max(far) <= 8, "the number of messages handled at the same time"


async def test_processes_share_a_mailboxs_waiting_messages(world: LanesWorld) -> None:
    flood = [task for start in (0, 100) for task in started(
        world.worker(), *(message(BUSY, f"{n:03}") for n in range(start, start + 100))
    )]  # fmt: skip
    await settle()
    world.go_on.set()
    await asyncio.gather(*flood)
    assert world.handled == Counter({f"{n:03}": 1 for n in range(200)})


async def test_messages_claimed_by_a_dead_process_are_handled_by_others(world: LanesWorld) -> None:
    flood = started(world.worker(), *(message(BUSY, f"{n}") for n in range(20)))
    await settle()
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)
    assert await Lanes(world.storage, world.clock).claim(BUSY), "a worker claims the messages and dies"
    world.go_on.set()
    [take_up] = encode([Notice(BUSY, lined_up=True)])
    await world.worker().handle(take_up, last_try=False)
    assert not world.handled
    world.clock.move(CLAIM_LIFETIME)
    await world.worker().handle(take_up, last_try=False)
    assert len(world.handled) == 20 - LANE_NOTICES
    assert await world.lined_up() == 0


async def test_only_the_failing_message_is_retried(world: LanesWorld) -> None:
    world.wrong.add("7")
    flood = started(world.worker(), *(message(BUSY, f"{n}") for n in range(20)))
    await settle()
    world.go_on.set()
    await asyncio.gather(*flood)
    assert [decode(body) for body, _ in world.queue.sent] == [[Notice(BUSY, "7")]]
    with pytest.raises(ZeroDivisionError):
        await world.worker().handle(world.queue.sent[0][0], last_try=False)


async def test_messages_a_worker_cannot_handle_in_time_are_returned_to_the_queue(
    world: LanesWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.meetings.worker.SERVE_LINE_FOR", -1.0)
    flood = started(world.worker(), *(message(BUSY, f"{n}") for n in range(120)))
    await settle()
    world.go_on.set()
    await asyncio.gather(*flood)
    turns = 0
    while world.queue.sent:
        [(body, _)] = world.queue.sent
        world.queue.sent.clear()
        await world.worker().handle(body, last_try=False)
        turns += 1
    assert turns > 1
    assert len(world.handled) == 120


async def test_an_inactive_mailbox_uses_no_memory(world: LanesWorld) -> None:
    worker: Any = world.worker()
    await worker.handle(message(QUIET, "one"), last_try=False)
    assert not worker.lanes._lanes
