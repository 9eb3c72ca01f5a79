"""Storage is restored to its state an hour earlier while people continue to schedule meetings (M5)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from dev.harness.deployment import Deployment, deployed
from dev.harness.integration import MAILBOX, By
from dev.harness.storage import MemoryStorage
from dev.harness.times import hour_from, tomorrow, weekly
from shared.operations.backup import Restored, export_tables, import_tables

HALF = timedelta(minutes=30)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
MEANWHILE = 5
"""The number of meetings that are created during the import."""


@pytest.fixture(params=By)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[Deployment]:
    async with deployed(request.param) as deployment:
        yield deployment


@dataclass
class Office:
    """Alice's meetings, keyed by subject. The first one is tomorrow at ten, and the others follow at two-hour
    intervals.
    """

    world: Deployment
    rooms: dict[str, Any] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)
    starts: dict[str, datetime] = field(default_factory=dict)

    async def click(self, *names: str) -> None:
        for name in names:
            self.rooms[name] = await self.world.click()

    async def invite(self, name: str, **more: Any) -> None:
        first = min(self.starts.values(), default=tomorrow(self.world))
        self.starts[name] = start = first + timedelta(hours=2 * len(self.uids))
        self.uids[name] = await self.world.invite(start, self.rooms[name]["instructions"], subject=name, **more)

    async def weekly(self, name: str) -> None:
        start = tomorrow(self.world) + timedelta(hours=2 * len(self.uids))
        await self.invite(name, recurrence=weekly(start))

    async def answers(self) -> dict[str, Counter[str]]:
        """The number of answers of each kind, keyed by meeting."""
        return {
            name: Counter(answer["kind"] for answer in await self.world.answers(uid)) for name, uid in self.uids.items()
        }

    async def is_open(self, name: str, at: datetime) -> bool | None:
        await self.world.move_to(max(self.world.now, at))
        return await self.world.is_open(self.rooms[name]["alias"])


async def lost_hour(office: Office) -> None:
    """Change meetings after the export, and have the product answer them."""
    world = office.world
    await world.move_to(world.now + HALF)
    await office.invite("new")
    await office.weekly("new series")
    await office.click("new alias")
    await office.invite("new alias")
    await world.change(office.uids["moved"], **hour_from(office.starts["moved"] + DAY + timedelta(minutes=90)))
    day = f"{office.starts['series'] + WEEK:%Y-%m-%d}"
    moved = hour_from(office.starts["series"] + WEEK + timedelta(minutes=90))
    await world.change(office.uids["series"], occurrence=day, **moved)
    await world.cancel(office.uids["cancelled"])
    await world.drain()
    await office.invite("emptied")
    await world.drain()
    await world.services.scheduling.timers.sweep()
    await world.drain()
    empty_the_mailbox(world)
    await world.move_to(world.now + HALF)


def empty_the_mailbox(world: Deployment) -> None:
    """Delete some meetings' messages, as a retention policy would, so that these meetings appear only in
    the calendar.
    """
    store, owner = world.exchange.exchange.store, world.exchange.exchange.directory.ensure(MAILBOX).guid
    for folder in ("inbox", "deleteditems"):
        for message in store.messages(owner, folder):
            if message.letter.subject.endswith("emptied"):
                store.delete_message(message)


async def restore(office: Office, export: list[str]) -> Restored:
    """Import the export into another account that the app already uses, while people send invitations."""
    world = office.world
    world.host.memory = MemoryStorage()
    await world.host.restart(world.memory)

    async def go_on() -> None:
        for number in range(MEANWHILE):
            await office.invite(f"meanwhile {number}")
            await world.drain()

    restored, _ = await asyncio.gather(import_tables(world.memory, export), go_on())
    return restored


async def heal(world: Deployment) -> list[str]:
    """Run the next sweep and the next nightly comparison, and return the causes of the alarms."""
    await world.move_to(world.now + timedelta(minutes=5))
    await world.services.scheduling.timers.sweep()
    await world.drain()
    await world.move_to(world.now + timedelta(minutes=20))
    await world.services.scheduling.timers.compare()
    await world.drain()
    return [alarm.cause async for alarm in world.services.foundation.alarms.of((await world.integration()).uuid)]


async def test_a_lost_hour_is_recovered_and_no_meeting_is_answered_twice(world: Deployment) -> None:
    office = Office(world)
    meanwhile = [f"meanwhile {number}" for number in range(MEANWHILE)]
    await office.click("old", "moved", "cancelled", "series", "new", "new series", "emptied", *meanwhile)
    for name in ("old", "moved", "cancelled"):
        await office.invite(name)
    await office.weekly("series")
    await world.drain()
    export = [line async for line in export_tables(world.memory)]
    await lost_hour(office)
    before = await office.answers()
    assert {name: sum(kinds.values()) for name, kinds in before.items()} == {
        **dict.fromkeys(("old", "cancelled", "new", "new series", "new alias", "emptied"), 1),
        **dict.fromkeys(("moved", "series"), 2),
    }

    restored = await restore(office, export)
    assert restored.written + restored.kept == len(export) - 2  # all except the first and last lines
    causes = await heal(world)

    assert ["1 without a room" in cause for cause in causes] == [True], "the sweep has found all other meetings"
    told_again = {name: kinds - before.get(name, Counter()) for name, kinds in (await office.answers()).items()}
    assert {name: dict(kinds) for name, kinds in told_again.items() if kinds} == {
        "new alias": {"declined": 1},  # the restored records lack the tag
        **{name: {"accepted": 1} for name in meanwhile},
    }
    await world.settle()
    assert await office.answers() == {name: before.get(name, Counter()) + told_again[name] for name in office.uids}
    await _doors(office, meanwhile)


async def _doors(office: Office, meanwhile: list[str]) -> None:
    """Check that each room is open at the time shown in the organizer's calendar, and at no other time."""
    starts, later = office.starts, timedelta(minutes=90)
    stay = ("old", "series", "new", "new series", "emptied", *meanwhile)
    doors: list[tuple[datetime, str, bool | None]] = [(starts[name], name, True) for name in stay]
    doors += [(starts["cancelled"], "cancelled", False), (starts["new alias"], "new alias", None)]
    doors += [(starts["moved"], "moved", False), (starts["moved"] + DAY + later, "moved", True)]
    doors += [(starts["series"] + WEEK, "series", False), (starts["series"] + WEEK + later, "series", True)]
    seen = [(at, name, await office.is_open(name, at)) for at, name, _ in sorted(doors, key=lambda door: door[0])]
    assert seen == sorted(doors, key=lambda door: door[0])
