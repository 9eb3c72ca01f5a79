"""Random histories of meetings, and the conditions that must hold after each."""

import os
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeAlias

from hypothesis import HealthCheck, currently_in_test_context, note, settings

from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import INTEGRATION, OTHER_HABITS, By
from dev.harness.node_wire import wire_to
from dev.harness.outages import Away
from dev.management_node.node import Node
from dev.movable_clock import MovableClock
from shared.bookings.operation import Operation
from shared.composition import Services
from shared.conferences.policy import Policy
from shared.conferences.room_work import RoomWork
from shared.errors import SchedulingError, Unavailable
from shared.meetings.decision import Accepted
from shared.templates import html_to_text
from tests.fakes.clock import FakeClock
from tests.support.crashes import Crash, CrashingStorage, Fuse
from tests.support.record_lists import check_lists

Step: TypeAlias = tuple[Any, ...]
MEETINGS = 3
ORIGIN = datetime(2027, 1, 4, 8, 30, tzinfo=UTC)
"""The start of every history. Only steps move the clock, so many events occur within the same second."""

LEAD = 14
"""The number of days before the first meeting.

It exceeds the total length of all outages in a history, because past meetings are not answered.
"""

ACTIONS: list[Callable[[Random], Step]] = [
    lambda chance: ("invite", _meeting(chance), _hours(chance), chance.choice(["tag"] * 3 + ["none"] + ["series"] * 2)),
    lambda chance: ("move", _meeting(chance), _hours(chance)),
    lambda chance: ("rename", _meeting(chance), chance.choice(["Budget", "Review"])),
    lambda chance: ("swap", _meeting(chance)),
    lambda chance: ("untag", _meeting(chance)),
    lambda chance: ("cancel", _meeting(chance)),
    lambda chance: ("remove", _meeting(chance)),
    lambda chance: ("cancel occurrence", _meeting(chance), chance.randint(0, 3)),
    lambda chance: ("move occurrence", _meeting(chance), chance.randint(0, 3)),
    lambda chance: ("swap occurrence", _meeting(chance), chance.randint(0, 3)),
    lambda chance: ("rename occurrence", _meeting(chance), chance.randint(0, 3)),
]
WEIGHTS = [4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1]

LONGEST_GAP = 15
"""The maximum number of seconds between two actions. Often there is no gap, so two versions have the same time."""

GRAPH_FAULTS: list[Callable[[Random], Step]] = [
    lambda chance: ("notification", chance.choice(["lose", "duplicate", "reorder", "delay"]), chance.randint(1, 3)),
    lambda chance: (
        chance.choice(["GET /messages", "GET /instances", "POST /accept", "POST /decline", "GET /events"]),
        chance.choice([429, 503, 504, "crash"]),
        chance.choice([False, True]),
        chance.randint(1, 6),
    ),
    lambda chance: (
        chance.choice(["POST /accept", "POST /decline"]),
        chance.choice([400, 403, 404, 409, 412, 500]),
        False,
        chance.randint(1, 6),
    ),
    lambda chance: ("event", chance.randint(1, 3)),
]
EWS_FAULTS: list[Callable[[Random], Step]] = [
    lambda chance: (
        chance.choice(["EWS GetItem", "EWS FindItem", "EWS CreateItem", "EWS SyncFolderItems"]),
        chance.choice([401, 503, 504, "crash", "server_busy", "error", "soap_fault", "truncate", "charset", "html"]),
        chance.choice([False, True]),
        chance.randint(1, 6),
    )
]
"""Over EWS, polls replace notifications."""

FAULTS = {By.GRAPH: GRAPH_FAULTS, By.EWS: EWS_FAULTS}
FEWEST_TROUBLES, MOST_TROUBLES = 3, 9
TELLING = {accepted.value: "{{start_time}}|{{alias}}" for accepted in Accepted}
"""Settings that make an acceptance show which version of the meeting it refers to."""

OUTAGES = {"a minute": 1, "an hour": 60, "a day": 24 * 60, "three days": 3 * 24 * 60}
OTHER_TROUBLES: list[Callable[[Random], Step]] = [
    lambda _: ("forget",),
    lambda chance: ("die", chance.randint(1, 12), chance.choice([False, True])),
    lambda chance: ("storage", chance.randint(1, 12), chance.choice([False, True])),
    lambda chance: ("work", chance.randint(1, 3)),
    lambda chance: ("outage", chance.choice(list(Away)), chance.choice([503, 500, 403, "crash"]),
                    chance.choice(list(OUTAGES))),
]  # fmt: skip


