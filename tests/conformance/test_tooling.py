"""The tools around the code: make, continuous integration, hooks and the container all call the same commands."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

from tests.support import ROOT
from tests.support.order import LONGEST, file_of, longest_first
from tests.support.shuffle import shuffled

MAKEFILE = (ROOT / "Makefile").read_text()
README = (ROOT / "README.md").read_text()


def yaml(path: str) -> Any:
    return YAML(typ="safe").load((ROOT / path).read_text())


def test_every_make_target_exists_and_is_phony() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    assert set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split()) == targets  # type: ignore[index]


def test_continuous_integration_runs_the_readme_s_test_command_and_nothing_else() -> None:
    steps = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert steps == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "exec make test </dev/null"]
    assert "make test" in README
    workflow = yaml(".github/workflows/ci.yml")
    commands = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    assert commands == [".ci/run"]
    assert workflow["permissions"] == {"contents": "read"}


def test_continuous_integration_runs_the_oldest_python_and_that_of_azure() -> None:
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    azure = re.search(r"version: '(3\.\d+)'", (ROOT / "infra/bicep/modules/app.bicep").read_text())
    assert azure
    matrix = yaml(".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert matrix[0] == oldest
    assert matrix[1] == azure[1]


@pytest.mark.parametrize(("hook", "target"), [("lint", "make lint"), ("types", "make types")])
def test_hooks_run_the_same_commands_as_make(hook: str, target: str) -> None:
    hooks = {each["id"]: each for each in yaml(".pre-commit-config.yaml")["repos"][0]["hooks"]}
    assert hooks[hook]["entry"] == target
    assert hooks[hook]["pass_filenames"] is False


def test_every_lock_file_is_updated_automatically() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    updates = {each["package-ecosystem"]: each for each in yaml(".github/dependabot.yml")["updates"]}

    def folders(*names: str) -> set[str]:
        found = (path.rpartition("/") for path in listed)
        return {f"/{folder}" for folder, _, name in found if any(re.fullmatch(each, name) for each in names)}

    assert set(updates["npm"]["directories"]) == folders(r"package-lock\.json")
    assert set(updates["pip"]["directories"]) == folders(r"requirements.*\.txt")
    assert {updates["docker"]["directory"]} == folders("Dockerfile")


def test_the_container_installs_everything_and_exposes_the_stack() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["postCreateCommand"] == "make tools"
    assert container["forwardPorts"] == [7071, 7072]
    assert (ROOT / ".devcontainer" / container["build"]["dockerfile"]).exists()


def test_the_version_is_defined_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "shared.__version__"}


def test_make_test_runs_every_folder_of_tests() -> None:
    folders = re.search(r"^FOLDERS := (.*)$", MAKEFILE, re.MULTILINE)
    assert folders
    holding = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    assert {folder.removeprefix("tests/") for folder in folders[1].split()} == {
        name for name in holding if name != "data" and "node_modules" not in name
    }


@pytest.mark.parametrize("linter", ["tests/unit/addin/test_modules.py", "tests/conformance/test_infra_scripts.py"])
def test_make_lint_runs_every_linter(linter: str) -> None:
    assert "pytest.mark.lint" in (ROOT / linter).read_text()
    assert linter in MAKEFILE
    marked = subprocess.run(
        ["git", "grep", "-l", "pytest.mark.lint$", "--", "tests"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert len(marked.stdout.split()) == 2


def test_a_shuffle_seed_gives_an_order_that_keeps_files_together() -> None:
    names = [f"tests/test_{file}.py::test_{number}" for file in "abcdef" for number in range(9)]
    items = [cast(pytest.Item, SimpleNamespace(nodeid=name)) for name in names]

    def order(seed: str) -> list[str]:
        return [item.nodeid for item in shuffled(items, seed)]

    assert order("one") == order("one") != order("two")
    assert sorted(order("one")) == names
    assert len(list(groupby(order("one"), lambda name: name.partition("::")[0]))) == 6


def test_the_longest_test_files_start_first() -> None:
    assert [name for name in LONGEST if not (ROOT / name).is_file()] == []
    names = [
        "tests/browser/test_a.py::test",
        *(f"{name}::test" for name in reversed(LONGEST)),
        "tests/unit/test_b.py::test",
    ]
    items = [cast(pytest.Item, SimpleNamespace(nodeid=name)) for name in names]
    assert [file_of(item) for item in longest_first(items)] == [
        *LONGEST, "tests/browser/test_a.py", "tests/unit/test_b.py",
    ]  # fmt: skip


def test_linters_run_in_parallel_with_the_tests() -> None:
    """The tests must not inherit MAKEFLAGS: a make started by a test would otherwise look for the job server of the
    outer make."""
    said = subprocess.run(["make", "--dry-run", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for command in ("ruff check", "mypy", "dev.audit", "MAKEFLAGS= "):
        assert command in said


def test_the_installed_command_line_has_every_file_that_it_reads(tmp_path: Path) -> None:
    """`uv tool install .` copies modules, but no other files except those listed in `package-data`."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"].get("package-data", {})
    listed = subprocess.run(["git", "ls-files", "shared"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for path in map(Path, listed.split()):
        named = data.get(".".join(path.parent.parts), [])
        if path.suffix == ".py" or any(path.match(pattern) for pattern in named):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, tmp_path / path)
    (tmp_path / "corp.yaml").write_text("- name: Example Corp\n  description: A customer\n")
    words = ["-m", "shared.cli", "integrations", "validate", "--partial", "corp.yaml"]
    ran = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("1 integration, no problems found.\n", "")
