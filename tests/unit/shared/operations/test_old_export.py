"""Data written by version 0.1.0 can be read and processed, and is written back in the same form.

`data/export-0.1.0.jsonl` was created by that version's code in its own test environment. It contains scheduled, closed
and unused aliases, one decision of each kind, late instructions that were drafted before Exchange failed, an alarm,
watched folders, a sign-in, an interrupted deletion, and a user with a personal VMR.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.alarm_kinds import AlarmKind
from shared.bookings.booking import Booking, State
from shared.bookings.operation import Mailing, Operation
from shared.bookings.rows import RETIRED_PARTITION, SIGN_IN_PARTITION, RowKind, meetings_table
from shared.bookings.stored import operations_of
from shared.conferences.platform import PolicyPlatform
from shared.identity.sign_in.codes import Codes
from shared.intake.watch_state import WatchState, joined
from shared.integrations import IntegrationStore
from shared.mailboxes.mailbox import Mail
from shared.meetings.due_runner import CLEANUP, ONWARD
from shared.meetings.retirement import Retirement
from shared.operations.backup import export_tables, import_tables
from shared.operations.erasure import Person, traces_of
from shared.record_lists import entries
from tests.fakes.clock import FakeClock
from tests.fakes.mailbox import invitation
from tests.support.meetings_world import MeetingsWorld
from tests.support.record_lists import check_lists, lists_of

EXPORT = Path(__file__).parent / "data" / "export-0.1.0.jsonl"
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SINGLE, SERIES, CANCELLED = "meet376031@example.com", "meet291144@example.com", "meet895544@example.com"
LATE, UNUSED = "meet380667@example.com", "meet824883@example.com"
LISTS = (entries.ALIASES, entries.DECISIONS, entries.SERIES)
DECIDED: dict[str, tuple[str, str]] = {
    "message-single": ("accept", "accept_new_single_meeting_template"),
    "message-series": ("accept", "accept_new_recurring_series_template"),
    "message-cancelled": ("accept", "accept_new_single_meeting_template"),
    "message-cancellation": ("close", ""),
    "message-refresh": ("refresh", ""),
    "message-untagged": ("reject", "reject_invalid_alias_id_template"),
    "message-past": ("reject", "reject_single_meeting_past"),
    "message-late": ("accept", "accept_new_single_meeting_template"),
    "message-outdated": ("ignore", "superseded by a newer message, or a copy for a delegate"),
}


@pytest.fixture
async def world() -> MeetingsWorld:
    """A new deployment that has an empty mailbox and has imported the export."""
    storage, clock = MemoryStorage(), FakeClock()
    lines = EXPORT.read_text().splitlines()
    assert (await import_tables(storage, lines)).written == len(lines) - 2
    [integration] = await IntegrationStore(storage, MemorySecrets(), clock).list()
    return MeetingsWorld(integration, clock, storage)


async def bookings(world: MeetingsWorld) -> dict[str, Booking]:
    return {booking.alias: booking async for booking in world.records.bookings()}


async def test_exporting_the_imported_data_results_in_the_same_export(world: MeetingsWorld) -> None:
    made = [line async for line in export_tables(world.storage)]
    assert sorted(made[1:]) == sorted(EXPORT.read_text().splitlines()[1:])


async def test_every_row_of_the_integration_has_a_known_kind(world: MeetingsWorld) -> None:
    rows = [row async for row in meetings_table(world.storage).rows(world.integration.uuid)]
    kinds = [[kind for kind in RowKind if kind.is_of(row)] for row in rows]
    assert all(len(found) == 1 for found in kinds)
    assert {RowKind.BOOKING, RowKind.LINK, RowKind.OPERATION, RowKind.PENDING} < {kind for [kind] in kinds}


async def test_the_record_lists_are_built_from_the_imported_rows(world: MeetingsWorld) -> None:
    await check_lists(world.storage, world.clock.now(), world.integration.uuid)
    lists = lists_of(world.storage, world.clock, world.integration.uuid)
    totals = {name: page.total for name in LISTS if (page := await lists.page(name, 0, 3))}
    assert totals == dict(zip(LISTS, (len(await bookings(world)), len(DECIDED), 1), strict=True))


async def test_rows_imported_later_appear_in_the_record_lists_too(world: MeetingsWorld) -> None:
    storage = MemoryStorage()
    lists = lists_of(storage, world.clock, world.integration.uuid)
    assert await lists.is_good()
    await import_tables(storage, EXPORT.read_text().splitlines())
    page = await lists.page(entries.ALIASES, 0, 100)
    assert page
    assert page.total == len(await bookings(world))


async def test_imported_decisions_can_be_read(world: MeetingsWorld) -> None:
    read = operations_of(meetings_table(world.storage), world.integration.uuid)
    assert {each.message_id: (each.decision, each.reason) async for each in read} == DECIDED


async def test_bookings_and_decisions_are_written_back_in_the_same_form(world: MeetingsWorld) -> None:
    async for row in meetings_table(world.storage).rows(world.integration.uuid):
        if RowKind.BOOKING.is_of(row):
            assert dict(row.values).items() <= dict(Booking.from_row(row).values()).items()
        if RowKind.OPERATION.is_of(row):
            assert dict(row.values).items() <= dict(Operation.from_row(row).values()).items()


async def test_rooms_of_imported_meetings_open_and_close_as_before(world: MeetingsWorld) -> None:
    found = await bookings(world)
    assert [found[alias].state for alias in (SINGLE, SERIES, CANCELLED, UNUSED)] == [
        State.SCHEDULED, State.SCHEDULED, State.CLOSED, State.RESERVED,
    ]  # fmt: skip
    world.clock.set(START)
    assert [await world.is_open(alias) for alias in (SINGLE, SERIES, CANCELLED)] == [True, True, False]
    world.clock.set(START + timedelta(weeks=1))
    assert [await world.is_open(alias) for alias in (SINGLE, SERIES)] == [False, True]


async def test_an_unfinished_answer_is_sent_and_its_instructions_are_mailed(world: MeetingsWorld) -> None:
    world.mailbox.deliver(invitation("message-late", uid="uid-late", start=START + timedelta(hours=3)))
    await world.mailbox.draft(Mail(("bob@example.com",), "Planning", LATE))
    await world.settle()
    operation = await world.operation("message-late")
    assert operation
    assert operation.done
    assert (operation.mails, operation.drafts) == ((Mailing.INSTRUCTIONS,), ("draft-1",))
    assert [kind for kind, _ in world.told] == ["accepted"]
    assert [mail.html for mail in world.mailbox.mails] == [LATE]
    assert await world.records.all_unfinished() == []
    assert (await bookings(world))[LATE].names


async def test_imported_agenda_entries_are_handled_when_they_fall_due(world: MeetingsWorld) -> None:
    world.clock.move(timedelta(days=32))
    while await world.agenda().handle(ONWARD | CLEANUP):
        pass
    found = await bookings(world)
    assert UNUSED not in found
    assert found[SINGLE].state is State.CLOSED


async def test_imported_alarms_folder_states_and_codes_are_found_and_cleaned_up(world: MeetingsWorld) -> None:
    table, uuid = meetings_table(world.storage), world.integration.uuid
    [alarm] = [alarm async for alarm in world.alarms.of(uuid)]
    assert (alarm.kind, alarm.cause) == (AlarmKind.CONNECTION, "Graph answers 503.")
    folder = await WatchState(world.storage, uuid, "vmr@example.com").read("inbox")
    assert folder
    assert joined(folder) == "9 5"
    world.clock.move(timedelta(hours=1))
    assert await Codes(world.storage, world.clock).clean_up() == 1
    await Retirement(world.storage, PolicyPlatform(world.storage)).complete_all({uuid})
    for partition in (SIGN_IN_PARTITION, RETIRED_PARTITION):
        assert [row async for row in table.rows(partition)] == []


async def test_imported_data_about_a_person_is_found(world: MeetingsWorld) -> None:
    traces = await traces_of(world.storage, Person("alice@example.com"))
    assert [len(found) for found in (traces.users, traces.vmrs)] == [1, 1]
    assert {booking.alias for booking in traces.bookings} >= {SINGLE, SERIES, CANCELLED}
