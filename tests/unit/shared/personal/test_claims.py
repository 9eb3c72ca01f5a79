"""C5, rule 1: no two objects in a deployment share an alias or a name, whichever was created first."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.aliases.allocation import AliasFormat
from shared.errors import Conflict, NotFound, NumberSpaceFull, SettingsInvalid
from shared.identity.caller import Caller
from shared.integrations import Integration
from shared.personal.claims import GRACE, claims_of
from shared.personal.store import VmrStore
from shared.personal.upkeep import keep_vmrs_registered
from shared.personal.vmr import PersonalVmr
from shared.storage import Delete, Insert
from tests.fakes.mailbox import cancellation, invitation
from tests.support.crashes import Crash, CrashingStorage, Fuse
from tests.support.meetings_world import MeetingsWorld, body, stored_integration
from tests.support.personal_vmrs import kept

TINY = AliasFormat("m", 1, "example.com")


@pytest.fixture
def world() -> MeetingsWorld:
    return MeetingsWorld(stored_integration(conference_name_template="{{subject}}"))


@pytest.fixture
def store(world: MeetingsWorld) -> VmrStore:
    return VmrStore(world.storage, world.clock)


async def names_shown(world: MeetingsWorld) -> list[str]:
    """The names of open meetings' rooms."""
    rows = [row async for row in world.storage.table("aliases").everything() if "conference" in row.values]
    return [json.loads(str(row.values["conference"]))["name"] for row in rows]


async def claims(world: MeetingsWorld) -> set[str]:
    """The aliases that VMRs have claimed, as stored."""
    return {row.partition async for row in world.storage.table("aliases").everything() if "vmrs" in row.values}


@pytest.mark.parametrize("spelt", ["{0}@example.com", "{0}", "{0}@elsewhere.example", "sip:{0}@EXAMPLE.com"])
@pytest.mark.parametrize("used", [False, True], ids=["given out", "in a meeting"])
async def test_a_vmr_never_gets_the_alias_of_a_meeting(
    world: MeetingsWorld, store: VmrStore, spelt: str, *, used: bool
) -> None:
    booking = await world.reserve()
    if used:
        await world.process(world.mailbox.deliver(invitation(body=body(booking))))
    with pytest.raises(SettingsInvalid, match="already exists"):
        await store.create(kept(1, spelt.format(booking.numeric_alias.upper())))
    await store.create(kept(2, "free"))
    with pytest.raises(SettingsInvalid, match="already exists"):
        await store.change(2, lambda now: with_alias(now, spelt.format(booking.numeric_alias)))
    assert [vmr.aliases[0].alias for vmr in await store.all()] == ["free"]
    assert "free" in await claims(world)


async def test_a_meeting_never_gets_the_alias_of_a_vmr(world: MeetingsWorld, store: VmrStore) -> None:
    for number in range(9):
        await store.create(kept(number + 1, f"M{number}{'@elsewhere.example' if number % 2 else ''}"))
    booking = await world.allocator.allocate(world.integration.uuid, TINY, Caller("bob", "test"), timedelta(days=1))
    assert booking.alias == "m9@example.com"
    with pytest.raises(NumberSpaceFull):
        await world.allocator.allocate(world.integration.uuid, TINY, Caller("bob", "test"), timedelta(days=1))


async def test_vmrs_and_meeting_rooms_never_share_a_name(world: MeetingsWorld, store: VmrStore) -> None:
    await world.process(world.mailbox.deliver(invitation(body=body(await world.reserve()), subject="Budget")))
    with pytest.raises(SettingsInvalid, match="already exists"):
        await store.create(kept(1, name="BUDGET"))
    await store.create(kept(2, name="Planning"))
    again = invitation("message-2", body(await world.reserve()), uid="uid-2", subject="planning")
    await world.process(world.mailbox.deliver(again))
    first, second = sorted(await names_shown(world))
    assert first == "Budget"
    assert second.startswith("planning ")


