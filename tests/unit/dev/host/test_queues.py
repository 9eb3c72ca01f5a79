"""How often the local host polls its queues, counted in simulated time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Any, cast

import pytest

from dev.host.config import HostConfig
from dev.host.queues import QueueListener
from dev.host.runner import Runner
from dev.host.worker import Function

LONGEST = 5.0  # seconds, the same as maxPollingInterval in host.json


class EmptyQueue:
    """A queue that counts how often it is polled."""

    queue_name = "work"

    def __init__(self) -> None:
        self.asked: list[float] = []

    def receive_messages(self, **_: object) -> AsyncIterator[Any]:
        self.asked.append(asyncio.get_running_loop().time())
        return self._none()

    async def _none(self) -> AsyncIterator[Any]:
        return
        yield


class SwiftLoop(asyncio.SelectorEventLoop):
    """An event loop whose time advances as soon as there is nothing else to do."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0

    def time(self) -> float:
        return super().time() + self._ahead

    def _run_once(self) -> None:
        scheduled = self._scheduled  # type: ignore[attr-defined]
        if not self._ready and scheduled:  # type: ignore[attr-defined]
            self._ahead += max(0.0, scheduled[0]._when - self.time())
        super()._run_once()  # type: ignore[misc]


def asked(seconds: float, expected_at: tuple[float, ...] = ()) -> list[float]:
    """When a listener polls an empty queue, in seconds from its start. expect() is called at `expected_at`."""
    queue = EmptyQueue()

    async def scenario() -> float:
        config = HostConfig(max_polling_interval=timedelta(seconds=LONGEST))
        listener = QueueListener(cast(Function, None), cast(Any, queue), cast(Any, queue), config, cast(Runner, None))
        loop = asyncio.get_running_loop()
        began = loop.time()
        for moment in expected_at:
            loop.call_at(began + moment, listener.expect)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await listener.listen()
        return began

    with asyncio.Runner(loop_factory=SwiftLoop) as runner:
        began = runner.run(scenario())
    return [moment - began for moment in queue.asked]


def test_an_empty_queue_is_polled_less_and_less_often() -> None:
    moments = asked(60)
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert pauses[:7] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0], abs=0.02)
    assert set(map(round, pauses[7:])) == {5}


def test_an_idle_queue_is_polled_every_five_seconds() -> None:
    assert len(asked(86_400)) <= 86_400 / LONGEST + 10


def test_a_queue_is_polled_as_soon_as_a_function_may_have_sent_a_message() -> None:
    moments = asked(60, expected_at=(41.0,))
    assert min(moment for moment in moments if moment >= 41) <= 41.2


def test_many_running_functions_cause_at_most_ten_polls_a_second() -> None:
    many = tuple(40 + number / 1000 for number in range(1000))
    assert len([moment for moment in asked(60, expected_at=many) if 40 <= moment < 41]) <= 12


@pytest.mark.parametrize("steps", range(8))
async def test_a_listener_cancelled_while_being_woken_stops(steps: int) -> None:
    queue = EmptyQueue()
    listener = QueueListener(cast(Function, None), cast(Any, queue), cast(Any, queue), HostConfig(), cast(Runner, None))
    task = asyncio.create_task(listener.listen())
    await turns(20)
    listener.wake()
    await turns(steps)
    task.cancel()
    await turns(20)
    assert task.cancelled()


async def turns(number: int) -> None:
    """Let the event loop run for this many iterations."""
    for _ in range(number):
        await asyncio.sleep(0)
