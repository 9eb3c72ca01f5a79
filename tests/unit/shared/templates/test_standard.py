"""The 18 standard filters behave like Jinja2's."""

from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import TemplateInvalid
from shared.templates.standard import FILTERS
from tests.unit.shared.templates.evaluation import evaluate
from tests.unit.shared.templates.shared_data import shared_json

CASES = [
    ("{{ -5|abs }}", "5"),
    ("{{ 'hello WORLD'|capitalize }}", "Hello world"),
    ("{{ missing|default('x') }}{{ ''|default('y') }}{{ ''|default('z', true) }}", "xz"),
    ("{{ [1, 2]|first }}{{ 'ab'|first }}{{ []|first }}{{ missing|first }}", "1a"),
    ("{{ '1.5'|float }} {{ 'x'|float }} {{ 'x'|float(2.0) }}", "1.5 0.0 2.0"),
    ("{{ '%s and %03d, %.2f%%'|format('a', 7, 1.5) }}", "a and 007, 1.50%"),
    ("{{ '%(a)s-%(b)5s'|format(a=1, b='x') }}", "1-    x"),
    ("{{ '42'|int }} {{ 'x'|int }} {{ 'x'|int(7) }} {{ 'ff'|int(0, 16) }} {{ 3.9|int }}", "42 0 7 255 3"),
    ("{{ [1, 'b', 3.5]|join('-') }} {{ ['a', 'b']|join }} {{ []|join(',') }}", "1-b-3.5 ab "),
    ("{{ [1, 2]|last }}{{ 'ab'|last }}{{ []|last }}", "2b"),
    ("{{ [1, 2]|length }}{{ 'abc'|length }}{{ {}|length }}{{ missing|length }}", "2300"),
    ("{{ 'ÆØÅ'|lower }}", "æøå"),
    ("{{ 3|range|join }} {{ range(1, 7, 2)|join }} {{ range(3, 0, -1)|join }}", "012 135 321"),
    ("{{ 'aaa'|replace('a', 'b') }} {{ 'aaa'|replace('a', 'b', 2) }} {{ 5|replace(5, 6) }}", "bbb bba 6"),
    ("{{ 42.55|round }} {{ 42.55|round(1, 'floor') }} {{ 42.51|round(1, 'ceil') }}", "43.0 42.5 42.6"),
    ("{{ '<p>a  <b>b</b></p><!-- c -->&amp;'|striptags }}", "a b&"),
    ("{{ ' a '|trim }}|{{ 'xxaxx'|trim('x') }}", "a|a"),
    ("{{ 'foo bar baz qux'|truncate(9) }}", "foo..."),
    ("{{ 'foo bar baz qux'|truncate(9, true) }}", "foo ba..."),
    ("{{ 'foo bar baz qux'|truncate(11) }}", "foo bar baz qux"),
    ("{{ 'foo bar baz qux'|truncate(11, false, '…', 0) }}", "foo bar…"),
    ("{{ 'straße'|upper }}", "STRASSE"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_standard_filters_return_the_expected_result(text: str, expected: str) -> None:
    assert evaluate(text) == expected


@pytest.mark.parametrize("text", [text for text, _ in CASES if "3|range" not in text])
def test_standard_filters_return_the_same_as_jinja2s_own(text: str) -> None:
    plain = jinja2.Environment(autoescape=False, finalize=lambda value: value)  # noqa: S701 (compared as plain text)
    assert evaluate(text) == plain.from_string(text).render()


def test_every_standard_filter_has_a_case() -> None:
    assert {name for name in FILTERS if any(f"|{name}" in text for text, _ in CASES)} == set(FILTERS)


def test_exactly_the_documented_filters_are_allowed() -> None:
    assert set(FILTERS) == set(shared_json("pexip-samples/jinja_filters.json")["allowed_standard"])


SCALARS: st.SearchStrategy[Any] = st.text(max_size=20) | st.integers(-99, 99) | st.none()


@given(st.lists(SCALARS, max_size=6), st.text(max_size=3))
def test_join_joins_as_jinja2_does(values: list[Any], separator: str) -> None:
    text = "{{ values|join(separator) }}"
    plain = jinja2.Environment(autoescape=True).from_string(text)
    assert evaluate(text, html=True, values=values, separator=separator) == _sound(
        plain.render(values=values, separator=separator)
    )


@given(st.text(max_size=30), st.text(max_size=3), st.text(max_size=5), st.none() | st.integers(-1, 5))
def test_replace_replaces_as_jinja2_does(value: str, old: str, new: str, count: int | None) -> None:
    text = "{{ value|replace(old, new, count) }}"
    plain = jinja2.Environment(autoescape=True).from_string(text)
    given_values = {"value": value, "old": old, "new": new, "count": -1 if count is None else count}
    assert evaluate(text, html=True, **{**given_values, "count": count}) == _sound(plain.render(given_values))


@given(st.text(max_size=60), st.integers(3, 40), st.booleans())
def test_truncate_truncates_as_jinja2_does(value: str, length: int, killwords: bool) -> None:
    text = "{{ value|truncate(length, killwords) }}"
    plain = jinja2.Environment(autoescape=True).from_string(text)
    values = {"value": value, "length": length, "killwords": killwords}
    assert evaluate(text, html=True, **values) == _sound(plain.render(values))


def _sound(text: str) -> str:
    return text.encode("utf-8", "ignore").decode()


def test_markup_is_kept_and_values_joined_to_it_are_escaped() -> None:
    text = "{% set b %}<b>{% endset %}{{ [b, value]|join(b) }} {{ b|replace('b', value) }} {{ b|upper }}"
    assert evaluate(text, html=True, value="<") == "<b><b>&lt; <&lt;> <B>"


@pytest.mark.parametrize(
    "text",
    [
        "{{ '%c'|format(60) }}",
        "{{ '%r'|format('x') }}",
        "{{ '%*d'|format(1, 1) }}",
        "{{ '%'|format(1) }}",
        "{{ '%s %s'|format(1) }}",
        "{{ 'x'|abs }}",
        "{{ 5|length }}",
        "{{ 5|join }}",
        "{{ 'x'|range }}",
        "{{ 'x'|upper('y') }}",
        "{{ [1]|join(',', 'name') }}",
        "{{ [1]|join(attribute='x') }}",
        "{{ 5|round(1, 'sideways') }}",
    ],
)
def test_invalid_arguments_make_the_template_fail(text: str) -> None:
    with pytest.raises(
        TemplateInvalid, match=r"line 1: an expression cannot be evaluated \((Type|Value|FilterArgument)Error\)"
    ):
        evaluate(text)
