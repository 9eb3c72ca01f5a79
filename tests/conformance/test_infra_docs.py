"""The documents for administrators refer only to what exists, and all links have targets."""

import re
from pathlib import Path

import pytest

from tests.conformance.azure_cli import CALENDAR, PROGRAMS, Azure
from tests.conformance.bicep import BICEP, INFRA

ROOT = INFRA.parent
DOCS = [
    ROOT / "docs" / f"{name}.md"
    for name in ("deploy", "exchange", "operations", "service-providers", "troubleshooting")
]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub generates for a document's headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_in_the_documents_has_a_target(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
    pictures = re.findall(r'(?:src|srcset)="(?!https?:|cid:)([^"]+)"', text)
    assert [name for name in pictures if not (path.parent / name).exists()] == []
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text):
        document = path.parent / target if target else path
        assert document.exists(), f"{path.name} links to {target}"
        assert not anchor or anchor in anchors(document), f"{path.name} links to {target}#{anchor}"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.stem)
def test_every_file_that_is_named_exists(path: Path) -> None:
    named = set(re.findall(r"\binfra/(?:live-check|[\w./-]+\.(?:sh|py|ps1|bicep|bicepparam))\b", path.read_text()))
    yours = {"infra/bicep/my.bicepparam"}
    assert not [name for name in named - yours if not (ROOT / name).exists()]


@pytest.mark.parametrize("script", PROGRAMS)
def test_every_option_that_the_documents_name_exists(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = set(re.findall(r"--[a-z-]+", Azure(tmp_path, monkeypatch).run(script, "--help").output))
    text = "\n".join(path.read_text() for path in DOCS).replace("\\\n", " ")
    used = {o for call in re.findall(rf"infra/{script} ([^`\n#]*)", text) for o in re.findall(r"--[a-z-]+", call)}
    assert used <= options
    assert used, f"no document shows how {script} is used"


@pytest.mark.parametrize("script", PROGRAMS)
def test_help_describes_each_program_in_whole_sentences(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = re.split(r"\n\n", Azure(tmp_path, monkeypatch).run(script, "--help").output)[1]
    assert described.rstrip().endswith("."), described


def test_every_parameter_that_the_documents_name_exists() -> None:
    parameters = re.findall(r"^param (\w+)", (BICEP / "main.bicepparam").read_text(), re.M)
    assert {"privateNetwork", "publicHostName", "alertEmails", "alwaysReadyInstances"} <= set(parameters)
    text = "\n".join(path.read_text() for path in DOCS)
    camel = set(re.findall(r"`((?:public|private|alert|admin|always|maximum|storage|log|policy)[A-Z]\w+)`", text))
    assert camel <= set(parameters)


def test_the_documented_mailbox_settings_are_those_of_the_script() -> None:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([^|]+) \|", (ROOT / "docs" / "exchange.md").read_text(), re.M)
    words = {"off": "$false", "on": "$true"}
    described = {
        name: words.get(value.strip("` "), value.strip("` "))
        for names, value in rows
        for name in re.findall(r"\w+", names)
    }
    assert described == {name: value.strip("'") for name, value in CALENDAR.items()}


def test_the_command_lines_in_the_documents_exist() -> None:
    from shared.cli.document import commands

    known = set(commands())
    text = "\n".join(path.read_text() for path in DOCS)
    assert set(re.findall(r"^ *vmr ([a-z-]+)", text, re.MULTILINE)) <= {words.split(" ")[0] for words in known}
    named = {f"data {name}" for name in re.findall(r"\bvmr data (\w+)", text)}
    assert named == {words for words in known if words.startswith("data ")}
