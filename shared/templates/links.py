"""Undoes what mail filters do to links: Microsoft Safe Links and Proofpoint URL Defense (versions 1 to 3).

Text is split at white space, quotes and angle brackets. Each piece that is such a link is replaced by its target. A
piece that merely looks like such a link is left alone.
"""

import base64
import binascii
import html
import re
import string
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, unquote, urlsplit

_BETWEEN = re.compile(r"([\s\"'<>]+)")
_V3 = re.compile(r"https://urldefense\.com/v3/__(?P<url>.+?)__;(?P<kept>[A-Za-z0-9_=-]*)!")
_V3_MARK = re.compile(r"\*(?:\*(?P<run>.))?")
_RUNS = {
    sign: length
    for length, sign in enumerate(string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_", 2)
}


def safelinks_decode(text: str) -> str:
    """The text, with every `https://….safelinks.protection.outlook.com/?url=…` replaced by its target."""
    return _each(text, _safelink)


def urldefense_decode(text: str) -> str:
    """The text, with every `https://urldefense.proofpoint.com/v1|v2/url?u=…` and `https://urldefense.com/v3/__…`
    replaced by its target.
    """
    return _each(text, _urldefense)


def _each(text: str, target: Callable[[str], str | None]) -> str:
    return "".join(target(piece) or piece if piece.startswith("https://") else piece for piece in _BETWEEN.split(text))


def _parameter(link: str, host: str, name: str) -> str | None:
    """A parameter of a link to the given host or a subdomain, percent-decoded once."""
    try:
        parts = urlsplit(html.unescape(link))
        found = parse_qs(parts.query, max_num_fields=20).get(name)
    except ValueError:
        return None
    named = parts.hostname or ""
    return found[0] if found and (named == host or named.endswith(f".{host}")) else None


def _safelink(link: str) -> str | None:
    return _parameter(link, "safelinks.protection.outlook.com", "url")


def _urldefense(link: str) -> str | None:
    if link.startswith("https://urldefense.com/v3/"):
        return _version_3(link)
    target = _parameter(link, "urldefense.proofpoint.com", "u")
    if target and "/v2/" in link:
        return unquote(target.translate({ord("-"): "%", ord("_"): "/"}))
    return target


def _version_3(link: str) -> str | None:
    """`*` stands for the next of the characters stored separately in base64, and `**X` for the number that X encodes
    (A: 2, B: 3, …).
    """
    found = _V3.match(link)
    if not found:
        return None
    try:
        kept = iter(base64.urlsafe_b64decode(found["kept"] + "==").decode())
    except (binascii.Error, UnicodeDecodeError):
        return None
    return _V3_MARK.sub(lambda mark: _next(kept, _RUNS.get(mark["run"], 1) if mark["run"] else 1), found["url"])


def _next(characters: Iterator[str], count: int) -> str:
    return "".join(character for _, character in zip(range(count), characters, strict=False))
