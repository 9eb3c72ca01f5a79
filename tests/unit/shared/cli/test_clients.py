"""`clients`: API clients are created, listed and removed. A new client's key file can be read only by its owner."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from shared.cli.outcome import Exit
from tests.fakes.management import FakeDeployment
from tests.unit.shared.cli.command_line import Cli


def test_a_client_is_created_listed_and_removed(deployment: FakeDeployment, cli: Cli, tmp_path: Path) -> None:
    made = cli("clients", "create", "Terraform", "--key", "t.pem", "--role", "Scheduling.Admin")
    assert made.exit_code == Exit.DONE, made.output
    assert f"{deployment.url}/oauth/token/" in made.stderr
    assert (tmp_path / "t.pem").stat().st_mode & 0o777 == 0o600
    key = load_pem_private_key((tmp_path / "t.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    [listed] = json.loads(cli("clients", "list", "-o", "json").stdout)
    assert listed["client_id"] == made.stdout.strip()
    shown = " ".join(cli("clients", "list").stdout.split())
    assert "Terraform Scheduling.Admin" in shown
    assert cli("clients", "delete", "1").exit_code == Exit.DONE
    assert json.loads(cli("clients", "list", "-o", "json").stdout) == []
    assert cli("clients", "delete", "1").exit_code == Exit.MISSING


def test_a_client_is_read_only_by_default(deployment: FakeDeployment, cli: Cli) -> None:
    cli("clients", "create", "Auditor", "--key", "a.pem")
    [listed] = json.loads(cli("clients", "list", "-o", "json").stdout)
    assert listed["role"].endswith("/role/2/")


def test_an_existing_file_is_not_overwritten(deployment: FakeDeployment, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "t.pem").write_text("another key")
    refused = cli("clients", "create", "Terraform", "--key", "t.pem")
    assert (refused.exit_code, "t.pem cannot be created" in refused.stderr) == (Exit.USAGE, True)
    assert (tmp_path / "t.pem").read_text() == "another key"
    assert json.loads(cli("clients", "list", "-o", "json").stdout) == []


def test_no_file_is_left_if_the_client_is_refused(deployment: FakeDeployment, cli: Cli, tmp_path: Path) -> None:
    refused = cli("clients", "create", "x" * 101, "--key", "t.pem")
    assert (refused.exit_code, "client_name" in refused.stderr) == (Exit.REFUSED, True)
    assert not (tmp_path / "t.pem").exists()
