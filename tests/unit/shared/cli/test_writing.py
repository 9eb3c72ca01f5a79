"""Exported files are read back unchanged."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from shared.cli.checking import comparable, proposed
from shared.cli.reading import parse
from shared.cli.writing import as_yaml
from shared.integrations.integration import READ_ONLY_FIELDS, SECRET_FIELDS, SECTIONS
from tests.support.integrations import an_integration

SHOWN = an_integration().resource()
# All characters that a description may contain. Settings reject other control characters, and lone surrogates are not
# text.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\r\n :#'\"|>-{}[]&*!%@`"), max_size=60
)


def read_back(*shown: dict[str, Any]) -> list[dict[str, Any]]:
    return [proposed(entry)[0] for entry in parse("export.yaml", as_yaml(shown))]


def test_every_setting_except_secrets_is_exported() -> None:
    (values,) = read_back(SHOWN)
    assert values.keys() == SHOWN.keys() - READ_ONLY_FIELDS - SECRET_FIELDS - {"uuid"} | {"uuid"}
    assert {name: comparable(name, value) for name, value in values.items()} == {
        name: comparable(name, SHOWN[name]) for name in values
    }


def test_default_texts_are_read_back_with_their_line_endings() -> None:
    (values,) = read_back(SHOWN)
    assert "\r\n" in SHOWN["meeting_instructions_template"]
    assert values["meeting_instructions_template"] == SHOWN["meeting_instructions_template"]


def test_an_exported_file_is_human_readable() -> None:
    text = as_yaml([SHOWN])
    assert "  meeting_instructions_template: |-\n    <br>\n" in text
    for section in SECTIONS[:-1]:
        assert f"\n  # {section.title}\n" in text
    for name in SECRET_FIELDS:
        assert name in text.partition("- uuid")[0]


def test_several_integrations_are_exported_to_one_file() -> None:
    other = {**SHOWN, "uuid": "4189c2b4-92ca-416c-b7ea-bc3cfab3d0f0", "name": "Other"}
    assert [values["name"] for values in read_back(SHOWN, other)] == ["Example Corp", "Other"]
    assert read_back() == []


@example("\n")
@example("a\n\n")
@example("one\u2028two\n")
@example("one\x85two")
@given(TEXTS)
def test_any_exported_text_is_read_back_unchanged(text: str) -> None:
    shown = {"uuid": "", "description": text, "meeting_instructions_template": text}
    (entry,) = parse("export.yaml", as_yaml([shown]))
    for name in ("description", "meeting_instructions_template"):
        assert comparable(name, entry.fields[name]) == comparable(name, text)
