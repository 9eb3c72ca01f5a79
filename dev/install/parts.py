"""The parts of an installation, with checks of whether each part is complete.

A part is complete if it has a valid stamp. The stamp is removed before the part is changed, and written atomically when
the part is complete. Node packages are built next to their final folder, and then moved into place. After an
interrupted installation there is no stamp, so the next installation builds the part from scratch.
"""

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from dev.install import browser, places
from dev.install.steps import SetupError, Steps
from dev.node_runtime import machine_has_node, node_is_there, npm

MACHINE_PYTHON: str = getattr(sys, "_base_executable", "") or sys.executable
"""The Python outside .venv, even if .venv is activated, because the installation replaces .venv."""


class Part(Protocol):
    """A part of the installation, with one line in its output. `optional` describes the consequences of a failure, or
    is "" if a failure ends the installation.
    """

    title: str
    optional: str

    def ready(self) -> bool:
        """Whether the part is complete and matches the current lock files. Takes a few milliseconds."""

    def install(self, steps: Steps) -> None:
        """Build the part. Raises SetupError."""


class PythonEnvironment:
    """The folder .venv. It is created with the machine's Python, and contains uv for installing all other packages."""

    title = "Python environment"
    optional = ""
    stamp = "made-of"

    def ready(self) -> bool:
        """Whether .venv is complete and was built with the current Python."""
        return places.PYTHON.exists() and places.UV.exists() and _read(places.VENV / self.stamp) == sys.version

    def install(self, steps: Steps) -> None:
        """Build .venv from scratch."""
        if places.VENV.exists():
            (places.VENV / self.stamp).unlink(missing_ok=True)
            shutil.rmtree(places.VENV)
        steps.run(self.title, MACHINE_PYTHON, "-m", "venv", places.VENV, cwd=places.ROOT)
        lock = places.STATE / "uv.txt"
        lock.write_text(locked(places.RUN_LOCK.read_text(), "uv"))
        pip = (places.PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", "-r", lock)
        steps.run(self.title, *pip, cwd=places.ROOT)
        write_whole(places.VENV / self.stamp, sys.version)


class PythonPackages:
    """The packages in a lock file, and the Functions worker runtime. The runtime is installed even though it requires
    Python 3.13.
    """

    title = "Python packages"
    optional = ""

    def __init__(self, lock: Path) -> None:
        self._lock = lock

    def ready(self) -> bool:
        """Whether the packages are installed. The packages for tests include those for running the stack."""
        return PythonEnvironment().ready() and _contents(self._lock) <= self._stamped() and node_is_there()

    def install(self, steps: Steps) -> None:
        """Install exactly these packages, and remove packages that are not in any lock file. Test packages that are
        already installed are kept.
        """
        lock = places.TEST_LOCK if any(places.TEST_LOCK.name in line for line in self._stamped()) else self._lock
        made = places.VENV / PythonEnvironment.stamp
        for stamp in (made, self._stamp()):
            stamp.unlink(missing_ok=True)
        self._uv(steps, "sync", *([lock] if machine_has_node() else [lock, places.NODE_LOCK]))
        # The runtime also works on Python 3.11 (dev/requirements-host.in). So uv is told to install the packages for a
        # newer Python.
        self._uv(steps, "install", "--no-deps", "--python-version", "3.13", "-r", places.HOST_LOCK)
        write_whole(self._stamp(), "\n".join(sorted(_contents(lock))))
        write_whole(made, sys.version)

    def _stamp(self) -> Path:
        return places.VENV / "packages"

    def _stamped(self) -> set[str]:
        return set(_read(self._stamp()).splitlines())

    def _uv(self, steps: Steps, command: str, *arguments: object) -> None:
        words = (places.UV, "pip", command, "--python", places.PYTHON, "--require-hashes", *arguments)
        steps.run(self.title, *words, cwd=places.ROOT, env=uv_environment(os.environ))


class CommandLine:
    """The program `vmr`, which runs this clone's sources. `uv tool install .` would install a copy of them."""

    title = "Command line"
    optional = ""
    _text = """#!/bin/sh
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
PYTHONPATH="$here/../.." exec "$here/python" -m shared.cli "$@"
"""

    def ready(self) -> bool:
        """Whether the program exists and belongs to this clone."""
        return PythonEnvironment().ready() and _read(places.VMR) == self._text

    def install(self, steps: Steps) -> None:
        """Write the program."""
        write_whole(places.VMR, self._text)
        places.VMR.chmod(0o755)


class NodePackages:
    """The packages in a folder's package-lock.json, installed in its node_modules."""

    def __init__(self, title: str, folder: Path, optional: str = "") -> None:
        self.title = title
        self.optional = optional
        self._folder = folder
        self._stamp = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()

    def ready(self) -> bool:
        """Whether node_modules was built from this lock file."""
        return _read(self._folder / "node_modules" / ".made-by") == self._stamp

    def install(self, steps: Steps) -> None:
        """Build node_modules next to its final folder, and move it there once it is complete."""
        place, draft = self._folder / "node_modules", self._folder / "node_modules.part"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        for name in ("package.json", "package-lock.json", ".npmrc"):
            if (self._folder / name).exists():
                shutil.copy(self._folder / name, draft)
        steps.run(self.title, *npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=draft)
        write_whole(draft / "node_modules" / ".made-by", self._stamp)
        if place.exists():
            place.rename(draft / "old")
        (draft / "node_modules").rename(place)
        shutil.rmtree(draft)


class PageLibraries:
    """The libraries in addin/vendor and console/vendor, copied from node_modules."""

    title = "Libraries for pages"
    optional = ""

    def ready(self) -> bool:
        """Whether every copy matches the current node_modules."""
        source = places.AZURITE / "node_modules"
        pairs = [(places.ROOT / name, source / path) for name, path in places.LIBRARIES.items()]
        return all(mine.is_file() and _bytes(mine) == _bytes(theirs) for mine, theirs in pairs)

    def install(self, steps: Steps) -> None:
        """Copy the libraries."""
        for name, path in places.LIBRARIES.items():
            copy = places.ROOT / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            draft = copy.with_name(f".{copy.name}")
            shutil.copy(places.AZURITE / "node_modules" / path, draft)
            draft.replace(copy)


class Browser:
    """Chromium for the browser tests."""

    title = "Chromium"
    optional = "Browser tests will be skipped."

    def ready(self) -> bool:
        """Whether a browser is available."""
        return bool(browser.chromium())

    def install(self, steps: Steps) -> None:
        """Install Debian's Chromium. Raises SetupError if the user is not allowed to install it."""
        browser.install(self.title, steps)


def for_running() -> list[Part]:
    """The parts for the local stack, the command line and the package."""
    return [PythonEnvironment(), PythonPackages(places.RUN_LOCK), CommandLine(), _azurite(), PageLibraries()]


def for_tests() -> list[Part]:
    """The parts for tests and linters."""
    checks = NodePackages("Checks for the pane", places.PANE_CHECKS, "Tests that need them will be skipped.")
    python: list[Part] = [PythonEnvironment(), PythonPackages(places.TEST_LOCK), CommandLine()]
    return [*python, _azurite(), PageLibraries(), checks, Browser()]


PURPOSES: Mapping[str, Callable[[], list[Part]]] = {"run": for_running, "test": for_tests}


def _azurite() -> Part:
    return NodePackages("Azurite", places.AZURITE)


def lanes(missing: Sequence[Part]) -> list[list[Part]]:
    """Groups of parts that may be installed in parallel. If the machine has no Node, Node is installed as one of the
    Python packages, before the parts that need it.
    """
    python = [part for part in missing if isinstance(part, PythonEnvironment | PythonPackages | CommandLine)]
    system = [part for part in missing if isinstance(part, Browser)]
    node = [part for part in missing if part not in python and part not in system]
    both = [python, node] if machine_has_node() else [python + node]
    return [lane for lane in (*both, system) if lane]


def locked(lock: str, name: str) -> str:
    """The lines for a package in a lock file, including its hashes. Raises SetupError."""
    found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    if found is None:
        raise SetupError(f"The lock file does not contain {name}. Run `make lock`.")
    return found[0]


def uv_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Environment variables for uv, with the index and certificates from pip's variables."""
    wanted = {"UV_DEFAULT_INDEX": "PIP_INDEX_URL", "SSL_CERT_FILE": "PIP_CERT"}
    return {mine: environ[theirs] for mine, theirs in wanted.items() if mine not in environ and environ.get(theirs)}


def _contents(lock: Path) -> set[str]:
    """The environment's stamp, with a line for each lock file that it matches."""
    locks = {places.RUN_LOCK, lock, places.HOST_LOCK}
    return {f"{each.name} {hashlib.sha256(each.read_bytes()).hexdigest()}" for each in locks}


def _read(file: Path) -> str:
    return file.read_text() if file.is_file() else ""


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def write_whole(file: Path, text: str) -> None:
    """Write a file atomically, even if the machine stops during the write."""
    draft = file.with_name(f"{file.name}.part")
    with draft.open("w") as output:
        output.write(text)
        output.flush()
        os.fsync(output.fileno())
    draft.replace(file)
