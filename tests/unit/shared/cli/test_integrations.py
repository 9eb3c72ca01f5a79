"""`integrations`, tested with the real management API and in-memory storage."""

import json
from pathlib import Path

import pytest

from shared.cli.outcome import Exit
from shared.management import Answer, Call
from tests.fakes.management import FakeDeployment
from tests.support.integrations import full_fields, graph_fields
from tests.unit.shared.cli.command_line import Cli, File

UUID = "4189c2b4-92ca-416c-b7ea-bc3cfab3d0f0"
CORP = """\
name: Example Corp
addin_server_domain: addin.example.com
authentication_method: GRAPH
room_mailbox_name: VMR
room_mailbox_email_address: vmr@example.com
scheduled_alias_prefix: meet
scheduled_alias_domain: example.com
domains:
  - domain: outlook.office365.com
"""  # 9 lines
LIST = "/api/admin/configuration/v1/ms_exchange_connector/"


def now(deployment: FakeDeployment, name: str, uuid: str = "") -> object:
    (integration,) = [each for each in deployment.do(deployment.integrations.list()) if uuid in ("", each.uuid)]
    return getattr(integration, name)


def test_integrations_are_listed_and_shown(deployment: FakeDeployment, cli: Cli) -> None:
    deployment.add(graph_fields(name="[red]Corp[/]", uuid=UUID))
    for form in (cli("integrations", "list"), cli("integrations", "show", "[red]Corp[/]")):
        assert form.exit_code == Exit.DONE
        assert "[red]Corp[/]" in form.stdout
        assert UUID in form.stdout
        assert "vmr@example.com" in form.stdout
    (listed,) = json.loads(cli("integrations", "list", "--output", "json").stdout)
    for reference in (UUID, UUID.upper(), "1"):
        assert json.loads(cli("integrations", "show", reference, "-o", "json").stdout) == listed


def test_a_name_that_matches_none_or_several_integrations_is_refused(deployment: FakeDeployment, cli: Cli) -> None:
    deployment.add(graph_fields())
    deployment.add(graph_fields(room_mailbox_email_address="other@example.com"))
    missing, two = cli("integrations", "show", "Corp"), cli("integrations", "export", "Example Corp")
    assert (missing.exit_code, two.exit_code) == (Exit.MISSING, Exit.CONFLICT)
    assert missing.stderr == "There is no integration 'Corp': `integrations list` shows the existing ones.\n"
    assert "2 integrations are named 'Example Corp': " in two.stderr


def test_applying_a_file_creates_then_changes_then_does_nothing(
    deployment: FakeDeployment, cli: Cli, corp: File
) -> None:
    file = str(corp(CORP))
    assert cli("integrations", "diff", file).exit_code == Exit.CHANGES
    assert deployment.changes == []
    created = cli("integrations", "apply", file)
    assert created.exit_code == Exit.DONE
    assert created.stdout == f"Example Corp ({now(deployment, 'uuid')}): created\n"

    corp(CORP + "description: Ours\nmeeting_buffer_before: 15\n")
    shown = cli("integrations", "diff", file)
    assert shown.exit_code == Exit.CHANGES
    assert '  ~ description: "" → Ours\n  ~ meeting_buffer_before: 30 → 15\n' in shown.stdout
    changed = cli("integrations", "apply", file)
    assert changed.stdout == f"Example Corp ({now(deployment, 'uuid')}): changed: description, meeting_buffer_before\n"
    assert (now(deployment, "description"), now(deployment, "meeting_buffer_before")) == ("Ours", 15)

    count = len(deployment.changes)
    assert cli("integrations", "diff", file).exit_code == Exit.DONE
    assert cli("integrations", "apply", file).stdout.endswith(": nothing to change\n")
    assert len(deployment.changes) == count


