"""A5: tags survive what mail clients and gateways do to text (facts/graph-ews-tokens.md §1)."""

import html
import quopri
import re
import time
from collections.abc import Callable
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.aliases.tags import MAX_BODY, MAX_TAGS, find_tags, format_tag, new_tag

TAG = "550e8400-e29b-41d4-a716-446655440000"
OTHER = "abcdefab-cdef-4abc-8def-abcdefabcdef"
BARE = f"PXPS:-{TAG}"
SAFELINK = "https://eur01.safelinks.protection.outlook.com/?url={}&data=05%7C02%7C&reserved=0"


def safelink(url: str) -> str:
    """The address that a gateway puts in place of a link."""
    return SAFELINK.format(quote(url, safe=""))


def quoted_printable(text: str) -> str:
    return quopri.encodestring(text.encode()).decode()


LINK = f"https://example.com/join?tag={BARE}#"

MANGLED = {
    "as it was": f"{BARE}#",
    "lower case": f"{BARE}#".lower(),
    "upper case": f"{BARE}#".upper(),
    "no closing #": f"<p>{BARE}</p>",
    "no closing #, and a word after it": f"{BARE} and nobody else",
    "no closing #, and digits after it": f"{BARE}<br>0123456789",
    "a word before it": f"ID:{BARE}#",
    "wrapped at a dash": BARE.replace("e29b-", "e29b-\r\n") + "#",
    "wrapped within a group": "PXPS:-550e84\n   00-e29b-41d4-a716-4466\r\n\t55440000#",
    "spans inside": f"PXPS<span>:</span>-<b>{TAG[:10]}</b><span style='color:#abcdef'>{TAG[10:]}</span>#",
    "a word break": f"PXPS:-{TAG[:9]}<wbr>{TAG[9:]}#",
    "a comment inside": f"PXPS:-{TAG[:9]}<!-- x -->{TAG[9:]}#",
    "no-break spaces": f"PXPS:-\u00a0{TAG[:9]}&nbsp;{TAG[9:]}&#160;#",
    "zero-width characters": f"PXPS:-\u200b{TAG[:4]}\ufeff{TAG[4:9]}&#8203;&zwj;&ZeroWidthSpace;{TAG[9:]}#",
    "soft hyphens": f"PX\u00adPS:-{TAG[:20]}&shy;{TAG[20:]}#",
    "other dashes": BARE.replace("-", "\u2011", 3).replace("-", "\u2013", 1).replace("-", "\u2212"),
    "full-width characters": "ＰＸＰＳ：－" + TAG,
    "entities": "&#80;&#x58;PS&colon;&#45;" + TAG.replace("-", "&#x2D;") + "&num;",
    "soft line breaks": f"PXPS:-{TAG[:9]}=\r\n{TAG[9:20]}=\n{TAG[20:]}#",
    "quoted-printable": f'<a href=3D"https://example.com/?tag=3D{BARE.replace(":", "=3A").replace("-", "=2D")}">',
    "quoted-printable of no-break spaces": f"PXPS:-{TAG[:9]}=C2=A0{TAG[9:]}=E2=80=8B#",
    "a rewritten link": f'<a href="{safelink(LINK)}">Join</a>',
    "a rewritten link, its & escaped": f'<a href="{html.escape(safelink(LINK))}">Join</a>',
    "a link rewritten twice": f'<a href="{safelink(safelink(LINK))}">Join</a>',
    "a link rewritten twice, quoted-printable": quoted_printable(f'<a href="{safelink(safelink(LINK))}">Join</a>'),
    "the link as it was, beside the rewritten one": f'<a href="https://x.example/" originalsrc="{LINK}">Join</a>',
    "percent-encoded by hand, lower case": BARE.replace(":", "%3a").replace("-", "%2d") + "%23",
    "a broken percent-encoding before it": f"100% of %zz %{BARE}#",
    "markup that never ends before it": f"<a <b {BARE}#",
    "a number that is no character before it": f"&#{'9' * 5000};{BARE}#",
}


