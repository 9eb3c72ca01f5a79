"""`sign-in`: prints the link for signing in a service account, and how to use it (E3)."""

import json

from shared.cli.outcome import Exit
from tests.fakes.management import FakeDeployment
from tests.support.integrations import graph_fields
from tests.unit.shared.cli.command_line import Cli


def test_only_the_link_is_written_to_standard_output(deployment: FakeDeployment, cli: Cli) -> None:
    uuid = deployment.add(graph_fields())
    result = cli("sign-in", "Example Corp")
    assert (result.exit_code, result.stdout) == (Exit.DONE, f"https://login.example.com/?state={uuid}\n")
    for told in ("private window", "2026-11-23T10:00:00", "https://vmr.example.com/service-account/oauth_redirect"):
        assert told in " ".join(result.stderr.split())


def test_the_sign_in_link_can_be_printed_as_json(deployment: FakeDeployment, cli: Cli) -> None:
    deployment.add(graph_fields())
    shown = json.loads(cli("sign-in", "1", "-o", "json").stdout)
    assert shown.keys() == {"sign_in_link", "expires", "redirect_uri"}


def test_signing_in_for_a_missing_integration_is_refused(deployment: FakeDeployment, cli: Cli) -> None:
    assert cli("sign-in", "Nobody").exit_code == Exit.MISSING
