"""Reading files: their contents, line numbers, and rejected input."""

import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.cli.faults import Fault, FileRefused
from shared.cli.reading import FromEnvironment, Place, parse, read

NAMES = st.text(string.ascii_lowercase + "_", min_size=1, max_size=20)
VALUES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text() | st.lists(st.text(), max_size=3)


def refused(text: str) -> Fault:
    with pytest.raises(FileRefused) as error:
        parse("corp.yaml", text)
    (fault,) = error.value.faults
    return fault


def test_fields_are_read_with_their_line_numbers() -> None:
    entry, other = parse(
        "corp.yaml",
        "# two of them\n"  # 1
        "- name: Example Corp\n"
        "  description: >\n"
        "    folded\n"
        "    text\n"  # 5
        "  meeting_instructions_template: |\n"
        "    <p>\n"
        "    </p>\n"
        "  domains:\n"
        "    - domain: a.example.com\n"  # 10
        "    - {domain: b.example.com}\n"
        "\n"
        "- {name: Other}\n",
    )
    assert entry.fields == {
        "name": "Example Corp",
        "description": "folded text\n",
        "meeting_instructions_template": "<p>\n</p>\n",
        "domains": [{"domain": "a.example.com"}, {"domain": "b.example.com"}],
    }
    assert entry.places == {
        "name": Place(2),
        "description": Place(3),
        "meeting_instructions_template": Place(6, text=7),
        "domains": Place(9, entries=(10, 11)),
    }
    assert (entry.line, other.line, other.places["name"].line) == (2, 13, 13)


@pytest.mark.parametrize(
    ("place", "message", "line"),
    [
        (Place(6, text=7), "line 2: <p> is not closed", 8),
        (Place(6, text=7), "Line 1: Must start with https://.", 7),
        (Place(6, text=7), "with sample values: line 2: no", 6),
        (Place(6), "line 2: of a string in quotes", 6),
        (Place(9, entries=(10, 12)), "Entry 2: Exchange domain with this domain already exists.", 12),
        (Place(9, entries=(10, 12)), "Entry 3: missing", 9),
        (Place(9, entries=(10, 12)), "Entry 0: missing", 9),
        (Place(4), "Must be a string.", 4),
    ],
)
def test_a_fault_is_located_inside_strings_and_lists(place: Place, message: str, line: int) -> None:
    assert place.of(message) == line


def test_a_fault_in_a_missing_field_points_to_the_integration() -> None:
    _, entry = parse("corp.yaml", "- name: a\n- name: b\n")
    assert str(entry.fault("url", "Required.")) == "corp.yaml:2: url: Required."
    assert str(entry.fault("__all__", "Too long.")) == "corp.yaml:2: Too long."


@pytest.mark.parametrize("text", ["name: a", "{name: a}", '{"name":"a"}', '\ufeff{"name": "a"}', '{\t"name"\t:\t"a"}'])
def test_a_single_integration_needs_no_list(text: str, tmp_path: Path) -> None:
    file = tmp_path / "corp"
    file.write_text(text, encoding="utf-8")
    assert [entry.fields for entry in read(file)] == [{"name": "a"}]


def test_an_empty_deployment_is_exported_as_an_empty_list() -> None:
    assert parse("corp.yaml", "[]") == []


@pytest.mark.parametrize(
    "text", ["password: !env SECRET", "password: {from_env: SECRET}", '{"password": {"from_env": "SECRET"}}']
)
def test_environment_variables_are_read(text: str) -> None:
    assert parse("corp.yaml", text)[0].fields == {"password": FromEnvironment("SECRET")}


def test_yaml_1_2_treats_yes_and_no_as_strings() -> None:
    assert parse("corp.yaml", "a: yes\nb: no\nc: on\nd: true")[0].fields == {
        "a": "yes",
        "b": "no",
        "c": "on",
        "d": True,
    }


def test_merged_fields_keep_the_line_on_which_they_were_written() -> None:
    _, entry = parse("corp.yaml", "- &base\n  name: a\n  url: b\n- <<: *base\n  name: c\n")
    assert entry.fields == {"name": "c", "url": "b"}
    assert {name: place.line for name, place in entry.places.items()} == {"name": 5, "url": 3}


