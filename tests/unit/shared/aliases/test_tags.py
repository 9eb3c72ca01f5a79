"""A5: tags survive the changes that mail clients and gateways make to text (docs/facts/exchange.md §1)."""

import asyncio
import html
import quopri
import re
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.aliases import body_search
from shared.aliases.body_search import BODY_MAX_LENGTH, MAX_MARKS, MAX_PLACES, MAX_READ, find_marks_in_turns, find_tags
from shared.aliases.tags import format_tag, new_tag

TAG = "550e8400-e29b-41d4-a716-446655440000"
OTHER = "abcdefab-cdef-4abc-8def-abcdefabcdef"
BARE = f"PXPS:-{TAG}"
SAFELINK = "https://eur01.safelinks.protection.outlook.com/?url={}&data=05%7C02%7C&reserved=0"


def safelink(url: str) -> str:
    """The URL that a gateway puts in place of a link."""
    return SAFELINK.format(quote(url, safe=""))


def url_defense_v2(url: str) -> str:
    """Proofpoint's older rewriting, with `-` for the `%` of percent-encoding and `_` for `/`. A `-` is itself
    encoded.
    """
    encoded = "".join(each if (each.isalnum() and each.isascii()) or each in "./" else _pairs(each) for each in url)
    return f"https://urldefense.proofpoint.com/v2/url?u={encoded.replace('/', '_')}&d=DwMFaQ&c=a&r=b&m=c&s=d&e="


def _pairs(character: str) -> str:
    return "".join(f"-{byte:02X}" for byte in character.encode())


def quoted_printable(text: str) -> str:
    return quopri.encodestring(text.encode()).decode()


LINK = f"https://example.com/join?tag={BARE}#"

MANGLED = {
    "as it was": f"{BARE}#",
    "lower case": f"{BARE}#".lower(),
    "upper case": f"{BARE}#".upper(),
    "no closing #": f"<p>{BARE}</p>",
    "no closing #, followed by a word": f"{BARE} and nobody else",
    "no closing #, followed by digits": f"{BARE}<br>0123456789",
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
    "quoted-printable no-break spaces": f"PXPS:-{TAG[:9]}=C2=A0{TAG[9:]}=E2=80=8B#",
    "a rewritten link": f'<a href="{safelink(LINK)}">Join</a>',
    "a rewritten link whose & is escaped": f'<a href="{html.escape(safelink(LINK))}">Join</a>',
    "a link rewritten twice": f'<a href="{safelink(safelink(LINK))}">Join</a>',
    "a link rewritten twice, quoted-printable": quoted_printable(f'<a href="{safelink(safelink(LINK))}">Join</a>'),
    "the original link next to the rewritten one": f'<a href="https://x.example/" originalsrc="{LINK}">Join</a>',
    "a link rewritten by URL Defense v2": f'<a href="{url_defense_v2(LINK)}">Join</a>',
    "by URL Defense v2, then twice by other gateways": f'<a href="{safelink(safelink(url_defense_v2(LINK)))}">Join</a>',
    "twice by other gateways, then by URL Defense v2": f'<a href="{url_defense_v2(safelink(safelink(LINK)))}">Join</a>',
    "percent signs, rewritten twice by URL Defense v2": url_defense_v2(url_defense_v2(LINK.replace(":-", "%3A%2D"))),
    "a link rewritten by URL Defense v3": f'<a href="https://urldefense.com/v3/__{LINK[:-1]}*__;Iw!!A!b$">Join</a>',
    "encoded three times": quote(quote(quote(f"{BARE}#", safe=""), safe=""), safe=""),
    "wrapped within a percent-encoding": f"PXPS%3\r\nA-{TAG[:8]}%\n2D{TAG[9:]}",
    "percent-encoded in lower case": BARE.replace(":", "%3a").replace("-", "%2d") + "%23",
    "preceded by a broken percent-encoding": f"100% of %zz %{BARE}#",
    "preceded by markup that never ends": f"<a <b {BARE}#",
    "preceded by an invalid character reference": f"&#{'9' * 5000};{BARE}#",
}


@pytest.mark.parametrize("body", MANGLED.values(), ids=MANGLED)
def test_a_mangled_tag_is_found(body: str) -> None:
    assert find_tags(body) == [TAG]
    assert find_tags(f"<html><body><p>Dear all,</p>{body}<p>Bye</p></body></html>") == [TAG]


