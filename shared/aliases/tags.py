"""Security tags: `PXPS:-<uuid>#` ties an invitation to the alias that was allocated for it (A1, A5).

A tag travels through mail clients and gateways, which wrap, colour, encode and rewrite text. `find_tags` reads it
in whatever is left of it.
"""

import binascii
import html
import re
import uuid
from collections.abc import Iterator
from urllib.parse import unquote

MAX_TAGS = 16
"""How many different tags of one body are looked at; an honest body has one, a quoted thread a few."""

MAX_BODY = 4_000_000
"""Characters of a body that are looked at. Bodies come from strangers, so every pattern here is linear in their length:
none for comments, no NFKC (quadratic in combining characters), no number that int() would refuse.
"""

_MARKUP = re.compile(r"<[^<>]*>")
_NUMBER_OF_NO_CHARACTER = re.compile(r"&#[0-9]{8,}")
_QUOTED_PRINTABLE = re.compile(r"=(?:[0-9A-Fa-f]{2}|\r?\n)")
# What clients put into a word: white space, and characters that cannot be seen (zero width, soft hyphen, BOM, …).
_INVISIBLE = re.compile(r"[\s\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+")
_DASH = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_FULL_WIDTH = re.compile(r"[\uff01-\uff5e]")
_TAG = re.compile(r"PXPS:-([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})", re.IGNORECASE | re.ASCII)


def new_tag() -> str:
    """A fresh tag's uuid, from the system's secure random source."""
    return str(uuid.uuid4())


def format_tag(tag: str) -> str:
    """The tag as it stands in joining instructions."""
    return f"PXPS:-{tag}#"


def find_tags(body: str) -> list[str]:
    """The different tags' uuids, lower-case, in order of appearance; at most MAX_TAGS.

    `body` is an HTML or plain-text body. The closing `#` is not asked for: clients that make links of addresses lose
    it, and a uuid has its own length.
    """
    found: dict[str, None] = {}
    for view in views(body):
        for match in _TAG.finditer(view):
            found.setdefault(match[1].lower())
            if len(found) == MAX_TAGS:
                return list(found)
    return list(found)


def views(body: str) -> Iterator[str]:
    """The body as a reader sees it, then with its markup (rewritten links hide tags in attributes).

    Each without white space, so that what a client has wrapped is whole again, and also with what gateways put over
    it taken off: quoted-printable, and percent-encoding, of which a link inside a rewritten link has two layers.
    """
    for text in _transported(body[:MAX_BODY]):
        for shown in dict.fromkeys((_MARKUP.sub("", text), text)):
            plain = html.unescape(_NUMBER_OF_NO_CHARACTER.sub("", shown))
            yield _flatten(plain)
            for _ in range(2):
                if "%" in plain:
                    yield _flatten(plain := unquote(plain))


def _transported(body: str) -> Iterator[str]:
    yield body
    if _QUOTED_PRINTABLE.search(body):
        yield binascii.a2b_qp(body.encode(errors="replace")).decode(errors="replace")


def _flatten(text: str) -> str:
    """One line without white space and invisible characters; dashes and full-width characters made plain."""
    if text.isascii():
        return "".join(text.split())
    seen = _DASH.sub("-", _INVISIBLE.sub("", text))
    return _FULL_WIDTH.sub(lambda match: chr(ord(match[0]) - 0xFEE0), seen)
