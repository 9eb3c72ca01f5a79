"""An in-memory deployment, and a command line configured to use it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shared.cli.__main__ import app
from tests.fakes.management import PASSWORD, USERNAME, FakeDeployment, running_deployment
from tests.unit.shared.cli.command_line import Cli, File


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("VMR_URL", "VMR_USERNAME", "VMR_PASSWORD", "VMR_API_SCOPE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDeployment]:
    with running_deployment() as deployment:
        monkeypatch.setenv("VMR_URL", deployment.url)
        monkeypatch.setenv("VMR_USERNAME", USERNAME)
        monkeypatch.setenv("VMR_PASSWORD", PASSWORD)
        yield deployment


@pytest.fixture
def cli() -> Cli:
    """Run a command, and check that it raises no exception other than SystemExit."""

    def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(app, arguments, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


@pytest.fixture
def corp(tmp_path: Path) -> File:
    """Write corp.yaml in the folder where commands run."""

    def write(text: str) -> Path:
        file = tmp_path / "corp.yaml"
        file.write_bytes(text.encode())
        return Path(file.name)

    return write
