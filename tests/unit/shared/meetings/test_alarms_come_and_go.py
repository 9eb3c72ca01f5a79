"""Each kind of alarm is raised by a problem, and cleared once the problem is fixed or its cause is gone (O1)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest
from pydantic import SecretStr

from dev.harness.node_wire import NodeWire
from dev.management_node.model import CONFERENCE
from dev.management_node.node import Node
from shared.alarm_kinds import AlarmKind
from shared.aliases.allocation import AliasFormat
from shared.aliases.quota import BURST, of_user
from shared.calendar.conference import Calendar, Occurrence
from shared.errors import RateLimited, SchedulingError, Unavailable
from shared.identity.caller import Caller
from shared.identity.service_tokens import ServiceTokens, SignInNeeded
from shared.identity.sign_in.endpoint import TokenEndpoints
from shared.intake.notice import LOOKS, Notice, encode
from shared.integrations.service_sign_in import finish_sign_in
from shared.management_node.nodes import ManagementNodes
from shared.meetings.chores import POISON_ALARM_QUIET_TIME
from shared.meetings.lanes import Lanes
from shared.meetings.lifecycle import IntegrationLifecycle
from shared.meetings.poison_queue import PoisonQueue
from shared.meetings.worker import Worker
from shared.personal.bridge_failure import BridgeFailed
from shared.personal.bridges import Bridges
from shared.personal.store import VmrStore
from tests.fakes.mailbox import invitation
from tests.support.integrations import GUID, full_fields
from tests.support.meetings_world import body
from tests.support.personal_vmrs import kept
from tests.support.rooms import RoomsWorld, no_rooms
from tests.support.timers_world import TimersWorld

FORM = AliasFormat("t", 6, "example.com")
OFF = {"enable_dynamic_vmrs": False}


class RecurringAlarmsWorld(TimersWorld):
    """Integrations, the code that raises and clears their alarms, and an admin's actions."""

    def __init__(self) -> None:
        super().__init__()
        self.node = Node(self.clock)
        self.node.auth.basic = ("api", "correct staple")
        self.nodes = ManagementNodes(self.store, self.storage, self.clock, NodeWire(self.node))
        self.rooms = RoomsWorld(self.clock, self.storage)
        self.rooms.node = self.node
        self.rooms.restart(self.store)
        conferences = self.rooms.services.conferences
        vmrs = VmrStore(self.storage, self.clock)
        self.lifecycle = IntegrationLifecycle(
            self.timers, self.timers.retirement, vmrs, conferences.room_moves, conferences.leave_node
        )
        self.bridges = Bridges(self.store, self.nodes, self.alarms)
        self.tokens = ServiceTokens(self.store, cast(TokenEndpoints, GoodEndpoint()), self.alarms, self.clock)
        self.poison_queue = PoisonQueue(self.handlers, self.alarms)
        queue, lanes = self.storage.queue("meeting-requests"), Lanes(self.storage, self.clock)
        self.worker = Worker(self.handlers, queue, lanes, no_rooms)

    async def save(self, uuid: str, **changes: Any) -> None:
        """Save changes to an integration as the management API would."""
        before = await self.store.get(uuid)
        after = await self.store.update(uuid, changes)
        self.places[uuid].site.integration = after
        await self.lifecycle.saved(uuid, frozenset(name for name, old in before if old != getattr(after, name)))

    async def pass_time(self) -> None:
        """Let enough time pass for all retries, and sweep."""
        self.clock.move(timedelta(minutes=30))
        await self.timers.sweep()

    async def vmrs(self, uuid: str) -> None:
        await self.bridges.of_owner(await self.store.get(uuid), "alice@example.com")


class GoodEndpoint:
    """A token endpoint that accepts every refresh token."""

    async def ask(self, *_: object) -> dict[str, Any]:
        return {"access_token": "token", "expires_in": 3600}


async def _saved(world: RecurringAlarmsWorld, uuid: str) -> None:
    await world.save(uuid, description="as it is")