def test_the_first_of_several_merged_values_wins() -> None:
    *_, entry = parse("corp.yaml", "- &x {a: 1}\n- &y {a: 2, b: 2}\n- <<: [*x, *y]\n")
    assert entry.fields == {"a": 1, "b": 2}
    assert {name: place.line for name, place in entry.places.items()} == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        ("name: a\nurl: x\nname: b", 3, "name", "already occurs in line 1. Delete one of them."),
        ('{"name": "a",\n "url": "x",\n "name": "b"}', 3, "name", "already occurs"),
        ("domains:\n - domain: a\n   domain: b", 3, "domain", "already occurs in line 2"),
        ("name: a\n1: b", 2, "", "a field's name must be a string"),
        ("name: a\n{b: c}: d", 2, "", "a field's name must be a string"),
        ("- name: a\n- b", 2, "", "must be an integration's settings"),
        ("just text", 1, "", "must be an integration's settings"),
        ("null", 1, "", "must be an integration's settings"),
        ("", 1, "", "is empty"),
        ("# nothing\n", 1, "", "is empty"),
        ("name: a\nurl: [b", 2, "", "is neither valid YAML nor valid JSON: expected"),
        ('{"name": "a",\n "url" "b"}', 2, "", "is neither valid YAML nor valid JSON"),
        ("name: a\n\turl: b", 2, "", "found character '\\t' that cannot start any token"),
        ("name: a\n---\nname: b", 2, "", "but found another document"),
        ("name: a\nurl: !secret b", 2, "", "could not determine a constructor for the tag '!secret'"),
        ("name: !!python/object/apply:os.system [ls]", 1, "", "could not determine a constructor"),
        ("name: a\npassword: !env [A]", 2, "", "!env needs the name of an environment variable"),
        ("name: a\npassword: !env", 2, "", "!env needs the name of an environment variable"),
        ("name: a\nurl: *base", 2, "", "found undefined alias"),
        ("name: a\x01", 1, "", "control characters"),
        (f"name: {'9' * 5000}", 1, "", "contains a value that cannot be read"),
        ("[" * 100_000, 1, "", "is nested too deeply"),
    ],
)  # fmt: skip
def test_invalid_input_is_refused_with_its_line(text: str, line: int, field: str, message: str) -> None:
    fault = refused(text)
    assert (fault.line, fault.field) == (line, field)
    assert message in fault.message


@pytest.mark.parametrize(
    "text", ["password: hunter2\nurl: [", "password: hunter2\npassword: hunter2", "- password: hunter2\n  x"]
)
def test_error_messages_do_not_quote_the_file(text: str) -> None:
    assert "hunter2" not in str(refused(text))


def test_yaml_aliases_cannot_expand_without_bounds() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 60))
    assert len(parse("corp.yaml", f"l0: &l0 [x]\n{levels}")[0].fields) == 60


def test_a_list_that_contains_itself_does_not_cause_an_endless_loop() -> None:
    (entry,) = parse("corp.yaml", "domains: &domains [*domains]")
    assert list(entry.fields) == ["domains"]


def test_a_file_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"nothing\.yaml:1: cannot be read: No such file or directory\."):
        read(tmp_path / "nothing.yaml")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"name: a\ndescription: caf\xe9\n")
    with pytest.raises(FileRefused, match=r"latin\.yaml:2: is not encoded in UTF-8"):
        read(latin)


@given(
    st.lists(st.dictionaries(NAMES, VALUES, min_size=1), max_size=3), st.sampled_from([None, 0, 1, "\t"]), st.booleans()
)
@example([{"a": "\U0001f600 \u2028 \x85 \ud7ff /"}], None, True)
def test_json_is_read_as_json(written: list[dict[str, Any]], indent: Any, ascii_only: bool) -> None:
    """YAML would read some parts of JSON differently, such as surrogate pairs, line separators and tabs."""
    text = json.dumps(written, indent=indent, ensure_ascii=ascii_only)
    try:
        entries = parse("corp.json", text)
    except FileRefused as error:
        # Raw control characters above U+007E are valid in JSON but not in YAML. Settings must not contain them in any
        # case.
        assert not text.isprintable()
        assert "control characters" in str(error)  # noqa: PT017
        return
    assert [entry.fields for entry in entries] == written
    assert all(entry.places.keys() == entry.fields.keys() for entry in entries)


@given(st.text())
@example("? [")
@example("a: !!binary x")
@example("a: 2001-99-99")
@example("!!set {a}")
@example("!!omap [a: b]")
@example("- !!pairs [a: b]")
@example("!!map [a]")
@example("%YAML 9.9\n---\na: b")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        for entry in parse("corp.yaml", text):
            assert entry.places.keys() == entry.fields.keys()
    except FileRefused as error:
        assert error.faults  # noqa: PT017
