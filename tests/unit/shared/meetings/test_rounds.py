"""Rounds are split into bounded messages, with one turn at a time per integration. Turns are never lost and do not pile
up.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from shared.alarm_kinds import AlarmKind
from shared.bookings.rows import RowKind, meetings_table
from shared.errors import Unavailable
from shared.mailboxes.mailbox import Changes, Folder
from shared.meetings import rounds as module
from shared.meetings.rounds import STRETCH_TURNS, Rounds
from shared.meetings.stretch import MAX_RETRIES, Round, Stretch, decode
from shared.meetings.turns import TURN_LEASE
from shared.storage import Insert, Put, Row, Table
from tests.support.timers_world import EWS, TimersWorld


class Deferred(TimersWorld):
    """Integrations. Their rounds wait in the queue until `work` is called."""

    def __init__(self) -> None:
        super().__init__()
        at_once = self.rounds
        parts = at_once.integrations, at_once.turns, at_once.chores, at_once.alarms, at_once.queue, at_once.clock
        self.queued = Rounds(*parts, self.due_rooms)
        self.timers.__dict__["rounds"] = self.queued
        self.queue = self.storage.queue("rounds")

    def stretches(self) -> list[tuple[Stretch, timedelta]]:
        return [(decode(body), delay) for body, delay in self.queue.sent]

    async def work(self) -> None:
        """Let a worker handle all visible messages."""
        while visible := [each for each in self.queue.sent if not each[1]]:
            self.queue.sent.remove(visible[0])
            await self.queued.handle(visible[0][0])

    async def several(self, count: int, **fields: Any) -> list[str]:
        return [await self.add(f"{'ews' if fields else 'room'}{n}", **fields) for n in range(count)]

    def calls(self, uuid: str) -> list[str]:
        return self.places[uuid].mailbox.calls


@pytest.fixture
def world() -> Deferred:
    return Deferred()


async def test_a_timer_sends_messages_for_bounded_ranges_and_contacts_no_mailbox(world: Deferred) -> None:
    uuids = await world.several(2 * STRETCH_TURNS + 1)
    await world.timers.sweep()
    assert len(world.queue.sent) == 3
    assert all(world.calls(uuid) == [] for uuid in uuids)
    assert all(len(body) < 300 for body, _ in world.queue.sent), "ids only"
    await world.work()
    assert all("changes" in world.calls(uuid) for uuid in uuids)


async def test_a_round_reaches_a_few_integrations_without_reading_the_many_in_between(world: Deferred) -> None:
    polled = sorted(await world.several(4, **EWS))
    await world.several(160)
    await world.timers.poll()
    read = 0
    for stretch, _ in world.stretches():
        read += len([each async for each in world.store.outlines(stretch.after, stretch.until)])
    assert read < 4 * (module._STRETCH_GAP + 1)
    await world.work()
    assert all("changes" in world.calls(uuid) for uuid in polled)


async def test_no_mailbox_is_polled_if_no_integration_uses_ews(world: Deferred) -> None:
    await world.several(3)
    await world.timers.poll(5)
    assert world.queue.sent == []


async def test_polls_for_five_minutes_are_queued_together(world: Deferred) -> None:
    await world.several(1, **EWS)
    await world.timers.poll(5)
    assert [delay for _, delay in world.stretches()] == [timedelta(minutes=n) for n in range(5)]
    moments = {stretch.started for stretch, _ in world.stretches()}
    assert len(moments) == 5, "each poll starts in a different minute"


async def test_due_rooms_are_checked_every_minute_if_a_management_node_has_any(world: Deferred) -> None:
    await world.several(2)
    await world.timers.rooms(5)
    assert world.queue.sent == []
    node = {"bridge_url": "https://node.example.com", "bridge_username": "admin", "bridge_password": "secret"}
    await world.several(1, conference_platform="management_api", **EWS, **node)
    await world.timers.rooms(5)
    assert [delay for _, delay in world.stretches()] == [timedelta(minutes=n) for n in range(5)]
    await world.work()
    assert world.looks_for_rooms == 1


async def test_two_rounds_never_handle_the_same_integration_at_the_same_time(world: Deferred) -> None:
    """The second round automatically tries again later, and then gets the turn."""
    [uuid] = await world.several(1)
    begun, busy, at_once, most = asyncio.Event(), asyncio.Event(), 0, 0
    mailbox = world.places[uuid].mailbox
    look = mailbox.changes

    async def slow(folder: Folder, state: str) -> Any:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        begun.set()
        await busy.wait()
        at_once -= 1
        return await look(folder, state)

    mailbox.changes = slow  # type: ignore[method-assign]
    await world.timers.sweep()
    await world.timers.compare()
    first, second = [body for body, _ in world.queue.sent]
    world.queue.sent.clear()
    under_way = asyncio.create_task(world.queued.handle(first))
    await begun.wait()
    await world.queued.handle(second)
    assert [(stretch.round, delay) for stretch, delay in world.stretches()] == [(Round.COMPARE, module.BUSY_PAUSE)]
    assert "view" not in mailbox.calls
    busy.set()
    await under_way
    assert most == 1
    [(again, _)] = world.queue.sent
    await world.queued.handle(again)
    assert "view" in mailbox.calls


async def test_the_turn_of_a_process_that_died_is_free_once_its_lease_has_expired(world: Deferred) -> None:
    [uuid] = await world.several(1)
    assert await world.queued.turns.take([uuid])
    await world.timers.sweep()
    await world.work()
    assert world.calls(uuid) == []
    world.queue.sent.clear()
    world.clock.move(TURN_LEASE)
    await world.timers.sweep()
    await world.work()
    assert "changes" in world.calls(uuid)


async def test_no_turn_is_lost_if_a_process_crashes_in_the_middle_of_a_message(world: Deferred) -> None:
    """By the time the queue redelivers the message, the turns that were in progress are free."""
    uuids = await world.several(5)
    for uuid in uuids:
        world.places[uuid].mailbox.deliver_mail(uuid)
    await world.timers.compare()
    [(body, _)] = world.queue.sent
    world.queue.sent.clear()
    dying = asyncio.create_task(world.queued.handle(body))
    for _ in range(8):
        await asyncio.sleep(0)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    world.clock.move(timedelta(minutes=10))
    await world.queued.handle(body)
    assert all("view" in world.calls(uuid) for uuid in uuids)


async def test_a_slow_exchange_server_only_delays_its_turn(world: Deferred, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one integration waits for Exchange, other rounds can take the other integrations' turns."""
    uuids = sorted(await world.several(5))
    waited_for, goes_on = asyncio.Event(), asyncio.Event()

    async def silent(*_: object) -> None:
        waited_for.set()
        await asyncio.Event().wait()

    async def slow(*arguments: Any) -> Changes:
        await goes_on.wait()
        return await usual(*arguments)

    usual = world.places[uuids[1]].mailbox.changes
    monkeypatch.setattr(world.places[uuids[1]].mailbox, "changes", slow)
    monkeypatch.setattr(world.places[uuids[2]].mailbox, "changes", silent)
    monkeypatch.setattr(module, "RELEASE_AFTER", timedelta(milliseconds=50))
    await world.timers.sweep()
    under_way = asyncio.create_task(world.work())
    await waited_for.wait()
    free = set[str]()
    async with asyncio.timeout(30):
        while len(free) < 4:
            free |= {turn.integration for turn in await world.queued.turns.take(uuids)}
            if len(free) == 3:
                goes_on.set()
    assert uuids[2] not in free
    under_way.cancel()
    await asyncio.gather(under_way, return_exceptions=True)