async def _named_server(world: RecurringAlarmsWorld, uuid: str) -> None:
    await world.save(uuid, domains=["mail.example.com"])


async def _connection(world: RecurringAlarmsWorld, uuid: str) -> None:
    world.places[uuid].mailbox.fail("changes", Unavailable("Exchange did not respond in time."))
    await world.timers.sweep()


async def _subscription(world: RecurringAlarmsWorld, uuid: str) -> None:
    subscriptions = world.places[uuid].subscriptions
    subscriptions.failure = Unavailable("Graph cannot reach the webhook.")
    await world.timers.sweep()
    subscriptions.failure = None


async def _mailbox_settings(world: RecurringAlarmsWorld, uuid: str) -> None:
    place = world.places[uuid]
    await place.site.process(place.mailbox.deliver(invitation("empty", "")))
    await world.timers.sweep()


async def _accepted(world: RecurringAlarmsWorld, uuid: str) -> None:
    place = world.places[uuid]
    world.clock.move(timedelta(minutes=1))
    booking = await place.site.reserve()
    await place.site.process(place.mailbox.deliver(invitation("good", body(booking), uid="uid-good")))
    await world.timers.sweep()


async def _number_space(world: RecurringAlarmsWorld, uuid: str) -> None:
    taken = await world.places[uuid].site.reserve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AliasFormat, "random", lambda _: taken.alias)
        await world.timers.cleanup()


async def _poison(world: RecurringAlarmsWorld, uuid: str) -> None:
    [notice] = encode([Notice(uuid, "odd")])
    await world.poison_queue.record(notice)


async def _waiting(world: RecurringAlarmsWorld, uuid: str) -> None:
    """Handle an unreadable message until the queue's retries are exhausted."""
    place = world.places[uuid]
    message = place.mailbox.deliver(invitation("late", body(await place.site.reserve()), uid="uid-late"))
    place.mailbox.fail("read", Unavailable("Exchange did not respond in time."), times=2)
    await world.worker.handle(next(encode([Notice(uuid, message)])), last_try=False)
    await world.pass_time()


async def _time_passes(world: RecurringAlarmsWorld, uuid: str) -> None:
    await world.pass_time()


async def _refused(world: RecurringAlarmsWorld, uuid: str) -> None:
    """Handle an invitation whose answer is always refused by Exchange."""
    place = world.places[uuid]
    message = place.mailbox.deliver(invitation("refused", body(await place.site.reserve()), uid="uid-refused"))
    place.mailbox.fail("answer", SchedulingError("Graph returned 400."), times=LOOKS)
    await world.worker.handle(next(encode([Notice(uuid, message)])), last_try=False)
    for _ in range(LOOKS):
        await world.pass_time()


async def _quiet(world: RecurringAlarmsWorld, uuid: str) -> None:
    world.clock.move(POISON_ALARM_QUIET_TIME)
    await world.timers.cleanup()


async def _sign_in(world: RecurringAlarmsWorld, uuid: str) -> None:
    with pytest.raises(SignInNeeded):
        await world.tokens.token(uuid)


async def _signed_in(world: RecurringAlarmsWorld, uuid: str) -> None:
    await finish_sign_in(world.store, uuid, SecretStr("refresh"))
    await world.tokens.token(uuid)


async def _bridge(world: RecurringAlarmsWorld, uuid: str) -> None:
    world.node.faults.add({"on": "*", "status": 503})
    with pytest.raises(BridgeFailed):
        await world.vmrs(uuid)


async def _bridge_answers(world: RecurringAlarmsWorld, uuid: str) -> None:
    await world.vmrs(uuid)


async def _housekeeping(world: RecurringAlarmsWorld, uuid: str) -> None:
    with pytest.MonkeyPatch.context() as patch:

        async def broken(*_: object) -> None:
            raise RuntimeError("a bug")

        patch.setattr("shared.meetings.chores.falls_due", broken)
        await world.timers.agenda()


