"""The pane and the server find the same tags in any text. Otherwise one could report a tag that the other ignores."""

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.aliases.body_search import find_promises, find_tags
from tests.support.examples import examples
from tests.unit.addin.node import HERE, run_node

TAGS = (
    "PXPS:-0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f#",
    f"TOK:-{'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567' * 2}#",
    f"TOK:-{('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567' * 3)[:88]}#",
)


def url_defense(tag: str) -> str:
    """Encode a tag as version 2 of Proofpoint's URL rewriting does (MeetingBar #539, #384)."""
    return quote(tag, safe="").replace("-", "-2D").replace("%", "-")


# Changes that mail clients make to a tag, and changes that damage it.
CHANGES: list[Callable[[str], str]] = [
    str.upper,
    str.lower,
    lambda tag: tag[:-1],
    lambda tag: tag[:-2],
    lambda tag: tag[1:],
    lambda tag: tag.replace("-", "\u2011"),
    lambda tag: tag.replace("-", "\u00a0-\u00a0"),
    lambda tag: tag.replace(":", "\uff1a"),
    lambda tag: tag[:20] + "\r\n " + tag[20:],
    lambda tag: "\u200b".join(tag),
    lambda tag: quote(tag, safe=""),
    lambda tag: quote(quote(tag, safe=""), safe=""),
    lambda tag: quote(quote(quote(quote(tag, safe=""), safe=""), safe=""), safe=""),
    lambda tag: f"https://urldefense.proofpoint.com/v2/url?u=https-3A__x_-3Ft-3D{url_defense(tag)}&d=DwMFAg",
    lambda tag: f"https://safelinks.example/?url={quote(tag)}&data=1",
    lambda tag: f"before{tag}after",
    lambda tag: tag.replace("e", "x"),
    lambda tag: f"{tag[:32]}-{tag[32:]}",  # hyphenated: `-34` looks like an encoded 4
    lambda tag: f"{tag[:2]}%1E{tag[2:40]}%1D{tag[40:]}",  # white space in Python, but not in JavaScript
    lambda tag: quote("\u200b".join(tag), safe=""),
    lambda tag: url_defense("\u200b".join(tag)),
    lambda tag: url_defense(tag).replace("-", "*"),
]


def pane_finds(bodies: list[str]) -> list[bool]:
    ran = run_node(HERE / "tags.js", stdin=json.dumps(bodies))
    assert ran.returncode == 0, ran.stderr
    found: list[bool] = json.loads(ran.stdout)
    return found


def server_finds(body: str) -> bool:
    return bool(find_tags(body) or find_promises(body))


def test_pane_and_server_agree_on_known_changes_to_a_tag() -> None:
    bodies = [change(tag) for tag in TAGS for change in CHANGES]
    expected = [server_finds(body) for body in bodies]
    assert any(expected)
    assert not all(expected)
    assert dict(zip(bodies, pane_finds(bodies), strict=True)) == dict(zip(bodies, expected, strict=True))


NOISE = st.text(alphabet="ab12-:#% \n\u00a0\u200b\u2013PXSTOK", max_size=6)


@settings(max_examples=examples(5))
@given(
    st.lists(st.tuples(st.sampled_from(TAGS), st.lists(st.tuples(st.integers(0, 70), NOISE), max_size=3)), max_size=60)
)
def test_pane_and_server_agree_on_a_tag_with_any_noise(drafts: list[tuple[str, list[tuple[int, str]]]]) -> None:
    bodies = []
    for tag, noises in drafts:
        for at, noise in noises:
            tag = tag[:at] + noise + tag[at:]
        bodies.append(tag)
    assert pane_finds(bodies) == [server_finds(body) for body in bodies]


@pytest.mark.parametrize("body", ["", "PXPS:-#", "100 % sure", "TOK:-short#"])
def test_the_pane_finds_no_tag_in_other_text(body: str) -> None:
    assert pane_finds([body]) == [False]
