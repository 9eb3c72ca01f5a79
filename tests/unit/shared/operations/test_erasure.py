"""All data about a person is found and erased, other people's data is kept, and interruptions do no harm."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.composition.conferences import erase
from shared.errors import InvalidRequest, Unavailable
from shared.meetings.due_runner import CLEANUP, ONWARD
from shared.operations.erasure import Person, traces_of
from shared.personal.end_user import UserRecord
from shared.personal.fields import digest, validated
from shared.personal.store import VmrStore
from shared.personal.users import UserStore
from shared.personal.vmr import PersonalVmr
from shared.storage import TABLES
from tests.fakes.mailbox import invitation
from tests.support.crashes import Crash, CrashingStorage, Fuse
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, Api
from tests.support.meetings_world import MeetingsWorld, body, stored_integration
from tests.support.record_lists import check_lists, lists_of

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TENANT, OID, OTHER_OID = "4189c2b4-92ca-416c-b7ea-bc3cfab3d0f0", "0c5e5b4f", "7a7a7a7a"
ALICE, BOB = f"entra:{TENANT}:{OID}", f"entra:{TENANT}:{OTHER_OID}"
ADDRESS = "alice@example.com"
CONFERENCES, CHANGES = "configuration/v1/conference/", "status/v1/change/"


@pytest.fixture
async def world() -> MeetingsWorld:
    """Alice and Bob, each with a user record, a personal VMR and a meeting."""
    world = MeetingsWorld(
        stored_integration(
            conference_name_template="Room {{alias}}",
            conference_description_template="",
            scheduled_alias_description_template="",
        )
    )
    for id_, (email, oid) in enumerate([(ADDRESS, OID), ("bob@example.com", OTHER_OID)], 1):
        await UserStore(world.storage).create(user(id_, email, oid))
        await VmrStore(world.storage).create(vmr(id_, email))
    for number, owner in enumerate([ALICE, BOB]):
        await meet(world, owner, f"m{number}", START + timedelta(hours=number))
    await lists_of(world.storage, world.clock, world.integration.uuid).keep()
    return world


def user(id_: int, email: str, oid: str) -> UserRecord:
    return validated(UserRecord, {"id": id_, "uuid": f"user-{id_}", "primary_email_address": email, "user_oid": oid})


def vmr(id_: int, email: str) -> PersonalVmr:
    return validated(PersonalVmr, {"id": id_, "name": f"Room of {id_}", "primary_owner_email_address": email})


async def meet(world: MeetingsWorld, owner: str, message: str, start: datetime, **changes: Any) -> str:
    """Schedule a meeting with a room, and return the alias."""
    booking = await world.reserve(owner)
    await world.process(world.mailbox.deliver(invitation(message, body(booking), uid=message, start=start, **changes)))
    return booking.alias


async def all_rows(world: MeetingsWorld) -> AsyncIterator[str]:
    for name in TABLES:
        async for row in world.storage.table(name).everything():
            yield f"{name} {row.partition} {row.key} {row.values}"


async def test_records_vmrs_meetings_and_decisions_are_found(world: MeetingsWorld) -> None:
    traces = await traces_of(world.storage, Person("Alice@Example.com"))
    assert [found.email for found in traces.users] == [ADDRESS]
    assert [found.name for found in traces.vmrs] == ["Room of 1"]
    assert [booking.owner for booking in traces.bookings] == [ALICE]
    assert len(traces.decisions) == 1


@pytest.mark.parametrize(
    ("person", "meetings"),
    [
        (Person("carol@example.com"), 0),
        (Person("carol@example.com", ids=frozenset({OID.upper()})), 1),
        (Person("carol@example.com", ids=frozenset({TENANT})), 0),
        (Person("carol@example.com", words=("Alice",)), 2),  # Alice sent both invitations
    ],
)
async def test_meetings_are_found_by_ids_and_by_words(person: Person, meetings: int) -> None:
    world = MeetingsWorld(stored_integration(conference_description_template="by {{organizer_name}}"))
    await meet(world, ALICE, "m0", START)
    await meet(world, BOB, "m1", START)
    assert len((await traces_of(world.storage, person)).bookings) == meetings


@pytest.mark.parametrize(
    ("key", "record"),
    [
        (f"exchange:{OID}:https://mail.example.com", {"exchange_user_id": OID}),
        ("oidc:somebody", {"sign_ins": [("an integration", digest("oidc:somebody"))]}),
    ],
)
async def test_meetings_are_found_by_the_keys_in_the_persons_record(key: str, record: dict[str, Any]) -> None:
    world = MeetingsWorld()
    values = {"id": 1, "uuid": "user-1", "primary_email_address": ADDRESS, **record}
    await UserStore(world.storage).create(validated(UserRecord, values))
    await meet(world, key, "m0", START)
    assert len((await traces_of(world.storage, Person(ADDRESS))).bookings) == 1


async def test_all_data_about_the_person_is_erased_and_other_peoples_data_is_kept(world: MeetingsWorld) -> None:
    before = [row async for row in all_rows(world)]
    traces = await traces_of(world.storage, Person(ADDRESS))
    [alias] = [booking.alias for booking in traces.bookings]
    others = await traces_of(world.storage, Person("bob@example.com"))
    await erase(world.storage, traces)
    assert await world.is_open(alias) is None
    assert not await traces_of(world.storage, Person(ADDRESS))
    assert await traces_of(world.storage, Person("bob@example.com")) == others
    after = [row async for row in all_rows(world)]
    assert not [row for row in after if any(text in row for text in (ADDRESS, OID, alias, "uid m0"))]
    gone = set(before) - set(after)
    assert not [row for row in gone if "bob@" in row or OTHER_OID in row]
    await check_lists(world.storage, world.clock.now(), world.integration.uuid)


async def test_only_mentions_of_the_person_are_erased_from_the_change_log() -> None:
    api = Api()
    for mailbox, name in ((ADDRESS, "Alice Smith"), ("bob@example.com", "Bob")):
        made = await api.call("POST", CONFERENCES, {"name": name, "primary_owner_email_address": mailbox})
        await api.call("PATCH", f"{CONFERENCES}{made.body['id']}/", {"description": f"of {name}"})
    await api.call("POST", CONNECTORS, graph_fields(description=f"Ask {ADDRESS}.", room_mailbox_name="VMR"))
    traces = await traces_of(api.storage, Person(ADDRESS))
    assert len(traces.changes) == 3
    await erase(api.storage, traces)
    tables = [row.values async for row in api.storage.table("changes").everything()]
    assert not [text for text in (ADDRESS, "Alice Smith") if text in repr(tables)]
    connector, _, _, of_alice, _ = (await api.get(CHANGES))["objects"]
    assert (connector["to"]["description"], connector["to"]["room_mailbox_name"]) == ("erased", "VMR")
    assert (of_alice["to"], of_alice["revertible"], of_alice["who"]) == ({"description": "erased"}, False, "tester")
    assert "of Bob" in repr(tables)
    assert not (await traces_of(api.storage, Person(ADDRESS))).changes


async def test_agenda_entries_of_an_erased_meeting_are_deleted_when_they_fall_due(world: MeetingsWorld) -> None:
    traces = await traces_of(world.storage, Person(ADDRESS))
    await erase(world.storage, traces)
    world.clock.move(timedelta(days=800))
    while await world.agenda().handle(ONWARD | CLEANUP):
        pass
    due = [row.key async for row in world.storage.table("meetings").rows(world.integration.uuid, "due:")]
    assert not [key for key in due if traces.bookings[0].tag in key or traces.decisions[0].row.key[-36:] in key]


@pytest.mark.parametrize("at", range(1, 40, 2))
async def test_the_next_run_completes_an_interrupted_erasure(world: MeetingsWorld, at: int) -> None:
    storage, person = CrashingStorage(world.storage, Fuse(at)), Person(ADDRESS)
    with_alias = [booking.alias for booking in (await traces_of(world.storage, person)).bookings]
    try:
        await erase(storage, await traces_of(storage, person))
    except Crash:
        await erase(world.storage, await traces_of(world.storage, person))
    assert not await traces_of(world.storage, person)
    assert [await world.is_open(alias) for alias in with_alias] in ([None], [False])
    rows = [row async for row in all_rows(world)]
    assert not [row for row in rows if ADDRESS in row or OID in row]


async def test_a_meeting_whose_unfinished_answer_was_erased_can_be_sent_again(world: MeetingsWorld) -> None:
    booking = await world.reserve(ALICE)
    invited = invitation("m2", body(booking), uid="m2", start=START + timedelta(hours=2))
    world.mailbox.fail("answer", Unavailable("away"))
    with pytest.raises(Unavailable):
        await world.process(world.mailbox.deliver(invited))
    await erase(world.storage, await traces_of(world.storage, Person(ADDRESS)))
    assert await world.records.all_unfinished() == []
    again = await world.reserve(ALICE)
    message = world.mailbox.deliver(invitation("m3", body(again), uid="m2", start=START + timedelta(hours=2)))
    await world.process(message)
    assert await world.is_open(again.alias) is not None


@pytest.mark.parametrize(("email", "words"), [("", ()), ("al", ()), (ADDRESS, ("a",)), (ADDRESS, ("  ",))])
def test_a_word_that_is_too_short_is_refused(email: str, words: tuple[str, ...]) -> None:
    with pytest.raises(InvalidRequest, match="3 characters"):
        Person(email, words=words)