async def test_aliases_and_names_that_a_vmr_no_longer_has_are_free(world: MeetingsWorld, store: VmrStore) -> None:
    await store.create(kept(1, "a", "b@example.com", name="One"))
    await store.change(1, lambda now: with_alias(now, "c").model_copy(update={"name": "Uno"}))
    await store.change(1, lambda now: now.model_copy(update={"aliases": now.aliases[:1]}))
    await store.create(kept(2, "a", "b@example.com", name="One"))
    await store.delete(2)
    await store.delete(1)
    await store.create(kept(3, "a", "b", "c", name="uno"))
    assert {"a", "b", "c"} < await claims(world)


async def test_aliases_of_expired_reservations_and_deleted_rooms_become_free(
    world: MeetingsWorld, store: VmrStore
) -> None:
    booking = await world.reserve()
    world.clock.move(timedelta(days=world.integration.reservation_days))
    await store.create(kept(1, booking.alias))
    assert await world.records.booking(booking.tag) is None, "the reservation's tag must become invalid first"


async def test_concurrent_vmrs_and_meetings_never_share_an_alias(world: MeetingsWorld, store: VmrStore) -> None:
    async def vmr(number: int) -> str:
        await store.create(kept(number + 1, f"m{number % 10}", name=f"Room {number % 10}"))
        return f"m{number % 10}"

    async def meeting() -> str:
        form, caller = TINY, Caller("bob", "test")
        booking = await world.allocator.allocate(world.integration.uuid, form, caller, timedelta(days=1))
        return booking.numeric_alias

    work = [work for number in range(20) for work in (vmr(number), meeting())]
    done = await asyncio.gather(*work, return_exceptions=True)
    given = [each for each in done if isinstance(each, str)]
    assert len(given) == len(set(given)) == 10
    assert {type(each) for each in done} <= {str, SettingsInvalid, NumberSpaceFull}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("what", ["create", "change", "delete"])
async def test_an_interruption_leaves_no_vmr_without_claims_and_no_claim_without_a_vmr(
    what: str, *, after: bool
) -> None:
    for at in range(1, 40):
        world = MeetingsWorld()
        store, fuse = VmrStore(world.storage, world.clock), Fuse(at, after=after)
        crashing = VmrStore(CrashingStorage(world.storage, fuse), world.clock)
        if what != "create":
            await store.create(kept(1, "a", name="One"))
        with suppress(Crash):
            await interrupted(crashing, what)
        if fuse.calls < at:
            break
        for vmr in await store.all():
            with pytest.raises((SettingsInvalid, Conflict)):
                await store.create(kept(9, vmr.aliases[0].alias, name="other"))
            with pytest.raises((SettingsInvalid, Conflict)):
                await store.create(kept(9, "other", name=vmr.name))
        world.clock.move(GRACE)
        await store.finish_deletions()
        with suppress(NotFound):
            await store.delete(1)
        await store.create(kept(2, "a", "b", name="One"))
        await store.create(kept(3, "c", name="Two"))
    assert at > 3


async def interrupted(store: VmrStore, what: str) -> None:
    """Create, change or delete a VMR, as an admin would."""
    if what == "create":
        await store.create(kept(1, "a", "b", name="One"))
    elif what == "change":
        await store.change(1, lambda now: with_alias(now, "b").model_copy(update={"name": "Two"}))
    else:
        await store.delete(1)


