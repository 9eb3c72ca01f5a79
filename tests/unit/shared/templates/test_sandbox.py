"""Templates cannot access anything outside the sandbox, run endlessly, or produce huge results (T1, T2)."""

import time

import pytest

from shared.errors import TemplateInvalid
from shared.templates import SAMPLES, check, render
from shared.templates.environment import MAX_OUTPUT

FIELD = "personal_vmr_instructions_template"

BIG = "{% set x = 'x' * 16000 %}"
NO_BEYOND = {
    "attributes": "{{ ''.__class__.__mro__ }}",
    "attributes of values": "{{ aliases.append }}",
    "attributes of functions": "{{ pex_now.__globals__ }}",
    "attributes of an undefined value": "{{ nothing.__class__ }}",
    "attributes of loop": "{% for a in aliases %}{{ loop.__class__ }}{% endfor %}",
    "private attributes of now": "{{ pex_now()._printed }}",
    "the loop itself": "{% for a in aliases %}{{ loop }}{% endfor %}",
    "the template itself": "{{ self }}",
    "methods": "{{ name.format(1) }}",
    "format strings": "{{ '{0.__class__}'.format(name) }}",
    "join by attribute": "{{ aliases|join(',', attribute='__class__') }}",
    "attr filter": "{{ name|attr('__class__') }}",
    "map filter": "{{ aliases|map('upper')|join }}",
    "safe filter": "{{ name|safe }}",
    "autoescape off": "{% autoescape false %}{{ name }}{% endautoescape %}",
    "include": "{% include 'x' %}",
    "import": "{% import 'x' as y %}",
    "from import": "{% from 'x' import y %}",
    "extends": "{% extends 'x' %}",
    "block": "{% block x %}{% endblock %}",
    "macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "call block": "{% call pex_now() %}{% endcall %}",
    "recursive loop": "{% for a in aliases recursive %}{{ loop(aliases) }}{% endfor %}",
    "do": "{% do aliases.append(1) %}",
    "globals: cycler": "{{ cycler }}",
    "globals: lipsum": "{{ lipsum(100) }}",
    "globals: namespace": "{% set ns = namespace(a=1) %}",
    "globals: dict": "{{ dict(a=1) }}",
    "namespace attributes": "{% set name.x = 1 %}",
    "functions as values": "{{ pex_now }}",
    "star arguments": "{{ pex_in_subnet(*aliases) }}",
    "tests of identity": "{{ name is sameas name }}",
    "tests of callables": "{{ name is callable }}",
    "power": "{{ 2 ** 8 }}",
    "zone files": "{{ pex_now('../../etc/passwd') }}",
}