def _meeting(chance: Random) -> int:
    return chance.randint(0, MEETINGS - 1)


def _hours(chance: Random) -> int:
    return chance.randint(3, 60)


def _trouble(chance: Random, by: By) -> Step:
    if chance.random() < 0.4:
        return ("fault", chance.choice(FAULTS[by])(chance))
    return chance.choice(OTHER_TROUBLES)(chance)


def random_history(chance: Random, by: By) -> list[list[Step]]:
    """Segments of steps, with the number of seconds before each. Troubles end after their segment, before everything
    settles.
    """
    segments = [
        [(_gap(chance), _action(chance)) for _ in range(chance.randint(1, 6))] for _ in range(chance.randint(1, 3))
    ]
    for _ in range(chance.randint(FEWEST_TROUBLES, MOST_TROUBLES)):
        segment = chance.choice(segments)
        segment.insert(chance.randint(0, len(segment)), (0, _trouble(chance, by)))
    return segments


def _gap(chance: Random) -> int:
    return chance.randint(1, LONGEST_GAP) if chance.random() < 0.7 else 0


def _action(chance: Random) -> Step:
    return chance.choices(ACTIONS, WEIGHTS)[0](chance)


@dataclass
class History:
    """A run of a history. If it is `clean`, it leaves out the history's troubles."""

    world: Deployment
    clean: bool
    origin: datetime
    uids: dict[int, str] = field(default_factory=dict)
    firsts: dict[int, datetime] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)
    clicks: int = 0

    async def segment(self, steps: list[Step]) -> None:
        """Perform the steps, then let everything settle."""
        for gap, step in steps:
            if gap:
                await self.world.move_to(self.world.now + timedelta(seconds=gap))
            await self.step(step)
            if self.clean:
                await self.world.drain()
        await self._endure([OUTAGES[step[3]] for _, step in steps if step[0] == "outage"])
        await self.world.host.restart()
        await self.world.settle()

    async def _endure(self, outages: list[int]) -> None:
        """Wait for the longest of the outages, in minutes, to end. A run without outages waits equally long."""
        if outages:
            await self.world.pass_time(timedelta(minutes=max(outages)))
        self.world.end_outages()

    async def step(self, step: Step) -> None:
        match step:
            case ("invite", int(which), int(ahead), str(kind)) if which not in self.uids:
                await self._invite(which, ahead, kind)
            case ("fault" | "forget" | "die" | "storage" | "work" | "outage", *_):
                if not self.clean:
                    await self._trouble(step)
            case (str(verb), int(which), *rest) if which in self.uids and verb != "invite":
                await self._edit(verb, which, *rest)

    async def _trouble(self, trouble: Step) -> None:
        match trouble:
            case ("fault", fault):
                await self.world.faults(_fault(*fault))
            case ("outage", Away() as what, how, _):
                await self.world.begin_outage(what, {"status": how} if isinstance(how, int) else {"action": how})
            case ("forget",):
                await self.world.control("POST", "/dev/delta/invalidate", {})
            case ("die", int(at), bool(after)):
                await self._work_until_crash(Fuse(at, after))
            case ("storage", int(at), bool(after)):
                fuse = Fuse(at, after, error=lambda: Unavailable("storage cannot be reached"))
                await self.world.host.restart(CrashingStorage(self.world.outages, fuse))
                await self._work(1)
                await self.world.host.restart()
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
        if verb == "cancel":
            response = await self.world.http.delete(path, params={"occurrence": occurrence})
        else:
            edit = await self._occurrence_changes(verb, day) | {"occurrence": occurrence}
            response = await self.world.http.patch(path, json=edit)
        assert response.status_code < 500, response.text  # refused if it was already cancelled

    async def _occurrence_changes(self, verb: str, day: datetime) -> dict[str, str]:
        match verb:
            case "move":
                later = day + timedelta(hours=2)
                return {"start": f"{later:%FT%T}", "end": f"{later + timedelta(hours=1):%FT%T}"}
            case "swap":
                return {"body_html": await self._click(f"occurrence {day:%F} after swap {self.clicks}")}
        return {"subject": "Only this one"}

    async def _click(self, label: str) -> str:
        """Request a room a millisecond later, because no user clicks twice at the same instant."""
        self.clicks += 1
        await self.world.move_to(self.world.now + timedelta(milliseconds=1))
        room = await self.world.click()
        self.rooms[label] = room["alias"]
        return str(room["instructions"])

    def _at(self, ahead: int) -> datetime:
        return (self.origin + timedelta(days=LEAD, hours=ahead)).replace(minute=0, second=0, microsecond=0)

    async def _work(self, many: int) -> None:
        try:
            await self.world.notified()
        except SchedulingError as error:
            _note(f"a poll failed: {error!r}")
        if Away.QUEUE in self.world.outages.away:
            return
        queue = self.world.memory.queue("meeting-requests")
        for _ in range(min(many, len(queue.sent))):
            await self.world.host.deliver(await self.world.take(-1))

    async def _work_until_crash(self, fuse: Fuse) -> None:
        """Crash during a poll or in the worker. The queue keeps the message, and another process continues."""
        await self.world.host.restart(CrashingStorage(self.world.outages, fuse))
        queue = self.world.memory.queue("meeting-requests")
        body = ""
        try:
            await self.world.notified()
            if queue.sent and Away.QUEUE not in self.world.outages.away:
                body = await self.world.take()
                await self.world.services.scheduling.worker.handle(body, last_try=False)
                body = ""
        except (Crash, Exception) as error:
            _note(f"an attempt failed: {error!r}")
        if body:
            queue.sent.append((body, timedelta(0)))
        await self.world.host.restart()

    async def outcome(self) -> dict[str, Any]:
        """When each room is open, and the last answer about each meeting, once everything has settled."""
        clock = FakeClock()
        opened = self._opened_on(self.world.node, clock) if self.world.node else self._opened_by_policy(clock)
        doors: dict[str, list[bool]] = {label: [] for label in self.rooms}
        for ahead in range(0, 24 * 25, 2):
            clock.set(self._at(0) + timedelta(hours=ahead, minutes=15))
            for label, is_open in (await opened()).items():
                doors[label].append(is_open)
        answers = await self.world.answers()
        return {"doors": doors} | {f"last answer {which}": self._last(answers, which) for which in sorted(self.uids)}

    def _opened_by_policy(self, clock: FakeClock) -> Callable[[], Awaitable[dict[str, bool]]]:
        """Whether the external policy admits people to each room at the clock's current time."""
        policy = Policy(self.world.memory, clock)

        async def opened() -> dict[str, bool]:
            answers = {label: await policy.service_configuration(alias) for label, alias in self.rooms.items()}
            return {label: answer is not None and answer[0] == "continue" for label, answer in answers.items()}

        return opened

    def _opened_on(self, node: Node, clock: FakeClock) -> Callable[[], Awaitable[dict[str, bool]]]:
        """Whether each room is on the node at the clock's current time, once everything due by then has been done."""
        settings = self.world.services.foundation.settings
        services = Services(settings, self.world.memory, self.world.secrets, clock)
        wire_to(node, services)
        queue = self.world.memory.queue("meeting-requests")

        async def opened() -> dict[str, bool]:
            await services.conferences.room_timer.run()
            while queue.sent:
                await services.conferences.room_keeper.keep(RoomWork.decode(queue.sent.pop(0)[0]))
            there = {alias for room in node.rooms() for alias in room["aliases"]}
            return {label: alias in there for label, alias in self.rooms.items()}

        return opened

    def _last(self, answers: list[dict[str, Any]], which: int) -> object:
        """The last answer about a meeting, with its room and time unless it may refer to an occurrence."""
        last = [answer for answer in answers if answer["uid"] == self.uids[which]][-1:]
        kinds = [answer["kind"] for answer in last]
        if which in self.firsts or kinds != ["accepted"]:
            return kinds
        time, alias = last[0]["body_text"].strip().split("|")
        start = datetime.strptime(time, "%H:%M on %d/%m/%Y").replace(tzinfo=UTC)
        return start - self._at(0), [label for label, room in self.rooms.items() if room == alias]


