"""Lists by Tastypie's conventions: filters, ordering, pages.

    ?name__icontains=corp&id__in=1,2&order_by=-id&limit=20&offset=40

Every filter names a field that the objects show (so what is not shown cannot be asked for either), with an optional
lookup.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode

from shared.errors import InvalidRequest
from shared.management import resource
from shared.management.resource import Object, Schema

DEFAULT_LIMIT = 20
MAX_LIMIT = 10_000
MAX_OFFSET = 999_999_999

_Test: TypeAlias = Callable[[Any, Any], bool]

_TEXT: Mapping[str, _Test] = {
    "contains": lambda value, wanted: wanted in value,
    "startswith": lambda value, wanted: value.startswith(wanted),
    "endswith": lambda value, wanted: value.endswith(wanted),
}
_ORDER: Mapping[str, _Test] = {
    "exact": lambda value, wanted: value == wanted,
    "gt": lambda value, wanted: value > wanted,
    "gte": lambda value, wanted: value >= wanted,
    "lt": lambda value, wanted: value < wanted,
    "lte": lambda value, wanted: value <= wanted,
}
_NO_FILTERS = ("limit", "offset", "order_by")
_OF_LISTS = ("in", "range")
LOOKUPS = (*_ORDER, *_TEXT, "iexact", *(f"i{name}" for name in _TEXT), *_OF_LISTS, "isnull")


@dataclass(frozen=True)
class Filter:
    """One condition on a field."""

    field: str
    lookup: str
    wanted: str

    def holds(self, schema: Schema, value: Any) -> bool:
        """Whether a field's value meets it. Raises InvalidRequest when `wanted` is nothing that the field can hold."""
        if self.lookup == "isnull":
            return (value is None) == _boolean(self.wanted)
        if value is None:
            return False
        if self.lookup in _OF_LISTS:
            return self._holds_for_list(schema, value)
        if self.lookup in _ORDER:
            return _ORDER[self.lookup](*_comparable(schema, value, self.wanted))
        if self.lookup.startswith("i"):
            return _text_test(self.lookup[1:])(str(value).casefold(), self.wanted.casefold())
        return _TEXT[self.lookup](str(value), self.wanted)

    def _holds_for_list(self, schema: Schema, value: Any) -> bool:
        parts = self.wanted.split(",")
        if self.lookup == "in":
            return any(replace(self, lookup="exact", wanted=part).holds(schema, value) for part in parts)
        if len(parts) != 2:
            raise InvalidRequest(f"{self.field}__range needs two values: from,to.")
        first, last = replace(self, lookup="gte", wanted=parts[0]), replace(self, lookup="lte", wanted=parts[1])
        return first.holds(schema, value) and last.holds(schema, value)


def _text_test(lookup: str) -> _Test:
    return _TEXT.get(lookup, _ORDER["exact"])


@dataclass(frozen=True)
class Query:
    """What a list is asked for."""

    filters: tuple[Filter, ...]
    order: tuple[str, ...]
    limit: int
    offset: int
    skipped: tuple[str, ...] = ()


def query_of(text: str, schema: Schema) -> Query:
    """A query string. Raises InvalidRequest for an order, a lookup or a value that there is not.

    A parameter that names no field is skipped: the original does so, and its clients search every list by
    `name__icontains`.
    """
    pairs = [(name, value) for name, value in parse_qsl(text, keep_blank_values=True) if name != "format"]
    numbers = {name: value for name, value in pairs if name in ("limit", "offset")}
    order = tuple(value for name, value in pairs if name == "order_by")
    for name in order:
        _field(name.removeprefix("-"), schema)
    others = [(name, value) for name, value in pairs if name not in _NO_FILTERS]
    filters = tuple(_filter(name, value, schema) for name, value in others if _names_field(name, schema))
    skipped = tuple(name for name, _ in others if not _names_field(name, schema))
    limit = _number("limit", numbers.get("limit", str(DEFAULT_LIMIT)))
    offset = _number("offset", numbers.get("offset", "0"))
    return Query(filters, order, min(limit or MAX_LIMIT, MAX_LIMIT), offset, skipped)


