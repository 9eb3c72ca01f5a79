"""The pane's modules: runs their tests (node:test, next to this file) and checks their types (TypeScript)."""

import re
import subprocess

import pytest

from dev.install.places import AZURITE, LIBRARIES
from tests.unit.addin.node import HERE, ROOT, package, run_node


def test_node_tests_of_the_pane_pass() -> None:
    ran = run_node("--test", *sorted(HERE.glob("*.test.js")))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    passed = re.search(r"pass (\d+)", ran.stdout)
    assert int(passed[1] if passed else 0) > 100, "fewer tests ran than expected: " + ran.stdout


@pytest.mark.lint
@pytest.mark.parametrize("folder", ["addin", "console", "dev/demo"])
def test_types_in_the_pages_modules_are_correct(folder: str) -> None:
    ran = run_node(package("typescript") / "bin" / "tsc", "-p", ROOT / folder / "jsconfig.json")
    assert ran.returncode == 0, ran.stdout


def test_no_third_party_library_is_in_the_repository() -> None:
    """dev/install copies third-party libraries into vendor folders, from the packages in dev/node's lock file."""
    kept = subprocess.run(["git", "ls-files", "*/vendor"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert kept.stdout == ""
    for name, source in LIBRARIES.items():
        assert (ROOT / name).read_bytes() == (AZURITE / "node_modules" / source).read_bytes()
