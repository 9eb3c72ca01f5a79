"""A6: Bob cannot get a room with Alice's unused tag or promise, but her delegates and shared mailboxes can."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.aliases.allocation import alias_format
from shared.aliases.tags import format_tag
from shared.calendar.request import MeetingRequest, Person
from shared.identity.caller import Caller
from tests.fakes.mailbox import invitation
from tests.support.meetings_world import MeetingsWorld, stored_integration

ALICE, BOB, BOSS = (f"{name}@example.com" for name in ("alice", "bob", "boss"))


def sent(body: str, organizer: str, *senders: str, uid: str = "uid-1", message: str = "message-1") -> MeetingRequest:
    """An invitation as delivered by Exchange."""
    request = invitation(message, body, uid=uid)
    assert request.item
    item = replace(request.item, organizer=Person("", organizer))
    return replace(request, item=item, senders=senders or (organizer,))


async def tag_of(world: MeetingsWorld, *mailboxes: str) -> str:
    form, lifetime = alias_format(world.integration), timedelta(days=30)
    caller = Caller("alice", "test", mailboxes=mailboxes)
    return format_tag((await world.allocator.allocate(world.integration.uuid, form, caller, lifetime)).tag)


async def promise_of(world: MeetingsWorld, *mailboxes: str) -> str:
    return world.promises.make(world.integration.uuid, Caller("alice", "test", mailboxes=mailboxes))


MAKERS = {"a tag": tag_of, "a promise": promise_of}


@pytest.fixture
def world() -> MeetingsWorld:
    return MeetingsWorld()


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize(
    ("named", "organizer", "senders"),
    [
        ([ALICE], ALICE, []),
        ([ALICE], "ALICE@Example.com", []),
        ([ALICE], BOSS, [ALICE, BOSS]),  # on behalf of the boss
        ([ALICE, BOSS], BOSS, []),  # as the boss, or as a shared mailbox
        ([ALICE], ALICE, [BOB, ALICE]),  # forwarded by an attendee
        ([], BOB, []),  # a client that specifies no people
    ],
)
async def test_the_people_a_tag_was_created_for_get_the_room(
    world: MeetingsWorld, make: object, named: list[str], organizer: str, senders: list[str]
) -> None:
    body = await make(world, *named)  # type: ignore[operator]
    await world.process(world.mailbox.deliver(sent(body, organizer, *senders)))
    assert [answer for answer, _ in world.told] == ["accepted"]


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
async def test_another_persons_meeting_is_declined_and_the_tag_stays_valid(world: MeetingsWorld, make: object) -> None:
    body = await make(world, ALICE, BOSS)  # type: ignore[operator]
    await world.process(world.mailbox.deliver(sent(body, BOB)))
    await world.process(world.mailbox.deliver(sent(body, ALICE, uid="uid-2", message="message-2")))
    assert [answer for answer, _ in world.told] == ["declined", "accepted"]


async def test_another_persons_tag_gets_a_new_room_if_copies_do() -> None:
    world = MeetingsWorld(stored_integration(copied_tag_action="new_alias"))
    body = await tag_of(world, ALICE)
    await world.process(world.mailbox.deliver(sent(body, BOB)))
    await world.process(world.mailbox.deliver(sent(body, ALICE, uid="uid-2", message="message-2")))
    (first, told), (second, told_too) = world.told
    assert (first, second) == ("accepted", "accepted")
    assert told != told_too


async def test_a_meeting_keeps_its_room_regardless_of_the_sender_of_updates(world: MeetingsWorld) -> None:
    """The organizer of a meeting may change, and a mailbox may be renamed."""
    body = await tag_of(world, ALICE)
    await world.process(world.mailbox.deliver(sent(body, ALICE)))
    later = sent(body, BOB, message="message-2")
    assert later.item
    moved = replace(later.item.occurrence, end=later.item.occurrence.end + timedelta(hours=1))
    await world.process(world.mailbox.deliver(replace(later, item=replace(later.item, occurrence=moved))))
    assert [answer for answer, _ in world.told] == ["accepted", "accepted"]
