"""docs/fidelity.md lists every place in the code that relies on something that only a live tenant can prove."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support import ROOT

PAGE = ROOT / "docs" / "fidelity.md"
IN_CODE = re.compile(r"not\s+(?:#\s+)?(?:be(?:en)?\s+)?(?:#\s+)?confirmed", re.IGNORECASE)
"""The words that comments use to say that something is unproven. Documents mark it with †, whatever their wording."""

FOLDERS = ("shared", "infra", "functions", "dev", "addin", "docs")
KINDS = {".py", ".md", ".js", ".html", ".bicep", ".ps1", ".sh"}
OTHERWISE = {
    "docs/fidelity.md",
    "docs/settings.md",  # in this file, † marks settings whose change ends a sign-in
    "shared/integrations/setting.py",
    "shared/integrations/service_sign_in.py",
    "shared/integrations/settings_docs.py",
    "dev/exchange/faults.py",  # in this file, "not confirmed" means work that was done although its response was lost
    "dev/management_node/faults.py",
}
"""Files in which "not confirmed" or † has another meaning."""


def files() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in KINDS and not {"node_modules", "vendor", "build"} & set(path.parts):
                yield path


def leans(path: Path) -> bool:
    """Whether the file says that it relies on something only a live tenant can prove."""
    text = path.read_text()
    return "†" in text if path.suffix == ".md" else bool(IN_CODE.search(text))


def test_every_file_that_relies_on_a_live_tenant_is_listed() -> None:
    saying = {path.relative_to(ROOT).as_posix() for path in files() if leans(path)}
    page = PAGE.read_text()
    assert sorted(name for name in saying - OTHERWISE if f"`{name}`" not in page) == []


def test_every_listed_file_says_that_it_relies_on_a_live_tenant() -> None:
    _, _, listed = PAGE.read_text().partition("## What only a live tenant can prove")
    named = set(re.findall(r"`((?:shared|functions|infra|dev|docs|addin)/[\w./-]+\.\w+)`", listed))
    assert sorted(name for name in named if not leans(ROOT / name)) == []


def test_every_contract_names_an_existing_counterpart_and_an_existing_test() -> None:
    table, _, _ = PAGE.read_text().partition("## What only a live tenant can prove")
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    assert rows
    for contract, *told in rows:
        assert len(told) == 3, contract
        assert all(told), contract
        named = re.findall(r"`((?:dev|tests|infra)/[\w./-]+)`", " ".join(told))
        assert named, contract
        assert [name for name in named if not (ROOT / name).exists()] == []
