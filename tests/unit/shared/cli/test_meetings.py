"""`meetings`: the commands that a support desk needs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.bookings.rows import meetings_table
from shared.calendar.conference import Calendar
from shared.cli.outcome import Exit
from shared.storage import Put
from tests.fakes.management import FakeDeployment
from tests.support.integrations import graph_fields
from tests.support.meetings import NOW, OTHER_TAG, TAG, at, conference, scheduled
from tests.unit.shared.cli.command_line import Cli


@pytest.fixture
def rooms(deployment: FakeDeployment) -> FakeDeployment:
    """A review in progress, and a series that starts tomorrow."""
    deployment.clock.set(NOW)
    uuid = deployment.add(graph_fields())
    review = replace(conference(Calendar((at(-0.1),))), subject="Review", description="Booked by alice@example.com")
    weekly = scheduled(Calendar((at(24), at(192)), NOW + timedelta(days=90)), "uid-2", OTHER_TAG)
    for each in (scheduled(review.calendar, conference=review), weekly):
        deployment.do(meetings_table(deployment.storage).commit(uuid, Put(each.key, each.values())))
    return deployment


def test_meetings_are_listed_starting_with_the_next_one(rooms: FakeDeployment, cli: Cli) -> None:
    listed = cli("meetings", "list", "--since", "2026-11-23T09:00:00").stdout
    assert listed.index("Review") < listed.index("Budget")
    assert "open until" in listed
    assert "Review" not in cli("meetings", "list", "--since", "2026-11-24").stdout
    assert "Budget" not in cli("meetings", "list", "--since", "2026-11-23", "--until", "2026-11-24").stdout
    assert cli("meetings", "list", "--since", "2027-01-01").stdout == "No meetings.\n"


def test_a_meeting_is_found_by_its_organizer_and_shown(rooms: FakeDeployment, cli: Cli) -> None:
    assert "Review" in cli("meetings", "search", "ALICE@example.com").stdout
    shown = cli("meetings", "show", "review").stdout
    assert "alice@example.com" in shown
    assert "2026-11-23T08:54:00 to 2026-11-23T09:54:00" in shown


def test_a_search_reports_if_it_did_not_cover_all_meetings(
    rooms: FakeDeployment, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "searched" not in cli("meetings", "search", "example").stderr
    monkeypatch.setattr("shared.management.meetings.MEETINGS_SEARCHED_MAX", 1)
    found = cli("meetings", "search", "example")
    assert "Only the latest 1 meetings were searched" in found.stderr
    assert "Budget" in found.stdout
    assert "Review" not in found.stdout


def test_a_partial_search_identifies_a_meeting_by_alias_but_not_by_text(
    rooms: FakeDeployment, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.management.meetings.MEETINGS_SEARCHED_MAX", 1)
    unclear = cli("meetings", "close", "budget", "--yes")
    assert unclear.exit_code == Exit.MISSING
    assert "too many meetings" in unclear.stderr
    assert "Review" in cli("meetings", "show", TAG).stdout


def test_a_meetings_room_is_closed_and_reopened(rooms: FakeDeployment, cli: Cli) -> None:
    assert cli("meetings", "close", "review", stdin="n\n").exit_code == Exit.REFUSED
    assert "nobody can join" in cli("meetings", "close", "review", "--yes").stdout
    assert "closed by an admin" in cli("meetings", "search", "review").stdout
    assert "open until" in cli("meetings", "reopen", "review").stdout


def test_instructions_are_resent_and_the_meeting_gets_a_new_owner(rooms: FakeDeployment, cli: Cli) -> None:
    assert cli("meetings", "resend", "review", stdin="n\n").exit_code == Exit.REFUSED
    assert "on its way" in cli("meetings", "resend", "review", "--yes").stdout
    assert cli("meetings", "resend", "review", "--yes").exit_code == Exit.CONFLICT
    assert cli("meetings", "give", "review", "nobody", "--yes").exit_code == Exit.REFUSED
    assert "bob@example.com" in cli("meetings", "give", "review", "bob@example.com", "--yes").stdout
    assert "bob@example.com" in cli("meetings", "show", "review").stdout


def test_a_meeting_must_be_identified_unambiguously(rooms: FakeDeployment, cli: Cli) -> None:
    assert cli("meetings", "show", "nobody").exit_code == Exit.MISSING
    several = cli("meetings", "close", "example.com", "--yes")
    assert several.exit_code == Exit.CONFLICT
    assert "several meetings" in several.stderr
