"""An installation interrupted at any point, for any reason, is completed by the next one.

The installer is real. The commands are stand-ins that write partial files and stop at a given point.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="child processes end with their parent only on Linux")

STAND_INS = Path(__file__).with_name("stand_ins")
SOURCES = ("__init__.py", "setup.py", "node_runtime.py", "processes.py", "install")
STARTUP_TIMEOUT = 30.0  # seconds within which the installer must reach a point
POINTS = {
    "venv": "the environment is half created",
    "uv": "uv is half downloaded",
    "sync": "a package is half unpacked",
    "synced": "all packages are installed, but not the worker runtime",
    "host": "the worker runtime is half unpacked",
    "stamp": "all Python packages are installed, but this is not yet recorded",
    "azurite": "node_modules is half created",
    "rename": "node_modules is complete, but has not been moved into place",
    "checks": "the pane's checks are half created",
    "chromium": "dpkg is running",
}
OURS = ("stamp", "rename")
"""Points in the installer's own code where no command is running."""
SOFT = ("checks", "chromium")
"""Optional parts: without them, some tests are skipped."""
SIGNALS = {"Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM, "kill -9": signal.SIGKILL}
FAULTS = {"full disk": "the disk is full", "no network": "the network or a package registry cannot be reached"}


@dataclass(frozen=True)
class Project:
    """A clone that contains the installer, and stand-ins for the commands that it calls."""

    root: Path

    def start(self, point: str = "", how: str = "", purpose: str = "test") -> "subprocess.Popen[str]":
        paths = {name.upper(): str(self.root / name) for name in ("reached", "go", "bin")}
        path = f"{STAND_INS}:{self.root / 'bin'}:{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "STAND_INS": str(STAND_INS), **paths}
        (self.root / "reached").unlink(missing_ok=True)
        return subprocess.Popen(
            [sys.executable, STAND_INS / "driver.py", purpose],
            cwd=self.root,
            env={**env, "POINT": point, "HOW": how, "CHROMIUM": "", "PYTHONPATH": str(self.root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, point: str = "", how: str = "", purpose: str = "test") -> tuple[int, str]:
        """Run the installer to completion, and return its exit code and output."""
        process = self.start(point, how, purpose)
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    def interrupt(self, point: str, number: signal.Signals) -> tuple[int, str]:
        """Run the installer, and send it a signal when it reaches the given point."""
        process = self.start(point, "wait")
        until = time.monotonic() + STARTUP_TIMEOUT
        while not (self.root / "reached").exists():
            assert process.poll() is None, f"{point} was never reached: {process.communicate()[0]}"
            assert time.monotonic() < until, f"{point} was never reached"
            time.sleep(0.01)
        process.send_signal(number)
        (self.root / "go").touch()
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    def tree(self) -> dict[str, str]:
        """All installed files, with their contents."""
        places = (".venv", "dev/node", "tests/browser/node", "addin/vendor", "bin")
        files = (file for place in places for file in (self.root / place).rglob("*") if file.is_file())
        return {str(file.relative_to(self.root)): file.read_text().replace(str(self.root), "") for file in files}


def make(root: Path) -> Project:
    (root / "bin").mkdir(parents=True)
    for name in SOURCES:
        source = ROOT / "dev" / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, (root / "dev" / name).parent if source.is_file() else root / "dev" / name)
    for lock in ("dev/requirements-run.txt", "dev/requirements-host.txt", "dev/requirements-node.txt"):
        (root / lock).write_text("uv==1.2.3 \\\n    --hash=sha256:00\n")
    (root / "requirements-dev.txt").write_text("more\n")
    for folder in ("dev/node", "tests/browser/node"):
        (root / folder).mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            (root / folder / name).write_text("{}")
    (root / "addin").mkdir()
    return Project(root)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "clone" / "dev").mkdir(parents=True)
    return make(tmp_path / "clone")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files that exist after an uninterrupted installation."""
    folder = tmp_path_factory.mktemp("whole") / "clone"
    (folder / "dev").mkdir(parents=True)
    undisturbed = make(folder)
    code, said = undisturbed.run()
    assert code == 0, said
    tree = undisturbed.tree()
    assert {text.strip() for text in tree.values()} >= {"whole"}
    assert "half" not in tree.values()
    return tree


def assert_mended(project: Project, whole: dict[str, str]) -> None:
    code, said = project.run()
    assert code == 0, said
    assert project.tree() == whole
    assert project.run() == (0, ""), "another run has nothing to do"


@pytest.mark.parametrize("how", SIGNALS)
@pytest.mark.parametrize("point", POINTS)
def test_the_next_run_completes_an_interrupted_installation(
    project: Project, whole: dict[str, str], point: str, how: str
) -> None:
    code, said = project.interrupt(point, SIGNALS[how])
    assert "Traceback" not in said
    if how == "kill -9":
        assert code == -signal.SIGKILL
    else:
        assert code == 130
        assert said.splitlines()[-1] == "Interrupted. `make test` continues from here."
    assert_mended(project, whole)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("point", [point for point in POINTS if point not in OURS])
def test_the_next_run_completes_a_failed_installation(
    project: Project, whole: dict[str, str], point: str, fault: str
) -> None:
    code, said = project.run(point, fault)
    assert "Traceback" not in said
    assert FAULTS[fault] in said
    if point in SOFT:
        assert code == 0
        assert "will be skipped" in said
    else:
        assert code == 1
        assert len(said.splitlines()[-1].split(". ")) > 1
        named = next(Path(word.rstrip(".")) for word in said.split() if word.rstrip(".").endswith(".log"))
        assert named.read_text()
    assert_mended(project, whole)


CHANGES: dict[str, Callable[[Path], object]] = {
    "changed requirements for running": lambda root: (root / "dev/requirements-run.txt").write_text(
        "uv==1.2.4 \\\n    --hash=x\n"
    ),
    "changed requirements for tests": lambda root: (root / "requirements-dev.txt").write_text("newer"),
    "no Python": lambda root: (root / ".venv/bin/python").unlink(),
    "no uv": lambda root: (root / ".venv/bin/uv").unlink(),
    "no environment": lambda root: shutil.rmtree(root / ".venv"),
    "no node_modules": lambda root: shutil.rmtree(root / "dev/node/node_modules"),
    "another program's half-finished node_modules": lambda root: (root / "dev/node/node_modules/.made-by").unlink(),
    "no library": lambda root: (root / "addin/vendor/msal-browser.LICENSE").unlink(),
    "another library": lambda root: (root / "addin/vendor/msal-browser.LICENSE").write_text("mine"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_installation_repairs_whatever_has_changed(project: Project, change: str) -> None:
    assert project.run()[0] == 0
    assert project.run() == (0, ""), "a second run does nothing"
    CHANGES[change](project.root)
    code, said = project.run()
    assert code == 0, said
    assert "nothing is left" in said
    assert project.run() == (0, "")


def test_packages_installed_for_tests_are_sufficient_for_running(project: Project) -> None:
    assert project.run()[0] == 0
    (project.root / "requirements-dev.txt").write_text("newer")
    assert project.run(purpose="run") == (0, "")
    assert "Python packages" in project.run()[1]


def test_installing_for_running_removes_nothing_that_tests_need(project: Project) -> None:
    """The installation step of `make run` must not interfere with running tests, because one of them starts
    `make run`.
    """
    assert project.run()[0] == 0
    (project.root / "dev/requirements-run.txt").write_text("uv==1.2.4 \\\n    --hash=sha256:00\n")
    assert "Python packages" in project.run(purpose="run")[1]
    assert (project.root / ".venv/lib/synced").read_text().split()[-1] == str(project.root / "requirements-dev.txt")
    assert project.run() == (0, "")


def test_installing_for_running_installs_no_browser_and_no_checks(project: Project) -> None:
    code, said = project.run(purpose="run")
    assert code == 0, said
    assert {line.split("  ")[1] for line in said.splitlines()[1:]} == {
        "Python environment", "Python packages", "Command line", "Azurite", "Libraries for pages",
    }  # fmt: skip
    assert not (project.root / "tests/browser/node/node_modules").exists()
    assert project.run(purpose="run") == (0, "")


def test_each_step_reports_its_duration_and_the_remaining_steps(project: Project) -> None:
    lines = project.run()[1].splitlines()
    assert lines[0] == f"Setting up `make test`. The tools' output is in {project.root / '.setup'}."
    assert all(
        re.fullmatch(r"  [A-Z][A-Za-z' ]{23} +\d+\.\d s   (left: .+|nothing is left)", line) for line in lines[1:]
    )
    assert len(lines) == 8


def test_a_second_installation_waits_for_processes_left_by_a_killed_one(
    project: Project, whole: dict[str, str]
) -> None:
    """When an installation is killed, its commands end with it, but processes that they started may still
    be writing.
    """
    process = project.start("azurite", "linger")
    while not (project.root / "reached").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    second = project.start()
    assert second.stdout is not None
    assert second.stdout.readline() == "Waiting for another set-up in this folder to finish.\n"
    (project.root / "go").touch()
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 0, said
    assert project.tree() == whole
