"""The pane's modules: their own tests (node:test, beside this file), and their types (TypeScript as a checker)."""

import re

import pytest

from tests.unit.addin.node import HERE, ROOT, package, run_node


def test_modules() -> None:
    ran = run_node("--test", *sorted(HERE.glob("*.test.js")))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    passed = re.search(r"pass (\d+)", ran.stdout)
    assert int(passed[1] if passed else 0) > 100, "most tests did not run: " + ran.stdout


@pytest.mark.parametrize("folder", ["addin", "dev/demo"])
def test_types(folder: str) -> None:
    ran = run_node(package("typescript") / "bin" / "tsc", "-p", ROOT / folder / "jsconfig.json")
    assert ran.returncode == 0, ran.stdout


def test_the_vendored_library_is_what_its_makers_publish() -> None:
    published = package("@azure/msal-browser")
    vendored = ROOT / "addin" / "vendor"
    assert (vendored / "msal-browser.min.js").read_bytes() == (published / "lib" / "msal-browser.min.js").read_bytes()
    assert (vendored / "msal-browser.LICENSE").read_bytes() == (published / "LICENSE").read_bytes()
