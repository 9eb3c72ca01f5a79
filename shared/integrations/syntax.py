"""The syntax of strings with a Format. The functions are pure, and their messages are for the admin who typed the text.

Hosts that this service calls itself must be FQDNs. Numeric addresses and loopback names are rejected, so that no
setting can point the service at itself, at its platform's metadata endpoint (169.254.169.254) or at an unnamed host in
its network. Names that resolve to private addresses are fine: an on-premises Exchange usually has such a name. Other
hosts with private addresses are protected by TLS, because a server must have a valid certificate for its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, urlsplit

from shared.integrations.setting import Format

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# A numeric last label makes browsers and resolvers read the whole name as an IPv4 address ("127.1", "0x7f000001").
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_PREFIX = re.compile(r"[A-Za-z0-9._-]+")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_URL_TEXT = re.compile(
    r"""[!#-;=?-\[\]_a-z~]+"""
)  # ASCII without space, quotes, <>, \ and the other characters that RFC 3986 excludes
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")  # not allowed in XML, so not in a manifest
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

NOT_TEXT = "Contains control characters."


def faults(format_: Format | None, text: str, *, local: bool = False) -> list[str]:
    """The problems with a non-empty text. `local` (for a local stack) also allows loopback hosts and plain http."""
    if _CONTROL.search(text):
        return [NOT_TEXT]
    rule = _RULES.get(format_) if format_ else None
    return rule(text, local) if rule else []


def is_guid(text: str) -> bool:
    """Whether a string is a GUID in the usual form, with letters in upper or lower case."""
    return bool(_GUID.fullmatch(text))


def metadata_domain(text: str, local: bool) -> list[str]:
    """The problems with an Exchange metadata domain: an FQDN, or an https URL that this service calls."""
    return _server_url(text, local) if "://" in text else _fqdn(text, local)


def _is_fqdn(host: str) -> bool:
    name = _NAME.fullmatch(host) and not _NUMBER.fullmatch(host)
    return bool(name) and len(host) <= 253 and "." in host and not host.lower().endswith(".localhost")


def _line(text: str, _: bool) -> list[str]:
    return [] if len(text.splitlines()) == 1 else ["Must be a single line."]


def _fqdn(text: str, local: bool) -> list[str]:
    if _is_fqdn(text) or (local and text.partition(":")[0] in _LOOPBACK):
        return []
    return [f"{quoted(text)} is not an FQDN such as mail.example.com (write international names in their xn-- form)."]


def _guid(text: str, _: bool) -> list[str]:
    return [] if is_guid(text) else ["Must be a GUID such as 4189c2b4-92ca-416c-b7ea-bc3cfab3d0f0."]


def _prefix(text: str, _: bool) -> list[str]:
    return [] if _PREFIX.fullmatch(text) else ["May only contain letters, digits and . - _: an alias must be dialable."]


def _email(text: str, local: bool) -> list[str]:
    user, at, domain = text.rpartition("@")
    good = at and _LOCAL_PART.fullmatch(user) and (_is_fqdn(domain) or (local and domain in _LOOPBACK))
    return [] if good else [f"{quoted(text)} is not an e-mail address such as vmr@example.com."]


def _url(text: str, local: bool) -> list[str]:
    return _check_url(text, local, lambda host: bool(_NAME.fullmatch(host)) or ":" in host, "a host")


def _server_url(text: str, local: bool) -> list[str]:
    return _check_url(text, local, _is_fqdn, "an FQDN (not an IP address or a loopback name) as its host")


def _check_url(text: str, local: bool, is_host: Callable[[str], bool], wanted: str) -> list[str]:
    parts = _split(text)
    if parts is None:
        return [f"{quoted(text)} is not a URL such as https://mail.example.com/EWS/Exchange.asmx."]
    host = parts.hostname or ""
    if "@" in parts.netloc:
        return ["Must not contain a user name or password."]
    if local and host in _LOOPBACK and parts.scheme in {"http", "https"}:
        return []
    if parts.scheme != "https":
        return ["Must start with https://."]
    return [] if is_host(host) else [f"Must have {wanted}."]


def _split(text: str) -> SplitResult | None:
    """The parts of a URL; None if the text is not a URL. urlsplit alone would drop line breaks and accept any
    character.
    """
    if not _URL_TEXT.fullmatch(text):
        return None
    try:
        parts = urlsplit(text)
        odd = parts.port == 0 or ("[" in parts.netloc and ":" not in (parts.hostname or ""))  # [v1.x]: no IPv6
    except ValueError:
        return None
    return None if odd else parts


def _script_urls(text: str, local: bool) -> list[str]:
    lines = enumerate(text.splitlines(), start=1)
    return [f"Line {n}: {fault}" for n, line in lines if line.strip() for fault in _url(line.strip(), local)]


def quoted(text: str) -> str:
    """A string as quoted in error messages."""
    return f'"{text if len(text) <= 60 else text[:59] + "…"}"'


_RULES: Mapping[Format, Callable[[str, bool], list[str]]] = {
    Format.LINE: _line,
    Format.FQDN: _fqdn,
    Format.URL: _url,
    Format.SERVER_URL: _server_url,
    Format.SCRIPT_URLS: _script_urls,
    Format.EMAIL: _email,
    Format.GUID: _guid,
    Format.PREFIX: _prefix,
}