class TestOlderVersions:
    """VMRs and meetings that were created before claims existed."""

    async def test_existing_vmrs_are_registered_at_night_and_their_aliases_become_unavailable(
        self, world: MeetingsWorld, store: VmrStore
    ) -> None:
        await self.unregistered(world, kept(1, "m1", name="Room"))
        await self.night(world)
        with pytest.raises(SettingsInvalid):
            await store.create(kept(2, "m1", name="x"))
        before = world.storage.round_trips
        await self.night(world)
        assert world.storage.round_trips - before < 6, "VMRs are registered only once"
        assert await self.alarms(world) == []

    async def test_a_meeting_whose_alias_belongs_to_an_older_vmr_is_declined(
        self, world: MeetingsWorld, store: VmrStore
    ) -> None:
        """The answer contains the original product's text, which states that another VMR uses the alias."""
        booking = await world.reserve()
        await self.unregistered(world, kept(1, booking.alias))
        await self.night(world)
        await world.process(world.mailbox.deliver(invitation(body=body(booking))))
        [(answer, text)] = world.told
        assert answer == "declined"
        assert booking.alias in text
        assert "use by another Pexip Virtual Meeting Room" in " ".join(text.split())
        assert booking.numeric_alias in await claims(world)

    async def test_a_room_in_use_keeps_its_alias_and_an_alarm_reports_the_conflict(
        self, world: MeetingsWorld, store: VmrStore
    ) -> None:
        booking = await world.reserve()
        await world.process(world.mailbox.deliver(invitation(body=body(booking))))
        await self.unregistered(world, kept(1, booking.alias))
        await self.night(world)
        assert await self.alarms(world) == [AlarmKind.DUPLICATE_ALIAS]
        await store.change(1, lambda now: now.model_copy(update={"description": "can still be changed"}))
        await store.change(1, lambda now: with_alias(now, "other"))
        await self.night(world)
        assert await self.alarms(world) == []

    async def unregistered(self, world: MeetingsWorld, vmr: PersonalVmr) -> None:
        """Store a VMR as older versions did, without claims."""
        await VmrStore(world.storage, world.clock).create(vmr.model_copy(update={"aliases": (), "name": "x"}))
        store = VmrStore(world.storage, world.clock)
        await store._vmrs.change(f"id:{vmr.id}", lambda _: vmr)
        for partition in await claims(world):
            for key in ("alias", "name"):
                row = await world.storage.table("aliases").get(partition, key)
                if row:
                    await world.storage.table("aliases").commit(partition, Delete(row))

    async def night(self, world: MeetingsWorld) -> None:
        async def integrations() -> list[Integration]:
            return [world.integration]

        await keep_vmrs_registered(world.storage, Alarms(world.storage, world.clock), integrations)

    async def alarms(self, world: MeetingsWorld) -> list[AlarmKind]:
        return [alarm.kind async for alarm in Alarms(world.storage, world.clock).of(world.integration.uuid)]


async def test_a_reopened_room_claims_its_name_again(world: MeetingsWorld) -> None:
    """A room's name becomes free when the room is closed, so another room may have it by the time the first is
    reopened.
    """
    first, second = await world.reserve(), await world.reserve()
    request = invitation(body=body(first), subject="Budget")
    await world.process(world.mailbox.deliver(request))
    await world.process(world.mailbox.deliver(cancellation(request)))
    await world.process(world.mailbox.deliver(invitation("message-4", body(second), uid="uid-2", subject="Budget")))
    again = replace(request, message_id="message-3")
    await world.process(world.mailbox.deliver(again))
    names = await names_shown(world)
    assert len(names) == len({name.casefold() for name in names}) == 2


async def test_a_claim_made_by_a_concurrent_change_to_the_same_vmr_is_not_reused(
    world: MeetingsWorld, store: VmrStore
) -> None:
    await store.create(kept(1, "a"))
    since = world.clock.now().isoformat()
    await world.storage.table("aliases").commit("b", Insert("alias", {"vmrs": json.dumps({"": [1, since]})}))
    with pytest.raises(Conflict):
        await store.change(1, lambda now: with_alias(now, "b"))
    world.clock.move(GRACE)
    assert claims_of(await store.change(1, lambda now: with_alias(now, "b"))) >= claims_of(kept(1, "b"))


def with_alias(vmr: PersonalVmr, alias: str) -> PersonalVmr:
    """A copy of the VMR with a different first alias."""
    entries = vmr.aliases or kept(1, "x").aliases
    changed = entries[0].model_copy(update={"alias": alias})
    return vmr.model_copy(update={"aliases": (changed, *entries[1:])})
