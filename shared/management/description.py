"""Descriptions in Tastypie's format: the resources of an area, and the fields of a resource (W2).

The original's shell builds its commands from these descriptions (docs/facts/pexip.md §1), and the console builds its
forms from them. Anything that Tastypie cannot express is under `x`, which the original's clients skip.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from shared.api_paths import API_ROOT, COMMAND, CONFIGURATION, HISTORY, STATUS, uri
from shared.management.filters import LOOKUPS, SWITCH_LOOKUPS, is_comparable, type_of
from shared.management.foreign_keys import is_to_many, related_resource
from shared.management.listing import DEFAULT_LIMIT
from shared.management.resource import (
    TIME_FORMAT,
    BulkResource,
    DescribedResource,
    Object,
    Resource,
    Schema,
    WritableResource,
)

SCHEMA = "schema"
"""Takes the place of an object's id in the path of a resource's schema."""

AREA_PATH = re.compile(
    rf"{API_ROOT}/(?:({CONFIGURATION}|{STATUS}|{HISTORY}|{COMMAND})/v1|{COMMAND}/v1/(?:conference|participant|platform))/?"
)
"""Paths of areas. The original also has areas for commands, which do not exist here."""

WITH_RELATIONS = 2
"""Tastypie's value in `filtering` for a reference that filters can follow."""

_UNIQUE: Mapping[str, frozenset[str]] = {
    "conference": frozenset({"name"}),
    "conference_alias": frozenset({"alias"}),
    "end_user": frozenset({"primary_email_address", "user_oid", "exchange_user_id", "uuid"}),
    "ms_exchange_connector": frozenset({"uuid", "room_mailbox_email_address"}),
    "scheduled_alias": frozenset({"alias", "numeric_alias", "uuid"}),
}
"""Fields whose values must be unique within a resource (for end_user, within an integration)."""

_LIMITS = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "pattern", "format")
_TYPES = {"string": "string", "integer": "integer", "boolean": "boolean", "number": "float", "array": "list"}


def index(resources: Iterable[Resource], area: str | None) -> dict[str, Any]:
    """The resources of an area, keyed by name."""
    return {
        resource.name: {"list_endpoint": own, "schema": f"{own}{SCHEMA}/"}
        for resource in resources
        if resource.area == area and (own := uri(resource.area, resource.name))
    }


def description(resource: Resource) -> dict[str, Any]:
    """The schema of a resource."""
    properties, writable = resource.schema["properties"], isinstance(resource, WritableResource)
    extras = resource.extras if isinstance(resource, DescribedResource) else {}
    fields = {name: _field(resource, name, known, extras.get("fields", {}).get(name, {}), writable=writable)
              for name, known in properties.items()}  # fmt: skip
    comparable = [name for name, known in properties.items() if is_comparable(known)]
    several = ["get", "post", *(["patch"] if isinstance(resource, BulkResource) else [])]
    return {
        # As in the original, "post" is listed here as well, because its shell only checks here whether objects can be
        # created.
        "allowed_detail_http_methods": ["get", "post", "put", "delete", "patch"] if writable else ["get"],
        "allowed_list_http_methods": several if writable else ["get"],
        "default_format": "application/json",
        "default_limit": DEFAULT_LIMIT,
        "fields": fields,
        "filtering": {name: found for name, known in properties.items() if (found := _filtering(name, known))},
        "ordering": comparable,
        "x": {
            "about": resource.about,
            "actions": {name: {"method": each.method, "about": each.about} for name, each in resource.actions.items()},
            **{name: extra for name, extra in extras.items() if name != "fields"},
        },
    }


def _field(resource: Resource, name: str, known: Schema, extra: Object, *, writable: bool) -> dict[str, Any]:
    required, related = name in resource.schema.get("required", ()), related_resource(name, known)
    read_only = not writable or bool(known.get("readOnly"))
    default = {} if read_only or required else _default(known)
    choices = [choice for choice in _choices(known) if choice is not None]
    return {
        "blank": not required and default.get("default") in ("", None),
        **default,
        "help_text": known.get("description", ""),
        "nullable": _is_nullable(known),
        "readonly": read_only,
        **_type(name, known),
        "unique": name == "id" or name in _UNIQUE.get(resource.name, ()),
        **({"valid_choices": choices} if choices else {}),
        "x": {
            "label": known.get("title") or name.replace("_", " ").capitalize(),
            "help": known.get("description", ""),
            "required": required,
            "secret": bool(known.get("writeOnly")),
            "limits": {limit: known[limit] for limit in _LIMITS if limit in known},
            **({"related": related} if related else {}),
            **extra,
        },
    }


def _default(known: Schema) -> dict[str, Any]:
    """The default of an omitted field, if it is known or empty."""
    if "default" in known:
        return {"default": known["default"]}
    if _is_nullable(known):
        return {"default": None}
    empty: dict[str, Any] = {"string": "", "array": []}
    kind = type_of(known)
    return {"default": empty[kind]} if kind in empty else {}


def _choices(known: Schema) -> list[Any]:
    return [True, False] if type_of(known) == "boolean" else list(known.get("enum", ()))


def _is_nullable(known: Schema) -> bool:
    kind = known.get("type", "")
    return isinstance(kind, list) and "null" in kind


def _type(name: str, known: Schema) -> dict[str, str]:
    """A field's type in Tastypie's terms. A reference may point to an object on the VMR platform, such as a theme, that
    does not exist here.
    """
    kind = known.get("type", "")
    is_reference = known.get("format") == "uri-reference" or "object" in kind
    if related_resource(name, known) or (is_reference and name != "resource_uri"):
        return {"type": "related", "related_type": "to_many" if is_to_many(known) else "to_one"}
    return {"type": "datetime" if known.get("format") == TIME_FORMAT else _TYPES.get(type_of(known), "string")}


def _filtering(name: str, known: Schema) -> int | list[str] | None:
    """A field's lookups in Tastypie's format; None if lists cannot be filtered by this field."""
    if related_resource(name, known):
        return WITH_RELATIONS
    if not is_comparable(known):
        return None
    return list(SWITCH_LOOKUPS if type_of(known) == "boolean" else LOOKUPS)
