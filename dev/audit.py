"""`make audit`: reports known vulnerabilities in the locked packages, using pip-audit.

Without network access, nothing can be checked, and the output says so. Vulnerabilities are listed, but the command only
fails with STRICT=1. Otherwise a commit that passes today could fail tomorrow because of a new advisory.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements-cli.txt", "requirements-dev.txt")
"""The lock files: one for Azure and admins' machines, and one for developers' machines."""
AUDIT_TIMEOUT = 120  # seconds


def main(environ: Mapping[str, str]) -> int:
    """Audit every lock file, and return the exit code."""
    found = [line for lock in LOCKS for line in _audit(lock)]
    return 1 if found and environ.get("STRICT") == "1" else 0


def _audit(lock: str) -> list[str]:
    options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", *options, "-r", lock]
    try:
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=AUDIT_TIMEOUT, check=False)
        report = json.loads(ran.stdout)
    except subprocess.TimeoutExpired:
        print(f"pip-audit of {lock} skipped: no response within {AUDIT_TIMEOUT} s")
        return []
    except ValueError:
        reason = ran.stderr.strip().splitlines() or [f"exit {ran.returncode}"]
        print(f"pip-audit of {lock} skipped: {reason[-1]}")
        return []
    faults, summary = judge(report["dependencies"])
    print(f"pip-audit of {lock}: {summary}", *faults, sep="\n  ")
    return faults


def judge(dependencies: list[dict[str, Any]]) -> tuple[list[str], str]:
    """Summarize pip-audit's report: one line per vulnerability, and one with the number of packages checked."""
    skipped = [each for each in dependencies if "skip_reason" in each]
    judged = len(dependencies) - len(skipped)
    if dependencies and not judged:
        return [], f"skipped: {_packages(len(skipped))} could not be checked ({skipped[0]['skip_reason']})"
    faults = [_line(each, fault) for each in dependencies for fault in each.get("vulns", [])]
    vulnerabilities = "1 known vulnerability" if len(faults) == 1 else f"{len(faults)} known vulnerabilities"
    return faults, f"{_packages(judged)}, {vulnerabilities}" + (f", {len(skipped)} not checked" if skipped else "")


def _packages(count: int) -> str:
    return "1 package" if count == 1 else f"{count} packages"


def _line(package: Mapping[str, Any], fault: Mapping[str, Any]) -> str:
    versions = ", ".join(fault["fix_versions"])
    fixed = f"fixed in {versions}" if versions else "not fixed in any version yet"
    return f"{package['name']} {package['version']}: {fault['id']}, {fixed}"


if __name__ == "__main__":
    sys.exit(main(os.environ))
