"""Tests of `make release` in a temporary repository."""

import hashlib
import json
import subprocess
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dev import release, sbom
from infra import package
from shared import __version__

DAY = date(2026, 12, 1)
CHANGELOG = "# Changelog\n\n## 1.2.0, unreleased\n\n- Rooms.\n\n## 1.1.0, 2026-11-01\n\n- More, unreleased\n"


def git(root: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    return subprocess.run(["git", *identity, *words], cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with an unreleased change, and a replacement for the slow package builder."""

    def build(output: Path, python_version: str) -> None:
        with zipfile.ZipFile(output, "w") as archive:
            names = (("two", "Name: Two.Two\nVersion: 2\nLicense: BSD\n\nText"), ("one", "Name: one\nVersion: 1\n"))
            for name, text in names:
                archive.writestr(f".python_packages/lib/site-packages/{name}.dist-info/METADATA", text)
            archive.writestr("addin/vendor/msal-browser.min.js", "msal")

    monkeypatch.setattr(package, "build", build)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ann")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ann@example.com")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    (tmp_path / ".gitignore").write_text("dist/\ndist.part/\n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "All")
    return tmp_path


def test_a_release_dates_the_changelog_and_creates_a_commit_and_a_tag(repository: Path) -> None:
    release.release(repository, "1.2.0", DAY)
    text = (repository / "CHANGELOG.md").read_text()
    assert text == CHANGELOG.replace("1.2.0, unreleased", "1.2.0, 2026-12-01")
    assert git(repository, "log", "-1", "--format=%s") == "Release 1.2.0\n"
    assert git(repository, "tag", "-n9", "--format=%(contents)").strip() == "1.2.0\n\n- Rooms."
    assert git(repository, "rev-parse", "v1.2.0^{commit}") == git(repository, "rev-parse", "HEAD")
    assert git(repository, "status", "--porcelain") == ""


def test_the_hashes_of_a_releases_files_are_correct(repository: Path) -> None:
    folder = release.release(repository, "1.2.0", DAY)
    names = {"vmr-scheduling-1.2.0.zip", "vmr-scheduling-1.2.0.cdx.json", "vmr-scheduling-1.2.0.md"}
    assert {file.name for file in folder.iterdir()} == names | {"SHA256SUMS"}
    sums = {line[66:]: line[:64] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    assert sums == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    assert (folder / "vmr-scheduling-1.2.0.md").read_text() == "- Rooms.\n"


def test_the_bill_of_materials_lists_the_packages_contents(repository: Path) -> None:
    folder = release.release(repository, "1.2.0", DAY)
    bill: dict[str, Any] = json.loads((folder / "vmr-scheduling-1.2.0.cdx.json").read_text())
    msal = json.loads(sbom.NODE_LOCK.read_text())["packages"]["node_modules/@azure/msal-browser"]["version"]
    assert [each["purl"] for each in bill["components"]] == [
        "pkg:pypi/one@1",
        "pkg:pypi/two-two@2",
        f"pkg:npm/%40azure/msal-browser@{msal}",
    ]
    assert bill["components"][1]["licenses"] == [{"license": {"name": "BSD"}}]
    assert bill["metadata"]["component"]["version"] == "1.2.0"


def test_the_bill_of_materials_is_valid_cyclonedx(repository: Path) -> None:
    validation = pytest.importorskip("cyclonedx.validation.json", reason="cyclonedx-python-lib comes with pip-audit")
    schema = pytest.importorskip("cyclonedx.schema")
    text = (release.release(repository, "1.2.0", DAY) / "vmr-scheduling-1.2.0.cdx.json").read_text()
    fields = {"bomFormat", "specVersion", "version", "metadata", "components", "dependencies"}
    assert json.loads(text).keys() == fields
    try:
        fault = validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(text)
    except Exception as error:
        if type(error).__name__ != "MissingOptionalDependencyException":
            raise
        pytest.skip(str(error))
    assert fault is None


@pytest.mark.parametrize(
    ("changelog", "fault"),
    [
        ("# Changelog\n\n## 1.1.0, 2026-11-01\n\n- More\n", "There is nothing to release"),
        (CHANGELOG.replace("1.2.0", "1.3.0"), r"is for 1\.3\.0, but shared/__init__\.py has 1\.2\.0"),
        ("# Changelog\n\n## 1.2.0, unreleased\n\n## 1.1.0, 2026-11-01\n", "has no entries"),
        ("# Changelog\n\n## 1.3.0, 2026-12-01\n\n## 1.2.0, unreleased\n\n- Rooms.\n", "must be"),
    ],
)
def test_a_changelog_in_the_wrong_format_is_refused(repository: Path, changelog: str, fault: str) -> None:
    (repository / "CHANGELOG.md").write_text(changelog)
    git(repository, "commit", "-qam", "Other")
    with pytest.raises(release.ReleaseError, match=fault):
        release.release(repository, "1.2.0", DAY)
    assert git(repository, "tag") == ""


def test_uncommitted_changes_are_not_released(repository: Path) -> None:
    (repository / "more").touch()
    with pytest.raises(release.ReleaseError, match="uncommitted"):
        release.release(repository, "1.2.0", DAY)


def test_a_version_is_released_only_once(repository: Path) -> None:
    git(repository, "tag", "v1.2.0")
    with pytest.raises(release.ReleaseError, match="raise the version"):
        release.release(repository, "1.2.0", DAY)


def test_nothing_is_released_without_a_package(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(output: Path, python_version: str) -> None:
        raise package.PackageError("no wheels")

    monkeypatch.setattr(package, "build", fail)
    with pytest.raises(release.ReleaseError, match="no wheels"):
        release.release(repository, "1.2.0", DAY)
    assert git(repository, "status", "--porcelain") == git(repository, "tag") == ""
    assert (repository / "CHANGELOG.md").read_text() == CHANGELOG


def test_this_repository_can_be_released() -> None:
    assert release.notes((release.ROOT / "CHANGELOG.md").read_text(), __version__)
