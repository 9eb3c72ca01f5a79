"""The pane's modules: their own tests (node:test, beside this file) and their types (TypeScript as a checker)."""

import re
import subprocess
from pathlib import Path

import pytest

from dev.node_runtime import NodeMissing, node

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TSC = ROOT / "tests" / "browser" / "node" / "node_modules" / "typescript" / "bin" / "tsc"


def run_node(*arguments: object) -> subprocess.CompletedProcess[str]:
    try:
        command = [*node(), *map(str, arguments)]
    except NodeMissing as missing:
        pytest.skip(str(missing))
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_modules() -> None:
    files = sorted(HERE.glob("*.test.js"))
    ran = run_node("--test", *files)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    passed = re.search(r"pass (\d+)", ran.stdout)
    assert int(passed[1] if passed else 0) > 100, "most tests did not run: " + ran.stdout


def test_types() -> None:
    if not TSC.exists():
        pytest.skip("TypeScript is not here: `python -m dev.browser_setup` fetches it (npm)")
    ran = run_node(TSC, "-p", ROOT / "addin" / "jsconfig.json")
    assert ran.returncode == 0, ran.stdout
