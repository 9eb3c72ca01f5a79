"""Finding tags and promises in a body, whatever mail clients and gateways have done to them (A5).

Clients wrap, colour and encode text; gateways rewrite links, one inside the other. A body comes from a stranger and may
be megabytes long, so it is read in two steps:

1. RE2 finds places where a tag or a promise may *begin*, in whatever encoding: about a nanosecond per byte, whatever
   the body contains. It works piece by piece, so that the body is not copied and other tasks run in between.
2. At each place, encodings are undone layer by layer until a whole tag or promise is read. A genuine body has a handful
   of such places; `MAX_PLACES` and `MAX_READ` limit the work that a stranger can cause.
"""

import asyncio
import binascii
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from shared.aliases.promises import PROMISE
from shared.aliases.tags import TAG

MAX_MARKS = 16
"""How many different tags, and promises, of one body are examined; a genuine body has one, a quoted thread a few."""

BODY_MAX_LENGTH = 16_000_000
"""Bytes of a body (in UTF-8, plus one piece) that are examined."""

MAX_PLACES = 1024
"""Possible beginnings of a tag in one body that are examined: a quoted thread has some for each of its messages."""

MAX_READ = 262_144
"""Bytes that are decoded per body, all places together."""

_PIECE = 65_536
"""Characters searched at once before other tasks run."""

_OVERLAP = 16_384
"""Characters that a tag may span with everything that clients insert; pieces overlap by that much."""

_WINDOWS = (256, 2_048, _OVERLAP)
"""Bytes that are decoded at a place: more only if the result is too short for a promise."""

_LONGEST = 110
"""Characters of a promise, plus a few."""

_MAX_LAYERS = 8
"""Nested link rewriters, and the link itself."""

_GATE_MEMORY = 8 << 20
"""Bytes for RE2's states, once per process; with fewer it falls back to a slower search on texts crafted for that."""

_SPACE = b" \t\r\n\v\f"
_MARKUP = re.compile(r"<[^<>]*>")
_NUMBER_OF_NO_CHARACTER = re.compile(r"&#[0-9]{8,}")
# What clients insert into a word: white space, and invisible characters (zero width, soft hyphen, BOM, …).
_INVISIBLE = re.compile(r"[\s\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+")
_DASH = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_FULL_WIDTH = re.compile(r"[\uff01-\uff5e]")
_URL_DEFENSE = re.compile(r"[-*](?=[0-9A-Fa-f]{2})")


@dataclass
class Marks:
    """The different tags' uuids in lower case, and promises in upper case with their `TOK:-` and `#`.

    Each in order of appearance, visible ones before those hidden in markup; at most MAX_MARKS of each.
    """

    tags: list[str] = field(default_factory=list)
    promises: list[str] = field(default_factory=list)


def find_marks(body: str) -> Marks:
    """Everything in an HTML or plain-text body that reads as a tag or a promise; none of it is verified."""
    search = _Search()
    for piece in _pieces(body):
        search.look_at(piece)
    return search.marks()


def find_tags(body: str) -> list[str]:
    """The different tags' uuids in an HTML or plain-text body, see Marks.tags."""
    return find_marks(body).tags


def find_promises(body: str) -> list[str]:
    """The different promises in an HTML or plain-text body, see Marks.promises; none of them is verified."""
    return find_marks(body).promises


async def find_marks_in_turns(body: str) -> Marks:
    """The same for the event loop: other tasks run after every piece, of however many bodies at the same time."""
    search, pieces, turn = _Search(), _pieces(body), _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    while True:
        async with turn:
            if (piece := next(pieces, None)) is None:
                return search.marks()
            search.look_at(piece)
            await asyncio.sleep(0)


_turns = WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]()
"""Who may look at a piece next, in order of arrival: long bodies take turns with each other and with short ones."""


def _pieces(body: str) -> Iterator[bytes]:
    """The body in pieces, each in UTF-8 without white space and soft line breaks, so that wrapped text is joined again.

    Exchange may cut a text in the middle of a character, hence lone surrogates.
    """
    read = 0
    for start in range(0, len(body), _PIECE):
        raw = body[start : start + _PIECE + _OVERLAP].encode(errors="replace")
        yield raw.replace(b"=\r\n", b"").replace(b"=\n", b"").translate(None, _SPACE)
        read += len(raw)
        if read >= BODY_MAX_LENGTH:
            return


