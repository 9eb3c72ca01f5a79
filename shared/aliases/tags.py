"""Security tags: `PXPS:-<uuid>#` ties an invitation to the alias that was allocated for it (A1, A5).

A tag travels through mail clients and gateways, which wrap, colour, encode and rewrite text. `find_tags` reads it
in whatever is left of it.
"""

import html
import re
import unicodedata
import uuid
from collections.abc import Iterator
from urllib.parse import unquote

MAX_TAGS = 16
"""How many different tags of one body are looked at; an honest body has one, a quoted thread a few."""

_MARKUP = re.compile(r"<[^<>]*>")  # linear in a hostile body too, which a pattern for comments would not be
_SOFT_BREAK = re.compile(r"=\r?\n")
_QUOTED = re.compile(r"=([0-9A-Fa-f]{2})")
# What clients put into a word: white space, and characters that cannot be seen (zero width, soft hyphen, BOM).
_INVISIBLE = re.compile(r"[\s\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+")
_DASH = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_TAG = re.compile(r"PXPS:-([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?![0-9a-f])", re.IGNORECASE)


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
    return list(found)[:MAX_TAGS]


def views(body: str) -> Iterator[str]:
    """The body as a reader sees it, then with its markup (rewritten links hide tags in attributes).

    Each without white space, so that what a client has wrapped is whole again.
    """
    unwrapped = _SOFT_BREAK.sub("", body)
    for text in (_MARKUP.sub("", unwrapped), unwrapped):
        yield (plain := _flatten(html.unescape(text)))
        # A safelink inside a safelink is percent-encoded twice.
        yield (once := unquote(plain))
        yield unquote(once)
        yield _flatten(_QUOTED.sub(lambda match: chr(int(match[1], 16)), plain))


def _flatten(text: str) -> str:
    """One line without white space or invisible characters, compatibility forms and dashes made plain."""
    compatible = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _DASH.sub("-", _INVISIBLE.sub("", compatible))
