"""The OData query options and preferences supported by Outlook resources."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dev.exchange.graph.errors import GraphError, bad_request
from dev.exchange.zones import UnknownZoneError, windows_name

_PREFERENCE = re.compile(r'\s*([\w.-]+)\s*=\s*(?:"([^"]*)"|([^,;"\s]*))')
_TIME_FILTER = re.compile(r"^\s*(\w+)\s+(ge|gt|le|lt)\s+'?([^'\s]+)'?\s*$")
_EQUALS_FILTER = re.compile(r"^\s*([\w/]+)\s+eq\s+(?:'((?:[^']|'')*)'|(true|false))\s*$")
LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Prefer:
    """The client's preferences. ``zone`` is None unless requested. ``body`` is "html" or "text"."""

    immutable_ids: bool = False
    zone: str | None = None
    body: str | None = None
    page_size: int | None = None

    @property
    def applied(self) -> str:
        """The value of Preference-Applied, or "" if the client stated no preferences."""
        said = []
        if self.zone:
            said.append(f'outlook.timezone="{self.zone}"')
        if self.body:
            said.append(f'outlook.body-content-type="{self.body}"')
        if self.immutable_ids:
            said.append('IdType="ImmutableId"')
        return ", ".join(said)


def prefer(headers: Iterable[str]) -> Prefer:
    """Read all Prefer headers in a request; raises `GraphError` if the time zone is unknown."""
    said = {m[1].casefold(): m[2] if m[2] is not None else m[3] for line in headers for m in _PREFERENCE.finditer(line)}
    zone = said.get("outlook.timezone")
    try:
        known = windows_name(zone) if zone else None
    except UnknownZoneError as error:
        raise bad_request(f"The time zone '{zone}' is not supported.", "TimeZoneNotSupportedException") from error
    size = said.get("odata.maxpagesize", "")
    return Prefer(
        immutable_ids=said.get("idtype", "").casefold() == "immutableid",
        zone=zone if known else None,
        body=said.get("outlook.body-content-type"),
        page_size=int(size) if size.isdigit() and int(size) > 0 else None,
    )


@dataclass(frozen=True)
class Expand:
    """A navigation property to include, with its own options."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def select(self) -> frozenset[str] | None:
        """The requested properties of the included object, or None for all."""
        return select(self.options.get("$select"))


def allow_only(query: Mapping[str, str], *known: str) -> None:
    """Reject query options that the resource or this simulation does not support."""
    for name in query:
        if name.startswith("$") and name not in known:
            raise bad_request(f"The query option '{name}' is not supported here.")


def select(text: str | None) -> frozenset[str] | None:
    """The properties in $select, or None for all."""
    names = frozenset(name.strip() for name in (text or "").split(",") if name.strip())
    return names or None


def check_select(wanted: frozenset[str] | None, known: Iterable[str], kind: str) -> None:
    """Reject property names that the type does not have, with the service's error message."""
    names = {name.casefold() for name in known}
    for name in wanted or ():
        if name.casefold() not in names:
            message = f"Could not find a property named '{name}' on type 'Microsoft.OutlookServices.{kind}'."
            raise bad_request(message, "RequestBroker--ParseUri")


def expand(text: str | None) -> list[Expand]:
    """The navigation properties in $expand: `name($select=a,b),name2`."""
    return [_one_expand(part.strip()) for part in _split(text or "", ",") if part.strip()]


def _one_expand(text: str) -> Expand:
    name, bracket, rest = text.partition("(")
    if not bracket:
        return Expand(name)
    options = (option.strip().partition("=") for option in _split(rest.rstrip().removesuffix(")"), ";"))
    return Expand(name, {key: value for key, _, value in options if key})


def _split(text: str, separator: str) -> list[str]:
    """Split at separators that are not inside brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def number(query: Mapping[str, str], name: str, default: int, largest: int | None = None) -> int:
    """Read a whole number of 0 or more; raises `GraphError`."""
    text = query.get(name)
    if text is None:
        return default
    if not text.isdigit() or (largest is not None and not 1 <= int(text) <= largest):
        raise bad_request(f"Invalid value for {name}: '{text}'.")
    return int(text)


def moment(text: str, name: str) -> datetime:
    """A point in time. Without an offset, it is in UTC. Up to seven fractional digits are accepted."""
    try:
        when = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise bad_request(f"The value '{text}' of parameter '{name}' is invalid.", "ErrorInvalidParameter") from error
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


_COMPARE: Mapping[str, Any] = {
    "ge": lambda a, b: a >= b,
    "gt": lambda a, b: a > b,
    "le": lambda a, b: a <= b,
    "lt": lambda a, b: a < b,
}


def matches(item: Mapping[str, Any], text: str) -> bool:
    """Whether a rendered item passes a $filter. A filter may compare times and test other values for equality.
    Conditions are joined by `and`. Anything else is rejected with 400 rather than ignored.
    """
    return all(_passes(item, clause) for clause in re.split(r"\s+and\s+", text))


def _passes(item: Mapping[str, Any], clause: str) -> bool:
    compared = _TIME_FILTER.match(clause)
    if compared and isinstance(item.get(compared[1]), str):
        return bool(_COMPARE[compared[2]](moment(item[compared[1]], compared[1]), moment(compared[3], compared[1])))
    equal = _EQUALS_FILTER.match(clause)
    if equal and equal[1] in item:
        wanted = equal[3] == "true" if equal[3] else equal[2].replace("''", "'")
        return bool(item[equal[1]] == wanted)
    raise GraphError(400, "ErrorInvalidUrlQueryFilter", f"The query filter '{clause}' is not supported here.")
