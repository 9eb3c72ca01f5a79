"""The command line runs in a separate process, against the functions in Microsoft's worker runtime."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from dev.environment import INTEGRATION, MANAGEMENT, child_environment
from dev.host.host import FunctionsHost
from shared.cli.outcome import Exit
from tests.support import ROOT

NEW = """\
name: Made by the command line
addin_server_domain: addin.example.com
authentication_method: GRAPH
oauth_client_secret: !env CLI_TEST_SECRET
room_mailbox_name: VMR
room_mailbox_email_address: cli@example.com
scheduled_alias_prefix: cli
scheduled_alias_domain: example.com
domains: [outlook.office365.com]
"""


@dataclass(frozen=True)
class Ended:
    """The result of a command."""

    code: int
    output: str
    errors: str


Cli: TypeAlias = Callable[..., Awaitable[Ended]]


@pytest.fixture
def cli(host: FunctionsHost) -> Cli:
    username, password = MANAGEMENT
    environment = child_environment(
        VMR_URL=host.url, VMR_USERNAME=username, VMR_PASSWORD=password, CLI_TEST_SECRET="battery staple"
    )

    async def run(*arguments: str, stdin: str = "", **more: str) -> Ended:
        command = (sys.executable, "-m", "shared.cli", *arguments)
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=environment | more, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        output, errors = await process.communicate(stdin.encode())
        assert b"Traceback" not in errors
        return Ended(process.returncode or 0, output.decode(), errors.decode())

    return run


async def test_exporting_and_applying_the_seeded_integration_changes_nothing(cli: Cli) -> None:
    exported = await cli("integrations", "export", INTEGRATION)
    assert exported.code == Exit.DONE, exported.errors
    different = await cli("integrations", "diff", "-", "--output", "json", stdin=exported.output)
    (change,) = json.loads(different.output)
    assert (different.code, change["action"], change["uuid"]) == (Exit.DONE, "none", INTEGRATION)
    judged = await cli("integrations", "validate", "--against", "-", stdin=exported.output)
    assert judged.code == Exit.DONE, judged.errors  # this keeps the existing secrets, which exports do not contain


async def test_an_integration_is_created_changed_and_rejected_if_invalid(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(NEW)
    created = await cli("integrations", "apply", str(file))
    assert created.code == Exit.DONE, created.errors
    assert created.output.endswith(": created\n")

    file.write_text(f"{NEW}description: Changed\n")
    assert (await cli("integrations", "diff", str(file))).code == Exit.CHANGES
    assert (await cli("integrations", "apply", str(file))).code == Exit.DONE
    shown = await cli("integrations", "show", "Made by the command line", "-o", "json")
    assert json.loads(shown.output)["description"] == "Changed"
    assert "battery staple" not in shown.output + created.output + created.errors

    file.write_text(NEW.replace("prefix: cli", "prefix: c l i\nmeeting_buffer_after: 999"))
    refused = await cli("integrations", "apply", str(file))
    assert refused.code == Exit.REFUSED
    assert [line.split(": ")[:2] for line in refused.errors.splitlines()] == [
        [f"{file}:8", "meeting_buffer_after"],
    ]  # limits are checked before the deployment is called; checks that depend on the deployment come later
    file.write_text(NEW.replace("prefix: cli", "prefix: c l i"))
    refused = await cli("integrations", "apply", str(file))
    assert refused.errors.startswith(f"{file}:7: scheduled_alias_prefix: May only contain letters, digits")


async def test_alarms_and_previews_are_printed(cli: Cli) -> None:
    assert isinstance(json.loads((await cli("alarms", "-o", "json")).output), list)
    preview = await cli("preview", INTEGRATION, "conference_subject_template", "--value", "subject=Budget")
    assert preview.output == "Budget\n"


async def test_wrong_credentials_are_refused(cli: Cli) -> None:
    stranger = await cli("integrations", "list", VMR_PASSWORD="guessed")
    assert stranger.code == Exit.ACCESS
    assert "The user name or the password is wrong." in stranger.errors


async def test_the_doctor_examines_the_deployment(cli: Cli) -> None:
    examined = await cli("doctor", INTEGRATION, "-o", "json")
    assert examined.code == Exit.CHANGES, examined.errors
    [result] = json.loads(examined.output)
    found = {finding["check"]: finding for finding in result["findings"]}
    assert {"connection", "subscription", "lag", "manifest", "number_space"} <= found.keys()
    assert not found["manifest"]["ok"], "its installation has not been acknowledged"
    assert "manifest_installed" in found["manifest"]["remedy"]
