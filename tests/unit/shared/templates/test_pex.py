"""The 24 `pex_*`."""

import json
import tracemalloc
import uuid

import pytest

from shared.errors import TemplateInvalid
from shared.templates.pex import PEX
from tests.unit.shared.templates.evaluation import evaluate
from tests.unit.shared.templates.shared_data import shared_json

CASES = [
    ("{{ 'abc'|pex_base64 }}{{ 'é'|pex_base64 }}", "YWJjw6k="),
    ("{{ '+47 (22) 33-44 ext'|pex_clean_phone_number }}", "+47223344"),
    ("{{ pex_debug_log('a', 1) }}", ""),
    ("{{ ['a@x.no', 'b@y.no']|pex_find_first_match('@y') }}|{{ ['a']|pex_find_first_match('b') }}", "b@y.no|"),
    ("{{ 'abc'|pex_hash }}", "13436514500253700074"),
    ("{{ ['secret', '77123456']|join|pex_hash|pex_tail(5)|pex_strlen }}", "5"),
    ("{{ 'abcdef'|pex_head(2) }}{{ 'a'|pex_head(5) }}{{ 'a'|pex_head(0) }}{{ 'a'|pex_head(-1) }}", "aba"),
    (
        "{{ pex_in_subnet('10.47.0.1', ['10.47.0.0/16']) }} {{ '10.48.0.1'|pex_in_subnet(['10.47.0.0/16']) }}",
        "True False",
    ),
    ("{{ pex_in_subnet('fe80::1', '10.0.0.0/8') }} {{ pex_in_subnet('no address', ['::/0']) }}", "False False"),
    ("{{ 'abc'|pex_md5 }}", "900150983cd24fb0d6963f7d28e17f72"),
    (
        "{% set now = pex_now() %}{{ now.year }}-{{ now.month }}-{{ now.day }} {{ now.hour }}:{{ now.minute }}",
        "2026-11-23 9:0",
    ),
    ("{{ pex_now('Europe/Oslo').hour }} {{ 'Asia/Tokyo'|pex_now }}", "10 2026-11-23 18:00:00+09:00"),
    ("{{ pex_now().second }}{{ pex_now().microsecond }}", "00"),
    ("{{ pex_random_pin(6)|pex_strlen }}", "6"),
    ("{{ 'user1@domainA.com'|pex_regex_replace('@.+', '@otherdomain.com') }}", "user1@otherdomain.com"),
    ("{{ 'aXbX'|pex_regex_replace('(a|b)X', '<\\\\1>') }}", "<a><b>"),
    ("{{ 'ab'|pex_regex_replace('(?P<x>a)', '\\\\g<x>\\\\g<1>\\\\\\\\') }}", "aa\\b"),
    ("{{ 'é1é2'|pex_regex_replace('[0-9]', 'ø') }}", "éøéø"),
    ("{{ 'ab'|pex_regex_replace('x?', '-') }}", "-a-b-"),
    ("{{ pex_regex_search('([a-z]+)@([a-z.]+)', 'to someone@example.com')|join('|') }}", "someone|example.com"),
    ("{{ pex_regex_search('b+', 'abbc')[0] }}{{ pex_regex_search('x', 'abc') }}", "bb[]"),
    ("{{ pex_regex_search('(a)|(b)', 'b')|join('|') }}", "|b"),
    ("{{ 'abc'|pex_require_min_length(3) }}", "abc"),
    ("{{ 'abc'|pex_reverse }}{{ 12|pex_reverse }}", "cba21"),
    (
        "{{ 'https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.com%2Fa%3Fb%3D1&data=x'"
        "|pex_safelinks_decode }}",
        "https://example.com/a?b=1",
    ),
    ("{% set n = 'Example'|pex_strlen %}{{ n }}{{ ''|pex_strlen }}{{ none|pex_strlen }}", "700"),
    ("{{ 'abcdef'|pex_tail(2) }}{{ 'a'|pex_tail(5) }}{{ 'a'|pex_tail(0) }}", "efa"),
    ("{{ {'a': 1, 'b': [true, none, 'é']}|pex_to_json }}", '{"a": 1, "b": [true, null, "\\u00e9"]}'),
    ("{{ 'AAECAwQFBgcICQoLDA0ODw=='|pex_to_uuid }}", "00010203-0405-0607-0809-0a0b0c0d0e0f"),
    ("{% set d = {'a': 1, 'b': 2} %}{{ d|pex_update({'b': 3}) }} {{ d }}", "{'a': 1, 'b': 3} {'a': 1, 'b': 2}"),
    ("{{ 'a%20b%C3%A9'|pex_url_decode }}", "a bé"),
    ("{{ 'a b/é?'|pex_url_encode }}", "a%20b%2F%C3%A9%3F"),
    (
        "{{ 'https://urldefense.proofpoint.com/v2/url?u=https-3A__example.com_a-3Fb-3D1&d=x'|pex_urldefense_decode }}",
        "https://example.com/a?b=1",
    ),
    ("{{ pex_uuid4()|pex_strlen }}", "36"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_functions_and_filters_return_the_expected_result(text: str, expected: str) -> None:
    assert evaluate(text) == expected


def test_every_pex_function_has_a_case() -> None:
    assert {name for name in PEX if any(name in text for text, _ in CASES)} == set(PEX)


def test_exactly_the_documented_functions_exist() -> None:
    assert set(PEX) == set(shared_json("pexip-samples/jinja_filters.json")["custom"])


def test_the_documented_examples_return_the_documented_results() -> None:
    vectors = shared_json("pexip-samples/jinja_filters.json")["vectors"]
    assert vectors
    for vector in vectors:
        assert evaluate(vector["template"], **vector.get("vars", {})) == vector["out"]


@pytest.mark.parametrize(
    "name", ["pex_reverse", "pex_hash", "pex_md5", "pex_strlen", "pex_url_encode", "pex_clean_phone_number"]
)
def test_filter_and_function_return_the_same_result(name: str) -> None:
    assert evaluate("{{ '+1 a'|" + name + " }}") == evaluate("{{ " + name + "('+1 a') }}")


def test_random_values_differ_and_have_the_right_form() -> None:
    identifiers = {evaluate("{{ pex_uuid4() }}") for _ in range(5)}
    assert len(identifiers) == 5
    assert all(uuid.UUID(each).version == 4 for each in identifiers)
    pins = {evaluate("{{ pex_random_pin(20) }}") for _ in range(5)}
    assert len(pins) == 5
    assert all(pin.isdecimal() and len(pin) == 20 for pin in pins)


def test_a_hash_depends_only_on_the_value() -> None:
    assert len({evaluate("{{ value|pex_hash }}", value=value) for value in ("a", "b", "a", "")}) == 3


def test_json_can_be_read_back() -> None:
    assert json.loads(evaluate("{{ {'a': aliases}|pex_to_json }}", aliases=["x", '"<'])) == {"a": ["x", '"<']}


def test_results_are_escaped_in_html() -> None:
    assert evaluate("{{ '<b>'|pex_reverse }} {{ {'a': '<'}|pex_to_json }}", html=True) == (
        "&gt;b&lt; {&#34;a&#34;: &#34;&lt;&#34;}"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ 'ab'|pex_require_min_length(3) }}", "shorter than 3"),
        ("{{ pex_random_pin(0) }}", "1 to 64 digits"),
        ("{{ pex_random_pin(65) }}", "1 to 64 digits"),
        ("{{ pex_now('Mars/Olympus') }}", "name of a time zone"),
        ("{{ pex_now('') }}", "name of a time zone"),
        ("{{ pex_now(5) }}", "TypeError"),
        ("{{ 'x'|pex_to_uuid }}", "16 bytes in base64"),
        ("{{ 'YWJj'|pex_to_uuid }}", "16 bytes in base64"),
        ("{{ pex_in_subnet('10.0.0.1', ['nonsense']) }}", "ValueError"),
        ("{{ 'a'|pex_regex_replace('(', '') }}", "a regular expression is invalid: missing"),
        ("{{ 'a'|pex_regex_replace('(?=a)', '') }}", "a regular expression is invalid: invalid perl operator"),
        ("{{ 'a'|pex_regex_replace('(a)', '\\\\2') }}", "a group that does not exist"),
        ("{{ 'a'|pex_regex_replace('a', '\\\\g<no>') }}", "a group that does not exist"),
        ("{{ ['a']|pex_reverse }}", "TypeError"),
        ("{{ 'a'|pex_update({}) }}", "TypeError"),
        ("{{ pex_now()|pex_to_json }}", "TypeError"),
        ("{{ pex_uuid4(1) }}", "TypeError"),
    ],
)
def test_invalid_arguments_make_the_template_fail(text: str, message: str) -> None:
    with pytest.raises(TemplateInvalid, match="line 1: ") as refused:
        evaluate(text)
    assert message in str(refused.value)


def test_a_replacement_is_measured_before_it_is_made() -> None:
    """Thousands of copies of a group of 16,000 characters would take many megabytes."""
    text = "{{ ('a' * 16000)|pex_regex_replace('(a+)a', '" + "\\\\1" * 3000 + "') }}"
    evaluate("{{ 'a'|pex_regex_replace('a', 'b') }}")  # loads RE2 before memory is measured
    tracemalloc.start()
    try:
        with pytest.raises(TemplateInvalid, match="longer than 16,384 characters"):
            evaluate(text)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_the_total_length_of_all_replacements_is_measured() -> None:
    text = "{{ ('a' * 1000)|pex_regex_replace('a', '" + "b" * 1000 + "') }}"
    with pytest.raises(TemplateInvalid, match="longer than 16,384 characters"):
        evaluate(text)
