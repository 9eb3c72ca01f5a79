"""M5, rule 2, over EWS: after a crash at any external call, the next run completes the work, and the organizer gets one
answer.

The unit test of the same name uses an in-memory mailbox. This test covers the peculiarities of EWS: ids that change
when a message moves, polls instead of notifications, several calls for one step, and drafts in organizers' mailboxes.
Every scenario runs once to count its calls, and then once for each call with a crash right after that call. All
scenarios share one deployment, each with its own meetings.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION, By
from dev.harness.times import tomorrow, weekly
from shared.conferences.policy import Policy
from shared.identity.caller import Caller
from shared.mailboxes.ews.server import EwsServer
from tests.fakes.clock import FakeClock
from tests.support.crashes import Crash, CrashingStorage, Fuse

LATER = timedelta(hours=4)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
LOOKS = (-HOUR / 2 - timedelta(minutes=1), timedelta(0), LATER, LATER + 3 * HOUR, WEEK, WEEK + LATER)
"""When the test checks which rooms are open, relative to the start of the meeting."""

# A process that crashes closes nothing, so its sockets are still open when they are garbage-collected.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")

_numbers = count(1)


@dataclass
class Case:
    """One run's meetings, which differ from those of all other runs."""

    world: Deployment
    start: datetime
    subject: str
    uids: list[str]
    rooms: list[str]

    async def room(self) -> str:
        """Request a room, and return its joining instructions."""
        room = await self.world.click()
        self.rooms.append(room["alias"])
        return str(room["instructions"])

    async def invite(self, body: str, **more: Any) -> None:
        """Send an invitation from Alice, without processing it."""
        self.uids.append(await self.world.invite(self.start, body, subject=self.subject, **more))

    async def outcome(self) -> object:
        """The visible outcome: answers, e-mails, when each room is open, and any unfinished work."""
        answers = [[answer["kind"] for answer in await self.world.answers(uid)] for uid in self.uids]
        mails = [mail for mail in await self.world.mails("bob@example.com") if self.subject in mail["subject"]]
        clock = FakeClock()
        policy, doors = Policy(self.world.memory, clock), []
        for look in LOOKS:
            clock.set(self.start + look)
            doors.append([(found := await policy.service_configuration(a)) and found[0] for a in self.rooms])
        table = self.world.memory.table("meetings")
        pending = [row.key async for row in table.rows(INTEGRATION, "pending:")]
        return answers, len(mails), doors, pending, self.world.host.poisoned


Scenario = Callable[[Case], Awaitable[None]]
"""Creates the message whose processing crashes, and everything that precedes it."""


async def new_meeting(case: Case) -> None:
    await case.invite(await case.room())


async def new_series(case: Case) -> None:
    await case.invite(await case.room(), recurrence=weekly(case.start))


async def swapped_room(case: Case) -> None:
    await new_meeting(case)
    await case.world.drain()
    await case.world.change(case.uids[0], body_html=await case.room())


async def cancelled_occurrence(case: Case) -> None:
    await new_series(case)
    await case.world.drain()
    await case.world.cancel(case.uids[0], occurrence=f"{case.start + WEEK:%Y-%m-%d}")


async def no_tag(case: Case) -> None:
    await case.invite("<p>no tag</p>")


async def copied_tag(case: Case) -> None:
    body = await case.room()
    await case.invite(body)
    await case.world.drain()
    await case.invite(body)


async def promised_alias(case: Case) -> None:
    await case.invite(case.world.services.foundation.promises.make(INTEGRATION, Caller("alice", "test")))


SCENARIOS = [new_meeting, swapped_room, cancelled_occurrence, no_tag, copied_tag, promised_alias]


class Line:
    """Passes on all calls to Exchange. If there is a fuse, calls fail once it has blown."""

    def __init__(self, call: Callable[..., Awaitable[Any]]) -> None:
        self._call = call
        self.fuse: Fuse | None = None

    async def call(self, server: EwsServer, *args: Any, **more: Any) -> Any:
        made = self._call(server, *args, **more)
        return await (self.fuse.guard(made) if self.fuse else made)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    line = Line(EwsServer.call)
    monkeypatch.setattr(EwsServer, "call", lambda server, *args, **more: line.call(server, *args, **more))
    return line


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[Deployment]:
    async with deployed(By.EWS, copied_tag_action="new_alias") as deployment:
        yield deployment


async def run(world: Deployment, line: Line, scenario: Scenario, fuse: Fuse, *, polled: bool) -> object:
    """The outcome of a scenario with a fuse in place while the last message is processed and, if `polled`, during its
    poll.
    """
    case = Case(world, tomorrow(world), f"Meeting {next(_numbers)}", [], [])
    await scenario(case)
    if not polled:
        await world.notified()
    await world.host.restart(CrashingStorage(world.memory, fuse))
    line.fuse, queue, body = fuse, world.memory.queue("meeting-requests"), ""
    try:
        if polled:
            await world.services.scheduling.timers.poll()
        while queue.sent:
            body = await world.take()
            await world.services.scheduling.worker.handle(body, last_try=False)
    except Crash:
        queue.sent.extend([(body, timedelta(0))] * bool(body))  # the queue redelivers the message
    finally:
        line.fuse = None
    await world.host.restart()
    await world.settle(times=1)
    return await case.outcome()


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_crash_at_any_call_leads_to_the_same_outcome(world: Deployment, line: Line, scenario: Scenario) -> None:
    whole, polled = Fuse(at=0), scenario is new_meeting
    expected = await run(world, line, scenario, whole, polled=polled)
    assert whole.calls >= 5
    for fuse in [Fuse(1), *(Fuse(at, after=True) for at in range(1, whole.calls + 1))]:
        outcome = await run(world, line, scenario, fuse, polled=polled)
        assert outcome == expected, f"{fuse} of {whole.calls} calls"
