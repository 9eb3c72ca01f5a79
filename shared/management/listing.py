"""Lists following Tastypie's conventions: filters, ordering, pages.

?name__icontains=corp&id__in=1,2&order_by=-id&limit=20&offset=40
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl, urlencode

from shared.errors import InvalidRequest, NotFound
from shared.management.filters import LOOKUPS, Filter, boolean, is_comparable
from shared.management.foreign_keys import PATH_MAX_LENGTH, ForeignKeys, Known, values
from shared.management.resource import Object, PagedResource, Resource, Schema, SearchedResource, id_of

DEFAULT_LIMIT = 20
MAX_LIMIT = 10_000
MAX_OFFSET = 999_999_999
MAX_FILTERS = 50

SEARCHED = "x-search"
"""The key in a resource's schema under which the fields searched by `?text=` are listed."""

BELOW = "id__lt"
"""The only filter passed to SearchedResource.found_by that is not exact. It is useful because in some resources, the id
determines the kind of object.
"""

_NO_FILTERS = ("limit", "offset", "order_by")
_TEXT = "text"


@dataclass(frozen=True)
class Query:
    """A parsed query for a list."""

    filters: tuple[Filter, ...]
    order: tuple[str, ...]
    limit: int
    offset: int
    skipped: tuple[str, ...] = ()
    text: str = ""
    """Text that must occur in one of the `searched` fields, ignoring case."""
    searched: tuple[str, ...] = ()

    @property
    def is_of_all(self) -> bool:
        """Whether all objects are requested, in the order of their ids."""
        return not (self.filters or self.order or self.text)

    def meets(self, shown: Object) -> bool:
        """Whether an object matches the query. The query's filters must not follow references."""
        return self.finds(shown) and all(each.holds([shown[each.field]]) for each in self.filters)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that determine whether and where an object is shown."""
        filtered = {each.path[0] if each.path else each.field for each in self.filters}
        searched = self.searched if self.text else ()
        return frozenset(filtered.union(searched, (name.removeprefix("-") for name in self.order)))

    def finds(self, shown: Object) -> bool:
        """Whether one of an object's searched fields contains the text."""
        wanted = self.text.casefold()
        return not wanted or any(wanted in str(shown[field] or "").casefold() for field in self.searched)


@dataclass(frozen=True)
class Part:
    """The objects on a page, and the total number on all pages. If no index answers the query, it was only applied to
    the first `examined` objects in the requested order. `examined` is None if `total` counts all matching objects.
    """

    objects: Sequence[Object]
    total: int
    examined: int | None = None


@runtime_checkable
class ListedResource(Resource, Protocol):
    """A kind of object with stored lists. The lists can be read from any position, and their lengths are known."""

    async def from_lists(self, query: Query) -> Part | None:
        """The page that a query requests; None if no list can answer the query and all objects have to be read."""
        ...


@runtime_checkable
class TimelineResource(Resource, Protocol):
    """A kind of object that is listed by time, newest first, and handles queries for lists itself."""

    async def listed(self, query: Query, text: str) -> Object | None:
        """The page that a query requests, in Tastypie's envelope. `text` is the query string.

        None if the query cannot be answered in order of time and all objects have to be read. Raises InvalidRequest.
        """
        ...


def query_of(query: str, schema: Schema, foreign_keys: ForeignKeys) -> Query:
    """A parsed query string. Raises InvalidRequest for an unknown order or lookup, or an invalid value.

    As in the original product, a parameter that does not correspond to a field is ignored, because the original's
    clients search every list by `name__icontains`.
    """
    pairs = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "format"]
    numbers = {name: value for name, value in pairs if name in ("limit", "offset")}
    order = tuple(value for name, value in pairs if name == "order_by")
    for name in order:
        _require_comparable(name.removeprefix("-"), schema["properties"].get(name.removeprefix("-"), {}))
    searched = tuple(schema.get(SEARCHED, ()))
    sought = [value for name, value in pairs if name == _TEXT and searched]
    others = [(name, value) for name, value in pairs if name not in (*_NO_FILTERS, *[_TEXT] * bool(searched))]
    if len(others) > MAX_FILTERS:
        raise InvalidRequest(f"A query may have at most {MAX_FILTERS} filters.")
    filters = tuple(_filter(name, value, schema, foreign_keys) for name, value in others if _names_field(name, schema))
    skipped = tuple(name for name, _ in others if not _names_field(name, schema))
    limit = _number("limit", numbers.get("limit", str(DEFAULT_LIMIT)))
    offset = _number("offset", numbers.get("offset", "0"))
    text = sought[-1] if sought else ""
    return Query(filters, order, min(limit or MAX_LIMIT, MAX_LIMIT), offset, skipped, text, searched)