def test_a_setting_missing_from_the_file_is_kept(deployment: FakeDeployment, cli: Cli, corp: File) -> None:
    deployment.add(graph_fields(description="kept", host_identity_provider_group="cleared"))
    assert (
        cli("integrations", "apply", str(corp('name: Example Corp\nhost_identity_provider_group: ""'))).exit_code == 0
    )
    assert now(deployment, "description") == "kept"
    assert now(deployment, "host_identity_provider_group") is None


def test_a_uuid_identifies_an_integration_to_rename_or_to_create(
    deployment: FakeDeployment, cli: Cli, corp: File
) -> None:
    file = str(corp(f"uuid: {UUID}\n{CORP}"))
    cli("integrations", "apply", file)
    assert now(deployment, "uuid") == UUID
    corp(f"uuid: {UUID.upper()}\nname: New name")
    assert "name: Example Corp → New name" in cli("integrations", "diff", file).stdout
    cli("integrations", "apply", file)
    assert now(deployment, "name") == "New name"


@pytest.mark.parametrize("method", ["GRAPH", "OAUTH"])
def test_applying_an_export_changes_nothing(deployment: FakeDeployment, cli: Cli, corp: File, method: str) -> None:
    deployment.add(full_fields(method, meeting_instructions_template="<p>\n{{alias_uuid}}</p>\n"))
    deployment.add(graph_fields(name="Other", room_mailbox_email_address="other@example.com"))
    exported = cli("integrations", "export").stdout
    assert "correct horse" not in exported
    file = str(corp(exported))
    assert cli("integrations", "diff", file).exit_code == Exit.DONE
    assert cli("integrations", "apply", file).exit_code == Exit.DONE
    assert deployment.changes == []
    assert cli("integrations", "export").stdout == exported
    assert cli("integrations", "diff", "-", stdin=cli("integrations", "export", "Other").stdout).exit_code == Exit.DONE


def test_an_api_response_can_be_used_as_a_file(deployment: FakeDeployment, cli: Cli, corp: File) -> None:
    deployment.add(full_fields())
    file = str(corp(cli("integrations", "list", "-o", "json").stdout))
    assert cli("integrations", "diff", file).exit_code == Exit.DONE
    assert cli("integrations", "apply", file).exit_code == Exit.DONE
    assert deployment.changes == []


def test_diff_can_print_json(deployment: FakeDeployment, cli: Cli, corp: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "battery staple")
    deployment.add(full_fields("OAUTH", uuid=UUID))
    text = "name: Example Corp\naddin_pane_title: New\nusername: new@example.com\noauth_client_secret: !env SECRET\n"
    result = cli("integrations", "diff", str(corp(f"- {text.replace(chr(10), chr(10) + '  ')}")), "--output", "json")
    assert json.loads(result.stdout) == [
        {
            "action": "update",
            "file": "corp.yaml",
            "line": 1,
            "name": "Example Corp",
            "uuid": UUID,
            "changes": {
                "addin_pane_title": {"from": "Add a VMR", "to": "New"},
                "username": {"from": "svc@example.com", "to": "new@example.com"},
            },
            "secrets": ["oauth_client_secret"],
            "reinstalls_manifest": False,
            "ends_sign_in": True,
        }
    ]
    assert "battery staple" not in result.output


def test_the_consequences_of_a_change_are_announced(deployment: FakeDeployment, cli: Cli, corp: File) -> None:
    deployment.add(full_fields("OAUTH"))
    file = str(corp("name: Example Corp\naddin_button_label: New\nusername: new@example.com\n"))
    shown, applied = cli("integrations", "diff", file), cli("integrations", "apply", file)
    assert "manifest must be installed afterwards" in shown.stdout
    assert "service account must sign in again" in shown.stdout
    assert f"/addin/{now(deployment, 'uuid')}/manifest.xml" in applied.stderr
    assert "service account must sign in again" in applied.stderr


