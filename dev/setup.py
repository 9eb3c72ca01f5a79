"""Makes .venv, dev/node/node_modules and addin/vendor ready.

Standard library only: the machine's own Python runs it, first of all.

Run as `python3 -m dev.setup` in the project's root; any Python 3 can read this file, so that an old one is told so.
It does nothing when nothing has changed since the last time, which takes a few hundredths of a second.
"""

import hashlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev.node_runtime import machine_has_node, npm

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE = ROOT / "dev" / "node"
STAMP = VENV / "setup-stamp"
VENDOR = ROOT / "addin" / "vendor"
LIBRARIES = {
    "msal-browser.min.js": "@azure/msal-browser/lib/msal-browser.min.js",
    "msal-browser.LICENSE": "@azure/msal-browser/LICENSE",
}
"""What the pane is served with and we have not written: by name in addin/vendor, from dev/node/node_modules."""

INPUTS = (
    Path(__file__),
    ROOT / "requirements-dev.txt",
    ROOT / "dev" / "requirements-host.txt",
    ROOT / "dev" / "requirements-node.txt",
    NODE / "package-lock.json",
)


def main() -> None:
    """Install what is missing; ends the program with one sentence when that cannot be done."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            "Python {}.{} or newer is needed, this is {}: try `make PYTHON=python3.12 …`.".format(
                *OLDEST_PYTHON, sys.version.split()[0]
            )
        )
    stamp = wanted_stamp()
    there = (PYTHON, NODE / "node_modules", STAMP, *(VENDOR / name for name in LIBRARIES))
    if all(path.exists() for path in there) and STAMP.read_text() == stamp:
        return
    # A half-finished installation must not look like a finished one.
    STAMP.unlink(missing_ok=True)
    install()
    STAMP.write_text(stamp)


def wanted_stamp() -> str:
    """What the installation depends on: this Python, the lock files, this program."""
    digest = hashlib.sha256(sys.version.encode())
    for file in INPUTS:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def install() -> None:
    """Everything; what comes from npm at the same time as the rest, for that takes as long."""
    run("Making .venv", sys.executable, "-m", "venv", VENV)
    if not machine_has_node():
        pip("Installing Node", "-r", ROOT / "dev" / "requirements-node.txt")
    with ThreadPoolExecutor() as pool:
        node_packages = pool.submit(install_node_packages)
        install_python_packages()
        node_packages.result()


def install_node_packages() -> None:
    """Azurite, and the pane's libraries, which are served from addin/vendor."""
    run("Installing Azurite and the pane's libraries", *npm(), "ci", "--no-audit", "--no-fund", cwd=NODE)
    VENDOR.mkdir(exist_ok=True)
    for name, source in LIBRARIES.items():
        shutil.copy(NODE / "node_modules" / source, VENDOR / name)


def install_python_packages() -> None:
    """The locked requirements, and the worker runtime past its `Python >= 3.13` (see requirements-host.in)."""
    pip("Installing the Python packages", "-r", ROOT / "requirements-dev.txt")
    host = ROOT / "dev" / "requirements-host.txt"
    pip("Installing the Functions worker runtime", "--no-deps", "--ignore-requires-python", "-r", host)


def pip(title: str, *arguments: object) -> None:
    """One `pip install` with verified hashes."""
    run(title, PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", *arguments)


def run(title: str, *command: object, cwd: Path = ROOT) -> None:
    """Run a command with its output shown; ends the program when it fails."""
    print(f"== {title}", flush=True)
    code = subprocess.run([str(part) for part in command], cwd=cwd, check=False).returncode
    if code != 0:
        sys.exit(f"{title} failed (exit {code}): see the lines above, fix the cause, and run make again.")


if __name__ == "__main__":
    main()