@pytest.mark.parametrize("body", MANGLED.values(), ids=MANGLED)
def test_a_mangled_tag_is_found(body: str) -> None:
    assert find_tags(body) == [TAG]
    assert find_tags(f"<html><body><p>Dear all,</p>{body}<p>Bye</p></body></html>") == [TAG]


NOT_A_TAG = {
    "nothing": "",
    "another prefix": f"PXP:-{TAG}#",
    "no prefix": TAG,
    "the promise of a tag": f"TOK:-{TAG}#",
    "too short": f"PXPS:-{TAG[:-1]}#",
    "too short, then a word": f"PXPS:-{TAG[:-1]}; good luck",
    "a letter that is no digit": f"PXPS:-{TAG[:-1]}g#",
    "digits of another script": f"PXPS:-{TAG[:-1]}\u0663#",
    "groups of other lengths": f"PXPS:-{TAG.replace('-', '', 1)}#",
    "encoded three times": quote(quote(quote(f"{BARE}#", safe=""), safe=""), safe=""),
}


@pytest.mark.parametrize("body", NOT_A_TAG.values(), ids=NOT_A_TAG)
def test_what_is_no_tag_is_not_found(body: str) -> None:
    assert find_tags(body) == []


def test_tags_come_once_each_in_order_of_appearance() -> None:
    body = f"<p>{format_tag(TAG)}</p><p>{format_tag(OTHER.upper())} {format_tag(TAG)}</p>"
    assert find_tags(body) == [TAG, OTHER]
    assert find_tags(format_tag(OTHER) + format_tag(TAG)) == [OTHER, TAG]


def test_what_is_read_comes_before_what_is_hidden_in_links() -> None:
    assert find_tags(f'<a href="{safelink(LINK)}">{format_tag(OTHER)}</a>') == [OTHER, TAG]


def test_new_tags_are_random_uuids() -> None:
    tags = {new_tag() for _ in range(1000)}
    assert len(tags) == 1000
    assert {UUID(tag).version for tag in tags} == {4}
    assert {str(UUID(tag)) for tag in tags} == tags


uuids = st.uuids().map(str)
noise = st.text(st.characters(codec="utf-8"), max_size=40).filter(lambda text: "<" not in text and "&" not in text)
words = st.text("ABCDEFabcdef0123 xyz.,-\n", max_size=40)


def inserted(pieces: list[str]) -> Callable[[str], st.SearchStrategy[str]]:
    """Puts some of the pieces anywhere into a text."""

    def insert(text: str) -> st.SearchStrategy[str]:
        between = st.lists(st.sampled_from(["", "", "", *pieces]), min_size=len(text), max_size=len(text))
        return between.map(lambda chosen: "".join(a + b for a, b in zip(text, chosen, strict=True)))

    return insert


def chosen(*ways: Callable[[str], str]) -> Callable[[str], st.SearchStrategy[str]]:
    """Does one of these to each character, or leaves it."""

    def choose(text: str) -> st.SearchStrategy[str]:
        picks = st.lists(st.sampled_from([unchanged, *ways]), min_size=len(text), max_size=len(text))
        return picks.map(lambda picked: "".join(way(c) for way, c in zip(picked, text, strict=True)))

    return choose


def unchanged(text: str) -> str:
    return text


def as_decimal(character: str) -> str:
    return f"&#{ord(character)};"


def as_hexadecimal(character: str) -> str:
    return f"&#x{ord(character):X};"


def other_dash(character: str) -> str:
    return "\u2011" if character == "-" else character


@st.composite
def typed(draw: st.DrawFn, tag: str) -> str:
    """What editors make of a tag."""
    text = draw(st.sampled_from([f"PXPS:-{tag}#", f"PXPS:-{tag}"]))
    text = draw(chosen(str.upper, str.lower, other_dash)(text))
    return draw(inserted([" ", "\r\n", "\u00a0", "\u200b", "\u00ad", "\ufeff"])(text))


