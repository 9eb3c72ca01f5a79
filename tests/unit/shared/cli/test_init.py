"""`integrations init`: creates a first file from the user's answers."""

from pathlib import Path

from shared.cli.outcome import Exit
from tests.unit.shared.cli.command_line import Cli

ANSWERS = {
    "GRAPH": (
        "Corp",
        "GRAPH",
        "VMR",
        "vmr@corp.example",
        "77",
        "corp.example",
        "no host",
        "join.corp.example",
        "outlook.office365.com",
    ),
}


def test_the_answers_produce_a_complete_file(cli: Cli) -> None:
    result = cli("integrations", "init", "corp.yaml", stdin="\n".join(ANSWERS["GRAPH"]) + "\n")
    assert result.exit_code == Exit.DONE, result.stderr
    assert cli("integrations", "validate", "corp.yaml").stdout == "1 integration, no problems found.\n"


def test_an_existing_file_is_kept(cli: Cli) -> None:
    Path("corp.yaml").write_text("mine")
    assert cli("integrations", "init", "corp.yaml").exit_code == Exit.CONFLICT
    assert Path("corp.yaml").read_text() == "mine"


def test_aborting_leaves_no_file(cli: Cli) -> None:
    assert cli("integrations", "init", "corp.yaml", stdin="Corp\n").exit_code != Exit.DONE
    assert not Path("corp.yaml").exists()