async def _cleanup(world: RecurringAlarmsWorld, uuid: str) -> None:
    """Raise an alarm that persists even if the agenda succeeds an hour later."""
    with pytest.MonkeyPatch.context() as patch:

        async def broken(*_: object) -> None:
            raise RuntimeError("a bug")

        patch.setattr("shared.meetings.due_runner.DueRunner.clean_up", broken)
        await world.timers.cleanup()
    await world.timers.agenda()


async def _duplicate_alias(world: RecurringAlarmsWorld, uuid: str) -> None:
    """Give a meeting's room the alias of a VMR stored by an older version."""
    place, vmrs = world.places[uuid], VmrStore(world.storage, world.clock)
    booking = await place.site.reserve()
    await place.site.process(place.mailbox.deliver(invitation("room", body(booking), uid="uid-room")))
    await vmrs.create(kept(1))
    await vmrs._vmrs.change("id:1", lambda _: kept(1, booking.alias, integration=uuid))
    await world.timers.cleanup()


async def _quota(world: RecurringAlarmsWorld, uuid: str) -> None:
    allocate, script = world.places[uuid].site.allocator.allocate, Caller("script", "test")
    for _ in range(BURST):
        await allocate(uuid, FORM, script, timedelta(days=1), limits=of_user(script))
    with pytest.raises(RateLimited):
        await allocate(uuid, FORM, script, timedelta(days=1), limits=of_user(script))


async def _renamed(world: RecurringAlarmsWorld, uuid: str) -> None:
    await VmrStore(world.storage, world.clock).change(1, lambda _: kept(1, "another", integration=uuid))
    await world.timers.cleanup()


async def _unseen_meeting(world: RecurringAlarmsWorld, uuid: str) -> None:
    """Add a meeting to the calendar without a message."""
    item = invitation(uid="unseen", start=world.clock.now() + timedelta(days=1)).item
    assert item is not None
    world.places[uuid].mailbox.items[item.id] = item
    await world.timers.compare()


async def _gone_again(world: RecurringAlarmsWorld, uuid: str) -> None:
    world.places[uuid].mailbox.items.clear()
    await world.timers.compare()


async def _room(world: RecurringAlarmsWorld, uuid: str, *, minutes: int = 0) -> None:
    """Let time pass before a meeting that starts in half an hour."""
    world.rooms.integration = await world.store.get(uuid)
    begin = world.clock.now() + timedelta(minutes=30)
    calendar = Calendar((Occurrence(begin, begin + timedelta(hours=1)),))
    await world.rooms.show(world.rooms.booking(calendar=calendar))
    await world.rooms.go_to(world.clock.now() + timedelta(minutes=minutes))
    await world.rooms.drain()


async def _room_missing(world: RecurringAlarmsWorld, uuid: str) -> None:
    world.rooms.foreign("Foreign", "77100000")
    await _room(world, uuid)


async def _alias_free(world: RecurringAlarmsWorld, uuid: str) -> None:
    world.node.store.delete(CONFERENCE, 1)
    await world.rooms.go_to(world.clock.now() + timedelta(minutes=3))
    assert AlarmKind.ROOMS not in await world.raised(uuid)
    await _quiet(world, uuid)  # the invitation arrived late


async def _room_late(world: RecurringAlarmsWorld, uuid: str) -> None:
    world.node.faults.add({"on": "*", "status": 503, "times": None})
    await _room(world, uuid, minutes=5)
    world.node.faults.clear()
    await world.rooms.go_to(world.clock.now() + timedelta(minutes=4))


async def _room_renamed(world: RecurringAlarmsWorld, uuid: str) -> None:
    world.rooms.foreign("Room 0", "boardroom")
    await _room(world, uuid)


async def _alias_taken(world: RecurringAlarmsWorld, uuid: str) -> None:
    """Book a meeting for tomorrow whose alias is taken."""
    world.rooms.integration = await world.store.get(uuid)
    world.rooms.foreign("Foreign", "77100000")
    begin = world.clock.now() + timedelta(days=1)
    calendar = Calendar((Occurrence(begin, begin + timedelta(hours=1)),))
    await world.rooms.show(world.rooms.booking(calendar=calendar))
    await world.rooms.go_to(world.clock.now() + timedelta(minutes=1))


