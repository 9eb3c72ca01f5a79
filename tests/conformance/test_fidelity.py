"""docs/fidelity.md names every place that says that only a live tenant can prove what it leans on."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support import ROOT

PAGE = ROOT / "docs" / "fidelity.md"
IN_CODE = re.compile(r"not\s+(?:#\s+)?(?:be\s+)?(?:#\s+)?confirmed", re.IGNORECASE)
"""What comments say of such a place. Documents mark it by †, whatever their words are."""

FOLDERS = ("shared", "infra", "functions", "dev", "addin", "docs")
KINDS = {".py", ".md", ".js", ".html", ".bicep", ".ps1", ".sh"}
OTHERWISE = {
    "docs/fidelity.md",
    "docs/settings.md",  # † marks settings that end a sign-in
    "shared/integrations/setting.py",
    "shared/integrations/service_sign_in.py",
    "shared/integrations/settings_docs.py",
    "dev/exchange/faults.py",  # work that was done, and whose answer is lost
    "dev/management_node/faults.py",
}
"""Where the words mean something else."""


def files() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in KINDS and not {"node_modules", "vendor", "build"} & set(path.parts):
                yield path


def leans(path: Path) -> bool:
    """Whether something in the file rests on what only a live tenant can prove."""
    text = path.read_text()
    return "†" in text if path.suffix == ".md" else bool(IN_CODE.search(text))


def test_every_place_that_leans_on_a_live_tenant_is_named() -> None:
    saying = {path.relative_to(ROOT).as_posix() for path in files() if leans(path)}
    page = PAGE.read_text()
    assert sorted(name for name in saying - OTHERWISE if f"`{name}`" not in page) == []


def test_nothing_is_named_that_does_not_say_so() -> None:
    _, _, listed = PAGE.read_text().partition("## What only a live tenant can prove")
    named = set(re.findall(r"`((?:shared|functions|infra|dev|docs|addin)/[\w./-]+\.\w+)`", listed))
    assert sorted(name for name in named if not leans(ROOT / name)) == []


def test_every_contract_names_a_counterpart_and_a_judge_that_exist() -> None:
    table, _, _ = PAGE.read_text().partition("## What only a live tenant can prove")
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    assert rows
    for contract, *told in rows:
        assert len(told) == 3, contract
        assert all(told), contract
        named = re.findall(r"`((?:dev|tests|infra)/[\w./-]+)`", " ".join(told))
        assert named, contract
        assert [name for name in named if not (ROOT / name).exists()] == []
