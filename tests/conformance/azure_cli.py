"""Running the scripts of infra/ against the stand-in of the Azure CLI (tests/fakes/az)."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FAKES = ROOT / "tests" / "fakes"

READING = ("show", "list", "exists", "what-if", "version", "list-flexconsumption-", "show-usage")
"""The words of az commands that change nothing."""

# Building and asking the real package and app is other tests' business: these two only say that they were called.
PYTHON = f"""
import os, sys
script = sys.argv[1].rpartition("/")[2] if len(sys.argv) > 1 else ""
if script in ("package.py", "smoke.py"):
    with open(os.environ["AZ_CALLS"], "a") as calls:
        print('["' + '", "'.join(["python", script, *sys.argv[2:]]) + '"]', file=calls)
    if script == "package.py":
        with open(sys.argv[sys.argv.index("--output") + 1], "w") as package:
            package.write(os.environ.get("PACKAGE", "package 1"))
    sys.exit(os.environ.get("SMOKE_FAULT") if script == "smoke.py" else 0)
os.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])
"""


@dataclass(frozen=True)
class Ran:
    """What a script's run left behind. `calls` are those of az and of the two Python programs, in order."""

    code: int
    output: str
    calls: list[list[str]]

    @property
    def changes(self) -> list[str]:
        """The az commands that could change something, without their options."""
        commands = [words_of(call) for call in self.calls if call[0] != "python"]
        return [c for c in commands if not c.split()[-1].startswith(READING) and c != "rest get"]

    def count(self, command: str) -> int:
        """How many calls began with this command."""
        return sum(" ".join(call).startswith(command) for call in self.calls)


def words_of(call: list[str]) -> str:
    """An az call without its options; `rest` with its method."""
    words = []
    for word in call:
        if word.startswith("--"):
            break
        words.append(word)
    if words == ["rest"]:
        words.append(call[call.index("--method") + 1])
    return " ".join(words)


class Azure:
    """A make-believe Azure, and a machine with az on it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._state = directory / "state.json"
        self._bin = directory / "bin"
        self._bin.mkdir()
        self._put("az", (FAKES / "az").read_text().partition("\n")[2])
        self._put("python3", PYTHON)
        self.save(
            {
                "version": "2.75.0",
                "account": {
                    "id": "sub",
                    "name": "Subscription",
                    "type": "user",
                    "user": "admin@example.com",
                    "tenant": "tenant",
                },
                "providers": ["Microsoft.Web", "Microsoft.Storage", "Microsoft.KeyVault", "Microsoft.Network"],
                "runtimes": ["3.12", "3.13"],
                "storage_usage": ["3", "250"],
                "roles": ["Owner"],
                "groups": {},
                "deployed": False,
                "outputs": [
                    "vmrapp",
                    "vmrapp.azurewebsites.net",
                    "https://vmrapp.azurewebsites.net",
                    "vmrvault",
                    "tag-signing-key policy-password-hash",
                    "client",
                    "principal",
                ],
                "secrets": {},
                "secret_file_modes": [],
                "package": "",
                "faults": {},
                "applications": {},
                "principals": [],
                "federations": [],
                "role_assignments": [],
                "hosts": {},
            }
        )

    def _put(self, name: str, program: str) -> None:
        # Isolated and without site packages: it starts in a third of the time, and there are many calls.
        (self._bin / name).write_text(f"#!{sys.executable} -IS\n{program}")
        (self._bin / name).chmod(0o755)

    @property
    def state(self) -> dict[str, Any]:
        """What there is."""
        state: dict[str, Any] = json.loads(self._state.read_text())
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Make it so."""
        self._state.write_text(json.dumps(state))

    def change(self, **fields: Any) -> None:
        """Change some of it."""
        self.save(self.state | fields)

    def fail(self, command: str, stderr: str, times: int = 1) -> None:
        """Let the next calls that begin with `command` fail."""
        self.change(faults=self.state["faults"] | {command: {"stderr": stderr, "times": times}})

    def run(self, script: str, *arguments: str, **environment: str) -> Ran:
        """Run a script of infra/ with nobody at the keyboard."""
        calls = self.directory / "calls.jsonl"
        calls.write_text("")
        scratch = self.directory / "tmp"
        scratch.mkdir(exist_ok=True)
        env = {
            "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.directory),
            "TMPDIR": str(scratch),
            "AZ_STATE": str(self._state),
            "AZ_CALLS": str(calls),
            "DEPLOY_PAUSE": "0",
            "DEPLOY_TRIES": "3",
        }
        done = subprocess.run(
            [str(ROOT / "infra" / script), *arguments],
            env=env | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert not any(scratch.iterdir()), "temporary files were left behind"
        return Ran(done.returncode, done.stdout, [json.loads(line) for line in calls.read_text().splitlines()])
