"""Rules 1 to 3 of DESIGN §4, over random histories: organizers' actions × faults × crashes, against a clean run.

A history is run twice: once with every fault, crash and idle worker that it holds, once without. In the end everybody
must see the same: which rooms are open when, and what each organizer was answered last. No message is answered twice.
By EWS, both must also be what the same organizers see by Graph.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from shared.conferences.policy import Policy
from shared.errors import Unavailable
from shared.mailboxes.graph.client import RetryReads
from tests.fakes.clock import FakeClock
from tests.integration.meetings.deployment import By, Deployment, deployed
from tests.unit.shared.meetings.crashes import Crash, CrashingStorage, Fuse

Step: TypeAlias = tuple[Any, ...]
MEETINGS = 3

meeting = st.integers(0, MEETINGS - 1)
hours = st.integers(3, 60)
actions = st.one_of(
    st.tuples(st.just("invite"), meeting, hours, st.sampled_from(["tag", "tag", "tag", "none", "series", "series"])),
    st.tuples(st.just("move"), meeting, hours),
    st.tuples(st.just("rename"), meeting, st.sampled_from(["Budget", "Review"])),
    st.tuples(st.just("swap"), meeting),
    st.tuples(st.just("untag"), meeting),
    st.tuples(st.just("cancel"), meeting),
    st.tuples(st.just("remove"), meeting),
    st.tuples(st.just("cancel occurrence"), meeting, st.integers(0, 3)),
    st.tuples(st.just("move occurrence"), meeting, st.integers(0, 3)),
    st.tuples(st.just("swap occurrence"), meeting, st.integers(0, 3)),
    st.tuples(st.just("rename occurrence"), meeting, st.integers(0, 3)),
)
notification_faults = st.tuples(
    st.just("notification"), st.sampled_from(["lose", "duplicate", "reorder", "delay"]), st.integers(1, 3)
)
request_faults = st.tuples(
    st.sampled_from(["GET /messages", "GET /instances", "POST /accept", "POST /decline", "GET /events"]),
    st.sampled_from([429, 503, 504, "crash"]),
    st.booleans(),
)
lag = st.tuples(st.just("event"), st.integers(1, 3))
ews_faults = st.tuples(
    st.sampled_from(["EWS GetItem", "EWS FindItem", "EWS CreateItem", "EWS SyncFolderItems"]),
    st.sampled_from([401, 503, 504, "crash", "server_busy", "error", "soap_fault", "truncate", "charset", "html"]),
    st.booleans(),
)
"""Nobody notifies us there; polls take the notifications' place."""

FAULTS = {By.GRAPH: st.one_of(notification_faults, request_faults, lag), By.EWS: ews_faults}


def histories(by: By) -> st.SearchStrategy[list[list[Step]]]:
    """Segments; after each, all troubles end, and everything settles."""
    troubles = st.one_of(
        st.tuples(st.just("fault"), FAULTS[by]),
        st.tuples(st.just("fault"), FAULTS[by]),
        st.tuples(st.just("forget")),
        st.tuples(st.just("die"), st.integers(1, 12), st.booleans()),
        st.tuples(st.just("storage"), st.integers(1, 12), st.booleans()),
        st.tuples(st.just("work"), st.integers(1, 3)),
    )
    return st.lists(st.lists(st.one_of(actions, troubles), min_size=1, max_size=6), min_size=1, max_size=3)


