"""The files that people expect in any published project: licences, a guide for contributors, and issue forms that ask
for helpful details."""

import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FORMS = sorted(ROOT.glob(".github/ISSUE_TEMPLATE/[!c]*.yml"))


def test_the_licence_file_matches_the_declared_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "Apache-2.0"
    assert (ROOT / "LICENSE").read_text().split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert all((ROOT / name).is_file() for name in project["license-files"])


def test_every_fetched_library_that_is_served_is_named_and_comes_with_its_licence() -> None:
    notice = (ROOT / "NOTICE").read_text()
    scripts = [path for path in ROOT.glob("*/vendor/*") if path.suffix != ".LICENSE"]
    assert scripts
    for path in scripts:
        assert str(path.relative_to(ROOT)) in notice
        assert (path.parent / f"{path.name.split('.')[0]}.LICENSE").is_file()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_every_issue_form_can_be_filled_in(form: Path) -> None:
    document = YAML(typ="safe").load(form.read_text())
    assert document["name"]
    assert document["description"]
    fields = [field for field in document["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_the_form_about_a_meeting_asks_for_the_products_decision() -> None:
    assert "vmr explain" in (ROOT / ".github/ISSUE_TEMPLATE/meeting.yml").read_text()