async def _alias_given_up(world: RecurringAlarmsWorld, uuid: str) -> None:
    world.node.store.delete(CONFERENCE, 1)
    await world.rooms.go_to(world.clock.now() + timedelta(minutes=62), timedelta(minutes=30))


async def _room_deleted(world: RecurringAlarmsWorld, uuid: str) -> None:
    await _room(world, uuid)
    world.node.store.delete(CONFERENCE, 1)
    await world.rooms.services.conferences.room_comparison.compare(uuid)
    await world.rooms.drain()


async def _rooms_compared(world: RecurringAlarmsWorld, uuid: str) -> None:
    await world.rooms.services.conferences.room_comparison.compare(uuid)


Step = Callable[[RecurringAlarmsWorld, str], Awaitable[None]]


@dataclass(frozen=True)
class Story:
    """The steps that raise an alarm and fix its cause. `fields` are the initial settings. After `leave`, the cause is
    no longer in use.
    """

    raised: Step
    cured: Step
    leave: dict[str, Any]
    fields: dict[str, Any]


def _round(name: str) -> Step:
    async def step(world: RecurringAlarmsWorld, uuid: str) -> None:
        await getattr(world.timers, name)()

    return step


OAUTH = full_fields("OAUTH", enable_personal_vmrs=False)
ON_NODE = full_fields("GRAPH", conference_platform="management_api", bridge_client_id="", bridge_private_key="")
STORIES = {
    AlarmKind.CONNECTION: Story(_connection, _round("sweep"), OFF, {}),
    AlarmKind.SIGN_IN: Story(_sign_in, _signed_in, {"authentication_method": "GRAPH"}, OAUTH),
    AlarmKind.SUBSCRIPTION: Story(_subscription, _round("renew"), OFF, {}),
    AlarmKind.MAILBOX_SETTINGS: Story(
        _mailbox_settings, _accepted, {"room_mailbox_email_address": "another@example.com"}, {}
    ),
    AlarmKind.NUMBER_SPACE: Story(_number_space, _round("cleanup"), {"scheduled_alias_suffix_length": 10}, {}),
    AlarmKind.POISON: Story(_poison, _quiet, OFF, {}),
    AlarmKind.WAITING: Story(_waiting, _time_passes, OFF, {}),
    AlarmKind.ANSWER: Story(_refused, _quiet, OFF, {}),
    AlarmKind.BRIDGE: Story(_bridge, _bridge_answers, {"conference_platform": "policy"}, ON_NODE),
    AlarmKind.COMPARISON: Story(_unseen_meeting, _gone_again, OFF, {}),
    AlarmKind.HOUSEKEEPING: Story(_housekeeping, _round("agenda"), OFF, {}),
    AlarmKind.CLEANUP: Story(_cleanup, _round("cleanup"), OFF, {}),
    AlarmKind.QUOTA: Story(_quota, _quiet, OFF, {}),
    AlarmKind.DOMAINS: Story(_saved, _named_server, {"enable_personal_vmrs": False, **OFF}, {"domains": []}),
    AlarmKind.ROOMS: Story(_room_missing, _alias_free, {"conference_platform": "policy"}, ON_NODE),
    AlarmKind.ROOMS_LATE: Story(_room_late, _quiet, {"conference_platform": "policy"}, ON_NODE),
    AlarmKind.ROOM_NAME: Story(_room_renamed, _quiet, {"conference_platform": "policy"}, ON_NODE),
    AlarmKind.ROOM_ALIAS: Story(_alias_taken, _alias_given_up, {"conference_platform": "policy"}, ON_NODE),
    AlarmKind.ROOM_COMPARISON: Story(_room_deleted, _rooms_compared, {"conference_platform": "policy"}, ON_NODE),
    AlarmKind.DUPLICATE_ALIAS: Story(_duplicate_alias, _renamed, {"enable_personal_vmrs": False, **OFF}, {}),
}
MORE_WAYS_OUT: list[tuple[AlarmKind, dict[str, Any]]] = [
    (AlarmKind.SIGN_IN, OFF),
    (
        AlarmKind.DOMAINS,
        {"addin_authentication_method": "SSO_TOKEN", "addin_application_id": GUID,
         "addin_authority_url": "https://login.microsoftonline.com/common",
         "addin_oidc_metadata_url": "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"},
    ),
    (AlarmKind.MAILBOX_SETTINGS, OFF),
    (AlarmKind.NUMBER_SPACE, OFF),
    (AlarmKind.NUMBER_SPACE, {"scheduled_alias_prefix": "room"}),
    (AlarmKind.BRIDGE, {"enable_personal_vmrs": False, **OFF}),
    (
        AlarmKind.SUBSCRIPTION,
        {"authentication_method": "NTLM", "url": "https://mail.example.com/EWS/Exchange.asmx",
         "username": "svc@example.com", "password": "secret"},
    ),
]  # fmt: skip
WAYS_OUT = [(kind, story.leave) for kind, story in STORIES.items()] + MORE_WAYS_OUT