@dataclass
class History:
    """One run of a history; `clean` leaves the troubles out."""

    world: Deployment
    clean: bool
    origin: datetime
    uids: dict[int, str] = field(default_factory=dict)
    firsts: dict[int, datetime] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)
    clicks: int = 0

    async def segment(self, steps: list[Step]) -> None:
        """Do the steps, then let everything settle."""
        for step in steps:
            await self.step(step)
            if self.clean:
                await self.world.drain()
        await self.world.restart()
        await self.world.settle()

    async def step(self, step: Step) -> None:
        match step:
            case ("invite", int(which), int(ahead), str(kind)) if which not in self.uids:
                await self._invite(which, ahead, kind)
            case ("fault" | "forget" | "die" | "storage" | "work", *_):
                if not self.clean:
                    await self._trouble(step)
            case (str(verb), int(which), *rest) if which in self.uids and verb != "invite":
                await self._edit(verb, which, *rest)

    async def _trouble(self, trouble: Step) -> None:
        match trouble:
            case ("fault", fault):
                await self.world.faults(_fault(*fault))
            case ("forget",):
                await self.world.control("POST", "/dev/delta/invalidate", {})
            case ("die", int(at), bool(after)):
                await self._work_until_crash(Fuse(at, after))
            case ("storage", int(at), bool(after)):
                fuse = Fuse(at, after, error=lambda: Unavailable("storage cannot be reached"))
                await self.world.restart(CrashingStorage(self.world.memory, fuse))
                await self._work(1)
                await self.world.restart()
            case ("work", int(many)):
                await self._work(many)

    async def _invite(self, which: int, ahead: int, kind: str) -> None:
        start = self._at(ahead)
        recurrence = {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [f"{start:%A}".lower()]},
            "range": {"type": "noEnd", "startDate": f"{start:%Y-%m-%d}"},
        }
        body = "<p>no tag</p>" if kind == "none" else await self._click(f"room {which}")
        more: dict[str, Any] = {"recurrence": recurrence} if kind == "series" else {}
        self.uids[which] = await self.world.invite(start, body, subject=f"Meeting {which}", **more)
        if kind == "series":
            self.firsts[which] = start

    async def _edit(self, verb: str, which: int, *rest: Any) -> None:
        uid, first = self.uids[which], self.firsts.get(which)
        if verb.endswith("occurrence"):
            if first:
                await self._occurrence(verb.split()[0], which, first + timedelta(weeks=rest[0]))
        elif verb == "cancel":
            await self.world.cancel(uid)
            del self.uids[which]
        elif verb == "remove":
            await self.world.change(uid, attendees=["bob@example.com"])
            del self.uids[which]
        elif verb != "move" or first is None:
            await self.world.change(uid, **await self._changes(verb, which, *rest))

    async def _changes(self, verb: str, which: int, *rest: Any) -> dict[str, str]:
        match verb:
            case "move":
                start = self._at(rest[0])
                return {"start": f"{start:%FT%T}", "end": f"{start + timedelta(hours=1):%FT%T}"}
            case "rename":
                return {"subject": rest[0]}
            case "swap":
                return {"body_html": await self._click(f"room {which} after swap {self.clicks}")}
        return {"body_html": "<p>tag removed</p>"}

    async def _occurrence(self, verb: str, which: int, day: datetime) -> None:
        path, occurrence = f"/dev/meetings/{self.uids[which]}", f"{day:%Y-%m-%d}"
        await self.world.think()
        if verb == "cancel":
            response = await self.world.http.delete(path, params={"occurrence": occurrence})
        else:
            edit = await self._occurrence_changes(verb, day) | {"occurrence": occurrence}
            response = await self.world.http.patch(path, json=edit)
        assert response.status_code < 500, response.text  # an occurrence that was cancelled before is refused

    async def _occurrence_changes(self, verb: str, day: datetime) -> dict[str, str]:
        match verb:
            case "move":
                later = day + timedelta(hours=2)
                return {"start": f"{later:%FT%T}", "end": f"{later + timedelta(hours=1):%FT%T}"}
            case "swap":
                return {"body_html": await self._click(f"occurrence {day:%F} after swap {self.clicks}")}
        return {"subject": "Only this one"}

    async def _click(self, label: str) -> str:
        self.clicks += 1
        room = await self.world.click()
        self.rooms[label] = room["alias"]
        return str(room["instructions"])

    def _at(self, ahead: int) -> datetime:
        return (self.origin + timedelta(days=2, hours=ahead)).replace(minute=0, second=0, microsecond=0)

    async def _work(self, many: int) -> None:
        try:
            await self.world.notified()
        except Unavailable as error:
            note(f"a poll failed: {error!r}")
        queue = self.world.memory.queue("meeting-requests")
        for _ in range(min(many, len(queue.sent))):
            await self.world.hand_out(await self.world.take(-1))

    async def _work_until_crash(self, fuse: Fuse) -> None:
        """A poll or the worker dies in the middle; the queue keeps the message, another process goes on."""
        await self.world.restart(CrashingStorage(self.world.memory, fuse))
        queue = self.world.memory.queue("meeting-requests")
        body = ""
        try:
            await self.world.notified()
            if queue.sent:
                body = await self.world.take()
                await self.world.services.worker.work_off(body, last_try=False)
                body = ""
        except (Crash, Exception) as error:
            note(f"a try failed: {error!r}")
        if body:
            queue.sent.append((body, timedelta(0)))
        await self.world.restart()

    async def outcome(self) -> dict[str, Any]:
        """What everybody sees once all is settled."""
        clock = FakeClock()
        policy = Policy(self.world.memory, clock)
        doors: dict[str, list[bool]] = {label: [] for label in self.rooms}
        for ahead in range(0, 24 * 25, 2):
            clock.set(self._at(0) + timedelta(hours=ahead, minutes=15))
            for label, alias in self.rooms.items():
                answer = await policy.service_configuration(alias)
                doors[label].append(answer is not None and answer[0] == "continue")
        answers = await self.world.answers()
        last = {uid: [a["kind"] for a in answers if a["uid"] == uid][-1:] for uid in self.uids.values()}
        return {"doors": doors, "last answers": [last[self.uids[which]] for which in sorted(self.uids)]}