def _note(text: str) -> None:
    """Have hypothesis print a message for a failing history. This does nothing in many_histories.py."""
    if currently_in_test_context():
        note(text)


def _fault(on: str, *rest: Any) -> dict[str, Any]:
    if on == "notification":
        return {"on": on, "action": rest[0], "times": rest[1]}
    if on == "event":
        return {"on": on, "action": "lag", "times": rest[0]}
    status, after_effect, times = rest
    kind = {"status": status} if isinstance(status, int) else {"action": status}
    return {"on": on, "times": times, "after_effect": after_effect and on.startswith(("POST", "EWS Create"))} | kind


def random_variants(chance: Random, by: By) -> dict[str, Any]:
    """Variants of Graph that have been reported, or peculiarities of EWS servers other than Exchange."""
    if by is By.EWS:
        return {name: value if chance.random() < 0.3 else not value for name, value in OTHER_HABITS.items()}
    return {
        "gone_event_is_null": chance.choice([False, True]),
        "uid": chance.choice([False, True]),
        "original_start": chance.choice(["select", "always", "never"]),
        "instances_with_exceptions": chance.choice([False, True]),
    }


async def run(
    history: list[list[Step]],
    by: By,
    *,
    clean: bool,
    renews: bool = False,
    varied: dict[str, Any] | None = None,
    on_node: bool = False,
) -> dict[str, Any]:
    """The outcome of a history.

    `renews`: Exchange gives a calendar item a new id when it is answered over EWS.

    `on_node`: the rooms are on a Management Node.

    `varied`: variants of Graph or peculiarities of other EWS servers, on which the outcome must not depend.
    """
    async with deployed(by, MovableClock(lambda: ORIGIN), on_node=on_node, **TELLING) as world:
        world.exchange.exchange.ews.renews_answered = renews
        if by is By.GRAPH:
            world.exchange.exchange.variants.change(varied or {})
        else:
            await world.control("PATCH", "/dev/ews", varied or {})
        await world.services.scheduling.lists.keep()
        story = History(world, clean, world.now)
        for segment in history:
            await story.segment(segment)
        outcome = await story.outcome()
        await never_twice(world)
        assert world.host.poisoned == []
        return outcome