@st.composite
def shown(draw: st.DrawFn, text: str) -> str:
    """What HTML makes of it."""
    spelt = draw(chosen(as_decimal, as_hexadecimal)(text))
    pieces = re.findall(r"&[^;]+;|[^&]", spelt)
    marks = st.sampled_from(["", "", "", "<wbr>", "</b><i>", '<span style="x">', "<!--a-->", "&nbsp;", "&shy;"])
    return "".join(piece + draw(marks) for piece in pieces)


@st.composite
def linked(draw: st.DrawFn, text: str) -> str:
    """What gateways make of it in a link."""
    url = f"https://example.com/?a=1&tag={quote(text, safe='')}"
    address = draw(st.sampled_from([url, safelink(url), safelink(f"https://example.com/?tag={text}")]))
    return f'<a href="{html.escape(address)}">'


@st.composite
def mangled(draw: st.DrawFn, tag: str) -> str:
    text = draw(typed(tag))
    text = draw(st.one_of(st.just(html.escape(text)), shown(text), linked(text)))
    before, after = draw(words), draw(words)
    return draw(st.sampled_from([unchanged, quoted_printable]))(f"<p>{before}</p>{text}<p>{after}</p>")


@given(st.data(), uuids)
def test_any_composition_of_manglings_leaves_the_tag_readable(data: st.DataObject, tag: str) -> None:
    assert find_tags(data.draw(mangled(tag))) == [tag]


@given(noise, noise, st.none() | uuids)
def test_no_tag_is_found_that_is_not_there(before: str, after: str, tag: str | None) -> None:
    assert find_tags(before + (format_tag(tag) if tag else "") + after) == ([tag] if tag else [])


@given(st.text(st.characters(), max_size=200) | st.text("<>&#;%=0aAPXS:-\r\n \u00ad\ud800", max_size=200))
def test_any_text_can_be_read(body: str) -> None:
    """Lone surrogates included: Exchange cuts texts in the middle of a character."""
    find_tags(body)


HOSTILE: dict[str, Callable[[int], str]] = {
    "open brackets": lambda n: "<" * n,
    "unfinished markup": lambda n: "<a " * n,
    "unfinished comments": lambda n: "<!--" * n,
    "ampersands": lambda n: "&" * n,
    "unfinished entities": lambda n: "&#" * n,
    "one endless number": lambda n: "&#" + "9" * n,
    "endless numbers": lambda n: "&#99999999999;" * (n // 14),
    "percents": lambda n: "%" * n,
    "percent-encodings": lambda n: "%25" * n,
    "bad utf-8": lambda n: "%C3" * n,
    "soft breaks": lambda n: "=\r\n" * n,
    "unfinished soft breaks": lambda n: "= " * n,
    "blanks": lambda n: "=" + " " * n,
    "combining characters": lambda n: "a" + "\u0300\u0316" * n,
    "long compatibility forms": lambda n: "\ufdfa" * n,
    "full-width characters": lambda n: "ａ" * n,
    "unfinished tags": lambda n: "PXPS:-" * n,
    "nearly tags": lambda n: f"PXPS:-{TAG[:-1]}g" * (n // 30),
    "the same tag": lambda n: format_tag(TAG) * (n // 30),
}


def _seconds(body: str) -> float:
    """The processor time of reading a body; the least of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        find_tags(body)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bodies_cost_no_more_than_their_length(hostile: Callable[[int], str]) -> None:
    """Eight times as long takes about eight times the time; a quadratic pattern would take sixty-four times."""
    assert _seconds(hostile(160_000)) < 24 * max(_seconds(hostile(20_000)), 0.001)


def test_a_flood_of_tags_is_cut_off() -> None:
    tags = [new_tag() for _ in range(100_000)]
    assert find_tags(" ".join(map(format_tag, tags))) == tags[:MAX_TAGS]


def test_only_so_much_of_a_body_is_read() -> None:
    filler = "x" * (MAX_BODY - len(format_tag(TAG)))
    assert find_tags(filler + format_tag(TAG)) == [TAG]
    assert find_tags("x" * MAX_BODY + format_tag(TAG)) == []