def test_reinstalling_the_manifest_is_announced_only_when_a_change_requires_it(
    deployment: FakeDeployment, cli: Cli, corp: File
) -> None:
    deployment.add(graph_fields())
    assert "1 (install)" in cli("integrations", "list").stdout
    assert "revision 1 of the manifest is installed" in cli("integrations", "installed", "Example Corp").stdout
    assert "(install" not in cli("integrations", "list").stdout
    other = cli("integrations", "apply", str(corp("name: Example Corp\ndescription: new\n")))
    assert "manifest" not in other.output.replace("manifest_", "")
    file = str(corp("name: Example Corp\naddin_button_label: New\n"))
    assert "manifest must be installed again" in cli("integrations", "diff", file).stdout
    assert "install again the add-in's manifest" in cli("integrations", "apply", file).stderr
    assert "2 (install again)" in cli("integrations", "list").stdout


def test_validate_reports_the_same_faults_as_apply(deployment: FakeDeployment, cli: Cli, corp: File) -> None:
    deployment.add(graph_fields(uuid=UUID))
    deployment.add(graph_fields(name="Two", room_mailbox_email_address="two@example.com"))
    part = str(corp("name: Example Corp\noauth_client_secret: !env NOT_SET_HERE\ndescription: new\n"))
    assert cli("integrations", "validate", part).exit_code == Exit.REFUSED
    for option in ("--partial", "--against"):
        assert cli("integrations", "validate", option, part).exit_code == Exit.DONE
    taken = str(corp("name: Example Corp\nroom_mailbox_email_address: two@example.com\n"))
    assert cli("integrations", "validate", "--partial", taken).exit_code == Exit.DONE
    refused = cli("integrations", "validate", "--against", taken)
    assert refused.exit_code == Exit.REFUSED
    assert "corp.yaml:2: room_mailbox_email_address:" in refused.stderr
    assert deployment.changes == []