async def test_a_round_that_takes_longer_than_its_period_does_not_pile_up(world: Deferred) -> None:
    [uuid] = await world.several(1)
    for _ in range(4):
        await world.timers.sweep()
        world.clock.move(Round.SWEEP.period)
    await world.timers.sweep()
    lists = 0
    for body, _ in list(world.queue.sent):
        before = len(world.calls(uuid))
        await world.queued.handle(body)
        lists += len(world.calls(uuid)) > before
    assert lists == 1


async def test_turns_that_do_not_start_in_time_are_returned_to_the_queue(
    world: Deferred, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuids = await world.several(3)
    monkeypatch.setattr(module, "START_TURNS_WITHIN", timedelta(seconds=-1))
    await world.timers.sweep()
    [(body, _)] = world.queue.sent
    world.queue.sent.clear()
    await world.queued.handle(body)
    assert sorted(stretch.until for stretch, _ in world.stretches()) == sorted(uuids)
    monkeypatch.undo()
    await world.work()
    assert all("changes" in world.calls(uuid) for uuid in uuids)


async def test_a_turn_that_fails_in_a_daily_round_is_retried_before_the_next_one(world: Deferred) -> None:
    uuids = await world.several(3)
    world.places[uuids[1]].mailbox.fail("view", Unavailable("Graph returned 503."), times=99)
    await world.timers.compare()
    for turn in range(1, MAX_RETRIES + 1):
        await world.work()
        [(stretch, delay)] = world.stretches()
        assert (stretch.until, stretch.tries, delay) == (uuids[1], turn, module.RETRY_PAUSE)
        world.queue.sent[:] = [(world.queue.sent[0][0], timedelta(0))]
        world.clock.move(module.RETRY_PAUSE)
    await world.work()
    assert world.queue.sent == []
    assert await world.raised(uuids[1]) == [AlarmKind.COMPARISON]


async def test_after_a_storage_outage_a_round_is_retried_or_left_to_the_next_round(
    world: Deferred, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.several(1)
    await world.timers.sweep()
    [(body, _)] = world.queue.sent

    async def away(*_: object) -> None:
        raise Unavailable("The storage account cannot be used at the moment.")

    monkeypatch.setattr(world.storage.table("meetings"), "commit", away)
    with pytest.raises(Unavailable):
        await world.queued.handle(body)
    await world.queued.handle(body, last_try=True)


class Watched:
    """A Table that records its requests."""

    def __init__(self, table: Table, asked: list[tuple[str, Any]]) -> None:
        self._table = table
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    async def get(self, partition: str, key: str) -> Row | None:
        self._asked.append(("get", key))
        return await self._table.get(partition, key)

    async def commit(self, partition: str, *operations: Any) -> Sequence[str]:
        self._asked.append(("commit", partition))
        return await self._table.commit(partition, *operations)

    async def rows(self, partition: str, prefix: str = "", after: str = "", **range_: Any) -> AsyncIterator[Row]:
        self._asked.append(("rows", range_.get("columns", ())))
        async for row in self._table.rows(partition, prefix, after, **range_):
            yield row


class TestIdle:
    """The work done for an idle integration."""

    @pytest.fixture
    async def idle(self, world: Deferred) -> Deferred:
        await world.several(1)
        for _ in range(2):
            await world.timers.sweep()
            await world.work()
        world.clock.move(timedelta(minutes=5))
        return world

    async def test_a_sweep_of_an_idle_integration_reads_no_texts_or_icons(self, idle: Deferred) -> None:
        asked: list[tuple[str, Any]] = []
        idle.store._table._table = Watched(idle.store._table._table, asked)
        await idle.timers.sweep()
        await idle.work()
        assert asked
        columns = {name for what, names in asked for name in names if what == "rows"}
        assert all(what == "rows" and names for what, names in asked)
        assert not any("template" in name or name.startswith(("addin_", "icon")) for name in columns)

    async def test_the_unchanged_state_of_an_idle_mailboxs_folders_is_not_rewritten(self, idle: Deferred) -> None:
        table = meetings_table(idle.storage)
        [uuid] = idle.places
        before = [row async for row in table.rows(uuid)]
        await idle.timers.sweep()
        await idle.work()
        assert [row async for row in table.rows(uuid)] == before

    async def test_an_idle_inbox_is_listed_at_every_sweep_and_queried_for_changes_hourly(self, idle: Deferred) -> None:
        [uuid] = idle.places
        for folder_looks, _ in ((1, "five minutes"), (2, "an hour")):
            idle.calls(uuid).clear()
            await idle.timers.sweep()
            await idle.work()
            assert idle.calls(uuid).count("changes") == folder_looks
            idle.clock.move(timedelta(hours=1))

    async def test_an_idle_mailboxs_subscription_is_renewed_once_a_day(self, idle: Deferred) -> None:
        [place] = idle.places.values()
        renewed = []
        for _ in range(8):  # two days
            before = dict(place.subscriptions.alive)
            await idle.timers.renew(by_hand=False)
            await idle.work()
            renewed.append(place.subscriptions.alive != before)
            idle.clock.move(timedelta(hours=6))
        assert renewed == [True, False, False, False, True, False, False, False]

    async def test_a_renewal_started_by_an_admin_renews_all_subscriptions(self, idle: Deferred) -> None:
        [place] = idle.places.values()
        for _ in range(2):
            before = dict(place.subscriptions.alive)
            idle.clock.move(timedelta(minutes=1))
            await idle.timers.renew()
            await idle.work()
            assert place.subscriptions.alive != before


async def test_alarms_raised_by_an_earlier_version_are_migrated(world: Deferred) -> None:
    [uuid] = await world.several(1)
    table = meetings_table(world.storage)
    old = {"cause": "Graph returned 403.", "since": "2026-11-20T00:00:00+00:00", "last": "2026-11-20T00:00:00+00:00"}
    await table.commit(uuid, Insert(RowKind.ALARM.key(AlarmKind.POISON), old))
    await table.commit(uuid, Insert(RowKind.ALARM.key(AlarmKind.CONNECTION), old))
    await world.timers.sweep()
    await world.work()
    assert [(alarm.kind, alarm.since) for alarm in await world.alarms.between()] == [(AlarmKind.POISON, old["since"])]
    assert [row async for row in table.rows(uuid, RowKind.ALARM.prefix)] == []


async def test_an_operation_interrupted_by_a_crash_is_found_within_fifteen_minutes(
    world: Deferred,
) -> None:
    [uuid] = await world.several(1)
    await world.timers.sweep()
    await world.work()
    values = {"operation": "c", "since": world.clock.now().isoformat(), "until": world.clock.now().isoformat()}
    await meetings_table(world.storage).commit(uuid, Put(RowKind.PENDING.key("m"), values))
    for minutes, raised in ((5, []), (5, []), (20, [AlarmKind.WAITING])):
        world.clock.move(timedelta(minutes=minutes))
        await world.timers.sweep()
        await world.work()
        assert await world.raised(uuid) == raised
