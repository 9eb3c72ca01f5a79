"""Runs the programs in infra/ against the fake Azure CLI (tests/fakes/az)."""

import contextlib
import importlib
import io
import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from infra import package, smoke

ROOT = Path(__file__).resolve().parents[2]
FAKES = ROOT / "tests" / "fakes"

PROGRAMS = {
    "deploy.sh": "infra.deploy",
    "custom-domain.sh": "infra.custom_domain",
    "grants/entra.sh": "infra.grants.entra",
    "grants/service-provider.sh": "infra.grants.service_provider",
    "live-check": "infra.live_check.__main__",
}
"""The scripts that an administrator calls, and the module that each one runs."""

READING = ("show", "list", "exists", "what-if", "version", "list-flexconsumption-", "show-usage", "build-params")
"""Words that occur only in az commands that change nothing."""

EMPTY: dict[str, Any] = {
    "version": "2.91.0",
    "account": {
        "id": "sub",
        "name": "Subscription",
        "type": "user",
        "user": "admin@example.com",
        "tenant": "tenant",
    },
    "providers": ["Microsoft.Web", "Microsoft.Storage", "Microsoft.KeyVault", "Microsoft.Network"],
    "runtimes": ["3.12", "3.13"],
    "storage_usage": [3, 250],
    "permissions": [{"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}],
    "parameters": {
        "name": "vmr",
        "publicHostName": "",
        "privateNetwork": False,
        "adminAddresses": [],
        "storageRedundancy": "Standard_ZRS",
    },
    "groups": {},
    "deployed": False,
    "environment": {},
    "deleted_vaults": {},
    "secrets": {},
    "alerts": {},
    "package": "",
    "faults": {},
    "applications": {},
    "ignores_patches": False,
    "principals": [],
    "federations": [],
    "role_assignments": [],
    "hosts": {},
}


@dataclass(frozen=True)
class Ran:
    """The output and the actions of a run. `calls` are the calls to az and those that build and try out the package, in
    order.
    """

    code: int
    output: str
    calls: list[list[str]]

    @property
    def changes(self) -> list[str]:
        """The az commands that could change something, without their options."""
        commands = [words_of(call) for call in self.calls if call[0] != "python"]
        return [c for c in commands if not c.split()[-1].startswith(READING) and c != "rest get"]

    def count(self, command: str) -> int:
        """The number of calls that began with a command."""
        return sum(" ".join(call).startswith(command) for call in self.calls)


def words_of(call: list[str]) -> str:
    """An az call without its options, except the method of `rest`."""
    words = []
    for word in call:
        if word.startswith("--"):
            break
        words.append(word)
    if words == ["rest"]:
        words.append(call[call.index("--method") + 1])
    return " ".join(words)


class Azure:
    """A simulated Azure, and a machine with az installed."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self._state = directory / "state.json"
        self._calls = directory / "calls.jsonl"
        self._monkeypatch = monkeypatch
        binaries, scratch = directory / "bin", directory / "tmp"
        binaries.mkdir()
        scratch.mkdir()
        # Isolated and without site packages, Python starts in a third of the time, which matters with so many calls.
        program = f"#!{sys.executable} -IS\n" + (FAKES / "az").read_text().partition("\n")[2]
        (binaries / "az").write_text(program)
        (binaries / "az").chmod(0o755)
        self._environment = {
            "PATH": str(binaries),
            "TMPDIR": str(scratch),
            "AZ_STATE": str(self._state),
            "AZ_CALLS": str(self._calls),
            "DEPLOY_PAUSE": "0",
            "DEPLOY_TRIES": "3",
        }
        self.save(EMPTY)

    @property
    def state(self) -> dict[str, Any]:
        """The simulated Azure's current state."""
        state: dict[str, Any] = json.loads(self._state.read_text())
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Set the simulated Azure's state."""
        self._state.write_text(json.dumps(state))

    def change(self, **fields: Any) -> None:
        """Change parts of the simulated Azure."""
        self.save(self.state | fields)

    def parameters(self, **values: Any) -> None:
        """Change values in the parameter file."""
        self.change(parameters=self.state["parameters"] | values)

    def fail(self, command: str, stderr: str, times: int = 1) -> None:
        """Make the next calls that begin with `command` fail."""
        self.change(faults=self.state["faults"] | {command: {"stderr": stderr, "times": times}})

    def run(
        self,
        script: str,
        *arguments: str,
        package: str = "package 1",
        smoke_faults: tuple[str, ...] = (),
        spawn: bool = False,
        **environment: str,
    ) -> Ran:
        """Run a program in infra/ without a terminal.

        `package` is the package's content. Checks of the app find these `smoke_faults` in turn, and then none. With
        `spawn`, az is a process, as on an administrator's machine; otherwise its calls are handled in this process,
        which takes a hundredth of the time.
        """
        self._calls.write_text("")
        output, faults = io.StringIO(), list(smoke_faults)
        with (
            self._monkeypatch.context() as patch,
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            for name, value in (self._environment | environment).items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO())
            patch.setattr("tempfile.tempdir", None)
            self._without_packages(patch, package, faults)
            if not spawn:
                patch.setattr("infra.azure.subprocess", _AzInProcess)
            code = _main(script, list(arguments))
        assert not any((self.directory / "tmp").iterdir()), "temporary files were left behind"
        return Ran(code, output.getvalue(), [json.loads(line) for line in self._calls.read_text().splitlines()])

    def _without_packages(self, patch: pytest.MonkeyPatch, content: str, faults: list[str]) -> None:
        """Other tests build the real package and call the real app, so here both steps only record that they ran."""

        def note(*call: str) -> None:
            with self._calls.open("a") as calls:
                calls.write(json.dumps(["python", *call]) + "\n")

        def build(output: Path, python_version: str) -> package.Package:
            note("package.py", python_version)
            output.write_text(content)
            return package.Package(output, content.ljust(64, "0"), 1, 1, 1, True, 1.0)

        def first_fault(base: str, timeout: float, pause: float) -> str:
            note("smoke.py", base)
            return faults.pop(0) if faults else ""

        patch.setattr("infra.package.build", build)
        patch.setattr(smoke, "first_fault", first_fault)


class _AzInProcess:
    """The part of `subprocess` that infra.azure uses."""

    @staticmethod
    def run(command: list[str], *, capture_output: bool, text: bool, check: bool) -> subprocess.CompletedProcess[str]:
        """Run the fake CLI. Its state is in files, so no call leaves anything in memory for the next."""
        assert (Path(command[0]).name, capture_output, text, check) == ("az", True, True, False)
        output, errors, code = io.StringIO(), io.StringIO(), 0
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            try:
                _stand_in().main(command[1:])
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
                errors.write(f"{end.code}\n" if isinstance(end.code, str) else "")
        return subprocess.CompletedProcess(command, code, output.getvalue(), errors.getvalue())


@cache
def _stand_in() -> ModuleType:
    """The fake CLI as a module. Its file has no .py suffix, because it is a program called az."""
    loader = SourceFileLoader("stand_in_for_az", str(FAKES / "az"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def _main(script: str, arguments: list[str]) -> int:
    """Run a script's program. Returns its exit code."""
    try:
        importlib.import_module(PROGRAMS[script]).main(arguments)
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(end.code)
            return 1
        return int(end.code or 0)
    return 0


CALENDAR = {
    "AutomateProcessing": "'AutoUpdate'",
    "AddNewRequestsTentatively": "$true",
    "DeleteComments": "$false",
    "DeleteSubject": "$false",
    "AddOrganizerToSubject": "$false",
    "RemovePrivateProperty": "$false",
    "RemoveOldMeetingMessages": "$false",
    "AllowConflicts": "$true",
    "ProcessExternalMeetingMessages": "$false",
    "DeleteNonCalendarItems": "$true",
    "BookingWindowInDays": "1080",
    "MaximumDurationInMinutes": "0",
    "EnforceSchedulingHorizon": "$false",
}
"""The mailbox settings that the product needs (docs/exchange.md, "The mailbox's settings")."""
