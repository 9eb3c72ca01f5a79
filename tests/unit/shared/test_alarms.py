"""O1: alarms show a problem, its start and its remedy, and are cleared when the problem is fixed."""

import asyncio
from datetime import timedelta

import pytest

from dev.harness.storage import MemoryStorage
from shared.alarm_kinds import REMEDIES, AlarmKind
from shared.alarms import Alarm, Alarms
from tests.fakes.clock import FakeClock

ONE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


class AlarmsWorld:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.alarms = Alarms(MemoryStorage(), self.clock)

    async def of(self, integration: str = ONE) -> list[Alarm]:
        return [alarm async for alarm in self.alarms.of(integration)]


@pytest.fixture
def world() -> AlarmsWorld:
    return AlarmsWorld()


async def test_an_alarm_is_raised_and_cleared(world: AlarmsWorld) -> None:
    since = world.clock.now().isoformat()
    await world.alarms.raise_(ONE, AlarmKind.CONNECTION, "Graph returned 403.")
    assert await world.of() == [Alarm(ONE, AlarmKind.CONNECTION, "Graph returned 403.", since)]
    assert await world.of(OTHER) == []
    for _ in range(2):
        await world.alarms.clear(ONE, AlarmKind.CONNECTION)
        assert await world.of() == []


async def test_a_lasting_alarm_keeps_its_start_time_and_shows_the_latest_cause(world: AlarmsWorld) -> None:
    since = world.clock.now().isoformat()
    await world.alarms.raise_(ONE, AlarmKind.CONNECTION, "Graph returned 403.")
    world.clock.move(timedelta(hours=1))
    await world.alarms.raise_(ONE, AlarmKind.CONNECTION, "Graph returned 404.")
    assert await world.of() == [Alarm(ONE, AlarmKind.CONNECTION, "Graph returned 404.", since)]


async def test_alarms_of_different_kinds_and_integrations_are_independent(world: AlarmsWorld) -> None:
    await world.alarms.raise_(ONE, AlarmKind.CONNECTION, "a")
    await world.alarms.raise_(ONE, AlarmKind.POISON, "b")
    await world.alarms.raise_(OTHER, AlarmKind.POISON, "c")
    await world.alarms.clear(ONE, AlarmKind.POISON)
    assert [alarm.cause for alarm in await world.of()] == ["a"]
    assert [alarm.cause for alarm in await world.of(OTHER)] == ["c"]


async def test_many_processes_may_raise_and_clear_alarms_concurrently(world: AlarmsWorld) -> None:
    await asyncio.gather(*(world.alarms.raise_(ONE, AlarmKind.POISON, str(n % 3)) for n in range(20)))
    assert len(await world.of()) == 1
    await asyncio.gather(*(world.alarms.clear(ONE, AlarmKind.POISON) for _ in range(20)))
    assert await world.of() == []


@pytest.mark.parametrize("kind", AlarmKind)
def test_every_alarm_has_a_remedy(kind: AlarmKind) -> None:
    assert REMEDIES[kind].endswith((".", "$false"))
    assert Alarm(ONE, kind, "", "").remedy == REMEDIES[kind]


async def test_an_alarm_about_an_event_is_cleared_after_a_quiet_period(world: AlarmsWorld) -> None:
    week = timedelta(days=7)
    await world.alarms.raise_(ONE, AlarmKind.POISON, "Correlation id 1.")
    world.clock.move(timedelta(days=5))
    await world.alarms.raise_(ONE, AlarmKind.POISON, "Correlation id 2.")
    world.clock.move(timedelta(days=5))
    await world.alarms.clear_when_quiet(ONE, AlarmKind.POISON, week)
    assert len(await world.of()) == 1
    world.clock.move(timedelta(days=2))
    await world.alarms.clear_when_quiet(ONE, AlarmKind.POISON, week)
    assert await world.of() == []
