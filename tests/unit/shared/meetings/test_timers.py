"""The timers' rounds, in which every integration gets a turn even if one of them fails (M5, M9)."""

import asyncio
from datetime import timedelta

import pytest

from shared.alarm_kinds import AlarmKind
from shared.aliases.allocation import AliasFormat
from shared.errors import Unavailable
from shared.intake.watch_state import stored_addresses
from shared.meetings import chores as module
from shared.meetings.rounds import STRETCH_TURNS
from tests.fakes.mailbox import invitation
from tests.support.timers_world import EWS, TimersWorld


@pytest.fixture
def world() -> TimersWorld:
    return TimersWorld()


async def test_a_sweep_subscribes_to_new_mailboxes_and_finds_missed_messages(world: TimersWorld) -> None:
    uuids = [await world.add(f"room{n}") for n in range(STRETCH_TURNS + 4)]
    for uuid in uuids:
        world.places[uuid].mailbox.deliver_mail(f"message of {uuid}")
    await world.timers.sweep()
    assert sorted(world.found()) == sorted(f"message of {uuid}" for uuid in uuids)
    assert all(world.places[uuid].subscriptions.alive for uuid in uuids)
    assert [await world.raised(uuid) for uuid in uuids] == [[]] * len(uuids)


async def test_notified_mailboxes_are_swept_and_the_others_are_polled(world: TimersWorld) -> None:
    notified, polled = await world.add("notified"), await world.add("polled", **EWS)
    for uuid in (notified, polled):
        world.places[uuid].mailbox.deliver_mail(uuid)
    await world.timers.poll()
    assert world.found() == [polled]
    assert world.places[notified].mailbox.calls == []
    world.places[polled].mailbox.calls.clear()
    await world.timers.sweep()
    assert world.found() == [polled, notified]
    assert world.places[polled].mailbox.calls == []


async def test_a_poll_raises_and_clears_the_connection_alarm(world: TimersWorld) -> None:
    """Sweeps do not check the connection, so they do not clear the alarm."""
    uuid = await world.add("polled", **EWS)
    world.places[uuid].mailbox.fail("changes", Unavailable("Exchange did not respond in time."))
    await world.timers.poll()
    await world.timers.sweep()
    assert await world.raised(uuid) == [AlarmKind.CONNECTION]
    await world.timers.poll()
    assert await world.raised(uuid) == []


