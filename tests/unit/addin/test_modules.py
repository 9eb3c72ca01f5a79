"""The pane's modules: their own tests (node:test, next to this file), and their types (TypeScript as a checker)."""

import re
import subprocess

import pytest

from dev.install.places import AZURITE, LIBRARIES
from tests.unit.addin.node import HERE, ROOT, package, run_node


def test_modules() -> None:
    ran = run_node("--test", *sorted(HERE.glob("*.test.js")))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    passed = re.search(r"pass (\d+)", ran.stdout)
    assert int(passed[1] if passed else 0) > 100, "most tests did not run: " + ran.stdout


@pytest.mark.lint
@pytest.mark.parametrize("folder", ["addin", "console", "dev/demo"])
def test_types(folder: str) -> None:
    ran = run_node(package("typescript") / "bin" / "tsc", "-p", ROOT / folder / "jsconfig.json")
    assert ran.returncode == 0, ran.stdout


def test_no_library_of_others_is_in_the_repository() -> None:
    """dev/install puts them into vendor folders, from the packages of dev/node's lock file."""
    kept = subprocess.run(["git", "ls-files", "*/vendor"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert kept.stdout == ""
    for name, source in LIBRARIES.items():
        assert (ROOT / name).read_bytes() == (AZURITE / "node_modules" / source).read_bytes()