def test_secrets_are_always_sent_and_never_shown(
    deployment: FakeDeployment, cli: Cli, corp: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(corp(CORP + "oauth_client_secret: !env SECRET\n"))
    for value in ("battery staple", "staple battery"):
        monkeypatch.setenv("SECRET", value)
        results = [cli("integrations", command, file) for command in ("diff", "apply", "diff")]
        assert not any(value in result.output for result in results)
        assert "oauth_client_secret: a secret, which cannot be compared; will be set" in results[0].stdout
        assert results[2].exit_code == Exit.DONE
        assert [kept.get_secret_value() for kept in deployment.secrets.kept.values()] == [value]


def test_a_pipeline_without_its_secrets_changes_nothing(deployment: FakeDeployment, cli: Cli, corp: File) -> None:
    result = cli("integrations", "apply", str(corp(CORP + "oauth_client_secret: !env NO_SUCH_VARIABLE\n")))
    assert result.exit_code == Exit.REFUSED
    assert result.stderr == (
        "corp.yaml:10: oauth_client_secret: the environment variable NO_SUCH_VARIABLE is not set or is empty.\n"
    )
    assert deployment.calls == []


def test_a_secret_in_the_file_is_used_with_a_warning(deployment: FakeDeployment, cli: Cli, corp: File) -> None:
    result = cli("integrations", "apply", str(corp(CORP + "oauth_client_secret: battery staple\n")))
    assert result.exit_code == Exit.DONE
    assert "corp.yaml:10: oauth_client_secret: is in plain text in this file." in result.stderr
    assert [kept.get_secret_value() for kept in deployment.secrets.kept.values()] == ["battery staple"]


@pytest.mark.parametrize("command", ["diff", "apply"])
def test_everything_is_checked_before_anything_is_changed(
    deployment: FakeDeployment, cli: Cli, tmp_path: Path, corp: File, command: str
) -> None:
    """The first file is valid. The second is faulty only in combination with the integration's current settings."""
    deployment.add(graph_fields(uuid=UUID))
    new = CORP.replace("vmr@", "new@").replace("Example Corp", "New")
    (tmp_path / "old.yaml").write_text(f"uuid: {UUID}\n\nauthentication_method: NTLM\nreject_single_meeting_past: <b>")
    result = cli("integrations", command, str(corp(new)), "old.yaml")
    assert result.exit_code == Exit.REFUSED
    assert result.stderr.splitlines() == [
        "old.yaml:1: password: Required when enable_dynamic_vmrs is true and authentication_method is BASIC, NTLM or "
        "KERBEROS.",
        "old.yaml:1: url: Required when enable_dynamic_vmrs is true and authentication_method is not GRAPH or "
        "APP_PERM.",
        "old.yaml:1: username: Required when enable_dynamic_vmrs is true and authentication_method is BASIC, NTLM, "
        "KERBEROS or OAUTH.",
        "old.yaml:4: reject_single_meeting_past: line 1: <b> is not closed",
    ]
    assert deployment.changes == []


def test_a_fault_found_only_on_saving_is_reported_in_the_same_way(
    deployment: FakeDeployment, cli: Cli, corp: File
) -> None:
    """Another integration has taken the equipment mailbox since the check. The remaining files are not applied."""
    deployment.add(graph_fields(name="First"))
    nothing = Answer(200, {"meta": {"total_count": 0}, "objects": []})
    deployment.interrupt = lambda call: nothing if "room_mailbox" in call.query else None
    both = [CORP, CORP.replace("vmr@", "new@").replace("Example Corp", "Third")]
    result = cli("integrations", "apply", str(corp("".join("- " + text.replace("\n", "\n  ") + "\n" for text in both))))
    assert result.exit_code == Exit.REFUSED
    assert result.stderr == (
        "corp.yaml:5: room_mailbox_email_address: An integration with this equipment mailbox already exists.\n"
        "Not applied: Example Corp, Third.\n"
    )
    assert now(deployment, "name") == "First"


def test_a_taken_mailbox_is_reported_before_anything_is_changed(
    deployment: FakeDeployment, cli: Cli, corp: File
) -> None:
    deployment.add(graph_fields(name="First"))
    result = cli("integrations", "apply", str(corp(CORP)))
    assert result.exit_code == Exit.REFUSED
    assert "room_mailbox_email_address: An integration with this equipment mailbox already exists." in result.stderr
    assert deployment.changes == []


def test_another_admins_change_is_not_overwritten(deployment: FakeDeployment, cli: Cli, corp: File) -> None:
    uuid = deployment.add(graph_fields())
    file = str(corp("name: Example Corp\ndescription: mine"))

    def meanwhile(call: Call) -> Answer | None:
        if call.method == "PATCH":
            deployment.do(deployment.integrations.update(uuid, {"description": "theirs"}))
        return None

    deployment.interrupt = meanwhile
    result = cli("integrations", "apply", file)
    assert result.exit_code == Exit.CONFLICT
    assert "changed: description" in result.stderr
    assert result.stderr.endswith("Not applied: Example Corp.\n")
    assert now(deployment, "description") == "theirs"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"- name: Example Corp\n- uuid: {UUID}", "corp.yaml:2: is the same integration as corp.yaml:1."),
        ("- {name: New}\n- {name: New}", "corp.yaml:2: name: is already used by the integration in corp.yaml:1."),
        ("- description: whose?", "corp.yaml:1: name: The integration is not identified. Add its uuid or its name."),
        ("- name: Two", "corp.yaml:1: name: 2 integrations have this name. Add a uuid: "),
    ],
)
def test_a_file_must_identify_its_integration_unambiguously(
    deployment: FakeDeployment, cli: Cli, corp: File, text: str, fault: str
) -> None:
    deployment.add(graph_fields(uuid=UUID))
    for mailbox in ("a@example.com", "b@example.com"):
        deployment.add(graph_fields(name="Two", room_mailbox_email_address=mailbox))
    result = cli("integrations", "apply", str(corp(text)))
    assert result.exit_code == Exit.REFUSED
    assert fault in result.stderr
    assert deployment.changes == []


