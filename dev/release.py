"""`make release`: dates the changelog, commits, tags, and writes the package, SBOM, release notes and hashes to dist/.

The released version is `shared.__version__`. The changelog's first section must be "## <version>, unreleased". Nothing
is pushed. If the package cannot be built, nothing is committed.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from dev import sbom
from infra import package
from shared import __version__

ROOT = Path(__file__).resolve().parent.parent
AZURE_PYTHON = "3.13"
TOP_SECTION = re.compile(r"^## (?P<version>\S+), unreleased\n(?P<notes>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


class ReleaseError(Exception):
    """A release is not possible. The message says what to do."""


def dated(changelog: str, version: str, day: date) -> str:
    """The changelog with the date in its first section. Raises ReleaseError if the section is empty or for another
    version.
    """
    section = _section(changelog, version)
    return changelog.replace(section[0], section[0].replace(", unreleased", f", {day:%Y-%m-%d}", 1), 1)


def notes(changelog: str, version: str) -> str:
    """The text of the changelog's first section. Raises ReleaseError like `dated`."""
    return _section(changelog, version)["notes"].strip() + "\n"


def _section(changelog: str, version: str) -> re.Match[str]:
    section = TOP_SECTION.search(changelog)
    if section is None or section.start() != changelog.find("## "):
        raise ReleaseError(
            f'There is nothing to release: the first section in CHANGELOG.md must be "## {version}, unreleased".'
        )
    if section["version"] != version:
        raise ReleaseError(
            f"CHANGELOG.md is for {section['version']}, but shared/__init__.py has {version}: make them match."
        )
    if not section["notes"].strip():
        raise ReleaseError(f"CHANGELOG.md has no entries for {version}.")
    return section


def release(root: Path, version: str, day: date) -> Path:
    """Release a repository's HEAD commit. Returns the folder with the released files. Raises ReleaseError."""
    tag = f"v{version}"
    if _git(root, "status", "--porcelain"):
        raise ReleaseError("There are uncommitted changes: commit or undo them first.")
    if _git(root, "tag", "--list", tag):
        raise ReleaseError(f"{version} has already been released ({tag}): raise the version in shared/__init__.py.")
    changelog = (root / "CHANGELOG.md").read_text()
    after, text = dated(changelog, version, day), notes(changelog, version)
    draft = root / "dist.part"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    _fill(draft, version, text)
    (root / "CHANGELOG.md").write_text(after)
    _git(root, "commit", "--quiet", "--message", f"Release {version}", "--", "CHANGELOG.md")
    _git(root, "tag", "--annotate", tag, "--message", f"{version}\n\n{text}", "--cleanup", "verbatim")
    shutil.rmtree(root / "dist", ignore_errors=True)
    return draft.rename(root / "dist")


def _fill(folder: Path, version: str, text: str) -> None:
    name = f"vmr-scheduling-{version}"
    archive = folder / f"{name}.zip"
    try:
        package.build(archive, AZURE_PYTHON)
    except package.PackageError as error:
        raise ReleaseError(str(error)) from error
    sbom.write(archive, version, folder / f"{name}.cdx.json")
    (folder / f"{name}.md").write_text(text)
    files = sorted(folder.iterdir())
    sums = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)
    (folder / "SHA256SUMS").write_text(sums)


def _git(root: Path, *words: str) -> str:
    ran = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise ReleaseError(f"`git {words[0]}` failed: {(ran.stderr or ran.stdout).strip()}")
    return ran.stdout.strip()


def main() -> None:
    """Run the command line."""
    try:
        folder = release(ROOT, __version__, datetime.now(UTC).date())
    except ReleaseError as error:
        sys.exit(f"make release: {error}")
    print(f"Released {__version__} into {folder}.")
    print("To publish it: git push --follow-tags, then attach these files to the tag.")


if __name__ == "__main__":
    main()