@pytest.fixture
def world() -> RecurringAlarmsWorld:
    return RecurringAlarmsWorld()


async def raised(world: RecurringAlarmsWorld, kind: AlarmKind) -> str:
    """Create an integration with only this alarm."""
    fields = {
        name: value
        for name, value in STORIES[kind].fields.items()
        if name not in ("name", "room_mailbox_email_address")
    }
    uuid = await world.add("room", **fields)
    await STORIES[kind].raised(world, uuid)
    assert await world.raised(uuid) == [kind]
    return uuid


def test_every_kind_of_alarm_is_tested() -> None:
    assert STORIES.keys() == set(AlarmKind)


@pytest.mark.parametrize("kind", AlarmKind)
async def test_fixing_the_problem_clears_the_alarm(world: RecurringAlarmsWorld, kind: AlarmKind) -> None:
    uuid = await raised(world, kind)
    await STORIES[kind].cured(world, uuid)
    assert await world.raised(uuid) == []


@pytest.mark.parametrize(("kind", "leave"), WAYS_OUT)
async def test_an_alarm_is_cleared_when_its_cause_is_no_longer_in_use(
    world: RecurringAlarmsWorld, kind: AlarmKind, leave: dict[str, Any]
) -> None:
    uuid = await raised(world, kind)
    await world.save(uuid, **leave)
    assert await world.raised(uuid) == []
    await world.timers.sweep()
    assert await world.raised(uuid) == []


@pytest.mark.parametrize("kind", AlarmKind)
async def test_an_alarm_left_over_from_an_earlier_save_is_cleared_at_night(
    world: RecurringAlarmsWorld, kind: AlarmKind
) -> None:
    """This can happen if the process crashes between saving and clearing, or if work in progress raises the alarm."""
    uuid = await raised(world, kind)
    off = {"enable_personal_vmrs": False, "conference_platform": "policy", **OFF}
    world.places[uuid].site.integration = await world.store.update(uuid, off)
    await world.timers.cleanup()
    assert await world.raised(uuid) == []


@pytest.mark.parametrize("kind", sorted(set(AlarmKind) - {AlarmKind.CONNECTION, AlarmKind.NUMBER_SPACE}))
async def test_an_unrelated_save_clears_no_alarm(world: RecurringAlarmsWorld, kind: AlarmKind) -> None:
    """The exceptions are the alarms about the connection and the number space, which are checked again on every
    save.
    """
    uuid = await raised(world, kind)
    await world.save(uuid, description="nothing that matters")
    assert kind in await world.raised(uuid)


@pytest.mark.parametrize("kind", AlarmKind)
async def test_an_alarm_is_deleted_along_with_its_integration(world: RecurringAlarmsWorld, kind: AlarmKind) -> None:
    uuid = await raised(world, kind)
    await world.lifecycle.deleting(uuid)
    await world.store.delete(uuid)
    await world.lifecycle.deleted(uuid)
    assert await world.raised(uuid) == []
