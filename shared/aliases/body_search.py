"""Finds tags and promises in a body, even if mail clients and gateways have altered them (A5).

Clients wrap, colour and encode text; gateways rewrite links, sometimes several times. A body is untrusted and may be
megabytes long, so it is read in two steps:

1. RE2 finds places where a tag or a promise may *begin*, in any encoding. This takes about a nanosecond per byte of
   any body. It works piece by piece, so that the body is not copied and other tasks run in between.
2. At each place, encodings are undone layer by layer until a whole tag or promise is read. A genuine body has a handful
   of such places; `MAX_PLACES` and `MAX_READ` limit the work that a crafted body can cause.
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
"""Up to this many different tags, and as many different promises, are examined in one body. A genuine body has one."""

BODY_MAX_LENGTH = 16_000_000
"""A body is examined up to this many bytes in UTF-8, plus at most one piece."""

MAX_PLACES = 1024
"""Up to this many places where a tag may begin are examined in one body. A quoted thread has a few for each message."""

MAX_READ = 262_144
"""Maximum number of bytes that are decoded per body, in total."""

_PIECE = 65_536
"""The number of characters that are searched before other tasks get a turn."""

_OVERLAP = 16_384
"""Maximum number of characters that a tag may span, including everything that clients insert; pieces overlap by this
much.
"""

_WINDOWS = (256, 2_048, _OVERLAP)
"""How many bytes to decode at a place. The larger numbers are used only if the result is too short for a promise."""

_LONGEST = 110
"""The length of a promise in characters, plus a margin."""

_MAX_LAYERS = 8
"""Maximum number of layers of encoding: nested link rewriters and the link itself."""

_GATE_MEMORY = 8 << 20
"""Bytes of memory for RE2's states, used once per process.

With less memory, crafted text would make RE2 fall back to a slower search.
"""

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
    """The uuids of different tags in lower case, and promises in upper case with `TOK:-` and `#`. Both are in order of
    appearance, visible ones before those hidden in markup; at most MAX_MARKS of each.
    """

    tags: list[str] = field(default_factory=list)
    promises: list[str] = field(default_factory=list)


def find_marks(body: str) -> Marks:
    """Everything in an HTML or plain-text body that looks like a tag or a promise, unverified."""
    search = _Search()
    for piece in _pieces(body):
        search.look_at(piece)
    return search.marks()


def find_tags(body: str) -> list[str]:
    """The uuids of the different tags in an HTML or plain-text body; see Marks.tags."""
    return find_marks(body).tags


def find_promises(body: str) -> list[str]:
    """The different promises in an HTML or plain-text body, unverified; see Marks.promises."""
    return find_marks(body).promises


async def find_marks_in_turns(body: str) -> Marks:
    """Like `find_marks`, but without blocking the event loop: other tasks run after every piece, even if many bodies
    are searched at the same time.
    """
    search, pieces, turn = _Search(), _pieces(body), _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())
    while True:
        async with turn:
            if (piece := next(pieces, None)) is None:
                return search.marks()
            search.look_at(piece)
            await asyncio.sleep(0)


_turns = WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]()
"""The lock held while a piece is searched.

It is granted in order of arrival, so that long bodies take turns with each other and with short ones.
"""


def _pieces(body: str) -> Iterator[bytes]:
    """The body in pieces, each in UTF-8 without white space or soft line breaks, so that wrapped text is joined again.

    Exchange may cut text in the middle of a character, which leaves lone surrogates.
    """
    read = 0
    for start in range(0, len(body), _PIECE):
        raw = body[start : start + _PIECE + _OVERLAP].encode(errors="replace")
        yield raw.replace(b"=\r\n", b"").replace(b"=\n", b"").translate(None, _SPACE)
        read += len(raw)
        if read >= BODY_MAX_LENGTH:
            return


class _Search:
    """A search through the pieces of one body."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}
        self._hidden: dict[str, None] = {}
        self._places = MAX_PLACES
        self._left = MAX_READ

    def look_at(self, piece: bytes) -> None:
        """Record the tags and promises that begin in this piece."""
        position = 0
        while self._places > 0 and self._left > 0 and (found := _gate().search(piece, position)):
            self._places -= 1
            position = found.start() + 1
            mark = self._read(piece, found.start())
            if mark:
                (self._hidden if _is_in_markup(piece, found.start()) else self._seen).setdefault(mark)

    def marks(self) -> Marks:
        """The tags and promises found."""
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
    """The tag or promise at the beginning of `window`, or "", and the number of characters in the decoded window."""
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
    """The text, followed by its versions with rewritten links undone, the outermost first.

    URL Defense leaves no percent-encoding: v2 writes `-` for `%`, and v3 writes `*`. So its encodings are undone only
    if there is no percent-encoding.
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
    """The text on one line, without white space or invisible characters, and with ASCII characters in place of dashes
    and full-width characters.
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
    """The pattern that finds places where a tag or a promise may begin. The RE2 package is untyped."""
    import re2  # type: ignore[import-untyped]  # imported here, because a process that reads no mail does not need it

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes
    options.max_mem = _GATE_MEMORY
    options.log_errors = False
    # Anything invisible: markup, entities, non-ASCII characters, and percent-encoded ones.
    unseen = rf"(?:[\x80-\xff]|<[^<>]*>|&#?[0-9A-Za-z]+;|{_encoded('[89A-Fa-f][0-9A-Fa-f]|20|0[9A-Da-d]|1[C-Fc-f]')})*"
    spelt: Callable[[str], str] = lambda word: unseen.join(map(_spelt, word))  # noqa: E731
    return re2.compile(f"{spelt('PXPS:')}|{spelt('TOK:')}".encode(), options)


def _encoded(pairs: str) -> str:
    """A pattern for bytes that are percent-encoded, quoted-printable or in URL Defense's encoding, possibly nested;
    `pairs` are the bytes' hexadecimal digits.
    """
    return rf"(?:[%=*-]|&#37;|&#[Xx]25;|&percnt;)(?:2[5ADad]|3[Dd])*(?:{pairs})"


def _spelt(character: str) -> str:
    """A pattern for every encoding of a character: in upper or lower case, full-width, as an entity,
    percent-encoded.
    """
    plain = [ord(each) for each in sorted({character.upper(), character.lower()})]
    wide = [code + 0xFEE0 for code in plain]
    literal = "|".join("".join(rf"\x{byte:02x}" for byte in chr(code).encode()) for code in plain + wide)
    decimal = "|".join(str(code) for code in plain + wide)
    hexadecimal = "|".join(f"{code:x}" for code in plain + wide)
    pairs = "|".join(f"{code:x}" for code in plain)
    named = "|&colon;" if character == ":" else ""
    return rf"(?:{literal}|&#0*(?:{decimal});?|&#[Xx]0*(?i:{hexadecimal});?{named}|{_encoded(f'(?i:{pairs})')})"