def flag(text: str, name: str) -> bool:
    """A switch in a query string; off when it is not there. Raises InvalidRequest."""
    return _boolean(dict(parse_qsl(text)).get(name, "false"))


def page(objects: Sequence[Object], query: Query, schema: Schema, uri: str, text: str) -> dict[str, Any]:
    """The part of the objects that a query asks for, in Tastypie's envelope."""
    properties = schema["properties"]
    found = [o for o in objects if all(f.holds(properties[f.field], o[f.field]) for f in query.filters)]
    for name in reversed(query.order):
        found.sort(key=_place(name.removeprefix("-")), reverse=name.startswith("-"))
    end = query.offset + query.limit
    return {
        "meta": {
            "limit": query.limit,
            "next": _link(uri, text, query.limit, end) if end < len(found) else None,
            "offset": query.offset,
            "previous": _link(uri, text, query.limit, max(query.offset - query.limit, 0)) if query.offset else None,
            "total_count": len(found),
        },
        "objects": found[query.offset : end],
    }


def _link(uri: str, text: str, limit: int, offset: int) -> str:
    kept = [pair for pair in parse_qsl(text, keep_blank_values=True) if pair[0] not in ("limit", "offset")]
    return f"{uri}?{urlencode([*kept, ('limit', limit), ('offset', offset)])}"


def _names_field(name: str, schema: Schema) -> bool:
    """Whether a parameter is about a field that there is; then it must be one that lists can be filtered by."""
    return name.partition("__")[0] in schema["properties"]


def _filter(name: str, value: str, schema: Schema) -> Filter:
    field, _, lookup = name.partition("__")
    _field(field, schema)
    if (lookup or "exact") not in LOOKUPS:
        raise InvalidRequest(f"There is no filter {name!r}. Lookups are {', '.join(LOOKUPS)}.")
    found = Filter(field, lookup or "exact", value)
    known = schema["properties"][field]
    found.holds(known, _example(known))  # a value that cannot be compared is a fault even where there are no objects
    return found


def _field(name: str, schema: Schema) -> None:
    if not is_comparable(schema, name):
        raise InvalidRequest(f"Lists cannot be filtered or ordered by {name!r}.")


def is_comparable(schema: Schema, name: str) -> bool:
    """Whether lists can be filtered and ordered by a field: by all that are shown and hold one value."""
    known = schema["properties"].get(name, {})
    return not known.get("writeOnly") and _type(known) in ("string", "integer", "boolean")


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_OFFSET))):
        raise InvalidRequest(f"{name} must be a whole number of 0 or more.")
    return int(text)


def _type(schema: Schema) -> str:
    kind = schema.get("type", "")
    return next((each for each in kind if each != "null"), "") if isinstance(kind, list) else str(kind)


def _example(schema: Schema) -> Any:
    if schema.get("format") == resource.TIME_FORMAT:
        return "2026-01-01T00:00:00"
    return {"string": "", "integer": 0, "boolean": False}[_type(schema)]


def _comparable(schema: Schema, value: Any, wanted: str) -> tuple[Any, Any]:
    """A field's value and the wanted one as things that can be compared. Raises InvalidRequest."""
    try:
        match _type(schema), schema.get("format"):
            case "boolean", _:
                return value, _boolean(wanted)
            case "integer", _:
                return value, int(wanted)
            case _, resource.TIME_FORMAT:
                return _moment(value), _moment(wanted)
            case _, "uri-reference" if wanted.isdecimal():  # a foreign key by its id
                return value.rstrip("/").rpartition("/")[2], wanted
    except ValueError:
        raise InvalidRequest(f"{wanted!r} is nothing that can be compared with {value!r}.") from None
    return value, wanted


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "1"):
        return True
    if text.lower() in ("false", "0"):
        return False
    raise InvalidRequest(f"{text!r} is neither true nor false.")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _place(field: str) -> Callable[[Object], tuple[bool, Any]]:
    """What orders objects by a field; those without a value come first."""

    def place(shown: Object) -> tuple[bool, Any]:
        value = shown[field]
        return value is not None, "" if value is None else value

    return place
