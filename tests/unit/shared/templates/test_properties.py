"""Properties that hold for all templates and all values (T1 to T3)."""

import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import TemplateInvalid
from shared.templates import FIELDS, SAMPLES, Destination, check, preview, render
from shared.templates.environment import MAX_OUTPUT
from shared.templates.pex import PEX
from shared.templates.rendering import LINE_MAX_LENGTH
from shared.templates.standard import FILTERS
from tests.support.examples import examples

HTML = "personal_vmr_instructions_template"
NAMES = sorted(SAMPLES)

# Pieces of the template language, which make many of the generated templates valid.
ATOMS = st.sampled_from(
    [*NAMES, "loop", "self", "x", "y", "1", "0", "-1", "7.5", "'a'", "'<b>'", "'%s'", "[]", "[1, 'a']", "{'a': 1}",
     "none", "true", "999999999", "range(9)", "pex_now()", "pex_uuid4()", "'x' * 9000", "cycler", "''.__class__",
     "loop.index", "aliases[0]"]
)  # fmt: skip
FILTER_NAMES = st.sampled_from([*FILTERS, *PEX, "safe", "attr", "map"])


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "~", "==", "<", "in", "and", "or", "is"])
    return st.one_of(
        st.tuples(inner, FILTER_NAMES).map("|".join),
        st.tuples(inner, FILTER_NAMES, inner).map(lambda t: f"{t[0]}|{t[1]}({t[2]})"),
        st.tuples(inner, FILTER_NAMES, inner, inner).map(lambda t: f"{t[0]}|{t[1]}({t[2]}, {t[3]})"),
        st.tuples(FILTER_NAMES, inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
        st.tuples(inner, operators, inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"{t[0]}[{t[1]}]"),
        st.tuples(inner, inner).map(lambda t: f"{t[0]}[{t[1]}:]"),
        st.tuples(inner, inner).map(lambda t: f"[{t[0]}, {t[1]}]"),
    )


EXPRESSIONS = st.recursive(ATOMS, _compound, max_leaves=8)
DATA = st.sampled_from(
    ["text", "\n", " ", "<b>", "</b>", "<a href='", "'>", "&", "{", "}", "<!--", "\r\n", "\u2028", "\x00", "é"]
)


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(EXPRESSIONS, inner).map(lambda t: f"{{% if {t[0]} %}}{t[1]}{{% endif %}}"),
        st.tuples(EXPRESSIONS, inner).map(lambda t: f"{{% for x in {t[0]} %}}{t[1]}{{% endfor %}}"),
        st.tuples(FILTER_NAMES, inner).map(lambda t: f"{{% filter {t[0]} %}}{t[1]}{{% endfilter %}}"),
        inner.map(lambda t: f"{{% set y %}}{t}{{% endset %}}"),
        st.tuples(inner, inner).map("".join),
    )


PIECES = DATA | EXPRESSIONS.map("{{{{ {} }}}}".format) | EXPRESSIONS.map("{{% set x = {} %}}".format)
TEMPLATES = (
    st.recursive(PIECES, _blocks, max_leaves=10) | st.text(alphabet="{}%# abx|.'\"()[]<>-\n", max_size=80) | st.text()
)
VALUES = st.fixed_dictionaries(
    {
        name: st.lists(st.text(max_size=30), max_size=3) if name.endswith("aliases") else st.text(max_size=50)
        for name in NAMES
    }
)


@settings(max_examples=examples(400))
@given(st.sampled_from(sorted(FIELDS)), TEMPLATES, VALUES)
def test_rendering_gives_a_bounded_text_or_refuses(name: str, text: str, values: dict[str, object]) -> None:
    try:
        result = render(name, text, values)
    except TemplateInvalid:
        return
    assert result.encode("utf-8").decode("utf-8") == result
    if FIELDS[name].destination is Destination.LINE:
        assert len(result) <= LINE_MAX_LENGTH
        assert len(result.splitlines()) <= 1
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", result)
    else:
        assert len(result) <= MAX_OUTPUT


@settings(max_examples=examples(200))
@given(st.sampled_from(sorted(FIELDS)), TEMPLATES)
def test_a_template_accepted_by_the_check_renders_with_the_samples(name: str, text: str) -> None:
    if check(name, text) == [] and "pex_require_min_length" not in text and "pex_random_pin" not in text:
        assert preview(name, text).faults == []


class _Shape(HTMLParser):
    """The tags, attribute names and comments in HTML, without its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.shape: list[object] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, [name for name, _ in attrs]))

    def handle_endtag(self, tag: str) -> None:
        self.shape.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.shape.append("comment")


NASTY = st.text(max_size=30) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>",
        '" onload="x',
        "-->",
        "]]>",
        "</p>",
        "&lt;b&gt;",
        "{{ 1 }}",
    ]
)
SHAPED = [
    "<p title='{{ name }}'>{{ name }}</p>",
    '<a href="https://x.no/?{{ name }}">{{ name|upper }}</a>',
    "<p>{{ name|pex_reverse }}{{ name|replace('a', '<i>') }}{{ name|truncate(5, true) }}</p>",
    "{% set x %}<b>{{ name }}</b>{% endset %}{{ x }}{{ name ~ 'x' }}{{ [name, name]|join(name) }}",
    "<!-- {{ name }} --><p>{{ name|pex_url_decode }}{{ name|striptags }}{{ name[1:] }}</p>",
    "<p>{{ '%s'|format(name) }}{{ {name: name}|pex_to_json }}{{ name|default('x')|trim|first }}</p>",
]


@settings(max_examples=examples(300))
@given(st.sampled_from(SHAPED), NASTY)
def test_no_value_breaks_out_of_html(text: str, value: str) -> None:
    assert check(HTML, text) == []
    expected = _Shape(render(HTML, text, {"name": "harmless"})).shape
    assert _Shape(render(HTML, text, {"name": value})).shape == expected