class _Search:
    """One search through a body's pieces."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}
        self._hidden: dict[str, None] = {}
        self._places = MAX_PLACES
        self._left = MAX_READ

    def look_at(self, piece: bytes) -> None:
        """Note what begins in this piece."""
        position = 0
        while self._places > 0 and self._left > 0 and (found := _gate().search(piece, position)):
            self._places -= 1
            position = found.start() + 1
            mark = self._read(piece, found.start())
            if mark:
                (self._hidden if _is_in_markup(piece, found.start()) else self._seen).setdefault(mark)

    def marks(self) -> Marks:
        """What was found."""
        every = [*self._seen, *(mark for mark in self._hidden if mark not in self._seen)]
        tags = [tag[1].lower() for mark in every if (tag := TAG.fullmatch(mark))]
        promises = [f"{mark.upper()}#" for mark in every if PROMISE.fullmatch(mark)]
        return Marks(list(dict.fromkeys(tags))[:MAX_MARKS], list(dict.fromkeys(promises))[:MAX_MARKS])

    def _read(self, piece: bytes, start: int) -> str:
        """The tag or promise that begins here, or ""."""
        for size in _WINDOWS:
            window = piece[start : start + min(size, self._left)]
            self._left -= len(window)
            mark, said = _undo(window)
            if mark or said > _LONGEST or len(window) < size:
                return mark
        return ""


def _undo(window: bytes) -> tuple[str, int]:
    """The tag or promise at the beginning of `window`, or ""; and how many characters the decoded window has."""
    said = 0
    for transported in dict.fromkeys((window, binascii.a2b_qp(window))):
        text = _MARKUP.sub("", transported.decode(errors="ignore"))
        layer = ""
        for layer in _layers(_flatten(html.unescape(_NUMBER_OF_NO_CHARACTER.sub("", text)))):
            if found := TAG.match(layer) or PROMISE.match(layer):
                return found[0], len(layer)
        said = max(said, len(layer))
    return "", said


def _layers(text: str) -> Iterator[str]:
    """The text, followed by its readings with rewritten links undone, the outermost first.

    Percent-encoding is undone only if there is some, since URL Defense leaves none: v2 writes `-` for `%`, and v3 a
    `*`.
    """
    for _ in range(_MAX_LAYERS):
        yield text
        undone = _flatten(unquote(text)) if "%" in text else text
        if undone == text:
            undone = _flatten(_undo_url_defense(text))
        if undone == text:
            return
        text = undone


def _undo_url_defense(text: str) -> str:
    return unquote(_URL_DEFENSE.sub("%", text))


def _flatten(text: str) -> str:
    """One line without white space and invisible characters; dashes and full-width characters replaced by plain
    ones.
    """
    if text.isascii():
        return "".join(text.split())
    seen = _DASH.sub("-", _INVISIBLE.sub("", text))
    return _FULL_WIDTH.sub(lambda match: chr(ord(match[0]) - 0xFEE0), seen)


def _is_in_markup(piece: bytes, place: int) -> bool:
    since = max(0, place - _OVERLAP)
    return piece.rfind(b"<", since, place) > piece.rfind(b">", since, place)


@cache
def _gate() -> Any:
    """RE2's pattern (its package is untyped) for the places where a tag or a promise may begin."""
    import re2  # type: ignore[import-untyped]  # imported here, because a process that reads no mail does not need it

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes
    options.max_mem = _GATE_MEMORY
    options.log_errors = False
    # Anything that is invisible: markup, entities, non-ASCII characters, and these percent-encoded.
    unseen = rf"(?:[\x80-\xff]|<[^<>]*>|&#?[0-9A-Za-z]+;|{_encoded('[89A-Fa-f][0-9A-Fa-f]|20|0[9ADad]')})*"
    spelt: Callable[[str], str] = lambda word: unseen.join(map(_spelt, word))  # noqa: E731
    return re2.compile(f"{spelt('PXPS:')}|{spelt('TOK:')}".encode(), options)


def _encoded(pairs: str) -> str:
    """Percent-encoded, quoted-printable or URL Defense's, possibly nested; `pairs` of hexadecimal digits."""
    return rf"(?:[%=*-]|&#37;|&#[Xx]25;|&percnt;)(?:2[5ADad]|3[Dd])*(?:{pairs})"


def _spelt(character: str) -> str:
    """Every encoding of a character: in upper or lower case, full-width, as an entity, percent-encoded."""
    plain = [ord(each) for each in sorted({character.upper(), character.lower()})]
    wide = [code + 0xFEE0 for code in plain]
    literal = "|".join("".join(rf"\x{byte:02x}" for byte in chr(code).encode()) for code in plain + wide)
    decimal = "|".join(str(code) for code in plain + wide)
    hexadecimal = "|".join(f"{code:x}" for code in plain + wide)
    pairs = "|".join(f"{code:x}" for code in plain)
    named = "|&colon;" if character == ":" else ""
    return rf"(?:{literal}|&#0*(?:{decimal});?|&#[Xx]0*(?i:{hexadecimal});?{named}|{_encoded(f'(?i:{pairs})')})"
