"""`personal import`: imports thousands of VMRs from a file. Running it again completes an interrupted import."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.cli.outcome import Exit
from shared.management import Answer, Call
from shared.personal.store import VmrStore
from tests.fakes.management import FakeDeployment
from tests.support.integrations import graph_fields
from tests.unit.shared.cli.command_line import Cli

HEADING = "name,primary_owner_email_address,aliases,pin,guest_pin,allow_guests\n"
ALICE = "Alice's room,alice@example.com,alice@example.com 5550123,1234,5678,true\n"
BOB = "Bob's room,bob@example.com,bob,,,\n"


def csv(*rows: str, heading: str = HEADING) -> str:
    Path("vmrs.csv").write_text(heading + "".join(rows))
    return "vmrs.csv"


def rooms(deployment: FakeDeployment) -> dict[str, Any]:
    return {vmr.name: vmr for vmr in deployment.do(VmrStore(deployment.storage).all())}


def many(count: int) -> str:
    return csv(*(f"Room {n},alice@example.com,room{n},,,\n" for n in range(count)))


def test_vmrs_are_imported_from_a_csv_file(cli: Cli, deployment: FakeDeployment) -> None:
    result = cli("personal", "import", csv(ALICE, BOB))
    assert (result.exit_code, result.stdout) == (Exit.DONE, "2 new, 0 changed, 0 unchanged.\n")
    alice = rooms(deployment)["Alice's room"]
    assert [entry.alias for entry in alice.aliases] == ["alice@example.com", "5550123"]
    assert (alice.pin, alice.guest_pin, alice.allow_guests, alice.integration) == ("1234", "5678", True, "")


def test_values_escaped_for_spreadsheets_are_imported_unchanged(cli: Cli, deployment: FakeDeployment) -> None:
    heading = "name,description,aliases\n"
    cli("personal", "import", csv("'=Sum,'+49 30,a\n", "'Tis mine,'-,b\n", heading=heading))
    found = {name: vmr.fields["description"] for name, vmr in rooms(deployment).items()}
    assert found == {"=Sum": "+49 30", "'Tis mine": "-"}


def test_a_second_import_sends_only_differences(cli: Cli, deployment: FakeDeployment) -> None:
    cli("personal", "import", csv(ALICE, BOB))
    again = cli("personal", "import", csv(ALICE, BOB.replace("bob,,", "bob;5550124,4321,")))
    assert again.stdout == "0 new, 1 changed, 1 unchanged.\n"
    assert rooms(deployment)["Bob's room"].pin == "4321"
    before = len(deployment.changes)
    cli("personal", "import", csv(ALICE))
    assert len(deployment.changes) == before
    assert len(rooms(deployment)) == 2


def test_a_list_exported_from_a_management_node_is_imported(cli: Cli, deployment: FakeDeployment) -> None:
    node = {
        "name": "Alice", "primary_owner_email_address": "alice@example.com", "pin": None, "crypto_mode": "", "id": 7,
        "aliases": [{"alias": "alice", "conference": "/x/7/", "description": "d", "id": 1}],
        "resource_uri": "/api/admin/configuration/v1/conference/7/", "guests_can_present": False,
        "participant_limit": 9,
        "ivr_theme": {"id": 3, "name": "Blue", "resource_uri": "/api/admin/configuration/v1/ivr_theme/3/"},
        "automatic_participants": [{"id": 1}],
    }  # fmt: skip
    Path("node.json").write_text(json.dumps({"meta": {"total_count": 1}, "objects": [node]}, indent=1))
    for expected in ("1 new, 0 changed, 0 unchanged", "0 new, 0 changed, 1 unchanged"):
        assert cli("personal", "import", "node.json").stdout.startswith(expected)
    assert rooms(deployment)["Alice"].aliases[0].description == "d"
    kept = {"guests_can_present": False, "participant_limit": 9, "ivr_theme": "Blue"}
    assert rooms(deployment)["Alice"].settings == kept


def test_columns_of_every_type_are_imported(cli: Cli, deployment: FakeDeployment) -> None:
    heading = "name,participant_limit,guests_can_present,enable_chat,crypto_mode,aliases\n"
    file = csv("A,9,no,yes,on,a\n", "B,,,,,b\n", heading=heading)
    for expected in ("2 new", "0 new, 0 changed, 2 unchanged"):
        assert cli("personal", "import", file).stdout.startswith(expected)
    kept = {"participant_limit": 9, "guests_can_present": False, "enable_chat": "yes", "crypto_mode": "on"}
    assert {name: vmr.settings for name, vmr in rooms(deployment).items()} == {"A": kept, "B": {}}
    wrong = cli("personal", "import", csv("A,many,no,yes,on,a\n", heading=heading))
    assert (wrong.exit_code, "vmrs.csv:2: participant_limit" in wrong.stderr) == (Exit.REFUSED, True)


def test_vmrs_can_be_imported_for_a_single_integration(cli: Cli, deployment: FakeDeployment) -> None:
    uuid = deployment.add(graph_fields())
    assert cli("personal", "import", csv(BOB), "--integration", "Example Corp").exit_code == Exit.DONE
    assert rooms(deployment)["Bob's room"].integration == uuid
    assert cli("personal", "import", csv(BOB), "--integration", "Example Corp").stdout.startswith("0 new, 0 changed")
    assert cli("personal", "import", csv(BOB), "--integration", "Nobody").exit_code == Exit.MISSING


@pytest.mark.long
def test_an_interrupted_import_of_thousands_is_completed_by_the_next_run(cli: Cli, deployment: FakeDeployment) -> None:
    sent = 0

    def fail_at_the_fifth(call: Call) -> Answer | None:
        nonlocal sent
        sent += call.method == "PATCH"
        return (
            Answer(503, {"error": "The storage account cannot be used at the moment."})
            if (call.method, sent) == ("PATCH", 5)
            else None
        )

    deployment.interrupt = fail_at_the_fifth
    file = many(1200)
    assert cli("personal", "import", file).exit_code == Exit.UNAVAILABLE
    assert len(rooms(deployment)) == 400
    assert cli("personal", "import", file).stdout == "800 new, 0 changed, 400 unchanged.\n"
    assert len(rooms(deployment)) == 1200


def test_all_invalid_rows_are_reported_and_nothing_is_sent(cli: Cli, deployment: FakeDeployment) -> None:
    file = csv(ALICE, ",x,a,,,\n", BOB, "C,c@example.com,c,12,,\n", "ALICE'S ROOM,,z,,,\n")
    result = cli("personal", "import", file)
    assert result.exit_code == Exit.REFUSED
    lines = [line.partition(": ")[0] + ": " + line.split(": ")[1] for line in result.stderr.splitlines()]
    assert lines == [
        "vmrs.csv:3: name", "vmrs.csv:3: primary_owner_email_address", "vmrs.csv:5: pin", "vmrs.csv:6: name",
    ]  # fmt: skip
    assert rooms(deployment) == {}


def test_rows_refused_by_the_deployment_are_reported_and_the_others_are_saved(
    cli: Cli, deployment: FakeDeployment
) -> None:
    cli("personal", "import", csv(BOB))
    result = cli("personal", "import", csv(ALICE, "Carol,carol@example.com,bob,,,\n", "Dan,dan@example.com,dan,,,\n"))
    assert result.exit_code == Exit.REFUSED
    assert (
        "vmrs.csv:3: aliases: Conference alias with this alias already exists (a VMR's, or a meeting's): bob."
        in result.stderr
    )
    assert "Not all of these were saved: 1 has errors." in result.stderr
    assert set(rooms(deployment)) == {"Alice's room", "Bob's room", "Dan"}


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("a.txt", "", "a.txt:1: must be a .csv or .json file"),
        ("a.csv", "", "a.csv:1: The first line must name the columns"),
        ("a.csv", "name,colour\n", "There is no colour"),
        ("a.csv", "name,pin\nx\n", "a.csv:2: does not have as many"),
        ("a.csv", "name,pin\nx,1234,5\n", "a.csv:2: does not have as many"),
        ("a.csv", 'name\nx\n"y\n', "a.csv:3: is not valid CSV"),
        ("a.csv", "name,allow_guests\nx,maybe\n", "a.csv:2: allow_guests: Must be true or false"),
        ("a.json", "{}", "a.json:1: must be a list"),
        ("a.json", '[\n{"name": "a"}\n{"name": "b"}]', "a.json:3: is not JSON: a comma is missing"),
        ("a.json", '[\n{"name": "a"},\n{"name": }]', "a.json:3: is not valid JSON"),
        ("a.json", '[\n{"name": "a"},\n1]', "a.json:3: must be a VMR"),
        ("a.json", '[{"name": "a"}', "a.json:1: is not JSON"),
        ("a.json", '[\n{"name": "a"},\n\n{"nam": "b"}]', "a.json:4: nam: There is no such field."),
    ],
)
def test_a_file_that_cannot_be_parsed_is_refused(cli: Cli, name: str, text: str, fault: str) -> None:
    Path(name).write_text(text)
    result = cli("personal", "import", name)
    assert result.exit_code == Exit.REFUSED
    assert fault in result.stderr


def test_missing_files_and_files_in_other_encodings_are_refused(cli: Cli) -> None:
    assert "cannot be read" in cli("personal", "import", "no.csv").stderr
    Path("latin.csv").write_bytes("name\nZoë\n".encode("latin-1"))
    assert "is not encoded in UTF-8" in cli("personal", "import", "latin.csv").stderr


def test_a_spreadsheet_with_semicolons_is_imported(cli: Cli, deployment: FakeDeployment) -> None:
    file = csv('"Eve";eve@example.com;"eve;5550125"\n', heading="\ufeffname;primary_owner_email_address;aliases\n")
    assert cli("personal", "import", file).exit_code == Exit.DONE
    assert [entry.alias for entry in rooms(deployment)["Eve"].aliases] == ["eve", "5550125"]


def test_malformed_rows_and_invalid_values_are_reported_together(cli: Cli, deployment: FakeDeployment) -> None:
    result = cli("personal", "import", csv(ALICE.replace("true", "perhaps"), "Two,x\n", BOB.replace("bob,,", "bob,1,")))
    assert result.exit_code == Exit.REFUSED
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == ["vmrs.csv:2", "vmrs.csv:3", "vmrs.csv:4"]
    assert deployment.changes == []


def test_vmrs_are_listed_without_their_pins_and_deleted_by_name(cli: Cli, deployment: FakeDeployment) -> None:
    assert cli("personal", "list").stdout == "No personal VMRs.\n"
    cli("personal", "import", csv(ALICE, BOB))
    listed = cli("personal", "list", "--owner", "ALICE@example.com")
    assert "5550123" in listed.stdout
    assert "Bob" not in listed.stdout
    assert "1234" not in cli("personal", "list", "-o", "json").stdout
    assert cli("personal", "delete", "alice's ROOM", stdin="n\n").exit_code == Exit.REFUSED
    assert len(rooms(deployment)) == 2
    assert cli("personal", "delete", "alice's ROOM", "--yes").stdout == "Alice's room: deleted\n"
    assert cli("personal", "delete", "Alice's room", "--yes").exit_code == Exit.MISSING
    assert list(rooms(deployment)) == ["Bob's room"]
