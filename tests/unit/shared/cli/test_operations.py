"""The commands `alarms`, `operations`, `preview` and `hash-password`."""

import json
from pathlib import Path

import pytest

from shared.alarm_kinds import REMEDIES, AlarmKind
from shared.bookings.operation import DecisionKind, Operation
from shared.cli.outcome import Exit
from shared.identity.passwords import BasicAuthenticator
from shared.record_lists.journal import Journal, Record
from shared.settings import BasicCredential
from shared.storage import Insert
from tests.fakes.management import FakeDeployment
from tests.support.integrations import graph_fields
from tests.unit.shared.cli.command_line import Cli


def test_alarms_are_listed_with_their_causes_and_remedies(deployment: FakeDeployment, cli: Cli) -> None:
    assert cli("alarms").stdout == "No alarms.\n"
    deployment.raise_alarm(deployment.add(graph_fields()), AlarmKind.NUMBER_SPACE, "98 % are taken")
    shown = " ".join(cli("alarms").stdout.split())
    for text in ("Example Corp", "number_space_nearly_full", "98 % are taken"):
        assert text in shown
    (alarm,) = json.loads(cli("alarms", "-o", "json").stdout)
    assert alarm["remedy"] == REMEDIES[AlarmKind.NUMBER_SPACE]


def test_the_operation_with_a_given_correlation_id_shows_what_went_wrong(deployment: FakeDeployment, cli: Cli) -> None:
    uuid = deployment.add(graph_fields())
    correlation = "7e1f4c5e-9f1c-5b3a-8f0e-2f3a4b5c6d7e"
    operation = Operation(
        correlation, "m1", "2026-11-23T08:00:00+00:00", "2026-11-23T07:59:00+00:00", "new request single",
        DecisionKind.REJECT,
        "reject_general_error_template", error="general_error", cause="KeyError at shared.meetings.plan:40",
    ).finished(deployment.clock.now())  # fmt: skip
    deployment.do(deployment.storage.table("meetings").commit(uuid, Insert(operation.key, operation.values())))
    shown = " ".join(cli("operations", "show", correlation.upper()).stdout.split())
    for text in ("Example Corp", "new request single", "reject_general_error_template", operation.cause, "failed"):
        assert text in shown
    assert json.loads(cli("operations", "show", correlation, "-o", "json").stdout)["success"] is False
    missing = cli("operations", "show", correlation.replace("7", "8"))
    assert (missing.exit_code, "No operation" in missing.stderr) == (Exit.MISSING, True)


def test_the_saved_template_is_previewed(deployment: FakeDeployment, cli: Cli) -> None:
    deployment.add(graph_fields(conference_name_template="{{subject}} by {{organizer_name}}"))
    values = ("--value", "subject=Budget = <2027>", "--value", "organizer_name=[red]Alice")
    result = cli("preview", "Example Corp", "conference_name_template", *values)
    assert (result.exit_code, result.stdout) == (Exit.DONE, "Budget = <2027> by [red]Alice\n")


def test_a_template_file_with_a_list_value_is_previewed(deployment: FakeDeployment, cli: Cli, tmp_path: Path) -> None:
    deployment.add(graph_fields())
    (tmp_path / "new.html").write_text("<p>{{domain_aliases[1]}}</p>")
    arguments = ("preview", "1", "personal_vmr_instructions_template", "--text", "new.html")
    result = cli(*arguments, "--value", 'domain_aliases:=["a@example.com", "b@example.com"]')
    assert result.stdout == "<p>b@example.com</p>\n"
    assert json.loads(cli(*arguments, "-o", "json").stdout)["faults"] == []


def test_preview_reports_faults(deployment: FakeDeployment, cli: Cli, tmp_path: Path) -> None:
    deployment.add(graph_fields())
    (tmp_path / "new.html").write_text("<p>\n{{nothing}}")
    result = cli("preview", "1", "reject_single_meeting_past", "--text", "new.html")
    assert result.exit_code == Exit.REFUSED
    assert "reject_single_meeting_past: line 2: unknown variable 'nothing'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (("nothing_template",), Exit.REFUSED, "template: Must be one of: "),
        (
            ("conference_name_template", "--value", "subject"),
            Exit.USAGE,
            "--value 'subject' must be NAME=TEXT or NAME:=JSON.",
        ),
        (("conference_name_template", "--value", "=x"), Exit.USAGE, "--value '=x' must be NAME=TEXT or NAME:=JSON."),
        (("conference_name_template", "--value", "subject:=[x"), Exit.USAGE, "--value subject is not JSON: "),
        (("conference_name_template", "--text", "nothing"), Exit.REFUSED, "nothing cannot be read: No such file"),
        (("conference_name_template", "--text", "latin"), Exit.REFUSED, "latin is not encoded in UTF-8"),
    ],
)
def test_preview_refuses_invalid_arguments(
    deployment: FakeDeployment, cli: Cli, tmp_path: Path, arguments: tuple[str, ...], exit_code: Exit, message: str
) -> None:
    deployment.add(graph_fields())
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    result = cli("preview", "Example Corp", *arguments)
    assert result.exit_code == exit_code
    assert message in result.stderr


async def test_hash_password_prints_a_hash_of_the_password(cli: Cli) -> None:
    result = cli("hash-password", stdin="correct horse\n")
    assert result.exit_code == Exit.DONE
    authenticator = BasicAuthenticator(BasicCredential("policy", result.stdout.strip()))
    await authenticator.check("Basic cG9saWN5OmNvcnJlY3QgaG9yc2U=")


def test_hash_password_without_a_password_prints_no_hash(cli: Cli) -> None:
    assert cli("hash-password", stdin="\n").exit_code == Exit.USAGE


@pytest.mark.parametrize("arguments", [(), ("integrations",), ("nothing",), ("alarms", "--nothing"), ("preview", "1")])
def test_invalid_arguments_are_refused(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli(*arguments).exit_code == Exit.USAGE


def test_operations_are_listed_newest_first(deployment: FakeDeployment, cli: Cli) -> None:
    assert cli("operations", "list").stdout == "No operations.\n"
    uuid = deployment.add(graph_fields())
    for number, error in enumerate(("", "general_error", "")):
        operation = Operation(
            f"7e1f4c5e-9f1c-5b3a-8f0e-00000000000{number}", f"m{number}", f"2026-11-23T0{number}:00:00+00:00", "",
            "new request single", DecisionKind.ACCEPT, "accept_new_single_meeting_template", error=error,
        ).finished(deployment.clock.now())  # fmt: skip
        table, listed_as = deployment.storage.table("meetings"), Record.operation(uuid, operation.correlation_id)
        deployment.do(table.commit(uuid, *operation.inserting()))
        deployment.do(Journal(table).note([listed_as], deployment.clock.now()))

    def listed(*options: str) -> list[str]:
        shown = json.loads(cli("operations", "list", "-o", "json", *options).stdout)
        return [each["transaction_uuid"][-1] for each in shown]

    assert listed() == ["2", "1", "0"]
    assert listed("--limit", "2") == ["2", "1"]
    assert listed("--failed") == ["1"]
    assert listed("--since", "2026-11-23T01:00:00", "--integration", "Example Corp") == ["2", "1"]
    assert "failed" in cli("operations", "list").stdout


def test_a_preview_in_a_browser_runs_no_script(
    deployment: FakeDeployment, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.add(graph_fields())
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    assert cli("preview", "1", "accept_new_single_meeting_template", "--open").exit_code == Exit.DONE
    page = Path(opened[0]).read_text(encoding="utf-8")
    assert "default-src 'none'" in page
