"""`doctor`: findings, formatted for people and for scripts."""

import json

from shared.alarm_kinds import AlarmKind
from shared.cli.doctor import EXAMINED_AT_MOST
from shared.cli.outcome import Exit
from shared.operations.doctor import Finding
from shared.operations.doctor.finding import Check
from tests.fakes.management import FakeDeployment
from tests.support.integrations import graph_fields
from tests.unit.shared.cli.command_line import Cli

SOUND = Finding(Check.LAG, ok=True, details="Fast.")
FAULT = Finding(Check.SEND_MAIL, ok=False, details="A role is missing.", remedy="New-ManagementRoleAssignment -App X")


def test_faults_are_shown_with_their_remedies(deployment: FakeDeployment, cli: Cli) -> None:
    deployment.add(graph_fields())
    deployment.doctor.findings = [SOUND, FAULT]
    result = cli("doctor", "Example Corp")
    assert result.exit_code == Exit.CHANGES
    assert result.stdout.splitlines() == [
        "Example Corp",
        "  ok    lag: Fast.",
        "  FAULT send_mail: A role is missing.",
        "        New-ManagementRoleAssignment -App X",
    ]


def test_doctor_reports_that_it_found_no_faults(deployment: FakeDeployment, cli: Cli) -> None:
    deployment.add(graph_fields())
    deployment.doctor.findings = [SOUND]
    assert cli("doctor").exit_code == Exit.DONE


def test_the_findings_for_all_integrations_can_be_printed_as_json(deployment: FakeDeployment, cli: Cli) -> None:
    uuids = [
        deployment.add(graph_fields()),
        deployment.add(graph_fields(name="Other", room_mailbox_email_address="other@example.com")),
    ]
    deployment.doctor.findings = [FAULT]
    result = cli("doctor", "-o", "json")
    assert [each["integration"] for each in json.loads(result.stdout)] == uuids
    assert deployment.doctor.examined == uuids


def test_without_a_name_doctor_examines_a_few_integrations_starting_with_those_with_alarms(
    deployment: FakeDeployment, cli: Cli
) -> None:
    uuids = [
        deployment.add(graph_fields(name=f"Number {n}", room_mailbox_email_address=f"vmr{n}@example.com"))
        for n in range(EXAMINED_AT_MOST + 5)
    ]
    for number in (3, EXAMINED_AT_MOST + 2):
        deployment.raise_alarm(uuids[number], AlarmKind.CONNECTION, "Away.")
    deployment.doctor.findings = [SOUND]
    result = cli("doctor")
    assert "5 of 25 integrations were not examined" in result.stderr
    assert sorted(deployment.doctor.examined[:2]) == sorted((uuids[3], uuids[EXAMINED_AT_MOST + 2]))
    assert len(set(deployment.doctor.examined)) == len(deployment.doctor.examined) == EXAMINED_AT_MOST
    pages = [call for call in deployment.calls if call.path.endswith("/ms_exchange_connector/")]
    assert len(pages) == 1, "only one page was read"
    deployment.doctor.examined.clear()
    assert cli("doctor", "--all").stderr == ""
    assert deployment.doctor.examined == uuids


def test_doctor_reports_a_nonexistent_integration(deployment: FakeDeployment, cli: Cli) -> None:
    assert cli("doctor", "nobody").exit_code == Exit.MISSING
    assert deployment.doctor.examined == []