async def test_a_poll_ends_before_the_next_one_is_due(world: TimersWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the timer would skip the next poll for all integrations."""
    assert timedelta(seconds=0) < module.POLL_TIMEOUT < timedelta(minutes=1)
    monkeypatch.setattr(module, "POLL_TIMEOUT", timedelta(milliseconds=200))
    uuid = await world.add("polled", **EWS)
    monkeypatch.setattr(world.places[uuid].mailbox, "changes", lambda *_: asyncio.Event().wait())
    await world.timers.poll()
    assert await world.raised(uuid) == [AlarmKind.CONNECTION]


async def test_mailboxes_of_integrations_without_single_use_vmrs_are_not_watched(world: TimersWorld) -> None:
    uuid = await world.add("room", enable_dynamic_vmrs=False)
    await world.timers.sweep()
    assert world.places[uuid].mailbox.calls == []


@pytest.mark.parametrize("error", [Unavailable("Graph returned 503."), ZeroDivisionError("secret"), TimeoutError()])
async def test_one_failing_integration_never_stops_the_others(world: TimersWorld, error: Exception) -> None:
    """The failing integration gets an alarm, which is cleared when it works again."""
    broken, sound = await world.add("broken"), await world.add("sound")
    for uuid in (broken, sound):
        world.places[uuid].mailbox.deliver_mail(uuid)
    world.places[broken].mailbox.fail("arrived", error)
    await world.timers.sweep()
    assert world.found() == [sound]
    assert (await world.raised(broken), await world.raised(sound)) == ([AlarmKind.CONNECTION], [])
    [alarm] = [alarm async for alarm in world.alarms.of(broken)]
    assert alarm.cause
    assert "secret" not in alarm.cause
    await world.timers.sweep()
    assert world.found() == [sound, broken]
    assert await world.raised(broken) == []


async def test_a_failed_subscription_does_not_stop_the_sweep(world: TimersWorld) -> None:
    """In the meantime, the sweep finds meetings. The alarm stays until the problem is fixed."""
    uuid = await world.add("room")
    world.places[uuid].subscriptions.failure = Unavailable("the handshake failed")
    for message in "ab":
        world.places[uuid].mailbox.deliver_mail(message)
        await world.timers.sweep()
        assert await world.raised(uuid) == [AlarmKind.SUBSCRIPTION]
    assert world.found() == ["a", "b"]
    world.places[uuid].subscriptions.failure = None
    await world.timers.sweep()
    assert await world.raised(uuid) == []


async def test_an_unresponsive_exchange_server_is_left_to_the_next_round(
    world: TimersWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent, sound = await world.add("silent"), await world.add("sound")
    world.places[sound].mailbox.deliver_mail("found")
    monkeypatch.setattr(world.places[silent].mailbox, "changes", lambda *_: asyncio.Event().wait())
    monkeypatch.setattr(module, "CHORE_TIMEOUT", timedelta(milliseconds=50))
    await world.timers.sweep()
    assert world.found() == ["found"]
    assert (await world.raised(silent), await world.raised(sound)) == ([AlarmKind.CONNECTION], [])


async def test_an_integration_deleted_during_a_round_raises_no_alarm(
    world: TimersWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuid = await world.add("room")

    async def deleted(*_: object) -> None:
        await world.store.delete(uuid)
        raise Unavailable("Graph returned 401.")

    monkeypatch.setattr(world.places[uuid].mailbox, "changes", deleted)
    await world.timers.sweep()
    await world.timers.renew()
    assert await world.raised(uuid) == []


async def test_the_renewal_sweeps_only_mailboxes_whose_subscription_was_lost(world: TimersWorld) -> None:
    kept, lost = await world.add("kept"), await world.add("lost")
    await world.timers.sweep()
    for uuid in (kept, lost):
        world.places[uuid].mailbox.deliver_mail(uuid)
    world.places[lost].subscriptions.alive.clear()
    world.clock.move(timedelta(hours=6))
    await world.timers.renew()
    assert list(world.places[kept].subscriptions.alive) == ["subscription-1"]
    assert list(world.places[lost].subscriptions.alive) == ["subscription-2"]
    assert world.found() == [lost]


async def test_a_lost_subscription_raises_an_alarm_until_it_is_recreated(world: TimersWorld) -> None:
    uuid = await world.add("room")
    await world.timers.sweep()
    world.places[uuid].subscriptions.alive.clear()
    world.places[uuid].subscriptions.failure = Unavailable("the handshake failed")
    for turn in (world.timers.renew, world.timers.sweep, world.timers.sweep):
        await turn()
        assert await world.raised(uuid) == [AlarmKind.SUBSCRIPTION]
    world.places[uuid].subscriptions.failure = None
    await world.timers.sweep()
    assert await world.raised(uuid) == []


async def test_a_sweep_raises_an_alarm_for_a_mailbox_with_wrong_settings(world: TimersWorld) -> None:
    uuid = await world.add("room")
    place = world.places[uuid]
    await place.site.process(place.mailbox.deliver(invitation("message-1", "")))
    await world.timers.sweep()
    assert await world.raised(uuid) == [AlarmKind.MAILBOX_SETTINGS]


async def test_a_full_number_space_raises_an_alarm_every_night_until_it_is_extended(
    world: TimersWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuid = await world.add("room")
    taken = await world.places[uuid].site.reserve()
    monkeypatch.setattr(AliasFormat, "random", lambda _: taken.alias)
    await world.timers.cleanup()
    assert await world.raised(uuid) == [AlarmKind.NUMBER_SPACE]
    monkeypatch.undo()
    await world.timers.cleanup()
    assert await world.raised(uuid) == []


class TestMailboxAddresses:
    """X3: a mailbox's other addresses are read after a save and every night. Failures raise no alarm."""

    async def test_addresses_are_read_after_a_save_and_every_night(self) -> None:
        world = TimersWorld()
        uuid = await world.add("a")
        mailbox = world.places[uuid].mailbox
        mailbox.proxy_addresses = ("SMTP:first@example.com",)
        await world.timers.connect(uuid)
        assert await stored_addresses(world.storage, uuid) == ("a@example.com", "first@example.com")
        mailbox.proxy_addresses = ("SMTP:second@example.com",)
        await world.timers.compare()
        assert await stored_addresses(world.storage, uuid) == ("a@example.com", "second@example.com")

    async def test_a_failure_to_read_addresses_raises_no_alarm(self) -> None:
        world = TimersWorld()
        uuid = await world.add("a")
        world.places[uuid].mailbox.fail("addresses", Unavailable("no"), times=2)
        await world.timers.connect(uuid)
        await world.timers.compare()
        assert await world.raised(uuid) == []

    async def test_no_other_round_reads_addresses(self) -> None:
        world = TimersWorld()
        uuid = await world.add("a")
        for round_ in (world.timers.sweep, world.timers.poll, world.timers.renew, world.timers.agenda):
            await round_()
        assert "addresses" not in world.places[uuid].mailbox.calls

    async def test_the_addresses_of_an_unreachable_mailbox_are_not_requested(self) -> None:
        world = TimersWorld()
        uuid = await world.add("a")
        world.places[uuid].mailbox.fail("changes", Unavailable("down"), times=9)
        await world.timers.connect(uuid)
        assert "addresses" not in world.places[uuid].mailbox.calls
