"""The figures in docs/operations.md match what the code does: schedules, concurrency, storage requests, rows."""

import json
import re
from datetime import UTC, datetime, timedelta

from bench import cost, partitions
from dev.host.host import FunctionsHost
from functions import mailbox
from functions import timers as timer_triggers
from shared.bookings.operation import LEASE_TIME
from shared.bookings.rows import LISTS_PARTITION
from shared.conferences.policy import Policy
from shared.meetings import rounds
from shared.meetings.stretch import Round
from tests.conformance.alerts import ALERTS
from tests.fakes.mailbox import invitation
from tests.support import ROOT
from tests.support.meetings_world import MeetingsWorld, body
from tests.support.timers_world import TimersWorld

TEXT = (ROOT / "docs" / "operations.md").read_text()
HOST = json.loads((ROOT / "host.json").read_text())
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def told(figure: str) -> int:
    """The number that precedes the comment naming it in the document: `16<!-- integrations-at-once -->`."""
    [found] = re.findall(rf"([\d,]+)<!-- {figure} -->", TEXT)
    return int(found.replace(",", ""))


def told_dollars(figure: str) -> str:
    """The amount that precedes its comment, as in `$1.36<!-- … -->`."""
    [found] = re.findall(rf"\$([\d.]+)<!-- {figure} -->", TEXT)
    return str(found)


def runs_in_30_days(schedule: str) -> int:
    """How often a six-field schedule runs in a day; seconds, minutes and hours may be plain numbers, * or */n."""
    runs = 30
    for field, size in zip(schedule.split()[:3], (60, 60, 24), strict=True):
        runs *= {"*": size}.get(field) or (size // int(field[2:]) if field.startswith("*/") else 1)
    return runs


def timers() -> dict[str, int]:
    """How often each timer runs in a month, keyed by timer name."""
    source = (ROOT / "functions" / "timers.py").read_text()
    found = re.findall(r'timer_trigger\("timer", "([^"]+)"\)\nasync def (\w+)', source)
    return {name: runs_in_30_days(schedule) for schedule, name in found}


def test_the_timers_monthly_runs_match_their_schedules() -> None:
    assert told("timers-per-month") == sum(timers().values())


async def test_an_idle_month_has_the_documented_number_of_executions() -> None:
    deployment = TimersWorld()
    await deployment.add("one")
    messages = {name: await deployment.rounds.start(Round(name)) for name in timers()}
    executions = sum(runs * (1 + messages[name]) for name, runs in timers().items())
    assert told("executions-per-idle-month") == executions
    assert told("gigabyte-seconds-per-idle-month") == executions * cost.INSTANCE_GIGABYTES
    polls = timers()["poll"] * timer_triggers.MINUTES_STARTED
    assert told("executions-of-polls-per-month") == polls
    assert told_dollars("dollars-of-polls-per-month") == f"{cost.dollars(polls):.2f}"
    assert told_dollars("dollars-of-an-always-ready-instance") == f"{cost.always_ready_dollars():.2f}"


async def test_a_meeting_costs_what_the_document_says() -> None:
    one = await cost.of_a_meeting()
    assert told("executions-per-meeting") == one.executions
    assert told("table-requests-per-meeting") == one.tables
    assert told("queue-requests-per-meeting") == one.queues
    assert told_dollars("dollars-per-1000-meetings") == f"{cost.dollars(1000 * one.executions):.2f}"


async def test_only_one_file_defines_timers(host: FunctionsHost) -> None:
    source = (ROOT / "functions" / "timers.py").read_text()
    timers = [function for function in host.functions if function.kind == "timerTrigger"]
    assert len(timers) == source.count("@bp.timer_trigger")


def test_the_documented_queue_limits_are_those_of_host_json() -> None:
    queues = HOST["extensions"]["queues"]
    assert queues["maxDequeueCount"] == mailbox.MAX_DEQUEUE_COUNT
    assert told("messages-at-once") == queues["batchSize"] + queues["newBatchThreshold"]
    hours, minutes, seconds = map(int, HOST["functionTimeout"].split(":"))
    assert timedelta(hours=hours, minutes=minutes, seconds=seconds) < LEASE_TIME


def test_the_documented_numbers_of_alerts_and_rounds_are_right() -> None:
    assert told("alerts") == len(ALERTS)
    assert told("turns-per-message") == rounds.STRETCH_TURNS
    assert told("turns-at-once") == rounds.TURNS_CONCURRENCY


async def trips(world: MeetingsWorld, message: str, **changes: str) -> int:
    before = world.storage.round_trips
    await world.process(message)
    return world.storage.round_trips - before


async def test_the_documented_storage_requests_of_a_click_an_invitation_and_a_policy_request_are_right() -> None:
    world = MeetingsWorld()
    before = world.storage.round_trips
    booking = await world.reserve(limited=True)
    assert told("requests-per-click") == world.storage.round_trips - before
    message = world.mailbox.deliver(invitation("m", body(booking), uid="m", start=START))
    assert told("requests-per-invitation") >= await trips(world, message)
    before = world.storage.round_trips
    await Policy(world.storage, world.clock).service_configuration(booking.alias)
    assert told("requests-per-question") == world.storage.round_trips - before


async def test_the_documented_storage_requests_of_an_idle_round_are_right() -> None:
    deployment = TimersWorld()
    await deployment.add("one")
    await deployment.timers.sweep()
    assert told("requests-per-idle-sweep") == await _idle(deployment)


async def _idle(deployment: TimersWorld) -> int:
    before = deployment.storage.round_trips
    await deployment.timers.sweep()
    return deployment.storage.round_trips - before


async def test_the_documented_limits_of_shared_partitions_are_right() -> None:
    rows = await partitions.counted()
    turn, alarm, room = rows["an idle turn of a sweep"], rows["an alarm"], rows["a meeting on a Management Node"]
    noted, entered = rows["a click and its meeting"].pop(LISTS_PARTITION), rows["entering a meeting into the lists"]
    assert told("rows-noted-for-lists") == noted
    assert told("rows-of-lists") == entered[LISTS_PARTITION]
    assert told("meetings-by-lists") == int(partitions.most(LISTS_PARTITION, noted + entered[LISTS_PARTITION]))
    [(partition, statistics)] = rows["a click and its meeting"].items()
    assert told("rows-of-statistics") == statistics
    assert told("messages-by-statistics") == partitions.most(partition, statistics)
    assert told("rows-of-turns") == turn["turns"]
    assert told("integrations-by-turns") == round(partitions.most("turns", turn["turns"]) * partitions.SWEEP_SECONDS)
    assert told("rows-of-integrations") == turn["integrations"]
    outlines = partitions.most("integrations", turn["integrations"])
    assert told("integrations-by-outlines") == outlines * partitions.SWEEP_SECONDS
    assert told("rows-of-alarms") == alarm["alarms"]
    assert told("alarms-a-second") == partitions.most("alarms", alarm["alarms"])
    assert told("rows-of-rooms") == room["rooms"]
    assert told("meetings-on-nodes-a-second") == int(partitions.most("rooms", room["rooms"]))


async def test_the_documented_rows_that_a_meeting_writes_are_right() -> None:
    """A partition's limit applies to rows, not to the transactions that write them."""
    world = MeetingsWorld()
    booking = await world.reserve()
    message = world.mailbox.deliver(invitation("m", body(booking), uid="m", start=START))
    await world.process(message)
    rows = [row async for row in world.storage.table("meetings").rows(world.integration.uuid)]
    assert len(rows) <= told("rows-per-meeting")
