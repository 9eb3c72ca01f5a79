"""`changes`: lists and reverts changes made by admins."""

import json

import pytest

from shared.cli.outcome import Exit
from tests.fakes.management import FakeDeployment
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS
from tests.unit.shared.cli.command_line import Cli


@pytest.fixture
def changed(deployment: FakeDeployment) -> FakeDeployment:
    """An integration whose description was changed twice."""
    deployment.ask("POST", CONNECTORS, graph_fields())
    for text in ("one", "two"):
        deployment.ask("PATCH", f"{CONNECTORS}1/", {"description": text})
    return deployment


def test_changes_are_listed_shown_and_reverted(changed: FakeDeployment, cli: Cli) -> None:
    listed = json.loads(cli("changes", "list", "--integration", "Example Corp", "--output", "json").stdout)
    assert [each["action"] for each in listed] == ["change", "change", "create"]
    newest = str(listed[0]["id"])
    assert newest in cli("changes", "list", "--limit", "1").stdout
    assert cli("changes", "list", "--admin", "nobody").stdout == "No changes.\n"
    shown = cli("changes", "show", newest).stdout
    assert "- one" in shown
    assert "+ two" in shown
    assert cli("changes", "revert", newest, stdin="n\n").exit_code == Exit.REFUSED
    assert "Reverted by change" in cli("changes", "revert", newest, "--yes").stdout
    assert "one" in cli("integrations", "show", "Example Corp").stdout


def test_a_setting_changed_again_since_is_reverted_only_with_force(changed: FakeDeployment, cli: Cli) -> None:
    [_, first, _] = json.loads(cli("changes", "list", "--output", "json").stdout)
    refused = cli("changes", "revert", str(first["id"]), "--yes")
    assert refused.exit_code == Exit.CONFLICT
    assert "description has been changed again" in refused.stderr
    assert cli("changes", "revert", str(first["id"]), "--yes", "--force").exit_code == Exit.DONE


def test_the_user_is_prompted_for_a_secret_that_was_not_recorded(deployment: FakeDeployment, cli: Cli) -> None:
    basic = {"authentication_method": "BASIC", "url": "https://mail.example.com/EWS/Exchange.asmx", "username": "svc"}
    deployment.ask("POST", CONNECTORS, graph_fields(**basic, password="gone"))
    deployment.ask("DELETE", f"{CONNECTORS}1/")
    [deleted, _] = json.loads(cli("changes", "list", "--output", "json").stdout)
    refused = cli("changes", "revert", str(deleted["id"]), "--yes")
    assert "password" in refused.stderr
    assert (
        cli("changes", "revert", str(deleted["id"]), "--yes", "--ask", "password", stdin="new\n").exit_code == Exit.DONE
    )