NOT_A_TAG = {
    "nothing": "",
    "another prefix": f"PXP:-{TAG}#",
    "no prefix": TAG,
    "a promise instead of a tag": f"TOK:-{TAG}#",
    "too short": f"PXPS:-{TAG[:-1]}#",
    "too short, followed by a word": f"PXPS:-{TAG[:-1]}; good luck",
    "a letter that is not a hexadecimal digit": f"PXPS:-{TAG[:-1]}g#",
    "digits in another script": f"PXPS:-{TAG[:-1]}\u0663#",
    "groups of the wrong length": f"PXPS:-{TAG.replace('-', '', 1)}#",
    "URL Defense encoding without a tag": "https://example.com/a_b-2Dc-3A-2Fd*2De",
}


@pytest.mark.parametrize("body", NOT_A_TAG.values(), ids=NOT_A_TAG)
def test_other_text_is_not_taken_for_a_tag(body: str) -> None:
    assert find_tags(body) == []


def test_each_tag_is_found_once_in_order_of_appearance() -> None:
    body = f"<p>{format_tag(TAG)}</p><p>{format_tag(OTHER.upper())} {format_tag(TAG)}</p>"
    assert find_tags(body) == [TAG, OTHER]
    assert find_tags(format_tag(OTHER) + format_tag(TAG)) == [OTHER, TAG]


def test_tags_in_visible_text_come_before_tags_hidden_in_links() -> None:
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
    """A strategy that inserts some of the pieces into a string at random positions."""

    def insert(text: str) -> st.SearchStrategy[str]:
        between = st.lists(st.sampled_from(["", "", "", *pieces]), min_size=len(text), max_size=len(text))
        return between.map(lambda chosen: "".join(a + b for a, b in zip(text, chosen, strict=True)))

    return insert


def chosen(*ways: Callable[[str], str]) -> Callable[[str], st.SearchStrategy[str]]:
    """A strategy that applies at most one of the changes to each character."""

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
    """A tag as modified by an editor."""
    text = draw(st.sampled_from([f"PXPS:-{tag}#", f"PXPS:-{tag}"]))
    text = draw(chosen(str.upper, str.lower, other_dash)(text))
    return draw(inserted([" ", "\r\n", "\u00a0", "\u200b", "\u00ad", "\ufeff"])(text))


@st.composite
def shown(draw: st.DrawFn, text: str) -> str:
    """Text as modified by an HTML editor."""
    spelt = draw(chosen(as_decimal, as_hexadecimal)(text))
    pieces = re.findall(r"&[^;]+;|[^&]", spelt)
    marks = st.sampled_from(["", "", "", "<wbr>", "</b><i>", '<span style="x">', "<!--a-->", "&nbsp;", "&shy;"])
    return "".join(piece + draw(marks) for piece in pieces)


@st.composite
def linked(draw: st.DrawFn, text: str) -> str:
    """Text in a link, as modified by gateways."""
    url = f"https://example.com/?a=1&tag={quote(text, safe='')}"
    url = draw(st.sampled_from([url, f"https://example.com/?tag={text}"]))
    for rewriter in draw(st.lists(st.sampled_from([safelink, url_defense_v2]), max_size=3)):
        url = rewriter(url)
    return f'<a href="{html.escape(url)}">'


@st.composite
def mangled(draw: st.DrawFn, tag: str) -> str:
    text = draw(typed(tag))
    text = draw(st.one_of(st.just(html.escape(text)), shown(text), linked(text)))
    before, after = draw(words), draw(words)
    return draw(st.sampled_from([unchanged, quoted_printable]))(f"<p>{before}</p>{text}<p>{after}</p>")


@given(st.data(), uuids)
def test_any_combination_of_manglings_leaves_the_tag_readable(data: st.DataObject, tag: str) -> None:
    assert find_tags(data.draw(mangled(tag))) == [tag]


@given(st.data(), uuids, st.integers(0, 35))
def test_no_combination_of_manglings_turns_other_text_into_a_tag(data: st.DataObject, tag: str, place: int) -> None:
    nearly = f"PXPS:-{tag[:place]}g{tag[place + 1 :]}#"
    text = data.draw(st.one_of(st.just(html.escape(nearly)), shown(nearly), linked(nearly)))
    assert find_tags(data.draw(st.sampled_from([unchanged, quoted_printable]))(f"<p>{text}</p>")) == []


@given(noise, noise, st.none() | uuids)
def test_only_the_tag_that_a_body_contains_is_found(before: str, after: str, tag: str | None) -> None:
    assert find_tags(before + (format_tag(tag) if tag else "") + after) == ([tag] if tag else [])


