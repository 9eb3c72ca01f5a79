"""Converting HTML to text, sanitizing HTML, and reporting faults in HTML."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.templates import check, html_to_text, sanitise

FIELD = "accept_new_single_meeting_template"
TAG = "PXPS:-6f8cf6fc-7ab0-4e1d-a6c8-3b5e5a1a1f3d#"
LONG = "https://join.example.com/webapp/#/?conference=" + "a-very-long-alias-" * 20


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("  \n", ""),
        ("plain", "plain"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a\n  b   c", "a b c"),
        ("<ul><li>a</li><li>b</li></ul>", "  * a\n  * b"),
        ("&lt;b&gt; &amp; &eacute;&nbsp;x", "<b> & é x"),
        ("<b>a</b><i>b</i>", "ab"),
        (f'<a href="{LONG}">{LONG}</a>', LONG),
        ('<a href="https://a.no/x">Join</a> now', "Join <https://a.no/x> now"),
        ('<a href="tel:+4722">+47 22</a>', "+47 22 <tel:+4722>"),
        ('<a href="#top">Top</a>', "Top"),
        ("<style>p {}</style><script>x()</script>a<!-- c -->", "a"),
        (f"<p><span>{TAG}</span></p>", TAG),
        (f"<p>PXPS:<span>{TAG[5:]}</span></p>", TAG),
        ("a\x00b\x01c\ud800", "abc"),
    ],
)
def test_html_is_converted_to_text(html: str, text: str) -> None:
    assert html_to_text(html).replace("\u00a0", " ") == text


@given(st.text())
def test_any_html_can_be_converted_to_text(html: str) -> None:
    assert isinstance(html_to_text(html), str)


@given(
    st.lists(
        st.sampled_from(["<b>", "</b>", "<p>", "<br>", "<td>", "<a href='x'>", "</a>", "<!--", "x ", "<"]), max_size=12
    )
)
def test_a_scheduling_tag_in_any_html_stays_intact(pieces: list[str]) -> None:
    text = html_to_text(f"<div>{TAG}</div>" + "".join(pieces))
    assert TAG in text.splitlines()


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("plain & simple", "plain &amp; simple"),
        ('<b style="color: red; position: fixed">a</b>', '<b style="color:red">a</b>'),
        ("<script>alert(1)</script>a", "a"),
        ('<img src="x" onerror="alert(1)">a', "a"),
        ('<a href="javascript:alert(1)">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<a href="http://a.no">a</a>', '<a rel="noopener noreferrer">a</a>'),
        (
            '<a href="https://a.no" onclick="x" target="_top">a</a>',
            '<a href="https://a.no" rel="noopener noreferrer">a</a>',
        ),
        ('<a href="mailto:a@b.no">a</a>', '<a href="mailto:a@b.no" rel="noopener noreferrer">a</a>'),
        ('<p style="background: url(https://evil.example)">a</p>', '<p style="">a</p>'),
        ("<iframe src='https://a.no'></iframe><form><input></form><style>*{}</style>a<!-- c -->", "a"),
        ("<b>unclosed", "<b>unclosed</b>"),
        ('<font color="red" face="Arial">a</font>', '<font color="red" face="Arial">a</font>'),
        ("<svg><a xlink:href='javascript:1'>a</a></svg>b", "b"),
    ],
)
def test_admins_html_is_sanitized(html: str, clean: str) -> None:
    assert sanitise(html) == clean


class Reader(HTMLParser):
    """The tags and attributes that a browser would find."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name: value or "" for name, value in attrs}


@given(st.lists(st.sampled_from(
    ["<script>", "</script>", "<svg", "<img src=x ", " onload=x", ">", "<a href='", "javascript:1", "'", '"', "<b>",
     "<math>", "<style>", "</style>", "<!--", "-->", "<noscript>", "<p title='", "&lt;"]
), max_size=14).map("".join))  # fmt: skip
def test_no_html_lets_code_through(html: str) -> None:
    found = Reader(sanitise(html))
    assert not found.tags & {"script", "iframe", "img", "svg", "math", "style", "form", "object", "noscript"}
    assert not [name for name in found.attributes if name.startswith("on")]
    scheme, _, _ = found.attributes.get("href", "").partition(":")
    # Browsers ignore white space and control characters in a scheme. Any other character would turn it into a path.
    assert re.sub(r"[\x00-\x20]", "", scheme).casefold() != "javascript"


@pytest.mark.parametrize(
    "text",
    [
        "<b>a</b><br><hr/><img src='x'>",
        "{% if alias %}<b>{% endif %}a{% if alias %}</b>{% endif %}",
        "{% if alias %}<b>{% elif start_time %}<i>{% else %}<u>{% endif %}a"
        "{% if alias %}</b>{% elif start_time %}</i>{% else %}</u>{% endif %}",
        "{% for a in range(2) %}<p>{{ a }}</p>{% endfor %}",
        "{% set x %}<b>a</b>{% endset %}{{ x }}",
        "<p title=\"{{ alias }}\" class='{{ alias }}'>{{ alias }}</p>",
        '<a href="https://x.no/?a={{ alias }}">x</a>',
        "<!--[if mso]><table><![endif]--><p>x</p>",
        "1 < 2 &lt;b&gt;",
        "<DIV>x</div>",
        "<style>p { color: red }</style>",
    ],
)
def test_well_formed_html_has_no_faults(text: str) -> None:
    assert check(FIELD, text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<p>", "line 1: <p> is not closed"),
        ("a\n\n<div>\n<p></p>", "line 3: <div> is not closed"),
        ("<div/>", "line 1: <div> is not closed"),
        ("</p>", "line 1: </p> closes nothing"),
        ("{% if alias %}<b>{% endif %}", "line 1: <b> is not closed"),
        ("{% if alias %}{% else %}\n<b>{% endif %}", "line 2: <b> is not closed"),
        ("{% if alias %}{% elif start_time %}<b>{% endif %}", "line 1: <b> is not closed"),
        ("{% for a in range(2) %}<li>{% endfor %}", "line 1: <li> is not closed"),
        ("<a href={{ alias }}>x</a>", "line 1: put quotes around the value in <a>"),
        ("<p {{ alias }}>x</p>", "line 1: put quotes around the value in <p>"),
        ("<p{{ alias }}>x</p>", "line 1: put quotes around the value in <p…>"),
        ("\n<{{ alias }}>", "line 2: a value cannot be a tag's name"),
        ("</{{ alias }}>", "line 1: a value cannot be a tag's name"),
        ("<script>1</script>", "line 1: <script> does not work in e-mail and is not allowed"),
        ("<style>{{ alias }}</style>", "line 1: a value is not allowed in <style>"),
        ("<p onclick='x'>x</p>", "line 1: <p> has an event handler, which is not allowed"),
        ("<p", "line 1: a tag or comment is incomplete"),
        ('<p title="{{ alias }}', "line 1: a tag or comment is incomplete"),
        ("a\n<!-- {{ alias }}", "line 2: a tag or comment is incomplete"),
    ],
)
def test_malformed_html_is_reported(text: str, fault: str) -> None:
    assert fault in check(FIELD, text)
