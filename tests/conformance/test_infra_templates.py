"""The templates are well-formed Bicep, and right by Azure's own types.

Type-checked against Azure's published types; the Bicep compiler itself cannot be had here, so `az bicep build` and
`what-if` remain for whoever deploys (docs/deploy.md).
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.bicep import BICEP, DOMAIN, FILES, load
from tests.conformance.bicep_types import completed

TOOLS = Path(__file__).resolve().parents[3] / "shared" / "tools"


def check_types(files: list[Path], types: Path | None = None) -> str:
    """What the offline type check says about templates."""
    tool, known = TOOLS / "bicep_check.py", TOOLS / "bicep_types.json"
    if not tool.exists():
        pytest.skip(f"the type check is not here ({tool.parent.name}/{tool.name} of the shared material)")
    command = [sys.executable, str(tool), "check", str(types or known), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("path", [*FILES, *DOMAIN], ids=lambda path: path.stem)
def test_every_file_is_bicep(path: Path) -> None:
    assert load(path).syntax_errors() == []


def test_azures_types_are_kept() -> None:
    assert check_types(FILES).strip() == f"{len(FILES)} files: no problems"


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeysAccess: false"),
        ("storage.bicep", "kind: 'StorageV2'\n", ""),
        ("app.bicep", "name: 'python'", "name: 'phyton'"),
        ("app.bicep", "param identityClientId string", "param clientId string"),
        ("vault.bicep", "softDeleteRetentionInDays: 90", "softDeleteRetentionInDays: '90'"),
        ("alerts.bicep", "operator: 'GreaterThan'", "operator: 'MoreThan'"),
    ],
)
def test_the_type_check_would_notice(tmp_path: Path, file: str, right: str, wrong: str) -> None:
    copy = tmp_path / "bicep"
    shutil.copytree(BICEP, copy)
    target = copy / "modules" / file
    source = target.read_text()
    assert right in source
    target.write_text(source.replace(right, wrong))
    assert "no problems" not in check_types([copy / "main.bicep", *sorted((copy / "modules").glob("*.bicep"))])


def test_azures_types_are_kept_by_the_host_names_templates(tmp_path: Path) -> None:
    if not (TOOLS / "bicep_types.json").exists():
        pytest.skip("the type data are not here")
    types = completed(TOOLS / "bicep_types.json", tmp_path / "types.json")
    assert check_types(DOMAIN, types).strip() == "2 files: no problems"
    wrong = tmp_path / "tls.bicep"
    wrong.write_text(DOMAIN[1].read_text().replace("'SniEnabled'", "'SNI'").replace("hostNameType", "hostnameType"))
    assert len(check_types([wrong], types).splitlines()) >= 2


def test_nothing_is_fetched_from_a_registry() -> None:
    for path in [*FILES, *DOMAIN]:
        assert not [text for text in load(path).strings() if text.startswith(("br:", "br/", "ts:", "ts/"))]


def test_the_parameter_file_gives_every_parameter_of_the_template() -> None:
    lines = (BICEP / "main.bicepparam").read_text().splitlines()
    given = {line.split()[1] for line in lines if line.startswith("param ")}
    assert given == set(load(BICEP / "main.bicep").names("parameter")) - {"location"}
