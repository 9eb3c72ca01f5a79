"""Runs Node for the tests of the pane's modules."""

import subprocess
from pathlib import Path

import pytest

from dev.node_runtime import NodeMissing, node

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PACKAGES = ROOT / "tests" / "browser" / "node" / "node_modules"


def run_node(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run Node to completion, or skip the test if Node is not installed."""
    try:
        command = [*node(), *map(str, arguments)]
    except NodeMissing as missing:
        pytest.skip(str(missing))
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, text=True, check=False, timeout=120)


def package(name: str) -> Path:
    """Return the folder of an npm package, or skip the test if it is not installed."""
    if not (PACKAGES / name).is_dir():
        pytest.skip(f"{name} is missing: `python3 -m dev.setup test` installs it")
    return PACKAGES / name
