"""A conferencing node's service configuration request (docs/facts/pexip.md), parsed defensively.

Nodes, endpoints and gateways write the same alias in many ways, and a caller can send anything at all. Only the
parameters that affect the response are read. Any may be missing, empty, or repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from urllib.parse import unquote

MAX_ALIAS_TEXT = 1024
"""Maximum length of `local_alias` as received, in characters. None of our aliases is that long in any form."""

MAX_ESCAPES = 3
"""How many times an alias is unescaped, because each proxy on the way may have escaped it again."""

_SCHEME = re.compile(r"^(?:sips?|h323|tel):", re.IGNORECASE)
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACKETED = re.compile(r"<([^<>]*)>")
_ROOT_DOT = re.compile(r"\.(?=(?::[0-9]+)?$)")
"""A dot at the end of a domain, possibly followed by a port."""

_PROBES = frozenset({"options", "subscribe", "web_avatar_fetch"})
"""Triggers that involve no caller: a node is checking whether an alias exists, or fetching a picture."""


class Direction(StrEnum):
    """The values of `call_direction`. Any other value counts as an incoming call."""

    DIAL_IN = "dial_in"
    DIAL_OUT = "dial_out"
    NON_DIAL = "non_dial"


@dataclass(frozen=True)
class ServiceRequest:
    """A conferencing node's request.

    `service_name` and `service_tag` identify the running service that is dialling out; otherwise they are "". `trigger`
    indicates how a caller arrives: by SIP, from a browser, or from a virtual reception by two-stage dialling. All calls
    get the same response, however they arrive. A probe is not a call. `previous_service_name` (where the caller was
    before) is not read.
    """

    local_alias: str
    direction: Direction = Direction.DIAL_IN
    trigger: str = ""
    service_name: str = ""
    service_tag: str = ""

    @property
    def is_probe(self) -> bool:
        """Whether nobody is actually calling."""
        return self.direction is Direction.NON_DIAL or self.trigger in _PROBES

    @property
    def running_tag(self) -> str:
        """The tag of the running service that a node is dialling out for; otherwise ""."""
        return self.service_tag if self.direction is Direction.DIAL_OUT else ""

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> Self:
        """The request in a query string. The Functions host joins repeated parameters with commas."""
        given = {name.lower(): value for name, value in parameters.items()}
        direction, trigger = (_single(given.get(name, "")) for name in ("call_direction", "trigger"))
        known = direction in Direction.__members__.values()
        return cls(
            given.get("local_alias", ""),
            Direction(direction) if known else Direction.DIAL_IN,
            trigger,
            given.get("service_name", ""),
            _single(given.get("service_tag", "")),
        )


def _single(text: str) -> str:
    """The value of a parameter that occurs once, or several times with the same value; otherwise ""."""
    values = {value.strip().lower() for value in text.split(",") if value.strip()}
    return values.pop() if len(values) == 1 else ""


def dialled_alias(text: str) -> tuple[str, str]:
    """Key and domain of `local_alias`; ("", "") if it contains no alias, or several different ones.

    Besides the forms that `split_alias` accepts, it may be `"Name" <sip:alias@domain>`, text that was escaped more than
    once, or the same alias repeated.
    """
    if len(text) > MAX_ALIAS_TEXT:
        return "", ""
    named = {split_alias(each) for each in _addresses(_unescaped(text))}
    return named.pop() if len(named) == 1 else ("", "")


def split_alias(alias: str) -> tuple[str, str]:
    """Key and domain of one alias, in lower case. The domain is "" if there is none.

    The scheme, URI parameters, a trailing dot in the domain and the # that ends a number on a keypad are dropped.
    """
    bare = re.split("[;?]", _SCHEME.sub("", alias.strip()), maxsplit=1)[0].lower()
    name, _, domain = bare.partition("@")
    return name.removesuffix("#"), _ROOT_DOT.sub("", domain.removesuffix("#"))


def _unescaped(text: str) -> str:
    for _ in range(MAX_ESCAPES):
        if not _ESCAPE.search(text):
            break
        text = unquote(text)
    return text


def _addresses(text: str) -> Iterator[str]:
    """The addresses in a string: those in angle brackets if there are any, otherwise those separated by commas."""
    plain = _QUOTED.sub("", text)
    found = _BRACKETED.findall(plain) or plain.split(",")
    return (each for each in found if each.strip())
