"""Each field's type and limits. A value at the limit is accepted. One beyond it is refused, and the fault names the
field.
"""

from typing import Any, Literal, get_args, get_origin

import pytest

from shared.errors import SettingsInvalid
from shared.integrations import validate
from shared.integrations.draft import draft
from shared.integrations.integration import READ_ONLY_FIELDS, SECRET_FIELDS, TEMPLATE_FIELDS, Integration, settings
from shared.integrations.setting import Format, format_of, is_nullable
from tests.support.integrations import GUID, full_fields

WRITABLE = {name: field for name, field, _ in settings() if name not in READ_ONLY_FIELDS}
TEXTS = {name for name, field in WRITABLE.items() if field.annotation in (str, str | None) or name in SECRET_FIELDS}
SWITCHES = {name for name, field in WRITABLE.items() if field.annotation is bool}
NUMBERS = {name for name, field in WRITABLE.items() if field.annotation is int}
CHOICES = {name for name, field in WRITABLE.items() if get_origin(field.annotation) is Literal}


def limit(name: str, key: str) -> int:
    found: list[int] = [getattr(item, key) for item in WRITABLE[name].metadata if hasattr(item, key)]
    return found[0]


def text_of(name: str, length: int) -> str:
    """A well-formed value of exactly this length."""
    match format_of(WRITABLE[name]):
        case Format.GUID:
            return GUID + "0" * (length - len(GUID))
        case Format.URL | Format.SERVER_URL:
            start = "https://mail.example.com/"
        case Format.SCRIPT_URLS:
            start = "https://mail.example.com/a.js\n" * 100 + "https://mail.example.com/"
        case Format.FQDN:
            return ("a." * length)[: length - 3] + "com"
        case Format.EMAIL:
            return "a" * (length - len("@example.com")) + "@example.com"
        case Format.TEMPLATE if name == "meeting_instructions_template":
            start = "{{alias_uuid}}"
        case _:
            start = ""
    return start + "a" * (length - len(start))


def faults(**changes: Any) -> dict[str, list[str]]:
    """The faults in settings that are valid except for these changes."""
    try:
        validate(full_fields(**changes))
    except SettingsInvalid as error:
        return error.faults
    return {}


def test_each_writable_field_has_exactly_one_type() -> None:
    assert len(TEXTS) + len(SWITCHES) + len(NUMBERS) + len(CHOICES) + len({"domains"}) == len(WRITABLE)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_the_longest_text_is_accepted_and_one_more_character_is_not(name: str) -> None:
    longest = limit(name, "max_length")
    assert faults(**{name: text_of(name, longest)}) == {}
    assert faults(**{name: text_of(name, longest + 1)}) == {
        name: [f"Ensure this value has at most {longest} characters."]
    }


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_numbers_are_only_accepted_within_their_limits(name: str) -> None:
    lowest, highest = limit(name, "ge"), limit(name, "le")
    assert faults(**{name: lowest}) == faults(**{name: highest}) == {}
    assert faults(**{name: lowest - 1}) == {name: [f"Ensure this value is greater than or equal to {lowest}."]}
    assert faults(**{name: highest + 1}) == {name: [f"Ensure this value is less than or equal to {highest}."]}


@pytest.mark.parametrize("name", sorted(CHOICES))
def test_every_choice_is_accepted_and_nothing_else(name: str) -> None:
    for choice in get_args(WRITABLE[name].annotation):
        # VMRs are disabled, so no other setting has to match the choice.
        assert faults(**{name: choice}, enable_dynamic_vmrs=False, enable_personal_vmrs=False) == {}
        assert list(faults(**{name: choice.swapcase()})) == [name]
    assert faults(**{name: ""})[name][0].startswith("Must be one of: ")


@pytest.mark.parametrize("name", sorted(TEXTS))
@pytest.mark.parametrize("value", [7, True, 1.5, ["a"], {"a": 1}, b"a"])
def test_text_fields_accept_strings_only(name: str, value: object) -> None:
    assert faults(**{name: value}) == {name: ["Must be a string."]}


@pytest.mark.parametrize("name", sorted(NUMBERS))
@pytest.mark.parametrize("value", ["7", True, 7.0, None, [7], float("nan")])
def test_number_fields_accept_whole_numbers_only(name: str, value: object) -> None:
    assert faults(**{name: value}) == {name: ["Must be a whole number."]}


@pytest.mark.parametrize("name", sorted(SWITCHES))
@pytest.mark.parametrize("value", ["true", 1, 0, None, []])
def test_switches_accept_true_and_false_only(name: str, value: object) -> None:
    assert faults(**{name: value}) == {name: ["Must be true or false."]}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_null_is_accepted_by_nullable_fields_only(name: str) -> None:
    proposed = draft(full_fields() | {name: None})
    assert (name not in proposed.faults) == is_nullable(WRITABLE[name])


@pytest.mark.parametrize("name", sorted(name for name in TEXTS if is_nullable(WRITABLE[name])))
def test_an_empty_string_clears_a_nullable_field(name: str) -> None:
    assert getattr(draft({name: ""}).integration, name) is None


@pytest.mark.parametrize("name", sorted(TEXTS))
@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "a\x0bb", "a\uffffb"])
def test_invalid_characters_are_refused(name: str, text: str) -> None:
    if name in SECRET_FIELDS and text != "\ud800":
        assert faults(**{name: text}) == {}  # a password may contain anything that can be encoded
    else:
        assert list(faults(**{name: text})) == [name]


@pytest.mark.parametrize("name", sorted(TEXTS - SECRET_FIELDS))
def test_text_is_stored_unchanged(name: str) -> None:
    text = text_of(name, min(limit(name, "max_length"), 36))
    integration = validate(full_fields() | {name: text})
    assert getattr(integration, name) == text


def test_unknown_fields_are_named() -> None:
    assert faults(colour="red", names=1) == {
        "colour": ["There is no such setting."],
        "names": ["There is no such setting."],
    }


def test_read_only_fields_are_ignored_because_clients_send_them_back() -> None:
    sent = dict.fromkeys(READ_ONLY_FIELDS, 7)
    integration = validate(full_fields() | sent)
    assert all(
        getattr(integration, name) == Integration.model_fields[name].default
        for name in READ_ONLY_FIELDS - {"resource_uri"}
    )


def test_the_longest_texts_together_fit_into_a_table_row() -> None:
    templates = TEMPLATE_FIELDS - {"meeting_instructions_template"}
    longest = dict.fromkeys(templates, "😀" * 12_288)
    assert list(faults(**longest)) == ["__all__"]
    assert faults(**(longest | {"conference_name_template": "x", "accept_edited_occurrence_template": "x"})) == {}