ENDLESS = {
    "range": "{{ range(10000000) }}",
    "range filter": "{% for i in 100000000|range %}x{% endfor %}",
    "range of range": "{{ range(-1000000000000000000, 1000000000000000000) }}",
    "repeated text": "{{ 'x' * 1000000000 }}",
    "repeated text, operands swapped": "{{ 1000000000 * 'x' }}",
    "repeated list": "{{ [1] * 1000000000 }}",
    "nested loops": "{% for a in range(999) %}" * 3 + "x" + "{% endfor %}" * 3,
    "a long loop body": "{% for a in range(9999) %}" + "x" * 12_000 + "{% endfor %}",
    "many iterations with little work": "{% for a in range(8000) %}{% for b in range(8000) %}{% endfor %}{% endfor %}",
    "huge output": BIG + "{% for a in range(1000) %}{{ x }}{% endfor %}",
    "huge output kept": BIG + "{% set y %}{% for a in range(1000) %}{{ x }}{% endfor %}{% endset %}",
    "doubled text": "{% set x = 'xxxxxxxx' %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}",
    "doubled by adding": "{% set x = 'xxxxxxxx' %}" + "{% set x = x + x %}" * 60 + "{{ x }}",
    "doubled list": "{% set x = [1] %}" + "{% set x = [x, x] %}" * 60 + "{{ x }}",
    "doubled mapping": "{% set x = 1 %}" + "{% set x = {1: x, 2: x} %}" * 60 + "{{ x }}",
    "doubled lists compared": "{% set x, y = [1], [1] %}" + "{% set x, y = [x, x], [y, y] %}" * 60 + "{{ x == y }}",
    "squared number": "{% set x = 999999999 %}" + "{% set x = x * x %}" * 60 + "{{ x }}",
    "grown number": "{{ 1000000000000000000 + 1 }}",
    "big literal": "{{ " + "9" * 5000 + " }}",
    "infinity": "{{ '1e999'|float }}",
    "round up": "{{ 5|round(-1000000000) }}",
    "round with ceil": "{{ 5|round(1000000000, 'ceil') }}",
    "format width": "{{ '%1000000000d'|format(1) }}",
    "format width with zeros": "{{ '%-0999999999s'|format(1) }}",
    "format precision": "{{ '%.1000000000f'|format(1) }}",
    "format width from argument": "{{ '%*d'|format(1000000000, 1) }}",
    "format repeated": BIG + "{{ ('%(a)s' * 3000)|format(a=x) }}",
    "format operator": "{{ '%1000000000d' % 1 }}",
    "replace": BIG + "{{ x|replace('x', x) }}",
    "replace nothing": BIG + "{{ x|replace('', x) }}",
    "join": BIG + "{{ range(8000)|join(x) }}",
    "json": BIG + "{% for a in range(9999) %}{{ [x]|pex_to_json }}{% endfor %}",
    "url encoding": "{{ ('é' * 8000)|pex_url_encode }}",
    "base64": "{{ ('é' * 8000)|pex_base64 }}",
    "striptags": "{% for a in range(9999) %}{{ ('<>' * 8000)|striptags }}{% endfor %}",
    "striptags of comments": "{% for a in range(9999) %}{{ ('<!--' * 4000)|striptags }}{% endfor %}",
    "trim": "{% for a in range(9999) %}{{ ('a' * 16000)|trim('a' * 16000) }}{% endfor %}",
    "search in text": BIG + "{% set y = ('x' * 7000) ~ 'b' %}{% for a in range(9999) %}{{ y in x }}{% endfor %}",
    "slices": BIG + "{% for a in range(99999) %}{{ x[1:] == x[:-1] }}{% endfor %}",
    "tests": BIG + "{% for a in range(99999) %}{{ x is lower }}{% endfor %}",
    "a regex that backtracks endlessly": BIG
    + "{% for a in range(999) %}{{ pex_regex_search('(x+)+$', x ~ 'b') }}{% endfor %}",
    "a regex evaluated many times": "{{ ('a' * 16000)|pex_regex_replace('a.*b|a', '') }}",
    "a regex with a large program": "{{ pex_regex_search('((a{9}){9}){9}b' * 30, 'a' * 16000) }}",
    "a regex with many states": BIG
    + "{% for a in range(9999) %}{{ pex_regex_search('(x|b)*x(x|b){20}$', x) }}{% endfor %}",
    "a regex built by the template": "{{ pex_regex_search('a?' * 5000, 'a') }}",
    "a regex with too many repetitions": "{{ pex_regex_search('((a{1000}){1000}){1000}', 'a') }}",
    "regex replacement": BIG + "{{ x|pex_regex_replace('x', x) }}",
    "first match": BIG + "{{ ([x] * 1)|pex_find_first_match('(x*)*y') }}" * 300,
    "brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "lists in lists": "{{ " + "[" * 5000 + "1" + "]" * 5000 + " }}",
    "sums": "{{ " + "+".join("1" * 5000) + " }}",
    "negations": "{{ " + "not " * 2500 + "1 }}",
    "ands": "{{ " + " and ".join("1" * 2000) + " }}",
    "filters": "{{ 1" + "|abs" * 2500 + " }}",
    "subscripts": "{{ aliases" + "[0]" * 2500 + " }}",
    "ifs": "{% if 1 %}" * 300 + "{% endif %}" * 300,
    "fors": "{% for a in aliases %}" * 30 + "{% endfor %}" * 30,
    "open brackets": "{{ " * 4000,
    "open tags": "{% " * 4000,
    "open comments": "{# " * 4000,
    "open raws": "{% raw %}" * 1300,
}


def rendered(text: str) -> str:
    return render(FIELD, text, SAMPLES)


def rendered_or_refused(text: str) -> str:
    try:
        return rendered(text)
    except TemplateInvalid:
        return ""


@pytest.mark.parametrize("text", NO_BEYOND.values(), ids=NO_BEYOND)
def test_access_outside_the_sandbox_is_refused_when_saving_and_when_rendering(text: str) -> None:
    assert check(FIELD, text)
    assert rendered_or_refused(text) == ""  # an unknown name prints nothing


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_endless_and_huge_templates_are_stopped_quickly(text: str) -> None:
    start = time.process_time()
    faults = check(FIELD, text[:12_288])
    with pytest.raises(TemplateInvalid):
        rendered(text)
    assert time.process_time() - start < 3  # half a second, plus a margin for other work on the machine
    assert faults


