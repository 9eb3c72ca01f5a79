"""`doctor`: findings for people and for scripts."""

import json

from shared.cli.outcome import Exit
from shared.operations.doctor import Finding
from shared.operations.doctor.finding import Check
from tests.fakes.management import FakeDeployment
from tests.support.integrations import graph_fields
from tests.unit.shared.cli.command_line import Cli

SOUND = Finding(Check.LAG, ok=True, details="Fast.")
FAULT = Finding(Check.SEND_MAIL, ok=False, details="A role is missing.", remedy="New-ManagementRoleAssignment -App X")


def test_faults_come_with_their_remedies(deployment: FakeDeployment, cli: Cli) -> None:
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


def test_nothing_wrong(deployment: FakeDeployment, cli: Cli) -> None:
    deployment.add(graph_fields())
    deployment.doctor.findings = [SOUND]
    assert cli("doctor").exit_code == Exit.DONE


def test_every_integration_for_scripts(deployment: FakeDeployment, cli: Cli) -> None:
    uuids = [
        deployment.add(graph_fields()),
        deployment.add(graph_fields(name="Other", room_mailbox_email_address="other@example.com")),
    ]
    deployment.doctor.findings = [FAULT]
    result = cli("doctor", "-o", "json")
    assert [each["integration"] for each in json.loads(result.stdout)] == uuids
    assert deployment.doctor.examined == uuids


def test_no_such_integration(deployment: FakeDeployment, cli: Cli) -> None:
    assert cli("doctor", "nobody").exit_code == Exit.MISSING
    assert deployment.doctor.examined == []
