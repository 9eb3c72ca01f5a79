"""The 24 `pex_*` filters and functions for admins' templates (docs/facts/pexip.md §7).

The public sources do not always specify whether one is a filter or a function, so each is both: `{{ name|pex_reverse
}}` and `{{ pex_reverse(name) }}`. Each receives the rendering's Meter ahead of the template's arguments. None returns
markup, so results are escaped like any other value.
"""

import base64
import hashlib
import ipaddress
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from jinja2 import Undefined

from shared.errors import TemplateInvalid
from shared.templates import expressions, links
from shared.templates.meter import Meter, RequirementNotMet
from shared.templates.standard import Filter

_MAX_PIN = 64


@dataclass(frozen=True)
class Now:
    """The result of `pex_now`: the parts of the current time in the requested zone."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    microsecond: int
    _printed: str

    def __str__(self) -> str:
        return self._printed


NOW_PARTS = frozenset(part.name for part in fields(Now) if not part.name.startswith("_"))


def text(value: object) -> str:
    """A value as plain text. Raises TypeError for lists and the like, which have no plain-text form."""
    if value is None or isinstance(value, Undefined):
        return ""
    if not isinstance(value, str | int | float):
        raise TypeError("text is needed here")
    return str(value)


def _base64(_: Meter, value: object) -> str:
    return base64.b64encode(text(value).encode()).decode()


def _clean_phone_number(_: Meter, value: object) -> str:
    """Keeps only digits and plus signs."""
    return "".join(character for character in text(value) if character in "+0123456789")


def _debug_log(meter: Meter, *message: object) -> str:
    """Shows a value to whoever previews the template. It is never logged, because template values are personal data
    (O3).
    """
    meter.messages.append(" ".join(text(part) for part in message))
    return ""


def _find_first_match(meter: Meter, values: Sequence[object], pattern: str) -> str:
    """The first entry that contains a match, or ''. The match may be anywhere (whether it is anchored is not
    documented).
    """
    return next((text(value) for value in values if expressions.search(meter, pattern, text(value)) is not None), "")


def _hash(_: Meter, value: object) -> str:
    """20 digits that depend only on the value. They differ from Pexip Infinity's, whose algorithm is not documented."""
    return f"{int.from_bytes(hashlib.sha256(text(value).encode()).digest()[:8]):020}"


def _head(_: Meter, value: object, count: int) -> str:
    return text(value)[: max(count, 0)]


def _in_subnet(_: Meter, address: object, networks: str | Sequence[str]) -> bool:
    """Whether an IPv4 or IPv6 address is in one of the networks. A value that is not an address is in no network."""
    try:
        wanted = ipaddress.ip_address(text(address))
    except ValueError:
        return False
    listed = [networks] if isinstance(networks, str) else networks
    return any(wanted in ipaddress.ip_network(text(network), strict=False) for network in listed)


def _md5(_: Meter, value: object) -> str:
    return hashlib.md5(text(value).encode(), usedforsecurity=False).hexdigest()


def _now(meter: Meter, zone: str = "UTC") -> Now:
    """The current time in an IANA zone. Printed as a whole, it looks like Python's `str(datetime)` (not documented)."""
    try:
        moment: datetime = meter.clock.now().astimezone(ZoneInfo(zone))
    except (ValueError, OSError, LookupError):
        raise TemplateInvalid("pex_now needs the name of a time zone, such as Europe/Oslo") from None
    return Now(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
        f"{moment}",
    )


def _random_pin(_: Meter, length: int) -> str:
    if not 1 <= length <= _MAX_PIN:
        raise TemplateInvalid(f"pex_random_pin generates 1 to {_MAX_PIN} digits")
    return f"{secrets.randbelow(10**length):0{length}}"


def _regex_replace(meter: Meter, value: object, find: str, replacement: str) -> str:
    return expressions.replace(meter, find, replacement, text(value))


def _regex_search(meter: Meter, pattern: str, value: object) -> list[str]:
    """The groups of the first match, or an empty list if there is none. Without groups, the whole match (not
    documented).
    """
    return expressions.search(meter, pattern, text(value)) or []


def _require_min_length(_: Meter, value: object, length: int) -> str:
    """The value, if it is long enough. Otherwise the whole template fails."""
    if len(text(value)) < length:
        raise RequirementNotMet(f"pex_require_min_length: a value is shorter than {length} characters")
    return text(value)


def _reverse(_: Meter, value: object) -> str:
    return text(value)[::-1]


def _safelinks_decode(_: Meter, value: object) -> str:
    return links.safelinks_decode(text(value))


def _strlen(_: Meter, value: object) -> int:
    return len(text(value))


def _tail(_: Meter, value: object, count: int) -> str:
    return text(value)[-count:] if count > 0 else ""


def _to_json(_: Meter, value: object) -> str:
    return json.dumps(value)


def _to_uuid(_: Meter, value: object) -> str:
    """Converts 16 bytes in base64 to a UUID, in network byte order (the order is not documented)."""
    try:
        return str(uuid.UUID(bytes=base64.b64decode(text(value), validate=True)))
    except ValueError:
        raise TemplateInvalid("pex_to_uuid needs 16 bytes in base64") from None


def _update(_: Meter, value: Mapping[Any, Any], changes: Mapping[Any, Any]) -> dict[Any, Any]:
    """A copy with some values replaced. The source stays unchanged."""
    return {**value, **changes}


def _url_decode(_: Meter, value: object) -> str:
    return unquote(text(value))


def _url_encode(_: Meter, value: object) -> str:
    """The value percent-encoded, including slashes, so that it can be used in any part of a URL. Which characters are
    exempt is not documented.
    """
    return quote(text(value), safe="")


def _urldefense_decode(_: Meter, value: object) -> str:
    return links.urldefense_decode(text(value))


def _uuid4(_: Meter) -> str:
    return str(uuid.uuid4())


PEX: Mapping[str, Filter] = {
    f"pex{function.__name__}": function
    for function in (
        _base64, _clean_phone_number, _debug_log, _find_first_match, _hash, _head, _in_subnet, _md5, _now, _random_pin,
        _regex_replace, _regex_search, _require_min_length, _reverse, _safelinks_decode, _strlen, _tail, _to_json,
        _to_uuid, _update, _url_decode, _url_encode, _urldefense_decode, _uuid4,
    )
}  # fmt: skip
"""The filters and functions, keyed by their names in templates."""