def test_only_the_differing_lines_of_long_text_are_shown(deployment: FakeDeployment, cli: Cli, corp: File) -> None:
    deployment.add(graph_fields(reject_single_meeting_past="<p>\r\none\r\n</p>"))
    result = cli(
        "integrations", "diff", str(corp("name: Example Corp\nreject_single_meeting_past: |-\n  <p>\n  [b]two\n  </p>"))
    )
    assert "      -one\n      +[b]two\n" in result.stdout


def test_validate_needs_no_deployment(cli: Cli, corp: File) -> None:
    file = str(corp(CORP))
    assert cli("integrations", "validate", file).stdout == "1 integration, no problems found.\n"
    assert cli("integrations", "validate", "-", stdin=CORP.encode()).exit_code == Exit.DONE
    refused = cli("integrations", "validate", file, str(corp(CORP.replace("meet", "me et"))), "nothing.yaml")
    assert refused.exit_code == Exit.REFUSED
    assert "nothing.yaml:1: cannot be read" in refused.stderr


def test_wrong_credentials_are_reported(deployment: FakeDeployment, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMR_PASSWORD", "wrong")
    result = cli("integrations", "list")
    assert result.exit_code == Exit.ACCESS
    assert "The user name or the password is wrong." in result.stderr


def test_no_proxy_is_used_for_a_deployment_on_this_machine(
    deployment: FakeDeployment, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert cli("integrations", "list").exit_code == Exit.DONE


def test_the_user_is_prompted_for_the_password_if_none_is_set(
    deployment: FakeDeployment, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VMR_PASSWORD")
    assert cli("integrations", "list", stdin="correct horse\n").exit_code == Exit.DONE


def test_control_characters_in_a_response_do_not_reach_the_terminal(deployment: FakeDeployment, cli: Cli) -> None:
    deployment.interrupt = lambda call: Answer(409, {"error": "\x1b]0;owned\x07 no"})
    assert cli("integrations", "list").stderr == "�]0;owned� no\n"


def test_values_of_variables_are_never_printed(
    deployment: FakeDeployment, cli: Cli, corp: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the new value nor the old one is printed, because many people can read a pipeline's log."""
    deployment.add(graph_fields(addin_pane_title="old-and-private"))
    monkeypatch.setenv("TITLE", "new-and-private")
    file = str(corp("name: Example Corp\naddin_pane_title: !env TITLE\n"))
    for result in (cli("integrations", "diff", file), cli("integrations", "diff", file, "-o", "json")):
        assert result.exit_code == Exit.CHANGES
        assert "private" not in result.stdout + result.stderr
    assert "~ addin_pane_title: will be the value of TITLE" in cli("integrations", "diff", file).stdout
    (change,) = json.loads(cli("integrations", "diff", file, "-o", "json").stdout)
    assert change["changes"] == {"addin_pane_title": {"from_env": "TITLE"}}
    new = str(corp(CORP.replace("name: Example Corp", "name: !env TITLE").replace("vmr@", "new@")))
    for result in (cli("integrations", "diff", new), cli("integrations", "diff", new, "-o", "json")):
        assert result.exit_code == Exit.CHANGES
        assert "private" not in result.stdout + result.stderr


@pytest.mark.parametrize("command", ["diff", "apply", "validate"])
@pytest.mark.parametrize("value", ["private", "private" * 20])
def test_values_of_variables_do_not_appear_in_faults(
    deployment: FakeDeployment, cli: Cli, corp: File, monkeypatch: pytest.MonkeyPatch, command: str, value: str
) -> None:
    monkeypatch.setenv("DOMAIN", value)
    text = CORP.replace("addin_server_domain: ", "addin_server_domain: !env DOMAIN #")
    result = cli("integrations", command, str(corp(text)))
    assert result.exit_code == Exit.REFUSED
    assert "corp.yaml:2: addin_server_domain: the value of DOMAIN is not an FQDN" in result.stderr
    assert "private" not in result.stdout + result.stderr