def _fault(on: str, *rest: Any) -> dict[str, Any]:
    if on == "notification":
        return {"on": on, "action": rest[0], "times": rest[1]}
    if on == "event":
        return {"on": on, "action": "lag", "times": rest[0]}
    status, after_effect = rest
    kind = {"status": status} if isinstance(status, int) else {"action": status}
    return {"on": on, "times": 2, "after_effect": after_effect and on.startswith(("POST", "EWS Create"))} | kind


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads are repeated at once: what is tested is what comes of it, not how long it takes."""
    monkeypatch.setattr(RetryReads, "get_delay_time", lambda *_: 0.0)


variants = st.fixed_dictionaries(
    {
        "gone_event_is_null": st.booleans(),
        "uid": st.booleans(),
        "original_start": st.sampled_from(["select", "always", "never"]),
        "instances_with_exceptions": st.booleans(),
    }
)
"""What Graph is reported to do in more than one way."""


async def run(
    history: list[list[Step]],
    by: By,
    *,
    clean: bool,
    renews: bool = False,
    varied: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The outcome of a history. `renews`: this Exchange gives a calendar item another id when it is answered by EWS.

    `varied` are variants of Graph; nothing may depend on them.
    """
    async with deployed(by) as world:
        world.exchange.exchange.ews.renews_answered = renews
        world.exchange.exchange.variants.change(varied or {})
        story = History(world, clean, world.now)
        for segment in history:
            await story.segment(segment)
        outcome = await story.outcome()
        await never_twice(world)
        assert world.poisoned == []
        return outcome


async def never_twice(world: Deployment) -> None:
    """One answer at most for each message that came (rule 2); no alias in two meetings (rule 1); nothing left over."""
    table = world.memory.table("meetings")
    rows = [row async for row in table.everything()]
    answered = Counter(
        str(row.values["meeting"])
        for row in rows
        if row.key.startswith("operation:") and row.values["text"] and not row.values["error"]
    )
    sent = await world.answers()
    assert len(sent) <= sum(answered.values()), (len(sent), answered)
    aliases = [str(row.values["alias"]) for row in rows if row.key.startswith("tag:")]
    assert len(aliases) == len(set(aliases))
    assert [row.key for row in rows if row.key.startswith("pending:")] == []


def run_by_run(test: Callable[..., None]) -> Callable[..., None]:
    """HISTORIES=1000 looks for longer than a test run may take."""
    most = int(os.environ.get("HISTORIES", "20"))
    return settings(max_examples=most, suppress_health_check=list(HealthCheck))(test)


# A process that dies closes nothing: its sockets are found unclosed when they are collected.
dies = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@dies
@run_by_run
@given(history=histories(By.GRAPH), varied=variants)
def test_troubles_change_nothing_in_the_end(history: list[list[Step]], varied: dict[str, Any]) -> None:
    note(f"history: {history}, variants: {varied}")

    async def both() -> None:
        expected = await run(history, By.GRAPH, clean=True)
        assert await run(history, By.GRAPH, clean=False, varied=varied) == expected

    asyncio.run(both())


@dies
@run_by_run
@given(history=histories(By.EWS), renews=st.booleans())
def test_by_ews_the_outcome_is_the_same_with_and_without_troubles(history: list[list[Step]], renews: bool) -> None:
    note(f"history: {history}")

    async def all_three() -> None:
        expected = await run(history, By.GRAPH, clean=True)
        for clean in (True, False):
            assert await run(history, By.EWS, clean=clean, renews=renews) == expected

    asyncio.run(all_three())