async def never_twice(world: Deployment) -> None:
    """Check that no message has two answers (rule 2), no alias has two meetings (rule 1), and no work is unfinished."""
    table = world.memory.table("meetings")
    rows = [row async for row in table.everything()]
    decided = [Operation.from_row(row) for row in rows if row.key.startswith("operation:")]
    # A change without a notification may still contain an older version's answer, which belongs to that version.
    told = Counter(_plain(each.text) for each in decided if each.text and each.decision != "refresh")
    sent = Counter(_plain(answer["body_text"]) for answer in await world.answers())
    assert not sent - told, f"more answers than decisions: {sent - told} of {told}"
    aliases = [str(row.values["alias"]) for row in rows if row.key.startswith("tag:")]
    assert len(aliases) == len(set(aliases))
    assert await world.left() == []
    await check_lists(world.memory, world.now, INTEGRATION)


def _plain(text: str) -> str:
    """An answer's text without markup and white space."""
    return "".join(html_to_text(text).split())


def run_by_run(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test on the number of histories in the environment variable HISTORIES, or on 20 by default."""
    most = int(os.environ.get("HISTORIES", "20"))
    return settings(max_examples=most, suppress_health_check=list(HealthCheck))(test)


async def check_on_node(history: list[list[Step]], *, varied: dict[str, Any] | None = None) -> None:
    """Fail unless the outcome on a Management Node, with or without troubles, matches that of a clean run
    with policy.
    """
    expected = await run(history, By.GRAPH, clean=True)
    for clean in (True, False):
        found = await run(history, By.GRAPH, clean=clean, varied=varied, on_node=True)
        differing = {what: (expected[what], found[what]) for what in expected if expected[what] != found[what]}
        assert not differing, f"{'without' if clean else 'with'} troubles, with policy and on the node: {differing}"


async def check(
    history: list[list[Step]], by: By, *, renews: bool = False, varied: dict[str, Any] | None = None
) -> None:
    """Fail unless the outcome matches that of a clean run over Graph."""
    expected = await run(history, By.GRAPH, clean=True)
    for clean in (True, False) if by is By.EWS else (False,):
        found = await run(history, by, clean=clean, renews=renews, varied=varied)
        differing = {what: (expected[what], found[what]) for what in expected if expected[what] != found[what]}
        assert not differing, f"over {by}, {'without' if clean else 'with'} troubles, expected and found: {differing}"
