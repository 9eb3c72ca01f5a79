"""The templates are well-formed Bicep, and type-checked against Azure's published types.

The Bicep compiler itself is not available here, so `az bicep build` and `what-if` are left to whoever deploys
(docs/deploy.md).
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.bicep import BICEP, DOMAIN, FILES, INFRA, MODULES, load
from tests.conformance.bicep_types import completed

TOOLS = Path(__file__).resolve().parents[3] / "shared" / "tools"


def check_types(files: list[Path], types: Path | None = None) -> str:
    """What the offline type check reports about templates."""
    tool, known = TOOLS / "bicep_check.py", TOOLS / "bicep_types.json"
    if not tool.exists():
        pytest.skip(f"the type check is missing ({tool.parent.name}/{tool.name} of the shared material)")
    command = [sys.executable, str(tool), "check", str(types or known), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def known_types(directory: Path) -> Path:
    """The shared type data, with the missing types added."""
    if not (TOOLS / "bicep_types.json").exists():
        pytest.skip("the types of Azure's resources are missing: they are kept outside the repository")
    return completed(TOOLS / "bicep_types.json", directory / "types.json")


@pytest.mark.parametrize("path", [*FILES, *DOMAIN], ids=lambda path: path.stem)
def test_every_file_is_valid_bicep(path: Path) -> None:
    assert load(path).syntax_errors() == []


def test_the_templates_match_azures_types(tmp_path: Path) -> None:
    assert check_types(FILES, known_types(tmp_path)).strip() == f"{len(FILES)} files: no problems"


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeysAccess: false"),
        ("storage.bicep", "kind: 'StorageV2'\n", ""),
        ("app.bicep", "name: 'python'", "name: 'phyton'"),
        ("app.bicep", "param identityClientId string", "param clientId string"),
        ("vault.bicep", "softDeleteRetentionInDays: 90", "softDeleteRetentionInDays: '90'"),
        ("alerts.bicep", "operator: 'GreaterThan'", "operator: 'MoreThan'"),
        ("storage.bicep", "roleName: ", "rolename: "),
        ("vault.bicep", "level: 'CanNotDelete'", "level: 'NoDelete'"),
    ],
)
def test_the_type_check_notices_mistakes(tmp_path: Path, file: str, right: str, wrong: str) -> None:
    copy = tmp_path / "bicep"
    shutil.copytree(BICEP, copy)
    target = copy / "modules" / file
    source = target.read_text()
    assert right in source
    target.write_text(source.replace(right, wrong))
    files = [copy / "main.bicep", *sorted((copy / "modules").glob("*.bicep"))]
    assert "no problems" not in check_types(files, known_types(tmp_path))


def test_the_templates_for_host_names_match_azures_types(tmp_path: Path) -> None:
    types = known_types(tmp_path)
    assert check_types(DOMAIN, types).strip() == "2 files: no problems"
    wrong = tmp_path / "tls.bicep"
    wrong.write_text(DOMAIN[1].read_text().replace("'SniEnabled'", "'SNI'").replace("hostNameType", "hostnameType"))
    assert len(check_types([wrong], types).splitlines()) >= 2


def test_nothing_is_fetched_from_a_registry() -> None:
    for path in [*FILES, *DOMAIN]:
        assert not [text for text in load(path).strings() if text.startswith(("br:", "br/", "ts:", "ts/"))]


def test_the_parameter_file_sets_every_parameter_of_the_template() -> None:
    lines = (BICEP / "main.bicepparam").read_text().splitlines()
    given = {line.split()[1] for line in lines if line.startswith("param ")}
    assert given == set(load(BICEP / "main.bicep").names("parameter")) - {"location"}


@pytest.mark.parametrize("path", [*FILES, *DOMAIN], ids=lambda path: path.stem)
def test_every_parameter_and_output_has_a_description(path: Path) -> None:
    lines = path.read_text().splitlines()
    declared = [number for number, line in enumerate(lines) if line.startswith(("param ", "output "))]
    undescribed = []
    for number in declared:
        above = lines[number - 1]
        while not above.startswith("@description(") and above.startswith(("@", "]", ")")):
            number -= 1
            above = lines[number - 1]
        if not above.startswith("@description("):
            undescribed.append(lines[number])
    assert not undescribed


def test_every_resource_that_can_have_tags_has_them() -> None:
    untagged = {
        "Microsoft.Authorization",
        "Microsoft.Insights/diagnosticSettings",
        "Microsoft.Storage/storageAccounts/",
        "Microsoft.Web/sites/",
        "Microsoft.Network/privateEndpoints/",
    }
    for path in FILES:
        for resource in load(path).resources():
            if not resource.type.startswith(tuple(untagged)):
                assert "tags" in resource.body, f"{path.stem}: {resource.symbol}"


@pytest.mark.parametrize("path", [*FILES, *DOMAIN], ids=lambda path: path.stem)
def test_every_parameter_has_a_specific_type(path: Path) -> None:
    """`object` and `array` accept anything, so a mistake in them would be found only by Azure, minutes later."""
    loose = [line for line in path.read_text().splitlines() if re.match(r"(param|output) \w+ (object|array)\b", line)]
    assert not loose


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_resource_ids_are_named_as_in_azure_verified_modules(path: Path) -> None:
    """Parameter names end in ResourceId, and a module's own id is the output resourceId."""
    declared = re.findall(r"^(?:param|output) (\w+)", path.read_text(), re.MULTILINE)
    ids = {name for name in declared if name.lower().endswith("id")}
    assert {name for name in ids if not name.endswith(("ResourceId", "resourceId", "clientId", "ClientId"))} <= {
        "principalId",
        "appPrincipalId",
    }


def test_a_secret_in_a_template_is_an_error() -> None:
    """Bicep's own linter reports this as an error, not as a warning."""
    rules = json.loads((INFRA / "bicepconfig.json").read_text())["analyzers"]["core"]["rules"]
    assert {each["level"] for each in rules.values()} == {"error"}
    assert {
        "outputs-should-not-contain-secrets",
        "secure-parameter-default",
        "secure-secrets-in-params",
    } <= rules.keys()


@pytest.mark.parametrize("path", [*FILES, *DOMAIN], ids=lambda path: path.stem)
def test_everything_that_is_declared_is_used(path: Path) -> None:
    """Bicep would reject unused declarations, because of infra/bicepconfig.json."""
    text = path.read_text()
    declared = re.findall(r"^(?:param|var) (\w+)", text, re.MULTILINE)
    assert [name for name in declared if len(re.findall(rf"\b{name}\b", text)) < 2] == []
