"""docs/cli.md shows the commands' actual output, and all commands in the documentation exist."""

import re
import shlex

import pytest

from shared.cli.checking import validated
from shared.cli.document import MARK, PATH, commands, is_group, page
from shared.cli.faults import FileRefused
from shared.cli.outcome import Exit
from shared.cli.reading import parse
from tests.support import ROOT

TEXT = (ROOT / PATH).read_text(encoding="utf-8")
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}


def examples(text: str) -> list[str]:
    """The calls to `vmr` in a page's code blocks, without the program's name."""
    return re.findall(r"^ *vmr ([^->#\n][^>#\n]*)", text.replace("\\\n", " "), re.MULTILINE)


EXAMPLES = examples(TEXT)


def test_cli_documentation_is_current() -> None:
    assert MARK in TEXT
    assert page(TEXT) == TEXT, "run: python -m shared.cli.document"


def test_every_command_has_an_example() -> None:
    leaves = {words for words, command in commands().items() if not is_group(command)}
    assert leaves
    shown = {words for words in leaves for example in EXAMPLES if example.startswith(words)}
    assert leaves - shown <= {"integrations show"}


@pytest.mark.parametrize("example", sorted({each for text in PAGES.values() for each in examples(text)}))
def test_every_example_can_be_parsed(example: str) -> None:
    words = shlex.split(example)
    name = next(n for n in range(len(words), 0, -1) if " ".join(words[:n]) in commands())
    command = commands()[" ".join(words[:name])]
    assert not is_group(command), "the name of a command is missing"
    command.make_context("example", words[name:])


def test_every_exit_code_is_explained() -> None:
    table = re.findall(r"^\| ([0-9]) \|", TEXT, re.MULTILINE)
    assert table == [str(int(code)) for code in Exit]


def test_the_example_file_is_valid() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    try:
        validated(parse("docs/cli.md", text), {}, local=False)
    except FileRefused as refused:
        pytest.fail(str(refused))


def test_the_suggested_texts_pass_the_command_shown_before_them() -> None:
    page = PAGES["texts.md"]
    assert "vmr integrations validate --partial texts.yaml" in page
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    validated(parse("texts.yaml", text), {}, local=False, partial=True)
