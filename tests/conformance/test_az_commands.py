"""Every az command in the programs and documents is checked by the real Azure CLI's own parser.

The CLI takes 700 MB, so it is not installed for the tests, which are skipped without it. Set AZURE_CLI_PYTHON to its
interpreter (or have az on the PATH). Version checks.OLDEST_AZ is best, because newer versions accept everything that it
accepts.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.checks import OLDEST_AZ
from tests.conformance.azure_cli import ROOT, Azure

PARSER = Path(__file__).with_name("az_parser.py")
DOCS = sorted((ROOT / "docs").glob("*.md"))
TESTED = (2, 87, 0)
"""The oldest CLI that these tests have been run with."""


def real_cli() -> str:
    """The Python interpreter of the real CLI."""
    if named := os.environ.get("AZURE_CLI_PYTHON"):
        return named
    az = shutil.which("az")
    told = subprocess.run([az, "--version"], capture_output=True, text=True, check=False).stdout if az else ""
    found = re.search(r"Python location '([^']+)'", told)
    if not found:
        pytest.skip("the real Azure CLI was not found: install it, or set AZURE_CLI_PYTHON to its interpreter")
    return found[1]


def complaints(commands: list[list[str]]) -> dict[str, str]:
    """The commands that the real CLI refuses, with the reason."""
    done = subprocess.run(
        [real_cli(), str(PARSER)], input=json.dumps(commands), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert tuple(int(part) for part in answer["version"].split(".")) >= OLDEST_AZ
    return {
        shlex.join(words): f"{said} {done.stderr[-500:]}"
        for words, said in zip(commands, answer["complaints"], strict=True)
        if said
    }


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Azure:
    return Azure(tmp_path, monkeypatch)


def program_commands(azure: Azure, directory: Path) -> list[list[str]]:
    """The commands that the programs call, once each. The files that they name exist, because the parser reads them."""
    azure.change(deleted_vaults={"old": "/subscriptions/sub/resourceGroups/rg/providers/x/vaults/old"})
    where = ("--resource-group", "rg", "--location", "westeurope", "--yes")
    runs = [
        azure.run("deploy.sh", *where, POLICY_PASSWORD="correct horse battery"),
        azure.run("grants/entra.sh", "--host", "vmr.example.com", "--admin", "somebody"),
        azure.run("grants/service-provider.sh", "--identity", "old"),
        azure.run("grants/service-provider.sh", "--identity", "new"),
        azure.run("custom-domain.sh", "--resource-group", "rg", "--app", "vmrapp", "--host", "vmr.example.com"),
    ]
    assert [run.code for run in runs] == [0] * len(runs)
    body = directory / "body.json"
    body.write_text("{}")
    return [
        [f"@{body}" if word.startswith("@") else str(body) if word.endswith("package.zip") else word for word in call]
        for run in runs
        for call in run.calls
        if call[0] != "python"
    ]


def document_commands() -> list[list[str]]:
    """The az commands in the documents' shell blocks, without redirections."""
    blocks = [
        block for path in DOCS for block in re.findall(r"^ *```(?:sh|bash)\n(.*?)^ *```", path.read_text(), re.M | re.S)
    ]
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    found = [re.search(r"(?:^|\$\()\s*az (.+?)(?:\)|\s+#|\s+>|$)", line) for line in lines]
    return [shlex.split(match[1].replace("$(", "").replace("$", "")) for match in found if match]


def test_the_real_cli_accepts_every_command_in_the_programs(azure: Azure, tmp_path: Path) -> None:
    commands = program_commands(azure, tmp_path)
    assert len(commands) > 30
    assert complaints(commands) == {}


def test_the_real_cli_accepts_every_command_in_the_documents() -> None:
    commands = document_commands()
    assert len(commands) > 8
    assert complaints(commands) == {}


def test_the_real_cli_refuses_a_misspelt_option() -> None:
    assert complaints([["group", "show", "--nam", "x", "--nmae", "y"]])


def test_the_oldest_accepted_cli_version_has_been_tested() -> None:
    assert OLDEST_AZ == TESTED
