"""Every reference in code and documents resolves within the repository."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support import ROOT

PAGES = {path.name: path for path in (ROOT / "docs").rglob("*.md")}
OUTSIDE = re.compile(
    r"(?<!docs/)\bfacts(?:/[a-z-]+\.md)? §|\bSPEC\b|\bDESIGN\b|\bthe seed(?:'s)?\b|\.\./shared/(?!tools|data|cases)"
)
"""The ways in which documents outside the repository were once cited."""

SECTION = re.compile(r"([a-z-]+\.md) §([\w.]+\w|\w)")
REQUIREMENT = re.compile(r"\(([A-Z]\d{1,2}(?:, [A-Z]\d{1,2})*)[;,)]")
NAMED_FILE = re.compile(
    r"(?<![\w/.<{])((?:shared|functions|dev|tests|bench|infra|addin|docs)/[\w/.-]+\.(?:py|js|md|sh|ps1|bicep|html))\b"
)


def sources() -> list[Path]:
    """The code and documents that git tracks, without generated files."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    kinds = {".py", ".js", ".md", ".bicep", ".ps1", ".sh", ".kql"}
    this = Path(__file__).resolve()
    return [path for name in listed if (path := ROOT / name).suffix in kinds and path.exists() and path != this]


def headings(page: Path) -> set[str]:
    """The section numbers in a page's headings."""
    return set(re.findall(r"^#+ (\w+(?:\.\w+)*)\.? ", page.read_text(), re.M))


def lines() -> list[tuple[str, str]]:
    """Each line of a file, with its position."""
    return [
        (f"{path.relative_to(ROOT)}:{number}", line)
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
    ]


def test_nothing_refers_to_a_document_outside_the_repository() -> None:
    assert not [f"{place}: {line.strip()}" for place, line in lines() if OUTSIDE.search(line)]


def test_every_section_that_is_referred_to_exists() -> None:
    known = {name: headings(path) for name, path in PAGES.items()}
    wrong = [
        f"{place}: {page} §{section}"
        for place, line in lines()
        for page, section in SECTION.findall(line)
        if section not in known.get(page, set())
    ]
    assert not wrong


def test_every_file_that_is_named_exists() -> None:
    wrong = [
        f"{place}: {name}"
        for place, line in lines()
        if not place.startswith(("tests/", "CHANGELOG"))
        for name in NAMED_FILE.findall(line)
        if not (ROOT / name).exists()
    ]
    generated = ("addin/vendor/", "infra/build/", "infra/bicep/my.")
    assert not [each for each in wrong if not any(mark in each for mark in generated)]


@pytest.mark.parametrize("kind", ["shared", "functions", "dev", "addin"])
def test_every_requirement_that_is_referred_to_exists(kind: str) -> None:
    known = set(re.findall(r"^\| ([A-Z]\d+) \|", (ROOT / "docs" / "requirements.md").read_text(), re.M))
    wrong = [
        f"{place}: {each}"
        for place, line in lines()
        if place.startswith(f"{kind}/")
        for named in REQUIREMENT.findall(line)
        for each in named.split(", ")
        if each not in known
    ]
    assert not wrong
