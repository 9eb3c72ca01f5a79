"""docs/fidelity.md names every place that says that only a live tenant can prove what it leans on."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support import ROOT

PAGE = ROOT / "docs" / "fidelity.md"
SAID = re.compile(
    r"not\s+(?:#\s+)?be\s+confirmed|not\s+(?:#\s+)?confirmed|"
    r"(?:without|against|in|on)\s+a\s+live\s+(?:tenant|server|node|Management|AD FS|Application)|"
    r"only\s+a\s+live|†",
    re.IGNORECASE,
)
FOLDERS = ("shared", "infra", "functions", "dev", "addin", "docs")
KINDS = {".py", ".md", ".js", ".html", ".bicep", ".ps1", ".sh"}
OTHERWISE = {
    "docs/fidelity.md",
    "docs/settings.md",  # † marks settings that end a sign-in
    "shared/integrations/setting.py",
    "shared/integrations/service_sign_in.py",
    "shared/integrations/settings_docs.py",
    "dev/exchange/faults.py",  # work that was done, and whose answer is lost
}
"""Where the words mean something else."""


def files() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in KINDS and not {"node_modules", "vendor", "build"} & set(path.parts):
                yield path


def test_every_place_that_leans_on_a_live_tenant_is_named() -> None:
    saying = {path.relative_to(ROOT).as_posix() for path in files() if SAID.search(path.read_text())}
    page = PAGE.read_text()
    assert sorted(name for name in saying - OTHERWISE if f"`{name}`" not in page) == []


def test_nothing_is_named_that_does_not_say_so() -> None:
    _, _, listed = PAGE.read_text().partition("## What only a live tenant can prove")
    named = set(re.findall(r"`((?:shared|infra|dev|docs|addin)/[\w./-]+\.\w+)`", listed))
    assert sorted(name for name in named if not SAID.search((ROOT / name).read_text())) == []


def test_every_contract_names_its_judges() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    contracts = " ".join(row.split("|")[1] for row in rows)
    for contract in ("Graph", "Exchange Web Services", "tokens", "Office.js", "external policy", "Management Node"):
        assert contract in contracts
    for contract in ("management API", "Azure Tables", "Functions", "CLI", "cmdlets", "Bicep"):
        assert contract in contracts
