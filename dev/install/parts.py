"""What there is to install, when each part of it counts as whole, and how it gets so.

A part is complete if a stamp says so. Stamps are removed before a part is touched and written atomically when it is
complete; Node packages are built next to their place and renamed into it. Whatever interrupts an installation, the next
one finds no stamp, and builds that part from scratch.
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
"""Not .venv's own, which somebody may have activated: it is about to be replaced."""


class Part(Protocol):
    """One line of the installation. `optional` says what a failure means, "" if it ends the installation."""

    title: str
    optional: str

    def ready(self) -> bool:
        """Whether it exists, complete, and matches the current lock files. Costs a few milliseconds."""

    def install(self, steps: Steps) -> None:
        """Make it so. Raises SetupError."""


class PythonEnvironment:
    """.venv of the machine's Python, with uv in it, which installs everything else."""

    title = "Python environment"
    optional = ""
    stamp = "made-of"

    def ready(self) -> bool:
        """Whether nothing has touched it since it was last complete."""
        return places.PYTHON.exists() and places.UV.exists() and _read(places.VENV / self.stamp) == sys.version

    def install(self, steps: Steps) -> None:
        """Make it from nothing."""
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
    """The packages of a lock file, and the Functions worker runtime past its `Python >= 3.13`."""

    title = "Python packages"
    optional = ""

    def __init__(self, lock: Path) -> None:
        self._lock = lock

    def ready(self) -> bool:
        """Whether the environment holds them. What tests need holds what running needs."""
        return PythonEnvironment().ready() and _contents(self._lock) <= self._stamped() and node_is_there()

    def install(self, steps: Steps) -> None:
        """Exactly these; a package that no lock file names goes. Those of tests stay where they are."""
        lock = places.TEST_LOCK if any(places.TEST_LOCK.name in line for line in self._stamped()) else self._lock
        made = places.VENV / PythonEnvironment.stamp
        for stamp in (made, self._stamp()):
            stamp.unlink(missing_ok=True)
        self._uv(steps, "sync", *([lock] if machine_has_node() else [lock, places.NODE_LOCK]))
        # It runs on 3.11, too (dev/requirements-host.in): uv is told to install for a newer Python.
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
    """The program `vmr`, of this clone's sources; `uv tool install .` installs a copy of them instead."""

    title = "Command line"
    optional = ""
    _text = """#!/bin/sh
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
PYTHONPATH="$here/../.." exec "$here/python" -m shared.cli "$@"
"""

    def ready(self) -> bool:
        """Whether the program exists, and belongs to this clone."""
        return PythonEnvironment().ready() and _read(places.VMR) == self._text

    def install(self, steps: Steps) -> None:
        """Write it."""
        write_whole(places.VMR, self._text)
        places.VMR.chmod(0o755)


class NodePackages:
    """The packages of a folder's package-lock.json, in its node_modules."""

    def __init__(self, title: str, folder: Path, optional: str = "") -> None:
        self.title = title
        self.optional = optional
        self._folder = folder
        self._stamp = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()

    def ready(self) -> bool:
        """Whether node_modules was built from this lock file."""
        return _read(self._folder / "node_modules" / ".made-by") == self._stamp

    def install(self, steps: Steps) -> None:
        """Build it next to its place, and move it there once it is complete."""
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
    """What addin/vendor and console/vendor hold: copies out of node_modules."""

    title = "Libraries of pages"
    optional = ""

    def ready(self) -> bool:
        """Whether every copy is that of today's node_modules."""
        source = places.AZURITE / "node_modules"
        pairs = [(places.ROOT / name, source / path) for name, path in places.LIBRARIES.items()]
        return all(mine.is_file() and _bytes(mine) == _bytes(theirs) for mine, theirs in pairs)

    def install(self, steps: Steps) -> None:
        """Copy them."""
        for name, path in places.LIBRARIES.items():
            copy = places.ROOT / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            draft = copy.with_name(f".{copy.name}")
            shutil.copy(places.AZURITE / "node_modules" / path, draft)
            draft.replace(copy)


class Browser:
    """Chromium for the tests of pages."""

    title = "Chromium"
    optional = "Tests in a browser will be skipped."

    def ready(self) -> bool:
        """Whether there is one."""
        return bool(browser.chromium())

    def install(self, steps: Steps) -> None:
        """Debian's, where this may be done."""
        browser.install(self.title, steps)


def for_running() -> list[Part]:
    """What the local stack, the command line and the package are made with."""
    return [PythonEnvironment(), PythonPackages(places.RUN_LOCK), CommandLine(), _azurite(), PageLibraries()]


def for_tests() -> list[Part]:
    """What tests and linters need on top."""
    checks = NodePackages("Checks of the pane", places.PANE_CHECKS, "Tests that need them will be skipped.")
    python: list[Part] = [PythonEnvironment(), PythonPackages(places.TEST_LOCK), CommandLine()]
    return [*python, _azurite(), PageLibraries(), checks, Browser()]


PURPOSES: Mapping[str, Callable[[], list[Part]]] = {"run": for_running, "test": for_tests}


def _azurite() -> Part:
    return NodePackages("Azurite", places.AZURITE)


def lanes(missing: Sequence[Part]) -> list[list[Part]]:
    """What may be installed at the same time. Node comes with the Python packages where the machine has none."""
    python = [part for part in missing if isinstance(part, PythonEnvironment | PythonPackages | CommandLine)]
    system = [part for part in missing if isinstance(part, Browser)]
    node = [part for part in missing if part not in python and part not in system]
    both = [python, node] if machine_has_node() else [python + node]
    return [lane for lane in (*both, system) if lane]


def locked(lock: str, name: str) -> str:
    """One package's lines of a lock file, hashes and all. Raises SetupError."""
    found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    if found is None:
        raise SetupError(f"The lock file does not name {name}: run `make lock`.")
    return found[0]


def uv_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What uv must be told that pip reads from its own variables: which index, which certificates."""
    wanted = {"UV_DEFAULT_INDEX": "PIP_INDEX_URL", "SSL_CERT_FILE": "PIP_CERT"}
    return {mine: environ[theirs] for mine, theirs in wanted.items() if mine not in environ and environ.get(theirs)}


def _contents(lock: Path) -> set[str]:
    """What an environment built from a lock file contains: a line for each lock file that it matches."""
    locks = {places.RUN_LOCK, lock, places.HOST_LOCK}
    return {f"{each.name} {hashlib.sha256(each.read_bytes()).hexdigest()}" for each in locks}


def _read(file: Path) -> str:
    return file.read_text() if file.is_file() else ""


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def write_whole(file: Path, text: str) -> None:
    """Write all of it or nothing, also when the machine stops in between."""
    draft = file.with_name(f"{file.name}.part")
    with draft.open("w") as output:
        output.write(text)
        output.flush()
        os.fsync(output.fileno())
    draft.replace(file)
