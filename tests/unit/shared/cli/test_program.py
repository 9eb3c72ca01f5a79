"""The program shows its help quickly. If it cannot run, it says why."""

import subprocess
import sys

import pytest
import typer

from shared.cli.__main__ import COMMANDS, app
from tests.support import ROOT

HEAVY = ("httpx", "pydantic", "rich", "cryptography", "jinja2", "azure", "ruamel", "icalendar")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


HELP = """
import sys
from shared.cli.__main__ import app
try:
    app(["--help"])
except SystemExit:
    print(*sys.modules)
"""
BARE = """
import sys
sys.modules["typer"] = None
import runpy
runpy.run_module("shared.cli", run_name="__main__")
"""


def test_help_does_not_import_the_commands() -> None:
    loaded = python(HELP).stdout
    assert all(name in loaded for name in COMMANDS)
    assert not {name.partition(".")[0] for name in loaded.split()} & set(HEAVY)


def test_the_program_explains_how_to_install_missing_requirements() -> None:
    ended = python(BARE)
    assert ended.returncode == 1
    assert ended.stderr.startswith("vmr: typer is not installed for ")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_can_be_loaded(name: str) -> None:
    command = typer.main.get_command(app).get_command(None, name)  # type: ignore[attr-defined]
    assert command.name == name
    assert command.help
