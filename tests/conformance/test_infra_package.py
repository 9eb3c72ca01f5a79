"""The deployment package contains what runs and nothing else. It is built for the running Python version, with the
locked requirements."""

import sys
import zipfile
from pathlib import Path

import pytest

from infra import package

THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> package.Package:
    return package.build(tmp_path_factory.mktemp("package") / "package.zip", THIS)


@pytest.fixture(scope="module")
def names(built: package.Package) -> list[str]:
    with zipfile.ZipFile(built.path) as archive:
        return archive.namelist()


def test_the_package_contains_only_what_runs(names: list[str]) -> None:
    assert {name.partition("/")[0] for name in names} == {*package.PRODUCT, "__pycache__", ".python_packages"}
    ours = [name for name in names if not name.startswith(".python_packages/")]
    assert not [n for n in ours if set(n.split("/")) & {"tests", "dev", "docs", "bench", "infra", "node_modules"}]
    assert not [n for n in ours if n.endswith((".md", ".in", ".sqlite", ".key")) or "/." in n]


def test_the_panes_library_is_packed_with_its_licence(names: list[str]) -> None:
    assert set(package.LIBRARIES) <= set(names)


def test_a_library_that_was_not_fetched_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "LIBRARIES", ("addin/vendor/gone.js",))
    with pytest.raises(package.PackageError, match=r"addin/vendor/gone\.js.*make ready"):
        package.build(tmp_path / "package.zip", THIS)


def test_the_command_line_is_not_in_the_package(names: list[str]) -> None:
    """This also applies to publishing with Core Tools."""
    assert not [name for name in names if name.startswith(f"{package.ON_ADMINS_MACHINES}/")]
    ignored = (package.ROOT / ".funcignore").read_text().split()
    assert [line for line in ignored if line.partition("/")[0] in package.PRODUCT] == [str(package.ON_ADMINS_MACHINES)]


def test_all_modules_in_the_package_are_compiled(built: package.Package, names: list[str]) -> None:
    assert built.compiled
    present = set(names)
    tag = f".cpython-{THIS.replace('.', '')}.pyc"
    for name in (n for n in names if n.endswith(".py")):
        folder, _, file = name.rpartition("/")
        assert f"{folder}/__pycache__/{file[:-3]}{tag}".lstrip("/") in present


def test_the_package_contains_the_locked_requirements_without_development_packages(names: list[str]) -> None:
    site = package.PACKAGES.as_posix()
    there = {name.removeprefix(f"{site}/").split("/")[0] for name in names if name.startswith(site)}
    assert {"azure", "pydantic", "jinja2", "jwt", "nh3", "aiohttp"} <= there
    assert not there & {"pytest", "hypothesis", "mypy", "_pytest", "bin", "pip", "uv"}


def test_the_app_starts_from_the_package_alone(built: package.Package) -> None:
    assert built.import_ms is not None
    assert built.import_ms > 0


def test_the_same_sources_give_the_same_bytes(built: package.Package, tmp_path: Path) -> None:
    stage = tmp_path / "app"
    package.copy_product(stage)
    python = package.find_python(THIS)
    assert python
    archives = []
    for attempt in ("a", "b"):
        package.compile_all(stage, python)
        target = tmp_path / f"{attempt}.zip"
        package.write_zip(target, stage, sorted(path for path in stage.rglob("*") if path.is_file()))
        archives.append(target.read_bytes())
    assert archives[0] == archives[1]


def test_the_program_prints_the_packages_size_import_time_and_hash(built: package.Package) -> None:
    text = package.describe(built)
    assert f"{built.size / 1e6:.1f} MB" in text
    assert f"{built.import_ms:.0f} ms" in text
    assert built.sha256 in text


def test_without_uv_the_program_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(package.PackageError, match="pip install uv"):
        package.find_uv()


def test_a_python_version_that_is_not_installed_is_not_found() -> None:
    assert package.find_python("3.99") is None


def test_a_package_that_does_not_start_is_refused(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text("import nothing_like_this")
    with pytest.raises(package.PackageError, match="nothing_like_this"):
        package.import_ms(tmp_path, sys.executable, runs=1)


CERTIFICATE = "-----BEGIN CERTIFICATE-----\nown\n-----END CERTIFICATE-----\n"


def authorities(stage: Path, monkeypatch: pytest.MonkeyPatch, own: str) -> Path:
    """A staging folder with the public certificate authorities, and a file with the organization's own."""
    (stage / package.PACKAGES / "certifi").mkdir(parents=True)
    (stage / package.PACKAGES / package.PUBLIC_AUTHORITIES).write_text("public")
    (stage / "own.pem").write_text(own)
    monkeypatch.setattr(package, "OWN_AUTHORITIES", stage / "own.pem")
    return stage / "own.pem"


def test_an_organizations_own_authorities_are_appended_to_the_public_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE replaces the list of public authorities. Without them, Graph would not be trusted."""
    file = authorities(tmp_path, monkeypatch, CERTIFICATE)
    package.add_authorities(tmp_path)
    assert file.read_text() == f"public\n{CERTIFICATE}"


@pytest.mark.parametrize("own", ["", "hello", f"{CERTIFICATE}-----BEGIN PRIVATE KEY-----\nk\n"])
def test_a_file_that_is_not_a_certificate_is_not_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str
) -> None:
    authorities(tmp_path, monkeypatch, own)
    with pytest.raises(package.PackageError, match="no private key"):
        package.add_authorities(tmp_path)


def test_the_public_authorities_are_where_the_code_looks_for_them(names: list[str]) -> None:
    assert f"{package.PACKAGES.as_posix()}/{package.PUBLIC_AUTHORITIES.as_posix()}" in names
