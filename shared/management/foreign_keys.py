"""Follows references for filters across relations, such as `scheduled_alias__alias` or `exchange_connector__id`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from shared.management.resource import Object, Resource, Schema

RELATED: Mapping[str, str] = {
    "aliases": "conference_alias",
    "conference": "conference",
    "domains": "exchange_domain",
    "exchange_connector": "ms_exchange_connector",
    "recurring_conference": "recurring_conference",
    "role": "role",
    "scheduled_alias": "scheduled_alias",
    "scheduled_conferences": "scheduled_conference",
}
"""The resource that a field with this name refers to, in any kind of object."""

PATH_MAX_LENGTH = 3
"""Maximum number of references that a filter may follow."""

Known: TypeAlias = Mapping[str, Mapping[str, Object]]
"""Objects keyed by URI, grouped by the name of the field that refers to them."""

_REFERENCE: Schema = {"type": ["string", "null"], "format": "uri-reference"}


def related_resource(field: str, known: Schema) -> str:
    """The resource that a field with this schema refers to; "" if it is not a reference."""
    is_reference = known.get("format") == "uri-reference" or is_to_many(known)
    return RELATED.get(field, "") if is_reference else ""


def is_to_many(known: Schema) -> bool:
    """Whether a field may refer to several objects."""
    return known.get("type") == "array"


class ForeignKeys:
    """The resources that references can point to."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = {resource.name: resource for resource in resources}

    def schema(self, field: str, known: Schema) -> Schema | None:
        """The JSON schema of the objects that a field with this schema refers to; None if it is not a reference."""
        found = self._resources.get(related_resource(field, known))
        return found.schema if found else None

    def compared(self, field: str, known: Schema) -> Schema:
        """The JSON schema of the value compared by a filter on this field. If the field refers to several objects, this
        is the schema of a single URI.
        """
        return _REFERENCE if is_to_many(known) and related_resource(field, known) else known

    async def known(self, objects: Sequence[Object], paths: Iterable[tuple[str, ...]]) -> Known:
        """The objects needed to follow these paths from these objects, except those that are shown inside others."""
        found: dict[str, Mapping[str, Object]] = {}
        for path in paths:
            level: Sequence[Object] = objects
            for field in path:
                if field not in found and any(isinstance(each, str) for one in level for each in _referred(one, field)):
                    resource = self._resources[RELATED[field]]
                    found[field] = {shown["resource_uri"]: shown for shown in await resource.all()}
                level = [each for one in level for each in _followed(one, field, found)]
        return found


def values(start: Object, path: Sequence[str], field: str, known: Known) -> Iterator[Any]:
    """A field's values in all objects that a path leads to. If the field refers to several objects, these are their
    URIs.
    """
    if path:
        for each in _followed(start, path[0], known):
            yield from values(each, path[1:], field, known)
    elif isinstance(start[field], list):
        yield from (each["resource_uri"] if isinstance(each, Mapping) else each for each in start[field])
    else:
        yield start[field]


def _followed(start: Object, field: str, known: Known) -> Iterator[Object]:
    """The objects that a field refers to, except any that have been deleted in the meantime."""
    for each in _referred(start, field):
        shown = each if isinstance(each, Mapping) else known.get(field, {}).get(each)
        if shown is not None:
            yield shown


def _referred(start: Object, field: str) -> Sequence[Any]:
    value = start[field]
    return value if isinstance(value, list) else [] if value is None else [value]
