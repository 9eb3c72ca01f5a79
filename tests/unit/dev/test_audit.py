"""What `make audit` prints about pip-audit's reports."""

import sys
from typing import Any

import pytest

from dev import audit

CLEAN = {"name": "good", "version": "1", "vulns": []}
FAULTY = {
    "name": "bad",
    "version": "2",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1", "3"]}, {"id": "GHSA-2", "fix_versions": []}],
}
UNKNOWN = {"name": "odd", "skip_reason": "no connection"}


@pytest.mark.parametrize(
    ("report", "faults", "summary"),
    [
        ([], [], "0 packages, 0 known vulnerabilities"),
        ([CLEAN, UNKNOWN], [], "1 package, 0 known vulnerabilities, 1 not checked"),
        ([UNKNOWN], [], "skipped: 1 package could not be checked (no connection)"),
        ([UNKNOWN, UNKNOWN], [], "skipped: 2 packages could not be checked (no connection)"),
        (
            [CLEAN, FAULTY],
            ["bad 2: PYSEC-1, fixed in 2.1, 3", "bad 2: GHSA-2, not fixed in any version yet"],
            "2 packages, 2 known vulnerabilities",
        ),
    ],
)
def test_a_report_is_summarized(report: list[dict[str, Any]], faults: list[str], summary: str) -> None:
    assert audit.judge(report) == (faults, summary)


@pytest.mark.parametrize(("strict", "code"), [("1", 1), ("", 0)])
def test_vulnerabilities_are_errors_only_if_requested(monkeypatch: pytest.MonkeyPatch, strict: str, code: int) -> None:
    monkeypatch.setattr(audit, "_audit", lambda lock: ["bad 2: PYSEC-1"])
    assert audit.main({"STRICT": strict}) == code


@pytest.mark.parametrize("program", ["raise SystemExit('no route to host')", "print('{'); raise SystemExit(3)"])
def test_the_reason_is_printed_if_there_is_no_network(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], program: str, tmp_path: Any
) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!{sys.executable}\n{program}\n")
    interpreter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    assert audit.main({"STRICT": "1"}) == 0
    assert "pip-audit of requirements-cli.txt skipped: " in capsys.readouterr().out