async def candidates(resource: Resource, query: Query) -> Sequence[Object]:
    """A superset of the objects that a query requests. It is small if the query contains, for example, an id or an
    alias.
    """
    exact = {"__".join((*each.path, each.field)): each.wanted for each in query.filters if each.lookup == "exact"}
    exact |= {
        name: each.wanted
        for each in query.filters
        if not each.path and (name := f"{each.field}__{each.lookup}") == BELOW
    }
    if exact.get("id", "").isdecimal():
        with suppress(NotFound):
            return [(await resource.one(id_of(exact["id"]))).fields]
        return []
    found = await resource.found_by(exact) if exact and isinstance(resource, SearchedResource) else None
    if found is not None:
        return found
    return await (resource.sketches(query.fields) if isinstance(resource, PagedResource) else resource.all())


def flag(text: str, name: str) -> bool:
    """A boolean in a query string; false if missing. Raises InvalidRequest."""
    return boolean(dict(parse_qsl(text)).get(name, "false"))


def page(objects: Sequence[Object], query: Query, known: Known, uri: str, text: str) -> dict[str, Any]:
    """The page of objects that a query requests, in Tastypie's envelope. `known` contains the objects needed to follow
    the references in filters.
    """
    found = [
        o for o in objects
        if query.finds(o) and all(f.holds(values(o, f.path, f.field, known)) for f in query.filters)
    ]  # fmt: skip
    for name in reversed(query.order):
        found.sort(key=_place(name.removeprefix("-")), reverse=name.startswith("-"))
    return envelope(part_of(found, query), query, uri, text)


def part_of(found: Sequence[Object], query: Query, examined: int | None = None) -> Part:
    """The requested page of the objects found, in the order in which they were found."""
    return Part(found[query.offset : query.offset + query.limit], len(found), examined)


def envelope(part: Part, query: Query, uri: str, text: str) -> dict[str, Any]:
    """A page in Tastypie's format, with `examined` if only some objects were examined."""
    end = query.offset + query.limit
    return {
        "meta": {
            "limit": query.limit,
            "next": _link(uri, text, query.limit, end) if end < part.total else None,
            "offset": query.offset,
            "previous": _link(uri, text, query.limit, max(query.offset - query.limit, 0)) if query.offset else None,
            "total_count": part.total,
            **({} if part.examined is None else {"examined": part.examined}),
        },
        "objects": part.objects,
    }


def _link(uri: str, text: str, limit: int, offset: int) -> str:
    kept = [pair for pair in parse_qsl(text, keep_blank_values=True) if pair[0] not in ("limit", "offset")]
    return f"{uri}?{urlencode([*kept, ('limit', limit), ('offset', offset)])}"


def _names_field(name: str, schema: Schema) -> bool:
    """Whether a parameter starts with the name of an existing field."""
    return name.partition("__")[0] in schema["properties"]


def _filter(name: str, value: str, schema: Schema, foreign_keys: ForeignKeys) -> Filter:
    """Parse a parameter. Field names are followed as long as they refer to objects. The rest is the lookup."""
    path, (field, *rest) = list[str](), name.split("__")
    known = schema["properties"][field]
    while rest and (target := foreign_keys.schema(field, known)) and rest[0] in target["properties"]:
        path.append(field)
        field, *rest = rest
        known = target["properties"][field]
    if len(path) > PATH_MAX_LENGTH:
        raise InvalidRequest(f"A filter follows at most {PATH_MAX_LENGTH} references.")
    known = foreign_keys.compared(field, known)
    _require_comparable(field, known)
    lookup = "__".join(rest) or "exact"
    if lookup not in LOOKUPS:
        raise InvalidRequest(f"There is no filter {name!r}. Lookups are {', '.join(LOOKUPS)}.")
    found = Filter(tuple(path), field, known, lookup, value)
    found.check()
    return found


def _require_comparable(name: str, known: Schema) -> None:
    if not is_comparable(known):
        raise InvalidRequest(f"Lists cannot be filtered or ordered by {name!r}.")


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_OFFSET))):
        raise InvalidRequest(f"{name} must be a whole number, 0 or more.")
    return int(text)


def _place(field: str) -> Callable[[Object], tuple[bool, Any]]:
    """The key for sorting objects by a field. Objects without a value come first."""

    def place(shown: Object) -> tuple[bool, Any]:
        value = shown[field]
        return value is not None, "" if value is None else value

    return place
