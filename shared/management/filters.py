"""One condition in a query for a list, following Tastypie's conventions: `name__icontains=corp`,
`conference__name=Room`.

A filter consists of any references to follow, the name of a field, and an optional lookup. The field must be visible in
the objects, so that hidden fields cannot be probed. Regular expressions are evaluated by RE2. Whatever the pattern,
this takes time proportional to the length of the text.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from shared.errors import InvalidRequest
from shared.management import resource
from shared.management.resource import Schema

PATTERN_MAX_LENGTH = 500
_PATTERN_MAX_MEMORY = 1 << 18  # maximum number of bytes that RE2 uses for a pattern

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
_OF_LISTS = ("in", "range")
_REGEX = ("regex", "iregex")
LOOKUPS = (*_ORDER, *_TEXT, "iexact", *(f"i{name}" for name in _TEXT), *_REGEX, *_OF_LISTS, "isnull")
SWITCH_LOOKUPS = ("exact", "in", "isnull")
"""The lookups available for booleans."""


@dataclass(frozen=True)
class Filter:
    """A condition on a field of the objects reached through the references in `path`. `schema` is the field's JSON
    schema.
    """

    path: tuple[str, ...]
    field: str
    schema: Schema
    lookup: str
    wanted: str

    def check(self) -> None:
        """Raise InvalidRequest if the field can never have the value `wanted`, even if there are no objects."""
        self._holds(_example(self.schema))

    def holds(self, values: Iterable[Any]) -> bool:
        """Whether one of the values at the end of the path meets the condition. If the path leads nowhere, the value is
        null.
        """
        return any(self._holds(value) for value in tuple(values) or (None,))

    def _holds(self, value: Any) -> bool:
        if self.lookup == "isnull":
            return (value is None) == boolean(self.wanted)
        if value is None:
            return False
        if self.lookup in _OF_LISTS:
            return self._holds_for_list(value)
        if self.lookup == "exact" and self.schema.get("x-search"):
            return self.wanted.casefold() in str(value).casefold()
        if self.lookup in _ORDER:
            return _ORDER[self.lookup](*_comparable(self.schema, value, self.wanted))
        if self.lookup in _REGEX:
            pattern = _expression(self.wanted, ignoring_case=self.lookup == "iregex")
            return pattern.search(str(value)) is not None
        if self.lookup.startswith("i"):
            return _text_test(self.lookup[1:])(str(value).casefold(), self.wanted.casefold())
        return _TEXT[self.lookup](str(value), self.wanted)

    def _holds_for_list(self, value: Any) -> bool:
        parts = self.wanted.split(",")
        if self.lookup == "in":
            return any(replace(self, lookup="exact", wanted=part)._holds(value) for part in parts)
        if len(parts) != 2:
            raise InvalidRequest(f"{self.field}__range needs two values: from,to.")
        first, last = replace(self, lookup="gte", wanted=parts[0]), replace(self, lookup="lte", wanted=parts[1])
        return first._holds(value) and last._holds(value)


def is_comparable(known: Schema) -> bool:
    """Whether lists can be filtered and ordered by a field with this schema. This is true for all visible fields with a
    single value.
    """
    return not known.get("writeOnly") and type_of(known) in ("string", "integer", "boolean")


def type_of(schema: Schema) -> str:
    """The JSON type of a field, disregarding null; "" if it may have several types."""
    kind = schema.get("type", "")
    if not isinstance(kind, list):
        return str(kind)
    others = [each for each in kind if each != "null"]
    return others[0] if len(others) == 1 else ""


def boolean(text: str) -> bool:
    """A boolean in a query. Raises InvalidRequest."""
    if text.lower() in ("true", "1"):
        return True
    if text.lower() in ("false", "0"):
        return False
    raise InvalidRequest(f"{text!r} is neither true nor false.")


def _text_test(lookup: str) -> _Test:
    return _TEXT.get(lookup, _ORDER["exact"])


def _example(schema: Schema) -> Any:
    if schema.get("format") == resource.TIME_FORMAT:
        return "2026-01-01T00:00:00"
    return {"string": "", "integer": 0, "boolean": False}[type_of(schema)]


def _comparable(schema: Schema, value: Any, wanted: str) -> tuple[Any, Any]:
    """A field's value and the requested value, converted for comparison. Raises InvalidRequest."""
    try:
        match type_of(schema), schema.get("format"):
            case "boolean", _:
                return value, boolean(wanted)
            case "integer", _:
                return value, int(wanted)
            case _, resource.TIME_FORMAT:
                return moment_of(value), moment_of(wanted)
            case _, "uri-reference" if wanted.isdecimal():  # a reference may be given by its object's id
                return value.rstrip("/").rpartition("/")[2], wanted
    except ValueError:
        raise InvalidRequest(f"{wanted!r} cannot be compared with {value!r}.") from None
    return value, wanted


def moment_of(text: str) -> datetime:
    """A time in a query, in UTC unless it has an offset. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def _expression(pattern: str, *, ignoring_case: bool) -> Any:
    """RE2's pattern object (the package is untyped). Raises InvalidRequest."""
    import re2  # type: ignore[import-untyped]  # imported here, because few requests need it

    if len(pattern) > PATTERN_MAX_LENGTH:
        raise InvalidRequest(f"A regular expression may have at most {PATTERN_MAX_LENGTH} characters.")
    options = re2.Options()
    options.max_mem = _PATTERN_MAX_MEMORY
    options.log_errors = False
    options.case_sensitive = not ignoring_case
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        raise InvalidRequest(
            "The regular expression is malformed, is too large, or uses features that RE2 does not support "
            "(look-around, back-references)."
        ) from error