@pytest.mark.parametrize("text", ["{{ ''['__class__'] }}", "{{ aliases['append'] }}", "{{ pex_now()['_printed'] }}"])
def test_subscripts_never_reach_attributes(text: str) -> None:
    assert rendered(text) == ""


@pytest.mark.parametrize("text", ["{{ 1[1:] }}", "{{ 1.5[:2] }}", "{{ none[1:2] }}", "{{ {'a': 1}[1:] }}"])
def test_slicing_a_value_that_cannot_be_sliced_makes_the_template_fail(text: str) -> None:
    with pytest.raises(TemplateInvalid, match="line 1: an expression cannot be evaluated"):
        rendered(text)


def test_a_variable_that_hides_a_function_cannot_be_called() -> None:
    with pytest.raises(TemplateInvalid, match="SecurityError"):
        rendered("{% set pex_now = 'x' %}{{ pex_now() }}")


def test_a_macro_is_refused_with_its_line() -> None:
    assert check(FIELD, "a\n{% macro m() %}{% endmacro %}") == ["line 2: macro is not allowed in templates"]


def test_output_is_bounded_after_escaping() -> None:
    amount = MAX_OUTPUT // 5  # "&" becomes five characters
    text = "{% for i in range(8) %}{{ '&' * " + str(amount // 8) + " }}{% endfor %}"
    assert len(rendered(text)) == amount // 8 * 8 * 5
    with pytest.raises(TemplateInvalid, match="262,144"):
        rendered(text + "{{ '&' * 99 }}")


def test_calls_inside_a_loop_count_towards_its_limit() -> None:
    """Jinja2 derives a new context for calls in a loop. Counting must not start over there."""
    with pytest.raises(TemplateInvalid, match="too much"):
        rendered("{% for i in range(5000) %}{% set j = pex_strlen('x' * 4000) %}{% endfor %}")


def test_renderings_do_not_share_a_limit() -> None:
    text = "{% for i in range(5000) %}{{ i }}{% endfor %}"
    results = {rendered(text) for _ in range(10)}
    assert len(results) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% for a in aliases %}{{ loop.index }}/{{ loop.length }} {{ a }}{{ '' if loop.last else ', ' }}{% endfor %}",
         "1/3 alice.jones@example.com, 2/3 5550123, 3/3 alice.jones"),
        ("{% for a in aliases if '@' in a %}{{ a }}{% else %}none{% endfor %}", "alice.jones@example.com"),
        ("{% for a in [] %}{% else %}none{% endfor %}", "none"),
        ("{% for key in {'a': 1} %}{{ key }}{% endfor %}", "a"),
        ("{% for c in 'ab' %}{{ c }}-{% endfor %}", "a-b-"),
        ("{% for c in nothing %}{{ c }}{% endfor %}", ""),
        ("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}", "3"),
        ("{% filter upper %}{{ name }}{% endfilter %}", "ALICE JONES&#39;S ROOM"),
        ("{% set x | upper %}a{% endset %}{{ x }}", "A"),
        ("{% set a, b = 1, 2 %}{{ a }}{{ b }}", "12"),
        ("{{ aliases[0] }} {{ aliases[-1] }} {{ aliases[5] }} {{ aliases[:2]|length }} {{ 'abc'[1] }}",
         "alice.jones@example.com alice.jones  2 b"),
        ("{{ {'a': 1}['a'] }}{{ {'a': 1}['b'] }}", "1"),
        ("{{ 7 // 2 }} {{ 7 % 2 }} {{ 7 / 2 }} {{ -7 + 2 }} {{ 'a' ~ 1 ~ none }} {{ 'ab' * 2 }}", "3 1 3.5 -5 a1 abab"),
        ("{{ 'yes' if allow_guests and pin is defined else 'no' }}", "yes"),
        ("{{ 1 if nothing is undefined }}{{ 1 if none is none }}{{ 4 is divisibleby 2 }}", "11True"),
        ("{{ name == name }} {{ 'A' in name }} {{ 1 < 2 <= 2 }}", "True True True"),
        ("{% raw %}{{ name }}{% endraw %}{# note #}", "{{ name }}"),
        ("a\n{%- if true -%}\n b\n{%- endif %}", "ab"),
        ("{{ 1 - 1 }}{{ 1e3 }}{{ [1, 'a', none] }}", "01000.0[1, &#39;a&#39;, None]"),
    ],
)  # fmt: skip
def test_allowed_constructs_work_as_in_jinja(text: str, expected: str) -> None:
    assert render(FIELD, text, SAMPLES) == expected