@given(st.text(st.characters(), max_size=200) | st.text("<>&#;%=0aAPXS:-\r\n \u00ad\ud800", max_size=200))
def test_any_text_can_be_searched(body: str) -> None:
    """This includes strings with lone surrogates, because Exchange may truncate text in the middle of a character."""
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


FOUR_MEGABYTES = 4_000_000
HOSTILE_TO_THE_SEARCH: dict[str, Callable[[int], str]] = {
    "tag beginnings in every spelling": lambda n: "P<b>X%50&#83;=3A PXPS&colon;" * (n // 27),
    "tag beginnings with many nested encodings": lambda n: f"PXPS:%252525-2525%2D{TAG[:-1]}g" * (n // 55),
    "tag beginnings far from the rest of the tag": lambda n: ("PXPS:" + "<b>" * 20_000) * (n // 60_005),
    "Base64": lambda n: "UFhQUzotNTUwZTg0MDAtZTI5Yi00MWQ0" * (n // 32),
    "four bytes each": lambda n: "\U0001f600" * (n // 4),
}


@pytest.mark.long
@pytest.mark.parametrize("hostile", (HOSTILE | HOSTILE_TO_THE_SEARCH).values(), ids=HOSTILE | HOSTILE_TO_THE_SEARCH)
def test_searching_any_body_takes_bounded_steps_and_little_memory(
    hostile: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps are counted rather than timed. The amount of text that Python processes is bounded, and RE2 reads each byte
    once.
    """
    body, undone, undo = hostile(FOUR_MEGABYTES), list[int](), body_search._undo

    def counted(window: bytes) -> tuple[str, int]:
        undone.append(len(window))
        return undo(window)

    monkeypatch.setattr(body_search, "_undo", counted)
    find_tags("PXPS:-")  # RE2 compiles the pattern only once per process
    undone.clear()
    tracemalloc.start()
    find_tags(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(undone) <= 3 * MAX_PLACES
    assert sum(undone) <= MAX_READ
    assert peak <= sys.getsizeof(body) / 2


async def test_other_tasks_run_while_a_long_body_is_searched() -> None:
    turns = 0

    async def work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(work())
    found = await find_marks_in_turns("x" * FOUR_MEGABYTES + format_tag(TAG))
    other.cancel()
    assert found.tags == [TAG]
    assert turns > 50  # in 64 KiB pieces of text


@pytest.mark.parametrize("filler", ["x", "\u20ac", "\U0001f600"])
@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_tag_is_found_wherever_the_body_is_split(filler: str, cut: int) -> None:
    mangled_tag = f"PXPS<span style='font-family:sans'>:</span>=\r\n-{TAG}#"
    assert find_tags(filler * (65_536 - cut) + mangled_tag + filler * 70_000) == [TAG]


def test_a_sample_of_url_defense_is_decoded() -> None:
    """A link rewritten by a gateway in 2023, with `-3A` for `:` and `-2D` for `-`."""
    tag = f"PXPS-3A-2D{TAG.replace('-', '-2D')}-23"
    url = f"https://urldefense.proofpoint.com/v2/url?u=https-3A__example.com_join-3Ftag-3D{tag}&amp;d=DwMFaQ&amp;c=a"
    assert find_tags(f'<a href="{url}">Join</a>') == [TAG]


def test_the_number_of_tags_read_from_a_body_is_limited() -> None:
    tags = [new_tag() for _ in range(100_000)]
    assert find_tags(" ".join(map(format_tag, tags))) == tags[:MAX_MARKS]


def test_only_a_bounded_part_of_a_body_is_read() -> None:
    assert find_tags("x" * (BODY_MAX_LENGTH - 4_000_000) + format_tag(TAG)) == [TAG]
    assert find_tags("x" * (BODY_MAX_LENGTH + 200_000) + format_tag(TAG)) == []


async def test_searches_of_long_bodies_yield_after_every_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """With eight bodies of 4 MB each, other tasks never wait for more than one piece of one body, and all tags are
    found.
    """
    looked, most, look_at = 0, 0, body_search._Search.look_at

    def counted(search: Any, piece: bytes) -> None:
        nonlocal looked
        looked += 1
        look_at(search, piece)

    async def others() -> None:
        nonlocal looked, most
        while True:
            most, looked = max(most, looked), 0
            await asyncio.sleep(0)

    monkeypatch.setattr(body_search._Search, "look_at", counted)
    other = asyncio.create_task(others())
    body = "x" * 400_000 + format_tag(TAG)
    found = await asyncio.gather(*(find_marks_in_turns(body) for _ in range(8)))
    other.cancel()
    assert all(each.tags for each in found)
    assert most == 1
