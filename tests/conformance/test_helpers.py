"""Test helpers belong in the folder that uses them, or in tests/support if several folders use them."""

import re
from collections import Counter
from pathlib import Path

from tests.support import ROOT
from tests.support.imports import imported

COMMON = ("tests.support", "tests.fakes")
OF_TESTS = {"tests/conformance/test_infra_drift.py"}
"""This module is exempt because it tests other tests. It runs them against copies in which something has drifted."""


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(file): file for file in (ROOT / "tests").rglob("*.py") if "node_modules" not in file.parts}


def uses() -> set[tuple[str, str]]:
    """The test modules that each file imports."""
    return {(user, module) for user, file in FILES.items() for module in imported(file) if module in FILES}


def test_no_test_imports_another_test_module() -> None:
    wrong = {
        (user, module)
        for user, module in uses()
        if module.rpartition(".")[2].startswith(("test_", "conftest"))
        and str(FILES[user].relative_to(ROOT)) not in OF_TESTS
    }
    assert wrong == set()


def test_helpers_that_several_folders_use_are_in_support() -> None:
    wrong = {
        (user, module)
        for user, module in uses()
        if not module.startswith(COMMON)
        and FILES[module].name != "__init__.py"
        and not user.startswith(module.rpartition(".")[0] + ".")
    }
    assert wrong == set()


def test_every_world_class_has_a_unique_name() -> None:
    found = Counter(
        name
        for place in ("tests", "bench", "dev")
        for file in (ROOT / place).rglob("*.py")
        if "node_modules" not in file.parts
        for name in re.findall(r"^ *class (\w*World)\b", file.read_text(), re.MULTILINE)
    )
    assert found
    assert [name for name, count in found.items() if count > 1 or name == "World"] == []
